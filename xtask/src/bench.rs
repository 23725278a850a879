//! Benchmarks: figures to report, never tests to pass.

use std::fs;

use anyhow::{Context, Result};

use crate::{
    build, end2end,
    place::Place,
    shell::{self, step},
    vectors,
};

/// What a person waits for, in Chromium.
pub(crate) fn web(place: &Place, quick: bool) -> Result<()> {
    let rounds = if quick { "1" } else { "5" };
    end2end::bench(place, rounds)
}

/// What the relay carries: the driver of `bench/`.
pub(crate) fn relay(place: &Place, quick: bool, postgres: bool) -> Result<()> {
    build::all(place)?;
    step("Benchmarking the relay with the driver in bench/ (release)");
    let figures = place.target.join("bench");
    fs::create_dir_all(&figures).with_context(|| format!("could not make {}", figures.display()))?;
    let mut command = shell::command(shell::cargo(), &place.root, &["run", "--locked", "--release"]);
    command.args(["--package", "signet-bench", "--", "relay", "--program"]).arg(place.relay());
    command.arg("--json").arg(figures.join(if postgres { "relay-on-postgres.json" } else { "relay.json" }));
    if postgres {
        command.arg("--postgres");
    }
    if quick {
        command.arg("--quick");
    }
    shell::run(&mut command, "Its own messages above say why.")
}

/// Whether the time of what opens, compares and logs in tells anything: dudect, natively, in Chromium, and a built relay.
pub(crate) fn timing(place: &Place, quick: bool) -> Result<()> {
    let part = if quick { 20 } else { 1 };
    build::all(place)?;
    step("Timing the vault's operations natively (release)");
    let words = ["run", "--locked", "--release", "--package", "signet-crypto", "--features", "self-test"];
    let mut command = shell::command(shell::cargo(), &place.root, &words);
    command.args(["--example", "timing", "--"]).args([1_000_000 / part, 100_000 / part].map(|n| n.to_string()));
    shell::run(&mut command, "The control was not noticed, or something tells: the lines above say which.")?;
    vectors::timing(place, [10_000 / part, 1000, 10_000 / part])?;
    step("Timing the first step of a login at the built relay");
    let mut command = shell::command(shell::cargo(), &place.root, &["run", "--locked", "--release"]);
    command.args(["--package", "signet-bench", "--", "login", "--program"]).arg(place.relay());
    command.arg("--samples").arg((1_000_000 / part).to_string());
    shell::run(&mut command, "Its own messages above say why.")
}
