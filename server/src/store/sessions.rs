use signet_shared::{
    AccountId,
    api::{BrowserFamily, SessionHandle, SystemFamily, WhichSessions},
    opaque::SecretKind,
};

use super::{Answer, Millis};

/// The SHA-256 of a session's token; the token itself is kept nowhere.
pub(crate) type TokenHash = [u8; 32];
pub(crate) type Share = [u8; 32];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) account: AccountId,
    pub(crate) handle: SessionHandle,
    pub(crate) created: Millis,
    pub(crate) used: Millis,
    /// The secret that opened it; `None` once another session has replaced that one.
    pub(crate) secret: Option<SecretKind>,
    /// Whether a login opened it, and no sign-up, by which nobody has shown that he knows anything.
    pub(crate) by_login: bool,
    pub(crate) browser: BrowserFamily,
    pub(crate) system: SystemFamily,
    /// What it did to its account last, if anything.
    pub(crate) replaced: Option<Replaced>,
}

/// A secret was replaced by the login named `login`, and that ended so many sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) login: [u8; 32],
    pub(crate) ended: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSession {
    pub(crate) token: TokenHash,
    pub(crate) account: AccountId,
    pub(crate) handle: SessionHandle,
    pub(crate) now: Millis,
    /// The secret that opens it, as of this version: if it has been replaced since, nothing is opened.
    pub(crate) secret: SecretKind,
    pub(crate) version: u64,
    pub(crate) by_login: bool,
    pub(crate) browser: BrowserFamily,
    pub(crate) system: SystemFamily,
}

/// A session is alive if it was used and opened later than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Horizon {
    pub(crate) used: Millis,
    pub(crate) created: Millis,
}

impl Horizon {
    pub(crate) fn is_behind(&self, session: &Session) -> bool {
        session.used > self.used && session.created > self.created
    }
}

/// Sessions that are no more. Some of them may have been beyond the horizon, and not yet swept away: they do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EndedSessions {
    pub(crate) count: u32,
    pub(crate) tokens: Vec<TokenHash>,
}

impl EndedSessions {
    pub(super) fn add(&mut self, token: TokenHash, was_alive: bool) {
        self.count += u32::from(was_alive);
        self.tokens.push(token);
    }
}

pub(crate) trait Sessions {
    /// Opens a session, and ends the one it takes the place of.
    fn open(&self, new: NewSession, instead: Option<TokenHash>) -> Answer<'_, ()>;
    fn session(&self, token: TokenHash) -> Answer<'_, Option<Session>>;
    /// All of an account, in no order.
    fn sessions(&self, account: AccountId) -> Answer<'_, Vec<(TokenHash, Session)>>;
    /// Notes that the session was used.
    fn touch(&self, token: TokenHash, now: Millis) -> Answer<'_, ()>;
    /// Ends a session, with its shares and what it left pending. Ending one that is not there is no error.
    fn end(&self, token: TokenHash) -> Answer<'_, ()>;
    /// Ends these of the sessions of its account, if `by` itself is still there.
    fn end_which(&self, by: TokenHash, which: WhichSessions, alive: Horizon) -> Answer<'_, EndedSessions>;
    /// Ends every session not used since, or made before.
    fn expire(&self, used_before: Millis, created_before: Millis) -> Answer<'_, u64>;
    /// The shares held so far, oldest first; `next` is held beside them. Taking with the same `next` again changes nothing.
    fn take_shares(&self, token: TokenHash, next: Share) -> Answer<'_, Vec<Share>>;
    /// Keeps this share and deletes the others.
    fn confirm_share(&self, token: TokenHash, keep: Share) -> Answer<'_, ()>;
}
