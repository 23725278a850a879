//! The finished tree: pages, assets, their compressed siblings, and the list of them all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Sizes, assets::Named, pages::Pages};
use crate::{place::Place, shell::note};

/// Writes `target/site`. An unchanged tree is left as it is, so that the relay is not linked anew.
pub(super) fn write(place: &Place, named: &Named, pages: &Pages) -> Result<Sizes> {
    let old = place.site();
    let new = place.workshop().join("site");
    if new.exists() {
        fs::remove_dir_all(&new).with_context(|| format!("could not clear {}", new.display()))?;
    }

    let pages = pages.iter().map(|(name, text)| (format!("pages/{name}"), text.as_bytes()));
    let files: Vec<(String, &[u8])> =
        named.values().map(|asset| (asset.path.clone(), asset.bytes.as_slice())).chain(pages).collect();
    let mut listed = Vec::new();
    let mut rows = Vec::new();
    for (path, bytes) in files {
        let packed = place_file(&old, &new, &path, bytes)?;
        listed.push(json!({
            "path": path,
            "sha256": hex::encode(Sha256::digest(bytes)),
            "bytes": bytes.len(),
            "brotli": packed,
        }));
        rows.push((path, bytes.len(), packed.unwrap_or(bytes.len())));
    }
    let manifest = serde_json::to_string_pretty(&json!({ "version": 1, "files": listed }))? + "\n";
    write_file(&new.join("manifest.json"), manifest.as_bytes())?;

    if fs::read_to_string(old.join("manifest.json")).is_ok_and(|old| old == manifest) {
        note("the site is the same as before, byte for byte");
    } else {
        if old.exists() {
            fs::remove_dir_all(&old).with_context(|| format!("could not clear {}", old.display()))?;
        }
        fs::rename(&new, &old).with_context(|| format!("could not move the site to {}", old.display()))?;
    }
    let parts = named.get("page-parts.js").map(|asset| String::from_utf8_lossy(&asset.bytes));
    Ok(Sizes::new(rows, parts.as_deref().unwrap_or_default()))
}

/// Writes a file and, where that is smaller, its compressed sibling; returns the sibling's size.
fn place_file(old: &Path, new: &Path, path: &str, bytes: &[u8]) -> Result<Option<usize>> {
    write_file(&new.join(path), bytes)?;
    if !compressible(path) {
        return Ok(None);
    }
    let sibling = |tree: &Path| -> PathBuf { tree.join(format!("{path}.br")) };
    let unchanged = fs::read(old.join(path)).is_ok_and(|before| before == bytes);
    let packed = match unchanged.then(|| fs::read(sibling(old)).ok()).flatten() {
        Some(packed) => packed,
        None => compress(bytes).with_context(|| format!("could not compress {path}"))?,
    };
    if packed.len() >= bytes.len() {
        return Ok(None);
    }
    write_file(&sibling(new), &packed)?;
    Ok(Some(packed.len()))
}

fn compressible(path: &str) -> bool {
    ![".png", ".jpg", ".webp", ".avif", ".woff2", ".ico"].iter().any(|ending| path.ends_with(ending))
}

/// The smallest that a browser can read. Made once, so it may take its time.
fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters)?;
    Ok(packed)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("could not write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{compress, place_file};

    #[test]
    fn a_sibling_is_written_where_it_is_smaller() {
        let folder = std::env::temp_dir().join(format!("signet-xtask-pack-{}", std::process::id()));
        let text = "the same words again and again; ".repeat(100);
        let packed = place_file(&folder, &folder, "assets/a.js", text.as_bytes()).unwrap().unwrap();
        assert!(packed < text.len());
        assert_eq!(std::fs::read(folder.join("assets/a.js.br")).unwrap(), compress(text.as_bytes()).unwrap());
        assert_eq!(place_file(&folder, &folder, "assets/b.js", b"x").unwrap(), None);
        assert_eq!(place_file(&folder, &folder, "assets/c.png", text.as_bytes()).unwrap(), None);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
