//! The four symmetric operations, in the only forms that the formats use.

use aes::Aes256;
use cfb_mode::cipher::KeyIvInit;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// HKDF-SHA256 (RFC 5869), `N` bytes.
pub(crate) fn hkdf<const N: usize>(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "the most that HKDF-SHA256 gives") };
    let mut out = Zeroizing::new([0; N]);
    #[expect(clippy::expect_used, reason = "the only failure is a length above 8160 bytes, excluded at compile time")]
    Hkdf::<Sha256>::new(Some(salt), ikm).expand_multi_info(info, out.as_mut_slice()).expect("N is at most 8160");
    out
}

/// HMAC-SHA256 (RFC 2104) over the parts one after another.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// AES-256 in CFB mode with full-block feedback (NIST SP 800-38A, CFB128), in place.
pub(crate) fn cfb_encrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
    cfb_mode::Encryptor::<Aes256>::new(key.into(), iv.into()).encrypt(data);
}

/// The inverse of [`cfb_encrypt`].
pub(crate) fn cfb_decrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
    cfb_mode::Decryptor::<Aes256>::new(key.into(), iv.into()).decrypt(data);
}

/// Comparison in constant time.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
