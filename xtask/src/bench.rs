//! Benchmarks: figures to report, never tests to pass.

use std::fs;

use anyhow::{Context, Result};

use crate::{
    build, end2end,
    place::Place,
    shell::{self, step},
};

/// What a person waits for, in Chromium.
pub(crate) fn web(place: &Place, quick: bool) -> Result<()> {
    let rounds = if quick { "1" } else { "5" };
    end2end::bench(place, rounds)
}

/// What the relay carries: the driver of `bench/`.
pub(crate) fn relay(place: &Place, quick: bool) -> Result<()> {
    build::all(place)?;
    step("Benchmarking the relay with the driver in bench/ (release)");
    let figures = place.target.join("bench");
    fs::create_dir_all(&figures).with_context(|| format!("could not make {}", figures.display()))?;
    let mut command = shell::command(shell::cargo(), &place.root, &["run", "--locked", "--release"]);
    command.args(["--package", "signet-bench", "--", "relay", "--program"]).arg(place.relay());
    command.arg("--json").arg(figures.join("relay.json"));
    if quick {
        command.arg("--quick");
    }
    shell::run(&mut command, "Its own messages above say why.")
}
