//! An account's statements about its keys, verified from the first. Layout: `signet_shared::statement`.

use rand_core::CryptoRng;
use signet_shared::{
    AccountId, IkHash, Reader, StatementHash, Username, Writer,
    envelope::Suite,
    limits,
    statement::{SignedStatement, StatedEk, Statement},
};
use thiserror::Error;

use crate::{EncryptionPublic, IdentityKey, IdentityPublic, Keyring};

const SIGNED: &str = "sig stmt";
const PIN_VERSION: u8 = 1;

/// The first statement of a new account, signed by its identity key. Should the signing fail its own check (a fault of
/// the machine), the signature is empty, and [`VerifiedAccount::verify`] refuses the statement.
pub fn make_first_statement<R: CryptoRng + ?Sized>(
    username: &Username,
    nonce: [u8; 32],
    keys: &Keyring,
    not_after: u64,
    rng: &mut R,
) -> SignedStatement {
    let eks = keys.eks.iter().rev().take(limits::STATEMENT_EKS).rev();
    let mut statement = Statement {
        account_id: AccountId([0; 16]),
        username: username.clone(),
        nonce,
        seq: 1,
        prev: StatementHash([0; 32]),
        flags: 0,
        min_suite: Suite::Rsa3072.number(),
        ik_spki: keys.ik.public().spki().to_vec(),
        eks: eks
            .map(|ek| StatedEk { suite: ek.suite().number(), not_after, spki: ek.public().spki().to_vec() })
            .collect(),
    };
    statement.account_id = statement.derive_account_id();
    let sig = keys.ik.sign(SIGNED, &statement.hash().0, rng).unwrap_or_default();
    SignedStatement { statement, sig, old_sig: Vec::new() }
}

/// The statement after an account's newest: from now on its identity key is that of `keys`, and its encryption key the
/// newest of `keys`; older ones are named no more, and go on opening what was sealed for them. `old`: the identity key whose
/// place another takes, which signs too. Without its word for that, the statement is a reset. As for the signing, see
/// [`make_first_statement`]; whether the statement is good shows when the account is extended by it.
pub fn make_next_statement<R: CryptoRng + ?Sized>(
    of: &VerifiedAccount,
    keys: &Keyring,
    old: Option<&IdentityKey>,
    not_after: u64,
    rng: &mut R,
) -> SignedStatement {
    let newest = keys.eks.last().into_iter();
    let stated = newest.map(|ek| StatedEk { suite: ek.suite().number(), not_after, spki: ek.public().spki().to_vec() });
    let statement = Statement {
        seq: of.seq() + 1,
        prev: of.head(),
        ik_spki: keys.ik.public().spki().to_vec(),
        eks: stated.collect(),
        ..of.statement().clone()
    };
    let hash = statement.hash().0;
    let sig = keys.ik.sign(SIGNED, &hash, rng).unwrap_or_default();
    let old_sig = old.map(|old| old.sign(SIGNED, &hash, rng).unwrap_or_default()).unwrap_or_default();
    SignedStatement { statement, sig, old_sig }
}

/// A verified chain of one account's statements: the only form in which a contact's keys can be used.
#[derive(Debug, Clone)]
pub struct VerifiedAccount {
    chain: Vec<SignedStatement>,
    known: Vec<Known>,
    ek: EncryptionPublic,
}

/// What must be remembered of each statement: messages in flight name older ones.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    hash: StatementHash,
    pub(crate) ik: IdentityPublic,
    pub(crate) min_suite: u16,
    /// Its identity key took another's place without that one's word.
    reset: bool,
}

/// Whether a chain may go on under an identity key for which the one before did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resets {
    Refused,
    Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    #[error("there is no statement")]
    Empty,
    #[error("the bytes are not a pinned account")]
    Malformed,
    #[error("a statement does not follow from the one before")]
    Gap,
    #[error("there are two different statements in one place")]
    Fork,
    #[error("the statements end before one that is known already")]
    Rollback,
    #[error("the statement is another account's, or its account id is not its own")]
    Substituted,
    #[error("a key in the statement cannot be used")]
    Key,
    #[error("a signature does not verify")]
    Signature,
    #[error("the identity key was replaced without the old one's word")]
    IdentityReplaced,
    #[error("the least suite was lowered")]
    SuiteLowered,
}

