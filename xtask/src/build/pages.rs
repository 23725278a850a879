//! The pages, rendered once, at build time.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result, bail};

use super::assets::{self, Named};
use crate::{place::Place, shell};

/// Pages by file name (`index.html`), with their tokens replaced.
pub(super) type Pages = BTreeMap<String, String>;

pub(super) fn render(place: &Place, named: &Named) -> Result<Pages> {
    let folder = place.workshop().join("pages");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let mut command = shell::command(shell::cargo(), &place.root, &["run", "--locked"]);
    command.args(["--package", "signet-app", "--bin", "render", "--no-default-features", "--features", "ssr", "--"]);
    shell::run(command.arg(&folder), "The messages above say what is wrong with the pages' sources.")?;

    let mut pages = Pages::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".html") {
            let bytes = fs::read(entry.path()).with_context(|| format!("could not read {name}"))?;
            pages.insert(name.clone(), assets::fill(&name, &bytes, named)?);
        }
    }
    if pages.is_empty() {
        bail!("app/src/bin/render.rs wrote no page into the folder that it was given, so there is nothing to serve");
    }
    Ok(pages)
}
