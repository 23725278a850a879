//! Key statements: an account's word about its public keys, append-only and hash-chained. Parsed here, so that the relay
//! can index them; verified only by clients (`signet-crypto`).
//!
//! ```text
//! body:  ver u8 = 1 | account_id[16] | username len u8, bytes | nonce[32] | seq u64 | prev[32] | flags u16
//!        | min_suite u16 | ik_spki len u16, bytes | n_eks u8 | n_eks x ( suite u16 | not_after u64 | spki len u16, bytes )
//! whole: body len u16 | body | sig len u16, bytes | old_sig len u16, bytes
//! ```
//! `seq` counts from 1; `prev` is zero in the first and the hash of the one before in every other. `sig` is the identity
//! key's. `old_sig` is empty, or the previous identity key's when the identity key has changed (a rotation).
//! `not_after` is milliseconds since 1970: "rotate by", never "refuse after".

use serde::{Deserialize, Serialize};

use crate::{AccountId, DecodeError, EkId, Hash, IkHash, Reader, StatementHash, Username, Writer, limits};

const VERSION: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub account_id: AccountId,
    pub username: Username,
    pub nonce: [u8; 32],
    pub seq: u64,
    pub prev: StatementHash,
    pub flags: u16,
    pub min_suite: u16,
    /// The identity key, DER `SubjectPublicKeyInfo`.
    pub ik_spki: Vec<u8>,
    /// Newest last.
    pub eks: Vec<StatedEk>,
}

/// One encryption key of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedEk {
    pub suite: u16,
    pub not_after: u64,
    /// DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
}

/// A statement with its signatures, not verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedStatement {
    pub statement: Statement,
    pub sig: Vec<u8>,
    pub old_sig: Vec<u8>,
}

impl StatedEk {
    /// `H(L("ek") || suite || SPKI)`.
    pub fn id(&self) -> EkId {
        EkId(Hash::new("ek").chain_u16(self.suite).chain(&self.spki).finish())
    }
}

impl Statement {
    /// The body: what is hashed and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(1024);
        w.u8(VERSION).raw(self.account_id.as_bytes()).bytes8(self.username.shown().as_bytes()).raw(&self.nonce);
        w.u64(self.seq).raw(self.prev.as_bytes()).u16(self.flags).u16(self.min_suite).bytes16(&self.ik_spki);
        w.u8(u8::try_from(self.eks.len()).unwrap_or(u8::MAX));
        for ek in &self.eks {
            w.u16(ek.suite).u64(ek.not_after).bytes16(&ek.spki);
        }
        w.finish()
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        let account_id = AccountId(r.array()?);
        let username =
            core::str::from_utf8(r.bytes8()?).ok().and_then(|name| name.parse().ok()).ok_or(DecodeError::Invalid)?;
        let nonce = r.array()?;
        let seq = r.u64()?;
        let prev = StatementHash(r.array()?);
        let flags = r.u16()?;
        let min_suite = r.u16()?;
        let ik_spki = r.bytes16()?.to_vec();
        let n_eks = usize::from(r.u8()?);
        if n_eks == 0 || n_eks > limits::STATEMENT_EKS {
            return Err(DecodeError::Invalid);
        }
        let mut eks = Vec::with_capacity(n_eks);
        for _ in 0..n_eks {
            eks.push(StatedEk { suite: r.u16()?, not_after: r.u64()?, spki: r.bytes16()?.to_vec() });
        }
        r.finish()?;
        Ok(Self { account_id, username, nonce, seq, prev, flags, min_suite, ik_spki, eks })
    }

    pub fn hash(&self) -> StatementHash {
        StatementHash(Hash::new("stmt").chain(&self.to_bytes()).finish())
    }

    pub fn ik_hash(&self) -> IkHash {
        derive_ik_hash(&self.ik_spki)
    }

    /// The id that this username, identity key and nonce give: equal to `account_id` in an account's first statement.
    pub fn derive_account_id(&self) -> AccountId {
        derive_account_id(&self.username, &self.ik_spki, &self.nonce)
    }

    /// The newest encryption key of a suite.
    pub fn ek(&self, suite: u16) -> Option<&StatedEk> {
        self.eks.iter().rev().find(|ek| ek.suite == suite)
    }
}

impl SignedStatement {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(2048);
        w.bytes16(&self.statement.to_bytes()).bytes16(&self.sig).bytes16(&self.old_sig);
        w.finish()
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::STATEMENT {
            return Err(DecodeError::TooLong);
        }
        let mut r = Reader::new(bytes);
        let statement = Statement::parse(r.bytes16()?)?;
        let (sig, old_sig) = (r.bytes16()?.to_vec(), r.bytes16()?.to_vec());
        r.finish()?;
        Ok(Self { statement, sig, old_sig })
    }
}

/// `H(L("ik") || SPKI)`.
pub fn derive_ik_hash(ik_spki: &[u8]) -> IkHash {
    IkHash(Hash::new("ik").chain(ik_spki).finish())
}

/// `H(L("acct") || canonical username || IK SPKI || nonce)[..16]`.
pub fn derive_account_id(username: &Username, ik_spki: &[u8], nonce: &[u8; 32]) -> AccountId {
    let digest = Hash::new("acct").chain(username.canonical().as_bytes()).chain(ik_spki).chain(nonce).finish();
    let mut id = [0; AccountId::LEN];
    id.copy_from_slice(&digest[..AccountId::LEN]);
    AccountId(id)
}
