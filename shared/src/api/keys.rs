//! New keys of an account: the next statement and the keystore that holds what it names, in one commit.

use super::Body;
use crate::{DecodeError, Reader, Writer, limits};

/// Compare-and-swap: the keystore takes the place of version `expected`, and the statement is the next one of the account.
/// Otherwise nothing is stored, and the answer is [`crate::wire::Refusal::VersionConflict`]. The same again is answered as
/// the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutKeys {
    pub expected: u64,
    pub keystore: Vec<u8>,
    /// A `SignedStatement`.
    pub statement: Vec<u8>,
}

impl Body for PutKeys {
    fn write(&self, w: &mut Writer) {
        w.u64(self.expected).bytes32(&self.keystore).bytes32(&self.statement);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            expected: r.u64()?,
            keystore: r.bytes32(limits::KEYSTORE)?.to_vec(),
            statement: r.bytes32(limits::STATEMENT)?.to_vec(),
        })
    }
}
