//! `cargo xtask simulate`: honest conversations on a bad line, as many messages as one likes, with real keys.

use anyhow::Result;

use crate::{
    place::Place,
    shell::{self, step},
};

pub(crate) fn run(place: &Place, messages: u64, seed: u64, chapter: u64) -> Result<()> {
    step(&format!("Telling {messages} messages from seed {seed}; a false alarm, a loss or a repetition ends it"));
    let words = ["run", "--locked", "--release", "--package", "signet-vault", "--example", "simulate", "--"];
    let mut command = shell::command(shell::cargo(), &place.root, &words);
    command.args([messages, seed, chapter].map(|number| number.to_string()));
    shell::run(
        &mut command,
        "The last line before the message says what happened; with the same seed, that chapter is told again.",
    )
}
