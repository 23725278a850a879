//! The operations whose time must not tell what they worked on, for dudect (`super::dudect`).

use std::hint::black_box;

use rand_core::CryptoRng;
use signet_shared::{AccountId, IkHash};

use super::{
    dudect::{Sample, Verdict},
    trace,
};
use crate::{Aad, ObjectKey, Purpose, open_object, seal_object};

/// How much is measured, by a clock that gives nanoseconds.
pub struct Plan<N> {
    /// Samples of what takes microseconds.
    pub tags: usize,
    /// So often each such sample does its work, for clocks that are coarse.
    pub batch: usize,
    /// Samples of what takes milliseconds.
    pub unwraps: usize,
    pub now: N,
}

/// A line for each operation, and whether all is as it must be: the control tells, nothing else does.
pub fn run<N: Fn() -> f64>(plan: &Plan<N>, rng: &mut impl CryptoRng) -> (Vec<String>, bool) {
    let named = [
        ("control: bytes compared until one differs, the first or the last", plan.control(rng)),
        ("comparison of tags, the first or the last byte differs", plan.comparison(rng)),
        ("opening a sealed object, the first or the last byte of its tag differs", plan.opening(rng)),
        ("unwrapping, one wrap or another of a thousand", plan.unwrapping(rng)),
        ("unwrapping, refused: another message's wrap or random bytes", plan.refusing(rng)),
    ];
    let verdicts = named.map(|(what, samples)| (what, Verdict::of(&samples)));
    let good = verdicts.iter().enumerate().all(|(n, (_, verdict))| verdict.tells() == (n == 0));
    (verdicts.iter().map(|(what, verdict)| verdict.line(what)).collect(), good)
}

fn random<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn below(rng: &mut impl CryptoRng, count: usize) -> usize {
    rng.next_u32() as usize % count
}

fn two_tags(class: bool, rng: &mut impl CryptoRng) -> ([u8; 32], [u8; 32]) {
    let tag = random(rng);
    let mut other = tag;
    other[if class { 31 } else { 0 }] ^= 1;
    (tag, other)
}

impl<N: Fn() -> f64> Plan<N> {
    /// `input` is called before the clock starts, and does the same work for both classes.
    fn measure<G: CryptoRng, I, O>(
        &self,
        (count, batch): (usize, usize),
        rng: &mut G,
        mut input: impl FnMut(bool, &mut G) -> I,
        run: impl Fn(&I) -> O,
    ) -> Vec<Sample> {
        let sample = |_| {
            let class = rng.next_u32() & 1 == 1;
            let input = input(class, rng);
            let start = (self.now)();
            for _ in 0..batch {
                black_box(run(black_box(&input)));
            }
            (class, ((self.now)() - start) / batch as f64)
        };
        (0..count).map(sample).collect()
    }

    fn control(&self, rng: &mut impl CryptoRng) -> Vec<Sample> {
        self.measure((self.tags, self.batch), rng, two_tags, |(one, other)| {
            one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b))
        })
    }

    fn comparison(&self, rng: &mut impl CryptoRng) -> Vec<Sample> {
        self.measure((self.tags, self.batch), rng, two_tags, |(one, other)| trace::same(one, other))
    }

    fn opening(&self, rng: &mut impl CryptoRng) -> Vec<Sample> {
        let key = ObjectKey::from_bytes(random(rng));
        let account = AccountId([1; 16]);
        let aad = Aad { account, object: Vec::new(), version: 1, ik: IkHash([2; 32]), amk_epoch: 1 };
        let sealed = seal_object(&key, Purpose::State, &aad, b"text", rng);
        let spoil = |class, _: &mut _| {
            let mut sealed = sealed.clone();
            let at = sealed.len() - if class { 1 } else { 32 };
            sealed[at] ^= 1;
            sealed
        };
        self.measure((self.tags, self.batch), rng, spoil, |sealed| {
            open_object(&key, Purpose::State, &aad, sealed).is_ok()
        })
    }

    /// Wraps that open: always the same one, or one of a thousand.
    fn unwrapping(&self, rng: &mut impl CryptoRng) -> Vec<Sample> {
        let (key, ctx) = (trace::test_key(2), [7; 32]);
        let mut wrap = |_| {
            let k = trace::content_key(random(rng));
            trace::wrap(&key.public(), &ctx, &k, rng).unwrap()
        };
        let wraps: Vec<Vec<u8>> = (0..1000).map(&mut wrap).collect();
        let choose = |class, rng: &mut _| {
            let other = below(rng, wraps.len());
            wraps[if class { other } else { 0 }].clone()
        };
        self.measure((self.unwraps, 1), rng, choose, |wrap| trace::unwrap(&key, &ctx, wrap).is_some())
    }

    /// Wraps that do not open: made for another message, so that all but the label's hash is right; or random bytes.
    fn refusing(&self, rng: &mut impl CryptoRng) -> Vec<Sample> {
        let (key, ctx) = (trace::test_key(2), [7; 32]);
        let wraps: Vec<Vec<u8>> = (0..1000)
            .map(|n| {
                let k = trace::content_key(random(rng));
                let mut wrap = trace::wrap(&key.public(), &[8; 32], &k, rng).unwrap();
                if n % 2 == 1 {
                    rng.fill_bytes(&mut wrap);
                    // Below the modulus, whose top bit is set: a number above it is refused before any key is used.
                    wrap[0] &= 0x7f;
                }
                wrap
            })
            .collect();
        let choose = |class, rng: &mut _| wraps[2 * below(rng, wraps.len() / 2) + usize::from(class)].clone();
        self.measure((self.unwraps, 1), rng, choose, |wrap| trace::unwrap(&key, &ctx, wrap).is_some())
    }
}
