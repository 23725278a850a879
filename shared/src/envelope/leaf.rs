use super::{Suite, merkle};
use crate::{AccountId, DecodeError, Digest32, EkId, Reader, StatementHash, Writer};

/// One reader's share of a message: `account_id[16] | ek_id[32] | rcpt_stmt[32] | wrap` (384 bytes in suite 0x0001).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub account_id: AccountId,
    pub ek_id: EkId,
    /// The reader's key statement that the sender used.
    pub rcpt_stmt: StatementHash,
    /// The message key under the reader's encryption key.
    pub wrap: Vec<u8>,
}

impl Leaf {
    pub fn len(suite: Suite) -> usize {
        16 + 32 + 32 + suite.wrap_len()
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(80 + self.wrap.len());
        w.raw(self.account_id.as_bytes()).raw(self.ek_id.as_bytes()).raw(self.rcpt_stmt.as_bytes()).raw(&self.wrap);
        w.finish()
    }

    pub fn read(r: &mut Reader<'_>, suite: Suite) -> Result<Self, DecodeError> {
        Ok(Self {
            account_id: AccountId(r.array()?),
            ek_id: EkId(r.array()?),
            rcpt_stmt: StatementHash(r.array()?),
            wrap: r.take(suite.wrap_len())?.to_vec(),
        })
    }

    /// The RFC 6962 leaf hash.
    pub fn hash(&self) -> Digest32 {
        merkle::leaf_hash(&self.to_bytes())
    }
}
