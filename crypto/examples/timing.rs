//! Whether the time of what opens and compares tells anything: `cargo xtask bench timing`, which also runs it in Chromium.
//!
//! `cargo run --release -p signet-crypto --features self-test --example timing -- [TAG_SAMPLES] [UNWRAP_SAMPLES]`

#![allow(clippy::unwrap_used, reason = "nobody to tell but the person at the terminal")]

use std::{process::ExitCode, time::Instant};

use signet_crypto::self_test::timing::{Plan, run};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).map(|word| word.parse().unwrap());
    let (tags, unwraps) = (words.next().unwrap_or(1_000_000), words.next().unwrap_or(100_000));
    let start = Instant::now();
    let now = || start.elapsed().as_nanos() as f64;
    let (lines, good) = run(&Plan { tags, batch: 1, unwraps, now }, &mut rand::rng());
    println!("{}", lines.join("\n"));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
