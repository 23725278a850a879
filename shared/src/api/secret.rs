//! Replacing a secret, the password or the recovery key, in four steps:
//!
//! | step | what the browser has done before | what the relay has afterwards |
//! |---|---|---|
//! | [`super::SECRET_START`] | signed in again with a secret that is still good | nothing new |
//! | [`super::SECRET_PENDING`] | finished the OPAQUE registration, sealed the master key under the new secret | the new way in beside the old one, of no use for signing in |
//! | [`super::SECRET_TRY`] | nothing | a login on the new way in that has begun |
//! | [`super::SECRET_FINISH`] | opened the answered slot with the new export key and found its own master key | the new way in, and nothing of the old one |
//!
//! Only the last step changes how the account opens, in one commit: before it the old secret opens and the new one does
//! not, after it the other way round. Whatever is left of a change that was broken off before goes with its session, and at
//! the latest when its time is over.
//!
//! What a password opens may need the secret key too, which is in the account's keystore. So the last step of a password names
//! the keystore that its slot was made by, and where the secret key itself changes it brings the next one with it, in the same
//! commit ([`WithKeys`]): at no moment does one say that a secret key is needed and the other not.
//!
//! Every step is refused with [`crate::wire::Refusal::LoginTooOld`] unless the session was opened by a login a few minutes
//! ago (`fresh_login_seconds`, ten minutes), and with a secret that has not been replaced since: so a session that was
//! stolen cannot take the account. A sign-up is no login. Signing in again takes the place of the session that the browser
//! had: that one's sockets close and its shares are gone, as with every login.

use super::{Access, Body, PutKeys, read_bool, read_kind};
use crate::{
    DecodeError, Reader, Writer, limits,
    opaque::{KdfProfile, SecretKind},
};

/// The blinded first message of the new secret's OPAQUE registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretStart {
    pub kind: SecretKind,
    pub request: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretStarted {
    pub response: Vec<u8>,
}

/// The new way in. An account has one of each kind waiting: a newer one, of whichever session, takes the place of an older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPending {
    pub kind: SecretKind,
    pub profile: KdfProfile,
    pub access: Access,
}

/// Begins a login on the new way in, which this session must have sent; otherwise
/// [`crate::wire::Refusal::NotFound`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretTry {
    pub kind: SecretKind,
    pub ke1: Vec<u8>,
}

/// As [`super::LoginStarted`], with the slot as the relay holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretTried {
    pub login_id: [u8; 32],
    pub profile: u8,
    pub ke2: Vec<u8>,
    pub slot: Vec<u8>,
}

/// Puts the tried way in into the place of the old one. [`crate::wire::Refusal::VersionConflict`]: another took the place of
/// the tried one meanwhile, or its time is over; nothing has changed. The same again, from the same session, is answered as
/// the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFinish {
    pub login_id: [u8; 32],
    pub ke3: Vec<u8>,
    /// End every other session of the account in the same commit.
    pub end_others: bool,
    pub keys: WithKeys,
}

/// What a last step has to do with the account's keystore. [`crate::wire::Refusal::VersionConflict`] if it is another one by
/// now; then nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WithKeys {
    /// Nothing.
    Whatever,
    /// The new way in was made by the keystore of this version.
    Of(u64),
    /// And this keystore, with this statement, takes its place.
    Next(PutKeys),
}

impl Body for SecretStart {
    fn write(&self, w: &mut Writer) {
        w.u8(self.kind.number()).bytes16(&self.request);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { kind: read_kind(r)?, request: r.bytes16()?.to_vec() })
    }
}

impl Body for SecretStarted {
    fn write(&self, w: &mut Writer) {
        w.bytes16(&self.response);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { response: r.bytes16()?.to_vec() })
    }
}

impl Body for SecretPending {
    fn write(&self, w: &mut Writer) {
        w.u8(self.kind.number()).u8(self.profile.number());
        self.access.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            kind: read_kind(r)?,
            profile: KdfProfile::from_number(r.u8()?).ok_or(DecodeError::UnknownVersion)?,
            access: Access::read(r)?,
        })
    }
}

impl Body for SecretTry {
    fn write(&self, w: &mut Writer) {
        w.u8(self.kind.number()).bytes16(&self.ke1);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { kind: read_kind(r)?, ke1: r.bytes16()?.to_vec() })
    }
}

impl Body for SecretTried {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.login_id).u8(self.profile).bytes16(&self.ke2).bytes16(&self.slot);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (login_id, profile) = (r.array()?, r.u8()?);
        let tried = Self { login_id, profile, ke2: r.bytes16()?.to_vec(), slot: r.bytes16()?.to_vec() };
        if tried.slot.len() > limits::SLOT { Err(DecodeError::TooLong) } else { Ok(tried) }
    }
}

impl Body for SecretFinish {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.login_id).bytes16(&self.ke3).u8(self.end_others.into());
        match &self.keys {
            WithKeys::Whatever => drop(w.u8(0)),
            WithKeys::Of(version) => drop(w.u8(1).u64(*version)),
            WithKeys::Next(keys) => keys.write(w.u8(2)),
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (login_id, ke3, end_others) = (r.array()?, r.bytes16()?.to_vec(), read_bool(r)?);
        let keys = match r.u8()? {
            0 => WithKeys::Whatever,
            1 => WithKeys::Of(r.u64()?),
            2 => WithKeys::Next(PutKeys::read(r)?),
            _ => return Err(DecodeError::Invalid),
        };
        Ok(Self { login_id, ke3, end_others, keys })
    }
}
