//! Honest conversations on a bad line, as long as one likes: `cargo xtask simulate`. Every message is
//! sealed, signed and opened with real RSA keys. The story is told in chapters, each of its own seed and with two or
//! three people at two browsers each; the first false alarm, loss, repetition or disorder ends it.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/simulate/story.rs"]
mod story;

use std::{process::ExitCode, time::Instant};

const CHAPTER: usize = 1_000;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [messages, seed, mut chapter] = numbers[..] else {
        eprintln!("usage: simulate MESSAGES SEED FIRST_CHAPTER");
        return ExitCode::FAILURE;
    };
    let (start, mut told, mut shown) = (Instant::now(), 0, 0);
    while told < messages {
        let n = usize::try_from(messages - told).unwrap_or(usize::MAX).min(CHAPTER);
        let people = if chapter % 2 == 0 { 2 } else { 3 };
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(chapter);
        println!("chapter {chapter}, seed {seed}");
        let one = story::play(seed, n, people, 2);
        println!("{one}");
        (told, shown, chapter) = (told + n as u64, shown + one.shown, chapter + 1);
    }
    println!("{told} messages, {shown} times shown, no false alarm, in {:?}", start.elapsed());
    ExitCode::SUCCESS
}
