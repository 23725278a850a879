//! Files stay short enough to read in one sitting.

use std::fs;

use anyhow::{Result, bail};

use crate::{
    place::Place,
    shell::{self, note, step},
};

const MOST: usize = 800;
/// Lists that programs write.
const EXEMPT: [&str; 3] = ["Cargo.lock", "package-lock.json", "vectors/"];

pub(super) fn check(place: &Place) -> Result<()> {
    step(&format!("Counting lines: no file over {MOST}, so that each can be read in one sitting"));
    // In a container the checkout often belongs to somebody else.
    let mut git = shell::command(
        "git",
        &place.root,
        &["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    );
    let listed = shell::read(&mut git, "The check of lengths asks git which files are the project's.")?;
    let mut longest = (0, "");
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        // What is not text, or was removed but not yet committed, has no lines.
        let Ok(text) = fs::read_to_string(place.root.join(name)) else { continue };
        let lines = text.lines().count();
        if EXEMPT.iter().any(|exempt| name.contains(exempt)) {
            continue;
        }
        if lines > MOST {
            bail!("{name} has {lines} lines, {MOST} are allowed. Split it by what its parts do.");
        }
        longest = longest.max((lines, name));
    }
    note(&format!("the longest is {} with {} lines", longest.1, longest.0));
    Ok(())
}
