//! `cargo deny`: which crates may be used, under which licences, from where.

use anyhow::{Result, bail};

use crate::{
    place::Place,
    shell::{self, note, step},
};

pub(super) fn check(place: &Place) -> Result<()> {
    step("Checking crates against deny.toml: bans, licences, sources");
    if shell::find("cargo-deny").is_none() {
        note("cargo-deny is missing, so cargo installs it (some minutes, once)");
        // Unoptimised: it runs for a second, and would be compiled for many minutes otherwise.
        let mut install =
            shell::command(shell::cargo(), &place.root, &["install", "--locked", "--debug", "cargo-deny"]);
        install.env_remove("CARGO_TARGET_DIR");
        shell::run(&mut install, "Install cargo-deny yourself: `cargo install cargo-deny --locked`.")?;
    }
    let deny = |what: &[&str]| {
        let mut command = shell::command(shell::cargo(), &place.root, &["deny", "--locked", "--all-features", "check"]);
        command.args(what);
        command
    };
    shell::run(
        &mut deny(&["bans", "licenses", "sources"]),
        "Choose another crate, or write the exception into deny.toml with its reason.",
    )?;
    advisories(&mut deny(&["advisories"]))
}

/// Known vulnerabilities: their database is fetched from a public repository, which a closed network does not reach.
fn advisories(command: &mut std::process::Command) -> Result<()> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        note("no crate has a known vulnerability");
    } else if said.contains("failed to fetch advisory database") || said.contains("failed to load advisory database") {
        note("advisories were not checked: their database cannot be fetched from here");
    } else {
        bail!("a crate has an advisory:\n{said}");
    }
    Ok(())
}
