//! From sources to one binary with the site inside it.

mod assets;
mod modules;
mod pack;
mod pages;
mod reader;
mod relay;
mod script;
mod sizes;
mod split;
mod style;

use anyhow::Result;

pub(crate) use self::{
    modules::{Module, PAGE, VAULT},
    sizes::Sizes,
};
use crate::{
    place::Place,
    shell::{note, step},
    toolchain,
};

/// The whole site and the relay around it.
pub(crate) fn all(place: &Place) -> Result<Sizes> {
    let sizes = site(place)?;
    step("Building the relay with the site inside it (release)");
    relay::build(place)?;
    note(&format!("the relay: {}", place.shown(&place.relay())));
    Ok(sizes)
}

/// Everything that a browser is given, in `target/site`.
fn site(place: &Place) -> Result<Sizes> {
    step("Checking the compiler and its WebAssembly target");
    toolchain::ready(place)?;

    step("Building the page's module: small, because every byte is fetched before the sign-in page can be used");
    let page = modules::build(place, &PAGE)?;

    step("Building the vault's module: the cryptography fast, the rest small");
    let vault = modules::build(place, &VAULT)?;

    step("Building the page that opens a backup by itself");
    let reader = reader::build(place)?;

    step("Bundling the style sheets into one");
    let style = style::bundle(place)?;

    step("Naming every asset by its content, so that a browser may keep it for ever and check it");
    let mut assets = assets::Assets::default();
    assets.add_folder(&page)?;
    assets.add_folder(&vault)?;
    assets.add("main.css", style.into_bytes())?;
    assets.add("reader.html", reader.into_bytes())?;
    assets.add_folder(&place.root.join("app/boot"))?;
    let named = assets.resolve()?;

    step("Rendering the pages: the same bytes for every visitor, so that they can be compared");
    let pages = pages::render(place, &named)?;

    step("Compressing with brotli and listing every file in manifest.json");
    let sizes = pack::write(place, &named, &pages)?;
    sizes.print();
    Ok(sizes)
}
