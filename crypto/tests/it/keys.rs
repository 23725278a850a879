//! What is read as a key.

use signet_crypto::EncryptionPublic;
use signet_shared::envelope::Suite;

use crate::people::decryption;

#[test]
fn a_key_of_another_size_or_exponent_or_form_is_no_key() {
    let good = decryption(0).public();
    assert!(EncryptionPublic::from_spki(Suite::Rsa3072, good.spki()).is_ok());
    let mut trailing = good.spki().to_vec();
    trailing.push(0);
    let mut exponent_3 = good.spki().to_vec();
    let end = exponent_3.len();
    exponent_3[end - 3..].copy_from_slice(&[1, 0, 3]);
    let mut even = good.spki().to_vec();
    even[end - 6] ^= 1;
    let mut small = good.spki().to_vec();
    let modulus = small.windows(4).position(|w| w == [0x02, 0x82, 0x01, 0x81]).unwrap() + 5;
    small[modulus] = 0x01;
    for bad in [trailing, exponent_3, even, small, Vec::new()] {
        assert!(EncryptionPublic::from_spki(Suite::Rsa3072, &bad).is_err());
    }
}
