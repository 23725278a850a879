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
        _ => {
            eprintln!("vectors write COUNT DIR, or vectors open DIR");
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
    tally.report("Rust")
}
