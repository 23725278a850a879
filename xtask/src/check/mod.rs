//! `cargo xtask check`: what CI runs, cheapest first.

mod deny;
mod lines;
mod walls;

use anyhow::{Result, bail};

use crate::{
    build, end2end, needs,
    place::Place,
    shell::{self, note, step},
    test,
    toolchain::{self, WASM},
};

/// Brotli bytes until the sign-in page can be used, and until the first conversation.
const SIGN_IN: usize = 130_000;
const CONVERSATION: usize = 400_000;

pub(crate) fn all(place: &Place) -> Result<()> {
    step("Checking the compiler and its WebAssembly target");
    toolchain::ready(place)?;
    lines::check(place)?;
    format(place)?;
    walls::trees(place)?;
    deny::check(place)?;
    lint(place)?;
    needs::all(place)?;
    end2end::types(place)?;
    let native = test::native(place)?;
    test::formats(place)?;
    let sizes = end2end::ready(place)?;
    walls::module(place)?;
    budgets(&sizes)?;
    let browser = end2end::tests(place, &[])?;
    shell::times();
    test::report(&[("native", native), ("browser", browser)])
}

fn format(place: &Place) -> Result<()> {
    step("Formatting: one way to write a line, so that differences are of substance");
    shell::run(
        &mut shell::command(shell::cargo(), &place.root, &["fmt", "--all", "--check"]),
        "Run `cargo fmt --all` and look at what it changed.",
    )
}

fn lint(place: &Place) -> Result<()> {
    const CURE: &str = "Each message above says what is wrong and often how to mend it.";
    let clippy = |words: &[&str]| {
        let mut command = shell::command(shell::cargo(), &place.root, &["clippy", "--locked"]);
        command.args(words).args(["--", "-D", "warnings"]);
        shell::run(&mut command, CURE)
    };
    step("Linting every room, tests included");
    clippy(&["--workspace", "--all-targets", "--features", "signet-app/ssr,signet-crypto/self-test"])?;
    step("Linting what only a browser compiles: the page and the vault's worker");
    clippy(&["--package", "signet-app", "--lib", "--target", WASM, "--no-default-features", "--features", "browser"])?;
    clippy(&["--package", "signet-vault", "--lib", "--target", WASM])
}

fn budgets(sizes: &build::Sizes) -> Result<()> {
    step("Weighing what a browser fetches against the budgets");
    let weigh = |what: &str, bytes: usize, most: usize| {
        note(&format!("{what}: {bytes} of {most} bytes"));
        if bytes > most {
            bail!(
                "{what} takes {bytes} bytes, {} more than the budget: the table of the build above says of what",
                bytes - most
            );
        }
        Ok(())
    };
    weigh("to a usable sign-in page", sizes.sign_in, SIGN_IN)?;
    weigh("to the first conversation", sizes.conversation, CONVERSATION)
}
