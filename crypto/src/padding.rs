//! Length hiding: what is sealed is first brought to one of a few lengths.

use zeroize::Zeroizing;

const BLOCK: usize = 16;
const SHORTEST: usize = 256;

/// `inner || 0x80 || 0x00* || 0x10 * 16`
///
/// The zeros fill up to `max(256, Padme(len + 1))` rounded up to 16; PKCS#7 then always adds one whole block, so that no
/// padding byte depends on the text. Padmé: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
/// Communication with PURBs", PoPETs 2019(4), section 4.
pub(crate) fn pad(inner: &[u8]) -> Zeroizing<Vec<u8>> {
    let hidden = hidden_len(inner.len());
    let mut out = Zeroizing::new(Vec::with_capacity(hidden + BLOCK));
    out.extend_from_slice(inner);
    out.push(0x80);
    out.resize(hidden, 0);
    out.extend_from_slice(&[BLOCK as u8; BLOCK]);
    out
}

/// The inverse of [`pad`]; nothing but exactly its output is accepted.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (hidden, pkcs7) = padded.split_last_chunk::<BLOCK>()?;
    if *pkcs7 != [BLOCK as u8; BLOCK] {
        return None;
    }
    let end = hidden.iter().rposition(|byte| *byte != 0)?;
    let inner = &hidden[..end];
    (hidden[end] == 0x80 && hidden.len() == hidden_len(inner.len())).then_some(inner)
}

/// The length of `pad`'s output for `len` bytes.
pub(crate) fn padded_len(len: usize) -> usize {
    hidden_len(len) + BLOCK
}

fn hidden_len(len: usize) -> usize {
    padme(len + 1).max(SHORTEST).next_multiple_of(BLOCK)
}

/// Rounds up so that only the top `log2(log2(len)) + 1` bits of a length vary.
fn padme(len: usize) -> usize {
    if len < 2 {
        return len;
    }
    let e = len.ilog2();
    let s = e.checked_ilog2().map_or(0, |log| log + 1);
    let mask = (1_usize << e.saturating_sub(s)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_length_comes_back_and_few_lengths_are_seen() {
        let mut seen = BTreeSet::new();
        let mut worst: f64 = 0.0;
        for len in 0..=65_536 {
            let padded = padded_len(len);
            seen.insert(padded);
            if len >= 1024 {
                worst = worst.max((padded - len) as f64 / len as f64);
            }
            if len % 97 == 0 {
                let text = vec![0x80; len];
                assert_eq!(pad(&text).len(), padded);
                assert_eq!(unpad(&pad(&text)), Some(text.as_slice()));
                let zeros = vec![0; len];
                assert_eq!(unpad(&pad(&zeros)), Some(zeros.as_slice()));
            }
        }
        println!("{} lengths up to 64 KiB, at most {:.1} % more from 1 KiB up", seen.len(), worst * 100.0);
        assert!(seen.len() <= 140 && worst < 0.1);
    }

    #[test]
    fn padding_that_is_not_canonical_is_refused() {
        let good = pad(b"text");
        for at in 4..good.len() {
            for bit in 0..8 {
                let mut bad = good.to_vec();
                bad[at] ^= 1 << bit;
                // A flipped zero may become another 0x80 and so another text: never of this length's canonical form
                // unless it is the last non-zero byte, when the text differs.
                if let Some(text) = unpad(&bad) {
                    assert_ne!(text, b"text");
                }
            }
        }
        assert_eq!(unpad(&[]), None);
        assert_eq!(unpad(&[0x10; 16]), None, "no marker");
        let mut long = b"text\x80".to_vec();
        long.resize(272, 0);
        long.extend_from_slice(&[0x10; 16]);
        assert_eq!(unpad(&long), None, "longer than its text needs");
        let mut short = b"text\x80".to_vec();
        short.resize(240, 0);
        short.extend_from_slice(&[0x10; 16]);
        assert_eq!(unpad(&short), None, "shorter than the least");
        let mut other = good.to_vec();
        other.truncate(256);
        other.push(1);
        assert_eq!(unpad(&other), None, "one byte of PKCS#7");
    }
}
