use signet_shared::{
    AccountId,
    opaque::{PasskeyPlace, SecretKind},
};

use super::{Answer, EndedSessions, Horizon, Millis, NewKeys, TokenHash};

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
#[derive(Debug, Clone)]
pub(crate) struct Replace {
    pub(crate) token: TokenHash,
    pub(crate) kind: SecretKind,
    pub(crate) pending: PendingId,
    /// It is of no use unless it was made after.
    pub(crate) made_after: Millis,
    /// Names this request: the same again is answered as the first time.
    pub(crate) login: [u8; 32],
    pub(crate) end_others: bool,
    pub(crate) keys: ReplaceKeys,
    pub(crate) alive: Horizon,
}

/// What of the keystore goes with it.
#[derive(Debug, Clone)]
pub(crate) enum ReplaceKeys {
    Whatever,
    /// Only if the keystore's version is this.
    Of(u64),
    Next(NewKeys),
}

/// Both pending ways in that were signed in with are to be the ways in, under a new master key.
#[derive(Debug, Clone)]
pub(crate) struct Rescue {
    pub(crate) token: TokenHash,
    pub(crate) password: PendingId,
    pub(crate) recovery: PendingId,
    /// They are of no use unless they were made after.
    pub(crate) made_after: Millis,
    /// Names this request: the same again is answered as the first time.
    pub(crate) login: [u8; 32],
    pub(crate) keys: NewKeys,
    /// The sealed state's version that this one was made from.
    pub(crate) expected: u64,
    pub(crate) state: Vec<u8>,
    pub(crate) alive: Horizon,
}

pub(crate) trait Secrets {
    /// Holds a new way in beside the one of its kind, in place of whatever is pending there.
    fn put_pending(&self, token: TokenHash, kind: SecretKind, pending: Pending) -> Answer<'_, ()>;
    /// What this session left pending, unless something took its place.
    fn pending(&self, token: TokenHash, kind: SecretKind) -> Answer<'_, Option<Pending>>;
    /// Puts it in place of the old one, and ends the account's other sessions if asked: all of it or nothing. No session
    /// that the old secret opened may do this any more; the one that did it counts as opened by the new secret. A passkey
    /// takes nothing's place: its own must be free. A keystore that is another one by now is a conflict.
    fn replace(&self, replace: Replace) -> Answer<'_, EndedSessions>;
    /// Replaces everything that opens the account, deletes its other ways in, this session's shares and every other session,
    /// and refuses whoever waits to begin anew: all of it or nothing.
    fn rescue(&self, rescue: Rescue) -> Answer<'_, EndedSessions>;
    /// An account's passkeys by their places, and when each was put there.
    fn passkeys(&self, account: AccountId) -> Answer<'_, Vec<(PasskeyPlace, Millis)>>;
    /// Removes this passkey, whatever is pending there, and the other sessions that it opened, which are answered; this one
    /// goes on, as opened by a secret that was replaced. One that is not there is no error. No session that a replaced secret
    /// opened may do this.
    fn remove_passkey(&self, token: TokenHash, passkey: PasskeyPlace) -> Answer<'_, Vec<TokenHash>>;
    /// Deletes whatever is pending since before; answers how many there were.
    fn forget_pending(&self, made_before: Millis) -> Answer<'_, u64>;
}