impl VerifiedAccount {
    /// Verifies an account's statements from the first. A reset is [`StatementError::IdentityReplaced`].
    pub fn verify(chain: &[SignedStatement]) -> Result<Self, StatementError> {
        Self::verify_from_first(chain, Resets::Refused)
    }

    /// As [`Self::verify`], resets included: for one's own statements, for people of whom nothing was known before, and to
    /// show somebody what they may accept. Such a chain says that the relay, or whoever is behind it, names these keys.
    pub fn verify_through_resets(chain: &[SignedStatement]) -> Result<Self, StatementError> {
        Self::verify_from_first(chain, Resets::Taken)
    }

    fn verify_from_first(chain: &[SignedStatement], resets: Resets) -> Result<Self, StatementError> {
        let (first, rest) = chain.split_first().ok_or(StatementError::Empty)?;
        let said = &first.statement;
        if said.seq != 1 || said.prev != StatementHash([0; 32]) {
            return Err(StatementError::Gap);
        }
        if said.account_id != said.derive_account_id() {
            return Err(StatementError::Substituted);
        }
        let (known, ek) = check(first, None, resets)?;
        let mut account = Self { chain: vec![first.clone()], known: vec![known], ek };
        account.extend_by(rest, resets)?;
        Ok(account)
    }

    /// Takes in newer statements; some that are known already may come first. Refused as a whole if any is refused. A reset
    /// is [`StatementError::IdentityReplaced`].
    pub fn extend(&mut self, more: &[SignedStatement]) -> Result<(), StatementError> {
        self.extend_by(more, Resets::Refused)
    }

    /// As [`Self::extend`], resets included; see [`Self::verify_through_resets`].
    pub fn extend_through_resets(&mut self, more: &[SignedStatement]) -> Result<(), StatementError> {
        self.extend_by(more, Resets::Taken)
    }

    fn extend_by(&mut self, more: &[SignedStatement], resets: Resets) -> Result<(), StatementError> {
        let mut next = self.clone();
        for signed in more {
            next.take(signed, resets)?;
        }
        match more.last() {
            Some(last) if last.statement.seq < self.seq() => Err(StatementError::Rollback),
            _ => {
                *self = next;
                Ok(())
            }
        }
    }

    pub fn account_id(&self) -> AccountId {
        self.newest().account_id
    }

    pub fn username(&self) -> &Username {
        &self.newest().username
    }

    pub fn ik(&self) -> &IdentityPublic {
        &self.newest_known().ik
    }

    pub fn ik_hash(&self) -> IkHash {
        self.ik().hash()
    }

    pub fn head(&self) -> StatementHash {
        self.newest_known().hash
    }

    pub fn seq(&self) -> u64 {
        self.newest().seq
    }

    /// Whether this is one of the account's statements.
    pub fn knows(&self, hash: &StatementHash) -> bool {
        self.known(hash).is_some()
    }

    /// The identity key that one of the account's statements names, and how often it had been replaced by then.
    pub fn identity_at(&self, hash: &StatementHash) -> Option<(IkHash, u64)> {
        let at = self.known.iter().position(|known| known.hash == *hash)?;
        let changes = self.known.iter().zip(self.known.iter().skip(1)).take(at).filter(|(a, b)| a.ik != b.ik).count();
        Some((self.known.get(at)?.ik.hash(), changes as u64))
    }

    /// Every identity key that the account has had, each with how often it had been replaced by then.
    pub fn identities(&self) -> Vec<(IkHash, u64)> {
        let mut found: Vec<(IkHash, u64)> =
            self.known.iter().filter_map(|known| self.identity_at(&known.hash)).collect();
        found.dedup();
        found
    }

