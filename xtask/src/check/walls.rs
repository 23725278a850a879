//! The walls between rooms: what a program is not built with, it cannot do.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{
    build::{PAGE, VAULT},
    place::Place,
    shell::{self, note, step},
    toolchain::WASM,
};

/// What holds keys or opens messages: neither the page nor the relay is built with any of it.
const OPENERS: [&str; 5] = ["signet-crypto", "signet-vault", "rsa", "aes", "cfb-mode"];

/// What cargo would build the relay and the page of.
pub(super) fn trees(place: &Place) -> Result<()> {
    step("Holding the walls: the relay is not built with code that opens messages, nor the page with keys");
    let relay = tree(place, &["--package", "signet", "--features", "site"])?;
    without("the relay", &relay, &[OPENERS.as_slice(), &["signet-ask", "signet-app"]].concat(), "signet-shared")?;
    let page = ["--package", "signet-app", "--target", WASM, "--no-default-features", "--features", "browser"];
    let page = tree(place, &page)?;
    without("the page", &page, &[OPENERS.as_slice(), &["opaque-ke", "argon2", "signet"]].concat(), "signet-ask")?;
    let reader = tree(place, &["--package", "signet-reader", "--features", "page", "--target", WASM])?;
    without("a backup's own page", &reader, &["signet-vault", "signet-ask", "signet-app", "signet"], "signet-crypto")
}

/// The names of all crates that are built for a package, itself included.
fn tree(place: &Place, of: &[&str]) -> Result<Vec<String>> {
    let mut command = shell::command(shell::cargo(), &place.root, &["tree", "--locked"]);
    command.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]).args(of);
    let printed = shell::read(&mut command, "The messages above say what is wrong with the workspace.")?;
    Ok(printed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

fn without(who: &str, tree: &[String], walled: &[&str], known: &str) -> Result<()> {
    if !tree.iter().any(|name| name == known) {
        bail!("the tree of {who} lacks {known}, which it surely holds: this check looks in the wrong place");
    }
    if let Some(name) = walled.iter().find(|walled| tree.iter().any(|name| name == *walled)) {
        bail!(
            "{who} is built with {name}, which belongs to the vault alone. `cargo tree -i {name}` says through what."
        );
    }
    note(&format!("{who}: {} crates, none that it must not have", tree.len()));
    Ok(())
}

/// The page's module as it was really built: the names of its functions.
pub(super) fn module(place: &Place) -> Result<()> {
    const WALLED: [&str; 5] = ["signet_crypto", "signet_vault", "opaque_ke", "crypto_bigint", "crypto_primes"];
    step("Looking into the page's module for functions of the vault");
    let read = |module: &crate::build::Module| {
        let path = module.compiled(place);
        fs::read(&path).with_context(|| format!("could not read {}", path.display()))
    };
    let (page, vault) = (read(&PAGE)?, read(&VAULT)?);
    if !holds(&page, "signet_app") || !holds(&vault, "signet_crypto") {
        bail!("the modules do not name their own functions: this check would find nothing. Does a profile strip them?");
    }
    if let Some(name) = WALLED.iter().find(|name| holds(&page, name)) {
        bail!("the page's module holds functions of {name}, which belong to the vault alone");
    }
    note("none; and the same search finds them in the vault's module");
    Ok(())
}

fn holds(module: &[u8], name: &str) -> bool {
    module.windows(name.len()).any(|window| window == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn a_walled_crate_is_named_and_a_blind_check_refused() {
        let tree = ["signet", "signet-shared", "rsa"].map(str::to_owned);
        assert!(without("x", &tree, &["rsa"], "signet-shared").unwrap_err().to_string().contains("built with rsa"));
        assert!(without("x", &tree, &["rs"], "signet-shared").is_ok());
        assert!(without("x", &tree, &[], "signet-ask").unwrap_err().to_string().contains("wrong place"));
    }
}
