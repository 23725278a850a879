//! The page that opens a backup by itself: one HTML file with all it needs inside, to which an export adds the sealed file.

use std::fs;

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::{
    modules::{self, Module},
    split,
};
use crate::place::Place;

const READER: Module = Module {
    name: "reader",
    package: "signet-reader",
    // What it is made of is compiled for the vault already, in the same way.
    profile: "vault",
    features: &["--features", "page"],
    flags: modules::VAULT.flags,
};

pub(super) fn build(place: &Place) -> Result<String> {
    modules::compile(place, &READER)?;
    let compiled = READER.compiled(place);
    let bytes = fs::read(&compiled).with_context(|| format!("cargo left no {}", compiled.display()))?;
    // It has no parts, but what the linker leaves for telling them apart goes too.
    let apart = split::split(READER.name, &bytes, &place.workshop().join("reader-parts"))?;
    let folder = place.workshop().join(READER.name);
    Bindgen::new()
        .input_path(&apart.main)
        .no_modules(true)
        .and_then(|bindgen| {
            bindgen
                .out_name(READER.name)
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(&folder)
        })
        .map_err(|error| anyhow!("wasm-bindgen could not take {}: {error:#}", apart.main.display()))?;
    let read = |file: &str| {
        let path = place.root.join("reader/page").join(file);
        fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
    };
    let glue = folder.join("reader.js");
    let glue = fs::read_to_string(&glue).with_context(|| format!("wasm-bindgen left no {}", glue.display()))?;
    let module = folder.join("reader_bg.wasm");
    let module = fs::read(&module).with_context(|| format!("wasm-bindgen left no {}", module.display()))?;
    page(&read("reader.html")?, &read("reader.css")?, &(glue + &read("reader.js")?), &module)
}

/// Its policy names by their hashes the one script and the one style that may run.
fn page(page: &str, style: &str, script: &str, module: &[u8]) -> Result<String> {
    if [style, script].iter().any(|text| text.contains("</")) {
        bail!("the reader's script or style holds \"</\", where a browser would take it for ended");
    }
    let hash = |text: &str| format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
    let mut filled = page.to_owned();
    for (token, text) in [
        ("{{script-hash}}", hash(script).as_str()),
        ("{{style-hash}}", hash(style).as_str()),
        ("{{style}}", style),
        ("{{script}}", script),
        ("{{module}}", STANDARD.encode(module).as_str()),
    ] {
        if filled.matches(token).count() != 1 {
            bail!("reader/page/reader.html must hold {token} once");
        }
        filled = filled.replace(token, text);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::page;

    const PAGE: &str = "{{script-hash}} {{style-hash}} <style>{{style}}</style>{{module}}<script>{{script}}</script>";

    #[test]
    fn everything_is_inside_and_the_policy_names_it() {
        let made = page(PAGE, "a", "b", b"\0asm").unwrap();
        // printf b | openssl sha256 -binary | base64
        assert!(made.starts_with("sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0= "), "{made}");
        assert!(made.ends_with("<style>a</style>AGFzbQ==<script>b</script>"), "{made}");
    }

    #[test]
    fn what_would_end_the_script_early_and_a_page_without_its_places_are_refused() {
        assert!(page(PAGE, "a", "'</script>'", b"").is_err());
        assert!(page("{{script}}", "a", "b", b"").is_err());
    }
}
