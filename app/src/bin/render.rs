//! `render <outdir>`: writes the pages as fixed HTML.

use std::{env, fs, io, path::PathBuf};

use signet_app::{Route, document::document};

fn main() -> io::Result<()> {
    let out = env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| io::Error::other("usage: render <outdir>"))?;
    fs::create_dir_all(&out)?;
    Route::ALL.into_iter().try_for_each(|route| fs::write(out.join(route.file()), document(route)))
}
