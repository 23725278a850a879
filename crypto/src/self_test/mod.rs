//! For proving the formats, and for nothing else: other people's vectors and our own (`tests/vectors/README.md`), natively
//! and in a browser, and every intermediate value of what was sealed. Behind the feature `self-test`, which no build that
//! a person uses has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whoever runs a vector wants to see it fail"
)]

pub mod backup;
pub mod dudect;
mod opaque;
mod own;
pub mod parsers;
mod primitives;
mod seeded;
pub mod timing;
pub mod trace;

use std::collections::BTreeMap;

/// A set of vectors: runs all its cases, panics at the first that differs, and says how many there were.
type Set = fn() -> String;

const SETS: [Set; 8] = [
    primitives::aes_256_cfb128_gives_nists_answers,
    primitives::oaep_3072_sha256_as_wycheproof,
    primitives::pss_3072_sha256_as_wycheproof,
    primitives::hmac_sha256_as_wycheproof,
    primitives::hkdf_sha256_as_wycheproof,
    primitives::primality_as_wycheproof,
    primitives::argon2id_as_rfc_9106_and_openssl,
    opaque::opaque_as_rfc_9807,
];

/// Runs everything; `own` is what `tests/vectors/own/` holds, as names and texts. The lines say what was run and what came
/// out, and are the same on every machine.
pub fn run(own: &[(String, String)]) -> Vec<String> {
    let mut lines: Vec<String> = SETS.iter().map(|set| set()).collect();
    lines.extend(run_own(own));
    lines.extend(seeded::digests().iter().map(|(name, digest)| format!("seeded {name}: {digest}")));
    lines
}

fn run_own(own: &[(String, String)]) -> Vec<String> {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, text) in own {
        match own::check(name, text) {
            Ok((kind, outcome)) => counts.entry(kind).or_default()[usize::from(outcome != "opens")] += 1,
            Err(what) => wrong.push(what),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    counts.iter().map(|(kind, [good, bad])| format!("own {kind}: {good} as they must be, {bad} refused")).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{SETS, run_own};

    #[test]
    fn every_set_of_other_peoples_vectors() {
        for set in SETS {
            println!("{}", set());
        }
    }

    #[test]
    fn every_file_of_our_own_holds_what_it_claims() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/own");
        let read = |entry: Result<fs::DirEntry, _>| {
            let path = entry.unwrap().path();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
        };
        let own: Vec<_> = fs::read_dir(folder).unwrap().map(read).collect();
        let lines = run_own(&own);
        lines.iter().for_each(|line| println!("{line}"));
        // Everything that can be refused is, at least once.
        for kind in
            ["message", "uploaded", "account", "keystore", "history", "slot", "local", "object", "recovery", "backup"]
        {
            let line = lines.iter().find(|line| line.starts_with(&format!("own {kind}:"))).unwrap();
            assert!(!line.contains(" 0 "), "{line}");
        }
    }
}
