//! One style sheet from many.

use anyhow::{Result, anyhow, bail};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
};

use crate::place::Place;

/// `style/main.css` with all that it imports, minified.
pub(super) fn bundle(place: &Place) -> Result<String> {
    let main = place.root.join("style/main.css");
    if !main.is_file() {
        bail!("style/main.css is missing, so the pages would have no style. Restore it from git.");
    }
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(&main).map_err(|error| anyhow!("the style sheets cannot be read: {error}"))?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| anyhow!("the style sheets cannot be made smaller: {error}"))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("the style sheets cannot be written: {error}"))?;
    Ok(printed.code)
}
