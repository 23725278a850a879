use std::{fs, io, path::Path};

// `EMBEDDED`: every file of the site with its path, made by the build script.
include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// Every file below a folder, with its path in forward slashes.
pub(super) fn walk(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) {
                files.push((name.replace('\\', "/"), fs::read(&path)?));
            }
        }
    }
    Ok(files)
}
