//! What the compiler must be and have, checked before anything is compiled with it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    place::Place,
    shell::{self, note},
};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Names a compiler that is too old, and adds the WebAssembly target if it is missing.
pub(crate) fn ready(place: &Place) -> Result<()> {
    let found = rustc(place, &["--version"])?;
    if let (Some(have), Some(need)) = (version(&found), version(&place.rust_version))
        && have < need
    {
        bail!(
            "the Rust compiler is too old: {} is installed, {} or newer is needed. Run `rustup update stable`.",
            found.trim(),
            place.rust_version
        );
    }
    let sysroot = rustc(place, &["--print", "sysroot"])?;
    if std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    note("the compiler has no WebAssembly target yet, so rustup adds it");
    shell::run(
        Command::new("rustup").current_dir(&place.root).args(["target", "add", WASM]),
        "Without rustup, install your system's package of the Rust standard library for wasm32-unknown-unknown.",
    )
}

/// The compiler in full, for what must be built anew when it changes.
pub(crate) fn name(place: &Place) -> Result<String> {
    rustc(place, &["--version", "--verbose"])
}

fn rustc(place: &Place, arguments: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    shell::read(&mut shell::command(program, &place.root, arguments), "Install Rust with rustup.")
}

/// The first `major.minor` in a text.
fn version(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts = word.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_read_from_what_rustc_prints() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)\n"), Some((1, 95)));
        assert_eq!(version("1.95"), Some((1, 95)));
        assert!(version("rustc 1.100.0-nightly") > version("1.95"));
        assert_eq!(version("no number here"), None);
    }
}
