//! The one binary.

use anyhow::Result;

use crate::{place::Place, shell};

pub(super) fn build(place: &Place) -> Result<()> {
    let mut command = shell::command(shell::cargo(), &place.root, &["build", "--locked", "--release"]);
    command.args(["--package", "signet", "--features", "site"]).env("SIGNET_SITE", place.site());
    shell::run(&mut command, "The compiler's messages above say what is wrong with the sources.")
}
