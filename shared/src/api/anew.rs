//! Starting anew: a new identity under the same name, for whoever lost both secrets.
//!
//! | step | who may | what the relay has afterwards |
//! |---|---|---|
//! | [`super::ANEW_ASK`], [`super::ANEW_ASK_HERE`] | whoever has the operator's one-time code; a session | the request, which every session of the account is told of |
//! | [`super::ANEW_REFUSE`] | any session of the account | no request any more |
//! | [`super::ANEW_LOOK`] | whoever asked | nothing new |
//! | [`super::ANEW_START`] | whoever asked, when the wait is over | nothing new |
//! | [`super::ANEW_FINISH`] | the same | the new identity, in one commit; the account's sessions are over |
//!
//! Whoever asks makes up a *claim*, 32 random bytes, and is known by it from then on; the relay keeps its SHA-256. A newer
//! request takes the place of an older one, and its wait begins from the beginning. The wait (`anew_wait_seconds`, 72 hours)
//! is by the relay's clock. A session may refuse until the last step.
//!
//! What the account had before stays: its mailbox, and, apart from what opens it now, both records and slots, keystore and
//! state. By [`super::EARLIER_START`] and [`super::EARLIER_FINISH`] the signed-in owner gets the latter two for an earlier
//! secret, if it turns up. No earlier secret signs in.

use super::{Access, Body, LoginStarted, read_kind, read_statements, read_username, write_statements, write_username};
use crate::{
    DecodeError, Reader, Username, Writer, limits,
    opaque::{KdfProfile, SecretKind},
};

pub type Claim = [u8; 32];

/// With the operator's code. The same again is answered as the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewAsk {
    pub username: Username,
    pub code: [u8; crate::code::BYTES],
    pub claim: Claim,
}

/// By whoever asked; in `/api/anew/ask-here`, the new claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewClaim {
    pub claim: Claim,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnewStand {
    /// For so many milliseconds yet; 0: the new identity can be made.
    Waiting { left_ms: u64 },
    /// A signed-in browser has refused.
    Refused,
    /// The account has begun anew by it.
    Done,
}

/// The blinded first messages of the two new secrets' OPAQUE registrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewStart {
    pub claim: Claim,
    pub password: Vec<u8>,
    pub recovery: Vec<u8>,
}

/// What the new identity goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewStarted {
    pub password: Vec<u8>,
    pub recovery: Vec<u8>,
    pub keystore_version: u64,
    pub state_version: u64,
    /// The account's statements, first to last.
    pub statements: Vec<Vec<u8>>,
}

/// All of the new identity. The statement is the account's next one, the keystore's version the next one, and the state's
/// above the one that there is (browsers that are still signed in may write theirs meanwhile); otherwise the answer is
/// [`crate::wire::Refusal::VersionConflict`]. The same again is answered as the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewFinish {
    pub claim: Claim,
    pub profile: KdfProfile,
    pub password: Access,
    pub recovery: Access,
    /// A `SignedStatement`.
    pub statement: Vec<u8>,
    pub keystore_version: u64,
    pub keystore: Vec<u8>,
    pub state_version: u64,
    pub state: Vec<u8>,
}

/// Names the request, so that no other is refused than the one that was shown.
pub type AnewId = [u8; 16];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewRefuse {
    pub id: AnewId,
}

/// A login by a secret that the account had until it began anew. `seq` is the place of the last statement of then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierStart {
    pub seq: u64,
    pub kind: SecretKind,
    pub ke1: Vec<u8>,
}

/// The answer has the shape of a login's; there is one for secrets and places that never were.
pub type EarlierStarted = LoginStarted;

/// What that secret opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierVault {
    pub slot: Vec<u8>,
    pub keystore_version: u64,
    pub keystore: Vec<u8>,
    pub state_version: u64,
    pub state: Vec<u8>,
}

impl Body for AnewAsk {
    fn write(&self, w: &mut Writer) {
        write_username(w, &self.username);
        w.raw(&self.code).raw(&self.claim);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { username: read_username(r)?, code: r.array()?, claim: r.array()? })
    }
}

impl Body for AnewClaim {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.claim);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { claim: r.array()? })
    }
}

impl Body for AnewStand {
    fn write(&self, w: &mut Writer) {
        match self {
            Self::Waiting { left_ms } => w.u8(1).u64(*left_ms),
            Self::Refused => w.u8(2),
            Self::Done => w.u8(3),
        };
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match r.u8()? {
            1 => Ok(Self::Waiting { left_ms: r.u64()? }),
            2 => Ok(Self::Refused),
            3 => Ok(Self::Done),
            _ => Err(DecodeError::Invalid),
        }
    }
}

impl Body for AnewStart {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.claim).bytes16(&self.password).bytes16(&self.recovery);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { claim: r.array()?, password: r.bytes16()?.to_vec(), recovery: r.bytes16()?.to_vec() })
    }
}

impl Body for AnewStarted {
    fn write(&self, w: &mut Writer) {
        w.bytes16(&self.password).bytes16(&self.recovery).u64(self.keystore_version).u64(self.state_version);
        write_statements(w, &self.statements);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            password: r.bytes16()?.to_vec(),
            recovery: r.bytes16()?.to_vec(),
            keystore_version: r.u64()?,
            state_version: r.u64()?,
            statements: read_statements(r)?,
        })
    }
}

impl Body for AnewFinish {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.claim).u8(self.profile.number());
        self.password.write(w);
        self.recovery.write(w);
        w.bytes32(&self.statement).u64(self.keystore_version).bytes32(&self.keystore);
        w.u64(self.state_version).bytes32(&self.state);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            claim: r.array()?,
            profile: KdfProfile::from_number(r.u8()?).ok_or(DecodeError::UnknownVersion)?,
            password: Access::read(r)?,
            recovery: Access::read(r)?,
            statement: r.bytes32(limits::STATEMENT)?.to_vec(),
            keystore_version: r.u64()?,
            keystore: r.bytes32(limits::KEYSTORE)?.to_vec(),
            state_version: r.u64()?,
            state: r.bytes32(limits::STATE)?.to_vec(),
        })
    }
}

impl Body for AnewRefuse {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.id);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { id: r.array()? })
    }
}

impl Body for EarlierStart {
    fn write(&self, w: &mut Writer) {
        w.u64(self.seq).u8(self.kind.number()).bytes16(&self.ke1);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { seq: r.u64()?, kind: read_kind(r)?, ke1: r.bytes16()?.to_vec() })
    }
}

impl Body for EarlierVault {
    fn write(&self, w: &mut Writer) {
        w.bytes16(&self.slot).u64(self.keystore_version).bytes32(&self.keystore);
        w.u64(self.state_version).bytes32(&self.state);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let slot = r.bytes16()?.to_vec();
        if slot.len() > limits::SLOT {
            return Err(DecodeError::TooLong);
        }
        Ok(Self {
            slot,
            keystore_version: r.u64()?,
            keystore: r.bytes32(limits::KEYSTORE)?.to_vec(),
            state_version: r.u64()?,
            state: r.bytes32(limits::STATE)?.to_vec(),
        })
    }
}
