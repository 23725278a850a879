//! The formats against other implementations: `cargo xtask vectors`, `open`, `interop` and `self-test`. The crate is never linked into
//! this program: its example `vectors` is run, like every other reader and writer.

mod browser;
mod readers;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

pub(crate) use self::browser::{self_test, timing};
use self::readers::{Party, RUST};
use crate::{
    place::Place,
    shell::{note, step},
};

/// Random objects of every kind with all their keys and intermediate values, in the shape of `crypto/interop/README.md`.
pub(crate) fn write(place: &Place, count: usize, out: &Path) -> Result<()> {
    step(&format!("Writing {count} random objects of each kind to {}", place.shown(out)));
    RUST.write(place, count, &absolute(out)?)
}

/// Opens what another implementation wrote; fails where anything differs.
pub(crate) fn open(place: &Place, folder: &Path) -> Result<()> {
    step(&format!("Opening what {} holds", place.shown(folder)));
    if !RUST.open(place, &absolute(folder)?)? {
        bail!("something in {} is not as its writer says: the lines above name it", folder.display());
    }
    Ok(())
}

/// Every implementation opens what every other one wrote.
pub(crate) fn interop(place: &Place, count: usize) -> Result<()> {
    step(&format!("Interoperation: {count} random objects of each kind, written and opened by every implementation"));
    let (parties, missing) = readers::present(place)?;
    let home = place.target.join("interop");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("could not clear {}", home.display()))?;
    }
    let writers: Vec<&Party> = parties.iter().filter(|party| party.writes).copied().collect();
    for writer in &writers {
        writer.write(place, count, &home.join(writer.name))?;
    }
    let spoiled = spoiled(place, &home)?;
    for reader in &parties {
        if reader.look(place, &spoiled)? {
            bail!("{} found nothing wrong with a message whose tag was changed: it does not check", reader.name);
        }
        note(&format!("{} notices a changed bit", reader.name));
    }
    let mut failed = Vec::new();
    for writer in &writers {
        note(&format!("written by {}:", writer.name));
        for reader in &parties {
            if !reader.open(place, &home.join(writer.name))? {
                failed.push(format!("{} does not open what {} wrote", reader.name, writer.name));
            }
        }
    }
    if !failed.is_empty() {
        bail!("{}; the mismatches are listed above", failed.join(", "));
    }
    if !missing.is_empty() {
        bail!("what ran, agreed; but not everything ran. {}", missing.join(" "));
    }
    note(&format!("{} writers, {} readers, {count} of each kind: 0 mismatches", writers.len(), parties.len()));
    Ok(())
}

/// A reader that finds fault with nothing proves nothing, so each is given a folder with one changed bit in a tag.
fn spoiled(place: &Place, home: &Path) -> Result<PathBuf> {
    let folder = home.join("spoiled");
    RUST.write(place, 1, &folder)?;
    let messages = folder.join("messages.json");
    let text = fs::read_to_string(&messages).with_context(|| format!("could not read {}", messages.display()))?;
    fs::write(&messages, spoil(&text)?)?;
    Ok(folder)
}

/// Changes the last hexadecimal digit of the first tag.
fn spoil(text: &str) -> Result<String> {
    let start = text.find(r#""tag":""#).context("messages.json names no tag")? + 7;
    let last = text[start..].find('"').context("a tag has no end")? + start - 1;
    let other = if &text[last..=last] == "0" { "1" } else { "0" };
    Ok([&text[..last], other, &text[last + 1..]].concat())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))
}

#[cfg(test)]
mod tests {
    use super::spoil;

    #[test]
    fn one_digit_of_the_tag_is_changed() {
        assert_eq!(spoil(r#"{"a":"0","tag":"ab0","z":""}"#).unwrap(), r#"{"a":"0","tag":"ab1","z":""}"#);
        assert_eq!(spoil(r#"{"tag":"abf"}"#).unwrap(), r#"{"tag":"ab0"}"#);
        assert!(spoil("[]").is_err());
    }
}
