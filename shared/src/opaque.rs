//! What both sides of OPAQUE (RFC 9807) must say alike. The suite itself is ristretto255-SHA512 with 3DH; the key
//! stretching runs in the browser only.

/// The key-stretching profiles that exist. The relay sends a number; the figures are compiled into the client, which
/// refuses a number below its floor before the password is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KdfProfile {
    /// Argon2id, m = 64 MiB, t = 3, p = 1.
    One = 1,
}

impl KdfProfile {
    pub const NEWEST: Self = Self::One;

    pub fn from_number(number: u8) -> Option<Self> {
        (number == 1).then_some(Self::One)
    }

    pub fn number(self) -> u8 {
        self as u8
    }
}

/// What opens an account, each with an OPAQUE record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    Password,
    RecoveryKey,
    /// What a passkey computes for this purpose alone; in one of the account's places for passkeys.
    Passkey(PasskeyPlace),
}

/// From 0 up to [`PasskeyPlace::COUNT`], which is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PasskeyPlace(u8);

impl PasskeyPlace {
    /// So many passkeys an account has at most.
    pub const COUNT: u8 = 4;

    pub fn from_number(number: u8) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

impl SecretKind {
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Password),
            2 => Some(Self::RecoveryKey),
            other => PasskeyPlace::from_number(other.checked_sub(3)?).map(Self::Passkey),
        }
    }

    pub fn number(self) -> u8 {
        match self {
            Self::Password => 1,
            Self::RecoveryKey => 2,
            Self::Passkey(place) => place.number() + 3,
        }
    }
}

/// The login transcript's context: `SGN1 opaque v1|ksf=<profile>|<origin>`, where origin is the relay's `--public-url`
/// without a trailing slash. It enters the login only, never the registration, so that a relay may move.
pub fn context(profile: KdfProfile, origin: &str) -> Vec<u8> {
    format!("SGN1 opaque v1|ksf={}|{}", profile.number(), origin.trim_end_matches('/')).into_bytes()
}

/// The credential identifier of one secret of one account: `<kind byte> || canonical username`.
pub fn credential_id(kind: SecretKind, canonical_username: &str) -> Vec<u8> {
    let mut id = vec![kind.number()];
    id.extend_from_slice(canonical_username.as_bytes());
    id
}