    /// How often the identity key has been replaced.
    pub fn identity_changes(&self) -> u64 {
        self.identity_at(&self.head()).map_or(0, |(_, changes)| changes)
    }

    /// The identity key of the last reset above this place of the chain.
    pub fn reset_above(&self, seq: u64) -> Option<IkHash> {
        let above = usize::try_from(seq).unwrap_or(usize::MAX);
        self.known.iter().skip(above).rfind(|known| known.reset).map(|known| known.ik.hash())
    }

    /// The chain as it was before the first reset above this place.
    pub fn before_reset(&self, seq: u64) -> Option<Self> {
        let above = usize::try_from(seq).unwrap_or(usize::MAX);
        let reset = self.known.iter().skip(above).position(|known| known.reset)?.checked_add(above)?;
        let newest = self.chain.get(reset.checked_sub(1)?)?;
        let ek = check_eks(&newest.statement).ok()?;
        Some(Self { chain: self.chain.get(..reset)?.to_vec(), known: self.known.get(..reset)?.to_vec(), ek })
    }

    /// The chain as it was before each of its resets, oldest first: one for every identity that the account has left behind
    /// by beginning anew.
    pub fn earlier(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut above = 0;
        while let Some(before) = self.before_reset(above) {
            above = before.seq().saturating_add(1);
            found.push(before);
        }
        found
    }

    /// The place of one of the account's statements, from 1.
    pub fn place(&self, hash: &StatementHash) -> Option<u64> {
        self.known.iter().position(|known| known.hash == *hash).map(|at| at as u64 + 1)
    }

    /// The first and the last place of the statements under identities that somebody who had believed this chain up to a
    /// place, or nothing of it (0), was never asked about: those of before the last reset. Whoever makes a reset signs for
    /// nothing that came before it, so that a relay can have put an identity of its own in between.
    pub fn passed_over(&self, seq: u64) -> Option<(u64, u64)> {
        let believed = usize::try_from(seq).unwrap_or(usize::MAX);
        let last = self.known.iter().skip(believed).rposition(|known| known.reset)?.checked_add(believed)?;
        let first =
            self.known.iter().skip(believed).position(|known| known.reset || seq == 0)?.checked_add(believed)?;
        (first < last).then_some((first as u64 + 1, last as u64))
    }

    /// Whether this is a statement of before the last reset.
    pub fn is_earlier(&self, hash: &StatementHash) -> bool {
        let reset = self.known.iter().rposition(|known| known.reset).unwrap_or(0);
        self.known.iter().take(reset).any(|known| known.hash == *hash)
    }

    /// The newest encryption key.
    pub fn ek(&self) -> &EncryptionPublic {
        &self.ek
    }

    /// The least suite that the account takes part in.
    pub fn min_suite(&self) -> u16 {
        self.newest_known().min_suite
    }

    /// What the newest statement says.
    pub fn statement(&self) -> &Statement {
        self.newest()
    }

