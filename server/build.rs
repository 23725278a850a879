//! With the feature `site`, lists the files of the built site (the folder that `SIGNET_SITE` names), so that they become
//! part of the binary. Without it, an empty list.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=SIGNET_SITE");
    println!("cargo::rerun-if-changed=build.rs");
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> io::Result<()> {
    let mut files = Vec::new();
    if env::var_os("CARGO_FEATURE_SITE").is_some() {
        let folder = env::var_os("SIGNET_SITE").map(PathBuf::from).ok_or_else(|| {
            io::Error::other(
                "the feature `site` needs SIGNET_SITE to name the built site; `cargo xtask build` does both",
            )
        })?;
        let folder = fs::canonicalize(&folder)
            .map_err(|error| io::Error::other(format!("SIGNET_SITE={}: {error}", folder.display())))?;
        walk(&folder, &folder, &mut files)?;
        files.sort();
    }
    let mut table = String::from("pub(super) static EMBEDDED: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        table += &format!("    ({name:?}, include_bytes!({path:?})),\n");
    }
    table += "];\n";
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(out.join("site.rs"), table)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            files.push((name.replace('\\', "/"), path.clone()));
        }
    }
    Ok(())
}
