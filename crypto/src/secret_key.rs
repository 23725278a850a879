//! The secret key: 128 random bits that a person may choose to need beside the password, so that whoever has everything the
//! relay stores cannot find out by guessing what the password opens.

use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use signet_shared::{AccountId, Hash};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    primitives::same,
    symbols::{self, GROUP, Unreadable, separators},
};

const KEY: usize = 16;
const CHECK: usize = 4;
const SYMBOLS: usize = (KEY + CHECK) * 8 / 5;
/// Every secret key begins so, and is by two symbols longer for it.
const MARK: &str = "SK";
const MARK_VALUES: [u8; 2] = [25, 19];

/// 128 random bits. `Display` is what a person writes down:
///
/// ```text
/// "SK-" || base32( key[16] || H(L("secret key") || key)[..4] )   34 symbols, in a group of two and eight groups of four
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; KEY]);

/// Which secret key a slot asks for. It says nothing of the key to whoever does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKeyId(pub [u8; 8]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretKeyError {
    #[error("a secret key begins with SK and has eight groups of four after it")]
    Form,
    #[error("a character of the secret key is wrong")]
    Check,
}

impl SecretKey {
    pub const LEN: usize = KEY;

    pub fn make<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Self([0; KEY]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Of the bytes that [`Self::as_bytes`] gave, kept where nobody else reads.
    pub fn of(kept: [u8; KEY]) -> Self {
        Self(kept)
    }

    pub fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// `H(L("secret key id") || account_id || key)[..8]`
    pub fn id(&self, account: AccountId) -> SecretKeyId {
        let [a, b, c, d, e, f, g, h, ..] = Hash::new("secret key id").chain(account.as_bytes()).chain(&self.0).finish();
        SecretKeyId([a, b, c, d, e, f, g, h])
    }

    /// Whether both are the same key, in constant time.
    pub fn is(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }

    fn check(&self) -> [u8; CHECK] {
        let [a, b, c, d, ..] = Hash::new("secret key").chain(&self.0).finish();
        [a, b, c, d]
    }
}

/// Whether what someone typed is meant to be a secret key rather than a password: its mark and the right number of symbols,
/// either in groups or with the right check.
pub fn looks_like_secret_key(text: &str) -> bool {
    read_symbols(text).is_ok() && (separators(text) >= SYMBOLS / GROUP || text.parse::<SecretKey>().is_ok())
}

fn read_symbols(text: &str) -> Result<Zeroizing<[u8; 2 + SYMBOLS]>, SecretKeyError> {
    let mut symbols = Zeroizing::new([0; 2 + SYMBOLS]);
    match symbols::read(text, &mut symbols[..]) {
        Ok(()) if symbols[..2] == MARK_VALUES => Ok(symbols),
        Ok(()) | Err(Unreadable::Length | Unreadable::Character) => Err(SecretKeyError::Form),
    }
}

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        let symbols = read_symbols(text)?;
        let mut bytes = Zeroizing::new([0_u8; KEY + CHECK]);
        symbols::to_bytes(&symbols[2..], &mut bytes[..]);
        let mut key = Self([0; KEY]);
        key.0.copy_from_slice(&bytes[..KEY]);
        if key.check() == bytes[KEY..] { Ok(key) } else { Err(SecretKeyError::Check) }
    }
}

impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}-")?;
        symbols::write(&Zeroizing::new([&self.0[..], &self.check()].concat()), f)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecoveryKey, looks_like_recovery_key};

    #[test]
    fn what_is_written_down_can_be_typed() {
        for n in 0..=255_u8 {
            let key = SecretKey(core::array::from_fn(|i| n.wrapping_mul(i as u8 ^ 31)));
            let shown = key.to_string();
            assert_eq!((shown.len(), shown.split('-').count(), &shown[..3]), (42, 9, "SK-"));
            for typed in [
                shown.clone(),
                shown.to_lowercase().replace('-', " "),
                shown.replace('-', "").replace('0', "o").replace('1', "l"),
            ] {
                assert!(typed.parse::<SecretKey>().is_ok_and(|read| read.is(&key)), "{typed}");
                assert!(looks_like_secret_key(&typed) && !looks_like_recovery_key(&typed));
            }
        }
    }

    #[test]
    fn one_wrong_character_is_refused_and_still_seen_for_what_it_is_meant_to_be() {
        let shown = SecretKey([0x5a; 16]).to_string();
        let mut refused = 0;
        for at in (3..shown.len()).filter(|at| shown.as_bytes()[*at] != b'-') {
            for symbol in symbols::all().iter().filter(|symbol| **symbol != shown.as_bytes()[at]) {
                let mut wrong = shown.clone().into_bytes();
                wrong[at] = *symbol;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(wrong.parse::<SecretKey>().err(), Some(SecretKeyError::Check), "{at}");
                assert!(looks_like_secret_key(&wrong));
                refused += 1;
            }
        }
        println!("{refused} secret keys with one wrong character refused");
        assert_eq!(refused, 32 * 31);
        for wrong in ["", "SK", &shown[..41], &shown[3..], &format!("{shown}0"), &shown.replacen("SK", "SU", 1)] {
            assert_eq!(wrong.parse::<SecretKey>().err(), Some(SecretKeyError::Form), "{wrong}");
            assert!(!looks_like_secret_key(wrong));
        }
    }

    #[test]
    fn passwords_and_recovery_keys_do_not_look_like_one() {
        let recovery = RecoveryKey::of([0x5a; 32]).to_string();
        for text in ["correct horse battery staple", "", "sk", "SKATEBOARD", &"sk".repeat(17), &recovery] {
            assert!(!looks_like_secret_key(text), "{text}");
        }
    }
}