    /// For a pin: `ver u8 = 1 | n u16 | n x ( len u32, signed statement )`
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(2048 * self.chain.len());
        w.u8(PIN_VERSION).u16(u16::try_from(self.chain.len()).unwrap_or(u16::MAX));
        for signed in &self.chain {
            w.bytes32(&signed.to_bytes());
        }
        w.finish()
    }

    /// Reads a pin, and verifies everything again. A reset is [`StatementError::IdentityReplaced`].
    pub fn from_pinned(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::verify(&Self::read_pinned(bytes)?)
    }

    /// As [`Self::from_pinned`], of what this same client has pinned: its resets have been accepted.
    pub fn from_own_pin(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::verify_through_resets(&Self::read_pinned(bytes)?)
    }

    fn read_pinned(bytes: &[u8]) -> Result<Vec<SignedStatement>, StatementError> {
        let malformed = |_| StatementError::Malformed;
        let mut r = Reader::new(bytes);
        if r.u8().map_err(malformed)? != PIN_VERSION {
            return Err(StatementError::Malformed);
        }
        let n = r.u16().map_err(malformed)?;
        let mut chain = Vec::new();
        for _ in 0..n {
            let signed = r.bytes32(limits::STATEMENT).map_err(malformed)?;
            chain.push(SignedStatement::parse(signed).map_err(malformed)?);
        }
        r.finish().map_err(malformed)?;
        Ok(chain)
    }

    pub(crate) fn known(&self, hash: &StatementHash) -> Option<&Known> {
        self.known.iter().rev().find(|known| known.hash == *hash)
    }

    fn take(&mut self, signed: &SignedStatement, resets: Resets) -> Result<(), StatementError> {
        let said = &signed.statement;
        let newest = self.newest();
        let same_account =
            said.account_id == newest.account_id && said.username == newest.username && said.nonce == newest.nonce;
        if !same_account {
            return Err(StatementError::Substituted);
        }
        if said.seq <= self.seq() {
            let at = said.seq.checked_sub(1).and_then(|at| usize::try_from(at).ok());
            let mine = at.and_then(|at| self.chain.get(at)).ok_or(StatementError::Gap)?;
            return if mine.statement.hash() == said.hash() { Ok(()) } else { Err(StatementError::Fork) };
        }
        if said.seq != self.seq() + 1 {
            return Err(StatementError::Gap);
        }
        if said.prev != self.head() {
            return Err(StatementError::Fork);
        }
        let (known, ek) = check(signed, Some(self.newest_known()), resets)?;
        self.chain.push(signed.clone());
        self.known.push(known);
        self.ek = ek;
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "verify makes no account without a first statement, and none is removed")]
    fn newest(&self) -> &Statement {
        &self.chain.last().expect("never empty").statement
    }

    #[expect(clippy::expect_used, reason = "verify makes no account without a first statement, and none is removed")]
    fn newest_known(&self) -> &Known {
        self.known.last().expect("never empty")
    }
}

/// Keys, suite and signatures of one statement, after the one before it.
fn check(
    signed: &SignedStatement,
    before: Option<&Known>,
    resets: Resets,
) -> Result<(Known, EncryptionPublic), StatementError> {
    let said = &signed.statement;
    let hash = said.hash();
    let ik = IdentityPublic::from_spki(&said.ik_spki).map_err(|_| StatementError::Key)?;
    let ek = check_eks(said)?;
    if said.flags != 0 {
        return Err(StatementError::Malformed);
    }
    if said.min_suite == 0 || before.is_some_and(|before| said.min_suite < before.min_suite) {
        return Err(StatementError::SuiteLowered);
    }
    if !ik.verify(SIGNED, &hash.0, &signed.sig) {
        return Err(StatementError::Signature);
    }
    let mut reset = false;
    match before {
        Some(before) if before.ik != ik => {
            reset = signed.old_sig.is_empty();
            if reset && resets == Resets::Refused {
                return Err(StatementError::IdentityReplaced);
            }
            if !reset && !before.ik.verify(SIGNED, &hash.0, &signed.old_sig) {
                return Err(StatementError::Signature);
            }
        }
        _ if !signed.old_sig.is_empty() => return Err(StatementError::Signature),
        _ => {}
    }
    Ok((Known { hash, ik, min_suite: said.min_suite, reset }, ek))
}

/// The newest encryption key of a suite that exists here. Keys of other suites are left to those who know them; no key
/// may be the identity key.
fn check_eks(said: &Statement) -> Result<EncryptionPublic, StatementError> {
    let mut newest = None;
    for ek in &said.eks {
        if ek.spki == said.ik_spki {
            return Err(StatementError::Key);
        }
        if let Some(suite) = Suite::from_number(ek.suite) {
            newest = Some(EncryptionPublic::from_spki(suite, &ek.spki).map_err(|_| StatementError::Key)?);
        }
    }
    newest.ok_or(StatementError::Key)
}
