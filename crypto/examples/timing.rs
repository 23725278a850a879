//! Does the time of an operation tell which of two classes its input is of? The method of dudect (Reparaz, Balasch and
//! Verbauwhede, "Dude, is my code constant time?", 2017): classes in random order, Welch's t-test over the times, also with
//! the slowest cut off. |t| above 10 tells; below, nothing was found with so many samples on this machine.
//!
//! `cargo run --release -p signet-crypto --features self-test --example timing -- [MAC_SAMPLES] [UNWRAP_SAMPLES]`

#![allow(clippy::unwrap_used, reason = "published test keys, and nobody to tell but the person at the terminal")]

use std::{hint::black_box, process::ExitCode, time::Instant};

use signet_crypto::{Aad, ObjectKey, Purpose, open_object, seal_object, self_test::trace};
use signet_shared::{AccountId, IkHash};

/// dudect's own bound.
const TELLS: f64 = 10.0;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).map(|word| word.parse().unwrap());
    let (mac, unwrap) = (words.next().unwrap_or(1_000_000), words.next().unwrap_or(100_000));
    let seen = report("control: bytes compared until one differs, first or last", &control(mac));
    let quiet = [
        report("comparison of tags, first or last byte differs", &comparison(mac)),
        report("opening an object, first or last byte of its tag differs", &opening(mac)),
        report("unwrapping, one wrap or another of many", &unwrapping(unwrap)),
        report("unwrapping, refused: another message's wrap or random bytes", &refusing(unwrap)),
    ];
    if !seen {
        println!("The control was not noticed: this run shows nothing.");
    }
    if seen && quiet.iter().all(|tells| !tells) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Nanoseconds of each sample, and its class.
type Samples = Vec<(bool, f64)>;

/// `input` is called before the clock starts, and does the same work for both classes.
fn measure<I, O>(count: usize, mut input: impl FnMut(bool) -> I, run: impl Fn(&I) -> O) -> Samples {
    let sample = |_| {
        let class = rand::random();
        let input = black_box(input(class));
        let start = Instant::now();
        black_box(run(&input));
        (class, start.elapsed().as_nanos() as f64)
    };
    (0..count).map(sample).collect()
}

fn two_tags(class: bool) -> ([u8; 32], [u8; 32]) {
    let tag: [u8; 32] = rand::random();
    let mut other = tag;
    other[if class { 31 } else { 0 }] ^= 1;
    (tag, other)
}

fn control(count: usize) -> Samples {
    measure(count, two_tags, |(one, other)| one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b)))
}

fn comparison(count: usize) -> Samples {
    measure(count, two_tags, |(one, other)| trace::same(one, other))
}

fn opening(count: usize) -> Samples {
    let key = ObjectKey::from_bytes(rand::random());
    let aad = Aad { account: AccountId([1; 16]), object: Vec::new(), version: 1, ik: IkHash([2; 32]), amk_epoch: 1 };
    let sealed = seal_object(&key, Purpose::State, &aad, b"text", &mut rand::rng());
    let spoiled = |class| {
        let mut sealed = sealed.clone();
        let at = sealed.len() - if class { 1 } else { 32 };
        sealed[at] ^= 1;
        sealed
    };
    measure(count, spoiled, |sealed| open_object(&key, Purpose::State, &aad, sealed).is_ok())
}

/// Wraps that open: always the same one, or one of a thousand.
fn unwrapping(count: usize) -> Samples {
    let (key, ctx) = (trace::test_key(2), [7; 32]);
    let wrap = |_| {
        let k = trace::content_key(rand::random());
        trace::wrap(&key.public(), &ctx, &k, &mut rand::rng()).unwrap()
    };
    let wraps: Vec<Vec<u8>> = (0..1000).map(wrap).collect();
    let choose = |class| {
        let other = rand::random_range(0..wraps.len());
        wraps[if class { other } else { 0 }].clone()
    };
    measure(count, choose, |wrap| trace::unwrap(&key, &ctx, wrap).is_some())
}

/// Wraps that do not open: made for another message, so that all but the label's hash is right; or random bytes.
fn refusing(count: usize) -> Samples {
    let (key, ctx) = (trace::test_key(2), [7; 32]);
    let wraps: Vec<Vec<u8>> = (0..1000)
        .map(|n| {
            let k = trace::content_key(rand::random());
            let mut wrap = trace::wrap(&key.public(), &[8; 32], &k, &mut rand::rng()).unwrap();
            if n % 2 == 1 {
                wrap.fill_with(rand::random);
                // Below the modulus, whose top bit is set: a number above it is refused before any key is used.
                wrap[0] &= 0x7f;
            }
            wrap
        })
        .collect();
    let choose = |class| wraps[2 * rand::random_range(0..wraps.len() / 2) + usize::from(class)].clone();
    measure(count, choose, |wrap| trace::unwrap(&key, &ctx, wrap).is_some())
}

/// Prints the largest |t|, of all samples and of those below each of dudect's hundred percentiles. Whether it tells.
fn report(what: &str, samples: &Samples) -> bool {
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_unstable_by(f64::total_cmp);
    let all = welch(samples, f64::INFINITY);
    let percentile = |n: i32| 1.0 - 0.5_f64.powf(10.0 * f64::from(n) / 100.0);
    let cut = |n| welch(samples, times[(percentile(n) * times.len() as f64) as usize]);
    let most = (1..=100).map(cut).fold(all.abs(), |most, t| most.max(t.abs()));
    let median = times[times.len() / 2];
    println!("{what}: {} samples, median {median} ns, |t| {:.2}, at most {most:.2} when cut", samples.len(), all.abs());
    most > TELLS
}

/// Welch's t between the two classes, of the times below `limit`.
fn welch(samples: &Samples, limit: f64) -> f64 {
    let moments = |class: bool| {
        let times = samples.iter().filter(move |(c, time)| *c == class && *time < limit).map(|(_, time)| *time);
        let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for time in times {
            n += 1.0;
            let off = time - mean;
            mean += off / n;
            squares += off * (time - mean);
        }
        (n, mean, squares / (n - 1.0))
    };
    let ((n0, mean0, var0), (n1, mean1, var1)) = (moments(false), moments(true));
    let t = (mean0 - mean1) / (var0 / n0 + var1 / n1).sqrt();
    if n0 > 100.0 && n1 > 100.0 && t.is_finite() { t } else { 0.0 }
}
