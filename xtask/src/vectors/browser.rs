//! `cargo xtask self-test`: every vector natively and in Chromium, and the same bytes from both under one seed.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;

use super::readers::RUST;
use crate::{
    needs,
    place::Place,
    shell::{self, note, step},
    toolchain::{self, WASM},
};

/// As the vault's module is built, so that it is the same code that runs.
const FLAGS: [&str; 3] = ["--cfg", "getrandom_backend=\"wasm_js\"", "-Ctarget-feature=+simd128"];

pub(crate) fn self_test(place: &Place) -> Result<()> {
    toolchain::ready(place)?;
    needs::all(place)?;
    step("Running other people's vectors and our own natively");
    let native = native(place)?;
    native.lines().for_each(note);
    step("Building the same for a browser, as the vault is built");
    let module = build(place)?;
    step("Running them in Chromium");
    let browser = browser(place, &module, &[])?;
    for (native, browser) in native.lines().zip(browser.lines()) {
        if native != browser {
            bail!("natively:   {native}\nin Chromium: {browser}\nThe two builds do not do the same.");
        }
    }
    if native.lines().count() != browser.lines().count() {
        bail!("Chromium printed another number of lines than the native build:\n{browser}");
    }
    let seeded = native.lines().filter(|line| line.starts_with("seeded ")).count();
    note(&format!("{} lines of counts and {seeded} seeded outputs, the same in both", native.lines().count() - seeded));
    Ok(())
}

fn own(place: &Place) -> PathBuf {
    place.root.join("crypto/tests/vectors/own")
}

fn native(place: &Place) -> Result<String> {
    let mut command = RUST.command(place);
    command.arg("self-test").arg(own(place));
    shell::read(&mut command, "The message above names the vector that differs.")
}

/// The folder with `browser.js` and its module. Its compiler's flags are not those of other builds, so it has a target
/// folder of its own.
fn build(place: &Place) -> Result<PathBuf> {
    let target = place.target.join("self-test");
    let mut command = shell::command(shell::cargo(), &place.root, &["build", "--locked", "--package", "signet-crypto"]);
    command.args(["--features", "self-test", "--example", "browser", "--profile", "vault", "--target", WASM]);
    command
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &target);
    shell::run(&mut command, "The compiler's messages above say what is wrong with the sources.")?;
    let compiled = target.join(WASM).join("vault/examples/browser.wasm");
    let folder = target.join("module");
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    Bindgen::new()
        .input_path(&compiled)
        .web(true)
        .and_then(|bindgen| {
            bindgen.out_name("browser").typescript(false).omit_default_module_path(false).generate(&folder)
        })
        .map_err(|error| anyhow!("wasm-bindgen could not take {}: {error:#}", compiled.display()))?;
    Ok(folder)
}

/// Whether the time of the vault's operations tells what they worked on, in Chromium: so many samples of what takes
/// microseconds, each of so many operations, and so many of what takes milliseconds.
pub(crate) fn timing(place: &Place, [tags, batch, unwraps]: [usize; 3]) -> Result<()> {
    toolchain::ready(place)?;
    needs::all(place)?;
    step("Building the vault's operations for a browser, as the vault is built");
    let module = build(place)?;
    step("Timing them in Chromium");
    let said = browser(place, &module, &["timing".into(), tags.to_string(), batch.to_string(), unwraps.to_string()])?;
    said.lines().for_each(note);
    if said.lines().last() != Some("good") {
        bail!("the control was not noticed, or something tells: the lines above say which.");
    }
    Ok(())
}

fn browser(place: &Place, module: &PathBuf, words: &[String]) -> Result<String> {
    let mut command = shell::command("node", &place.root, &["crypto/interop/browser/run.mjs"]);
    command.arg(module).arg(own(place)).arg(place.end2end()).args(words);
    shell::read(&mut command, "The browser's messages are above; the first names the vector that differs.")
}
