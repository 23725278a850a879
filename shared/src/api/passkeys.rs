//! An account's passkeys. One is added in the four steps of [`super::SecretStart`], as a secret of which there was none; a place
//! that is taken is refused with [`crate::wire::Refusal::VersionConflict`].

use super::Body;
use crate::{DecodeError, Reader, Writer, opaque::PasskeyPlace};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkeys {
    /// By their places.
    pub passkeys: Vec<PasskeyInfo>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyInfo {
    pub place: PasskeyPlace,
    /// Milliseconds since 1970, by the relay's clock.
    pub added: u64,
}

/// It opens nothing from then on. One that is not there is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovePasskey {
    pub place: PasskeyPlace,
}

fn read_place(r: &mut Reader<'_>) -> Result<PasskeyPlace, DecodeError> {
    PasskeyPlace::from_number(r.u8()?).ok_or(DecodeError::Invalid)
}

impl Body for Passkeys {
    fn write(&self, w: &mut Writer) {
        w.u8(u8::try_from(self.passkeys.len()).unwrap_or(u8::MAX));
        for passkey in self.passkeys.iter().take(u8::MAX.into()) {
            w.u8(passkey.place.number()).u64(passkey.added);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let n = r.u8()?;
        let one = |r: &mut Reader<'_>| Ok(PasskeyInfo { place: read_place(r)?, added: r.u64()? });
        Ok(Self { passkeys: (0..n).map(|_| one(r)).collect::<Result<_, _>>()? })
    }
}

impl Body for RemovePasskey {
    fn write(&self, w: &mut Writer) {
        w.u8(self.place.number());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { place: read_place(r)? })
    }
}
