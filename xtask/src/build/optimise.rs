//! `wasm-opt`, where there is one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{place::Place, shell};

/// What current compilers put into a module and every browser with WebAssembly SIMD understands.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The one of the tests' own npm packages, whose version is pinned, or else the system's.
pub(crate) fn tool(place: &Place) -> Option<PathBuf> {
    let pinned = place.end2end().join("node_modules/.bin/wasm-opt");
    let pinned = (pinned.is_file() && shell::find("node").is_some()).then_some(pinned);
    pinned.or_else(|| shell::find("wasm-opt"))
}

pub(super) fn version(place: &Place, program: &Path) -> Result<String> {
    shell::read(
        &mut shell::command(program, &place.root, &["--version"]),
        "Remove this wasm-opt, or mend it: a build without it works too.",
    )
}

/// Rewrites a module in place, for size: on the vault's RSA and Argon2id `-O3` gained nothing that could be measured.
pub(super) fn run(place: &Place, program: &Path, module: &Path) -> Result<()> {
    let smaller = module.with_extension("opt");
    let mut command = shell::command(program, &place.root, &["-Oz"]);
    command.args(FEATURES).arg(module).arg("-o").arg(&smaller);
    shell::run(&mut command, "Remove this wasm-opt, or use the one that `npm ci` in end2end/ installs.")?;
    fs::rename(&smaller, module).with_context(|| format!("wasm-opt left no {}", smaller.display()))
}
