//! For proving the formats, and for nothing else: other people's vectors (`tests/vectors/README.md`), natively and in a
//! browser, and every intermediate value of what was sealed. Behind the feature `self-test`, which no build that a person
//! uses has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whoever runs a vector wants to see it fail"
)]

mod opaque;
pub mod own;
mod primitives;
pub mod trace;

/// A set of vectors: its name, and what runs it.
pub type Set = (&'static str, fn() -> String);

/// Sets of vectors. Each runs all of its cases, panics at the first that differs, and says how many there were.
pub const SETS: [Set; 8] = [
    ("aes_256_cfb128", primitives::aes_256_cfb128_gives_nists_answers),
    ("rsa_oaep", primitives::oaep_3072_sha256_as_wycheproof),
    ("rsa_pss", primitives::pss_3072_sha256_as_wycheproof),
    ("hmac_sha256", primitives::hmac_sha256_as_wycheproof),
    ("hkdf_sha256", primitives::hkdf_sha256_as_wycheproof),
    ("primality", primitives::primality_as_wycheproof),
    ("argon2id", primitives::argon2id_as_rfc_9106_and_openssl),
    ("opaque", opaque::opaque_as_rfc_9807),
];

#[cfg(test)]
mod tests {
    use super::SETS;

    #[test]
    fn every_set_of_other_peoples_vectors() {
        for (name, run) in SETS {
            println!("{name}: {}", run());
        }
    }
}
