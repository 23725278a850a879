//! Assets named by their content, and the tokens by which sources name them.
//!
//! `{{asset:page.js}}` becomes the address of that file and `{{integrity:page.js}}` the hash that a browser checks it by,
//! in scripts, style sheets and pages. A file is named once all that it names have names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256, Sha384};

use super::script;

/// Files by the name that sources use for them, not yet resolved.
#[derive(Default)]
pub(super) struct Assets(BTreeMap<String, Vec<u8>>);

/// Files by the name that sources use for them, each with its final name and bytes.
pub(super) type Named = BTreeMap<String, Asset>;

pub(super) struct Asset {
    /// Below the site: `assets/page.0123456789abcdef.js`.
    pub(super) path: String,
    pub(super) integrity: String,
    pub(super) bytes: Vec<u8>,
}

impl Assets {
    pub(super) fn add(&mut self, name: &str, mut bytes: Vec<u8>) -> Result<()> {
        if name.ends_with(".js") {
            let source = std::str::from_utf8(&bytes).with_context(|| format!("{name} is not UTF-8"))?;
            bytes = script::lean(name, source)?.into_bytes();
        }
        if self.0.insert(name.to_owned(), bytes).is_some() {
            bail!("two assets are called {name}. Rename one of them.");
        }
        Ok(())
    }

    /// Every file of a folder, but not of the folders in it.
    pub(super) fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("{} is missing. Restore it from git.", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && !name.starts_with('.') {
                self.add(&name, fs::read(entry.path()).with_context(|| format!("could not read {name}"))?)?;
            }
        }
        Ok(())
    }

    /// Names every file, those first that name no other.
    pub(super) fn resolve(mut self) -> Result<Named> {
        let mut named = Named::new();
        while !self.0.is_empty() {
            let ready: Vec<String> = self
                .0
                .iter()
                .filter(|(name, bytes)| wanted(name, bytes).iter().all(|token| named.contains_key(token)))
                .map(|(name, _)| name.clone())
                .collect();
            if ready.is_empty() {
                bail!("{}", self.stuck(&named));
            }
            for name in ready {
                if let Some(bytes) = self.0.remove(&name) {
                    let bytes = if is_text(&name) { fill(&name, &bytes, &named)?.into_bytes() } else { bytes };
                    let asset = Asset::new(&name, bytes);
                    named.insert(name, asset);
                }
            }
        }
        Ok(named)
    }

    fn stuck(&self, named: &Named) -> String {
        for (name, bytes) in &self.0 {
            for token in wanted(name, bytes) {
                if !named.contains_key(&token) && !self.0.contains_key(&token) {
                    return format!("{name} names the asset {token}, which no step has made. Correct the name.");
                }
            }
        }
        let names = self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("these assets name each other in a circle, so none can be named by its content: {names}")
    }
}

impl Asset {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        let hash = hex::encode(Sha256::digest(&bytes));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        Self {
            path: format!("assets/{stem}.{}.{extension}", &hash[..16]),
            integrity: format!("sha384-{}", STANDARD.encode(Sha384::digest(&bytes))),
            bytes,
        }
    }
}

/// A text with its tokens replaced.
pub(super) fn fill(name: &str, bytes: &[u8], named: &Named) -> Result<String> {
    let mut rest = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    let mut filled = String::with_capacity(rest.len());
    while let Some((before, kind, token, after)) = next_token(rest) {
        let asset = named
            .get(token)
            .with_context(|| format!("{name} names the asset {token}, which no step has made. Correct the name."))?;
        filled.push_str(before);
        match kind {
            Kind::Address => {
                filled.push('/');
                filled.push_str(&asset.path);
            }
            Kind::Integrity => filled.push_str(&asset.integrity),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[derive(Clone, Copy)]
enum Kind {
    Address,
    Integrity,
}

/// The text before the next token, what it asks for, of which asset, and the text after it.
fn next_token(text: &str) -> Option<(&str, Kind, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("{{") {
        let start = from + at;
        let inner = &text[start + 2..];
        for (prefix, kind) in [("asset:", Kind::Address), ("integrity:", Kind::Integrity)] {
            if let Some((token, after)) = inner.strip_prefix(prefix).and_then(|inner| inner.split_once("}}")) {
                return Some((&text[..start], kind, token, after));
            }
        }
        from = start + 2;
    }
    None
}

fn wanted(name: &str, bytes: &[u8]) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    if let Some(mut rest) = is_text(name).then(|| std::str::from_utf8(bytes).ok()).flatten() {
        while let Some((_, _, token, after)) = next_token(rest) {
            wanted.insert(token.to_owned());
            rest = after;
        }
    }
    wanted
}

fn is_text(name: &str) -> bool {
    [".js", ".css", ".json", ".svg", ".txt", ".webmanifest"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::Assets;

    fn assets(files: &[(&str, &str)]) -> Assets {
        let mut assets = Assets::default();
        for (name, text) in files {
            assets.add(name, text.as_bytes().to_vec()).unwrap();
        }
        assets
    }

    #[test]
    fn a_file_is_named_after_the_files_that_it_names() {
        let files = [("boot.js", "import '{{asset:page.js}}' {{integrity:page.js}}"), ("page.js", "`{{x}}` {{ y")];
        let named = assets(&files).resolve().unwrap();
        let page = &named["page.js"];
        assert!(page.path.starts_with("assets/page.") && page.path.ends_with(".js"));
        assert_eq!(page.path.len(), "assets/page.0123456789abcdef.js".len());
        let boot = String::from_utf8(named["boot.js"].bytes.clone()).unwrap();
        assert_eq!(boot.trim_end(), format!("import '/{}' {}", page.path, page.integrity));
    }

    #[test]
    fn a_change_below_changes_every_name_above() {
        let name = |inner: &str| {
            let named = assets(&[("a.js", "{{asset:b.js}}"), ("b.js", "{{asset:c.js}}"), ("c.js", inner)]).resolve();
            named.unwrap()["a.js"].path.clone()
        };
        assert_ne!(name("one"), name("two"));
    }

    #[test]
    fn circles_and_unknown_names_are_said() {
        let circle = assets(&[("a.js", "{{asset:b.js}}"), ("b.js", "{{asset:a.js}}")]).resolve();
        assert!(circle.err().unwrap().to_string().contains("a.js, b.js"));
        let unknown = assets(&[("a.js", "{{asset:nowhere.js}}")]).resolve();
        assert!(unknown.err().unwrap().to_string().contains("nowhere.js"));
    }
}
