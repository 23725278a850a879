//! The recovery key: 256 random bits, shown once, that open an account when its password is lost.

use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use signet_shared::Hash;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::symbols::{self, GROUP, Unreadable, separators};

const KEY: usize = 32;
const CHECK: usize = 3;
const SYMBOLS: usize = (KEY + CHECK) * 8 / 5;

/// 256 random bits. `Display` is what a person writes down:
///
/// ```text
/// base32( key[32] || H(L("recovery key") || key)[..3] )   56 symbols, in 14 groups of four with hyphens between
/// ```
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryKey([u8; KEY]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecoveryKeyError {
    #[error("a recovery key has 56 characters, in fourteen groups of four")]
    Length,
    #[error("a recovery key has only digits and letters, and no U")]
    Character,
    #[error("a character of the recovery key is wrong")]
    Check,
}

impl RecoveryKey {
    pub fn make<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Self([0; KEY]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Of 32 bytes that were drawn at random elsewhere.
    pub fn of(drawn: [u8; KEY]) -> Self {
        Self(drawn)
    }

    /// What OPAQUE takes as the secret: the 32 bytes.
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_vec())
    }

    fn check(&self) -> [u8; CHECK] {
        let [a, b, c, ..] = Hash::new("recovery key").chain(&self.0).finish();
        [a, b, c]
    }
}

/// Whether what someone typed is meant to be a recovery key rather than a password: the right number of symbols, either
/// in groups or with the right check.
pub fn looks_like_recovery_key(text: &str) -> bool {
    read_symbols(text).is_ok() && (separators(text) + 1 >= SYMBOLS / GROUP || text.parse::<RecoveryKey>().is_ok())
}

fn read_symbols(text: &str) -> Result<Zeroizing<[u8; SYMBOLS]>, RecoveryKeyError> {
    let mut symbols = Zeroizing::new([0; SYMBOLS]);
    match symbols::read(text, &mut symbols[..]) {
        Ok(()) => Ok(symbols),
        Err(Unreadable::Length) => Err(RecoveryKeyError::Length),
        Err(Unreadable::Character) => Err(RecoveryKeyError::Character),
    }
}

impl FromStr for RecoveryKey {
    type Err = RecoveryKeyError;

    fn from_str(text: &str) -> Result<Self, RecoveryKeyError> {
        let symbols = read_symbols(text)?;
        let mut bytes = Zeroizing::new([0_u8; KEY + CHECK]);
        symbols::to_bytes(&symbols[..], &mut bytes[..]);
        let mut key = Self([0; KEY]);
        key.0.copy_from_slice(&bytes[..KEY]);
        if key.check() == bytes[KEY..] { Ok(key) } else { Err(RecoveryKeyError::Check) }
    }
}

impl fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        symbols::write(&Zeroizing::new([&self.0[..], &self.check()].concat()), f)
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RecoveryKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_can_be_typed() {
        for n in 0..=255_u8 {
            let key = RecoveryKey(core::array::from_fn(|i| n.wrapping_mul(i as u8 ^ 31)));
            let shown = key.to_string();
            assert_eq!((shown.len(), shown.split('-').count()), (69, 14));
            assert_eq!(shown.parse(), Ok(key.clone()));
            assert_eq!(shown.to_lowercase().replace('-', " ").parse(), Ok(key.clone()));
            assert_eq!(shown.replace('-', "").replace('0', "o").replace('1', "l").parse(), Ok(key.clone()));
            assert!(looks_like_recovery_key(&shown) && looks_like_recovery_key(&shown.replace('-', "")));
        }
    }

    #[test]
    fn one_wrong_character_or_two_swapped_are_refused() {
        let key = RecoveryKey([0x5a; 32]);
        let shown = key.to_string();
        let mut refused = 0;
        for at in (0..shown.len()).filter(|at| shown.as_bytes()[*at] != b'-') {
            for symbol in symbols::all().iter().filter(|symbol| **symbol != shown.as_bytes()[at]) {
                let mut wrong = shown.clone().into_bytes();
                wrong[at] = *symbol;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(wrong.parse::<RecoveryKey>(), Err(RecoveryKeyError::Check), "{at}");
                assert!(looks_like_recovery_key(&wrong), "still seen as one, so that the person is told");
                refused += 1;
            }
        }
        println!("{refused} recovery keys with one wrong character refused");
        assert_eq!(refused, 56 * 31);
        assert_eq!("".parse::<RecoveryKey>(), Err(RecoveryKeyError::Length));
        assert_eq!(shown[..68].parse::<RecoveryKey>(), Err(RecoveryKeyError::Length));
        assert_eq!(format!("{shown}0").parse::<RecoveryKey>(), Err(RecoveryKeyError::Length));
        assert_eq!(shown.replace('0', "U").parse::<RecoveryKey>().is_ok(), !shown.contains('0'));
    }

    #[test]
    fn passwords_do_not_look_like_one() {
        for password in ["correct horse battery staple", "", "0000", &"a".repeat(56), &"x1".repeat(28)] {
            assert!(!looks_like_recovery_key(password), "{password}");
        }
    }
}
