//! The safety number: what two people compare to know that no one stands between them.

use sha2::{Digest, Sha512};
use signet_shared::Hash;

use crate::VerifiedAccount;

/// As many as Signal's: guessing a fingerprint of 100 bits becomes 2^12 times dearer.
const ROUNDS: usize = 5_200;

/// Sixty digits in twelve groups of five, the same from either side: each account's thirty digits, the lower first.
///
/// ```text
/// h_0 = L("safety number") || account_id[16] || len u8, canonical username || IK SPKI
/// h_i = SHA-512(h_(i-1) || IK SPKI)                      i = 1..5200
/// digits = six times: 5 bytes of h_5200, big-endian, modulo 100000
/// ```
/// The construction of Signal's numeric fingerprint (libsignal, `fingerprint.rs`), over our own account ids and names.
pub fn safety_number(one: &VerifiedAccount, other: &VerifiedAccount) -> String {
    let mut halves = [digits(one), digits(other)];
    halves.sort_unstable();
    halves.concat().join(" ")
}

fn digits(account: &VerifiedAccount) -> Vec<String> {
    let spki = account.ik().spki();
    let name = account.username().canonical();
    let mut h = Hash::label("safety number");
    h.extend_from_slice(account.account_id().as_bytes());
    h.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    h.extend_from_slice(name.as_bytes());
    h.extend_from_slice(spki);
    for _ in 0..ROUNDS {
        let next = Sha512::new().chain_update(&h).chain_update(spki).finalize();
        h.clear();
        h.extend_from_slice(&next);
    }
    h.chunks_exact(5)
        .take(6)
        .map(|five| {
            let n = five.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
            format!("{:05}", n % 100_000)
        })
        .collect()
}
