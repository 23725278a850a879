//! The rescue of an account that somebody else may have got into: everything that opens it is replaced in one commit.
//!
//! Before it, the new password and the new recovery key are laid down and tried as any new secret is (`secret`), each with the
//! new master key in its slot. Then [`Rescue`] puts both in place, and with them the keystore and the state as the new master
//! key seals them and the statement that names the new keys. Every passkey goes, every other session, and the shares that
//! this session has deposited: what they helped to open is no more. All of it or nothing.

use super::{Body, PutKeys, PutState};
use crate::{DecodeError, Reader, Writer};

/// Refused with [`crate::wire::Refusal::VersionConflict`] if anything that it was made from has changed; then nothing has been
/// stored. The same again, from the same session, is answered as the first time. The session is one of a fresh login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    pub password: LastStep,
    pub recovery: LastStep,
    pub keys: PutKeys,
    pub state: PutState,
}

/// Of the login by which a new way in was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastStep {
    pub login_id: [u8; 32],
    pub ke3: Vec<u8>,
}

impl Body for Rescue {
    fn write(&self, w: &mut Writer) {
        self.password.write(w);
        self.recovery.write(w);
        self.keys.write(w);
        self.state.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            password: LastStep::read(r)?,
            recovery: LastStep::read(r)?,
            keys: PutKeys::read(r)?,
            state: PutState::read(r)?,
        })
    }
}

impl Body for LastStep {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.login_id).bytes16(&self.ke3);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { login_id: r.array()?, ke3: r.bytes16()?.to_vec() })
    }
}
