//! RSA keys as DER: `SubjectPublicKeyInfo` (RFC 5280, 4.1) and PKCS#8 `PrivateKeyInfo` (RFC 5958, version 0, no attributes) of
//! an `RSAPrivateKey` (RFC 8017, A.1.2), both with `rsaEncryption` and `NULL` parameters (RFC 3279, 2.3.1).
//!
//! Only what one such key can look like is written and read. The reader is lenient where the writer decides: whatever is read
//! is written again, and refused where the bytes differ, so that a key has one form. `DESIGN.md` says why this is not the
//! crates that read every structure there is; they are what the tests compare with.

use crypto_bigint::BoxedUint;
use rsa::{
    PrivateKey, PublicKey,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use zeroize::Zeroizing;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// `SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.1.1, NULL }`
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// `INTEGER 0`, the version of both private structures.
const VERSION: [u8; 3] = [INTEGER, 1, 0];

pub(crate) fn write_public(key: &PublicKey) -> Vec<u8> {
    let parts = sequence(&[&integer(key.n()), &integer(key.e())]);
    sequence(&[&RSA_ENCRYPTION, &element(BIT_STRING, &[&[0], &parts])]).to_vec()
}

/// A modulus and an exponent that make a key of `rsa`'s; nothing is said yet of their size.
pub(crate) fn read_public(der: &[u8]) -> Option<PublicKey> {
    let inside = Reader(der).last(SEQUENCE)?.after(&RSA_ENCRYPTION)?.last(BIT_STRING)?.after(&[0])?;
    let mut parts = inside.last(SEQUENCE)?;
    let (n, e) = (parts.uint()?, parts.uint()?);
    let key = PublicKey::new(n, e).ok()?;
    (write_public(&key) == der).then_some(key)
}

/// `None` for a key whose CRT values are not there, which one that was read or made has.
pub(crate) fn write_private(key: &PrivateKey) -> Option<Zeroizing<Vec<u8>>> {
    let [p, q] = key.primes() else { return None };
    let (dp, dq, qinv) = (key.dp()?, key.dq()?, key.qinv()?.retrieve());
    let parts = [key.n().as_ref(), key.e(), key.d(), p, q, dp, dq, &qinv].map(integer);
    let mut all: Vec<&[u8]> = vec![&VERSION];
    all.extend(parts.iter().map(|part| part.as_slice()));
    Some(sequence(&[&VERSION, &RSA_ENCRYPTION, &element(OCTET_STRING, &[&sequence(&all)])]))
}

/// Checks n = pq and de = 1 modulo each p - 1, and computes the CRT values anew; that those in the bytes are the same is seen by
/// writing the key again.
pub(crate) fn read_private(der: &[u8]) -> Result<PrivateKey, Unread> {
    let parts = || {
        let inside = Reader(der).last(SEQUENCE)?.after(&VERSION)?.after(&RSA_ENCRYPTION)?.last(OCTET_STRING)?;
        let mut parts = inside.last(SEQUENCE)?.after(&VERSION)?;
        Some([parts.uint()?, parts.uint()?, parts.uint()?, parts.uint()?, parts.uint()?])
    };
    let [n, e, d, p, q] = parts().ok_or(Unread::Malformed)?;
    let key = PrivateKey::from_components(n, e, d, vec![p, q]).map_err(|_| Unread::Malformed)?;
    let again = write_private(&key).ok_or(Unread::Inconsistent)?;
    if crate::primitives::same(&again, der) { Ok(key) } else { Err(Unread::Inconsistent) }
}

/// Why bytes are no private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    Malformed,
    /// A key, but not in its one form, or with parts of another.
    Inconsistent,
}

/// Most significant byte first, as few as there can be, and none that says "negative".
fn integer(value: &BoxedUint) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new(value.to_be_bytes());
    let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(from..).unwrap_or_default();
    let sign: &[u8] = if digits.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

fn sequence(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    element(SEQUENCE, parts)
}

/// Tag, length, content. Its room is reserved at once: what grows leaves copies of private numbers behind.
fn element(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(len + 4));
    let [.., high, low] = len.to_be_bytes();
    bytes.push(tag);
    match (high, low) {
        (0, 0..=0x7f) => bytes.push(low),
        (0, _) => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// What has not been read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn after(self, bytes: &[u8]) -> Option<Self> {
        self.0.strip_prefix(bytes).map(Self)
    }

    /// The content of an element after which nothing follows.
    fn last(mut self, tag: u8) -> Option<Self> {
        let content = self.element(tag)?;
        self.0.is_empty().then_some(Self(content))
    }

    fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (len, rest) = match *self.0 {
            [first, len @ 0..=0x7f, ref rest @ ..] if first == tag => (usize::from(len), rest),
            [first, 0x81, len, ref rest @ ..] if first == tag => (usize::from(len), rest),
            [first, 0x82, high, low, ref rest @ ..] if first == tag => {
                (usize::from(u16::from_be_bytes([high, low])), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some(content)
    }

    /// As wide as its bytes say, which is all that `rsa` needs to know.
    fn uint(&mut self) -> Option<BoxedUint> {
        let bytes = self.element(INTEGER)?;
        let digits = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        BoxedUint::from_be_slice(digits, u32::try_from(digits.len()).ok()?.checked_mul(8)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};

    use super::*;

    fn key() -> PrivateKey {
        PrivateKey::from_pkcs8_pem(include_str!("../tests/data/test-key-1.pem")).unwrap()
    }

    #[test]
    fn keys_are_written_as_other_crates_write_them() {
        let small = PrivateKey::new(&mut rand::rng(), 1024).unwrap();
        for key in [key(), small] {
            let private = key.to_pkcs8_der().unwrap();
            assert_eq!(write_private(&key).unwrap().as_slice(), private.as_bytes());
            assert_eq!(read_private(private.as_bytes()).map(|read| read == key), Ok(true));
            let public = key.as_public_key().to_public_key_der().unwrap();
            assert_eq!(write_public(key.as_public_key()), public.as_bytes());
            assert!(read_public(public.as_bytes()).is_some_and(|read| read == *key.as_public_key()));
        }
    }

    /// Whatever the crates that read every structure make of it, no other bytes are taken for a key here.
    #[test]
    fn of_all_changed_bytes_none_are_read_that_other_crates_refuse() {
        let key = key();
        let public = key.as_public_key().to_public_key_der().unwrap().into_vec();
        let mut read = 0;
        for at in 0..public.len() * 8 {
            let mut changed = public.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let theirs = PublicKey::from_public_key_der(&changed).ok();
            let canonical = theirs.filter(|key| key.to_public_key_der().unwrap().as_bytes() == changed);
            let ours = read_public(&changed);
            assert!(ours == canonical, "bit {at}");
            read += usize::from(ours.is_some());
        }
        assert!(read > 3000, "most bits are of the modulus: {read}");
        for len in 0..public.len() {
            assert!(read_public(&public[..len]).is_none());
        }
        assert!(read_public(&[public.as_slice(), &[0]].concat()).is_none());

        let private = key.to_pkcs8_der().unwrap();
        let private = private.as_bytes();
        // The structure around the numbers, and the first and last bytes of each.
        for at in (0..64 * 8).chain(private.len() * 8 - 256..private.len() * 8) {
            let mut changed = private.to_vec();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(read_private(&changed).is_err(), "bit {at}");
        }
        for len in 0..private.len() {
            assert!(read_private(&private[..len]).is_err());
        }
        assert!(read_private(&[private, &[0]].concat()).is_err());
    }
}
