//! Random objects of every kind with all their keys and intermediate values, for other implementations to open; and what
//! others wrote in the same shape (`crypto/interop/README.md`), opened here.
//!
//! `cargo xtask vectors --count N --out DIR` and `cargo xtask open DIR` run it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "keys of one run, and nobody to tell but the person at the terminal"
)]

mod accounts;
mod backups;
mod keys;
mod messages;
mod objects;
mod record;
mod slots;

use std::{path::Path, process::ExitCode};

use crate::{accounts::Accounts, keys::Keys, record::Tally};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", count, folder] => write(count.parse().unwrap(), Path::new(folder)),
        ["open", folder] => open(Path::new(folder)),
        ["self-test", folder] => self_test(Path::new(folder)),
        _ => {
            eprintln!("vectors write COUNT DIR, vectors open DIR, or vectors self-test OWN_VECTORS");
            ExitCode::FAILURE
        }
    }
}

fn write(count: usize, folder: &Path) -> ExitCode {
    std::fs::create_dir_all(folder).unwrap();
    let keys = Keys::make(2);
    keys.write(folder);
    let accounts = Accounts::make(count, &keys);
    accounts.write(folder);
    messages::write(count, &accounts, &keys, folder);
    objects::write(count, folder);
    slots::write(count, &accounts, &keys, folder);
    backups::write(count, &accounts, &keys, folder);
    println!("Rust wrote {count} of each kind");
    ExitCode::SUCCESS
}

fn open(folder: &Path) -> ExitCode {
    let keys = Keys::read(folder);
    let mut tally = Tally::default();
    let accounts = Accounts::read(folder, &keys, &mut tally);
    messages::open(folder, &accounts, &keys, &mut tally);
    objects::open(folder, &mut tally);
    slots::open(folder, &accounts, &keys, &mut tally);
    backups::open(folder, &accounts, &keys, &mut tally);
    tally.report("Rust")
}

/// Every vector and every seeded output, line by line as `examples/browser.rs` says it in a browser.
fn self_test(folder: &Path) -> ExitCode {
    let read = |path: std::path::PathBuf| {
        (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
    };
    let own: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect();
    signet_crypto::self_test::run(&own).iter().for_each(|line| println!("{line}"));
    ExitCode::SUCCESS
}
