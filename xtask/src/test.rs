//! `cargo xtask test`: every test there is.

use anyhow::{Result, bail};

use crate::{
    end2end::{self, Counted},
    needs,
    place::Place,
    shell::{self, note, step},
    vectors,
};

pub(crate) fn all(place: &Place) -> Result<()> {
    needs::all(place)?;
    let native = native(place)?;
    formats(place)?;
    end2end::ready(place)?;
    // Even where a native test failed, so that one run tells everything.
    let browser = end2end::tests(place, &[])?;
    report(&[("native", native), ("browser", browser)])
}

/// The end-to-end tests that the words choose.
pub(crate) fn end_to_end(place: &Place, words: &[String]) -> Result<()> {
    end2end::ready(place)?;
    let counted = end2end::tests(place, words)?;
    report(&[("browser", counted)])
}

/// Of each kind, for every writer and reader. `cargo xtask interop` takes a thousand.
const FEW: usize = 3;

/// The vectors natively and in Chromium, and other people's libraries on the same formats.
pub(crate) fn formats(place: &Place) -> Result<()> {
    vectors::self_test(place)?;
    vectors::interop(place, FEW)
}

pub(crate) fn native(place: &Place) -> Result<Counted> {
    step("Running the native tests of every room (the pages with `ssr`, as they are rendered)");
    let mut command =
        shell::command(shell::cargo(), &place.root, &["test", "--locked", "--workspace", "--no-fail-fast"]);
    command.args(["--features", "signet-app/ssr"]);
    let mut counted = Counted::default();
    counted.good = shell::watch(&mut command, |line| counted.see(line))?;
    Ok(counted)
}

/// Prints what was counted, the sum on a line of its own, and fails where a test did.
pub(crate) fn report(counts: &[(&str, Counted)]) -> Result<()> {
    step("Tests");
    for (name, counted) in counts {
        note(&format!("{name}: {} passed, {} failed", counted.passed, counted.failed));
    }
    let passed: usize = counts.iter().map(|(_, counted)| counted.passed).sum();
    let failed: usize = counts.iter().map(|(_, counted)| counted.failed).sum();
    println!("\n{passed} passed, {failed} failed");
    if let Some((name, _)) = counts.iter().find(|(_, counted)| !counted.good || counted.failed > 0) {
        bail!("the {name} tests failed; their messages are above");
    }
    if let Some((name, _)) = counts.iter().find(|(_, counted)| counted.passed == 0) {
        bail!("no {name} test was run, which proves nothing");
    }
    Ok(())
}
