use signet_shared::opaque::SecretKind;

use super::{Answer, EndedSessions, Horizon, Millis, TokenHash};

/// Random: tells a pending way in from one that took its place.
pub(crate) type PendingId = [u8; 16];

/// A new way in that has not yet been signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) id: PendingId,
    pub(crate) made: Millis,
    pub(crate) profile: u8,
    pub(crate) record: Vec<u8>,
    pub(crate) slot: Vec<u8>,
}

/// The pending way in that was signed in with is to be the way in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replace {
    pub(crate) token: TokenHash,
    pub(crate) kind: SecretKind,
    pub(crate) pending: PendingId,
    /// It is of no use unless it was made after.
    pub(crate) made_after: Millis,
    /// Names this request: the same again is answered as the first time.
    pub(crate) login: [u8; 32],
    pub(crate) end_others: bool,
    pub(crate) alive: Horizon,
}

pub(crate) trait Secrets {
    /// Holds a new way in beside the one of its kind, in place of whatever is pending there.
    fn put_pending(&self, token: TokenHash, kind: SecretKind, pending: Pending) -> Answer<'_, ()>;
    /// What this session left pending, unless something took its place.
    fn pending(&self, token: TokenHash, kind: SecretKind) -> Answer<'_, Option<Pending>>;
    /// Puts it in place of the old one, and ends the account's other sessions if asked: all of it or nothing. No session
    /// that the old secret opened may do this any more; the one that did it counts as opened by the new secret.
    fn replace(&self, replace: Replace) -> Answer<'_, EndedSessions>;
    /// Deletes whatever is pending since before; answers how many there were.
    fn forget_pending(&self, made_before: Millis) -> Answer<'_, u64>;
}
