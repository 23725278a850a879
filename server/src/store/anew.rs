use signet_shared::{AccountId, api::AnewId, opaque::SecretKind};

use super::{Answer, Credential, Millis, NewAccess, Object, TokenHash};

/// The SHA-256 of a one-time code or of a claim; they themselves are kept nowhere.
pub(crate) type SecretHash = [u8; 32];

/// A request to start an account anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnewRequest {
    pub(crate) account: AccountId,
    pub(crate) id: AnewId,
    pub(crate) claim: SecretHash,
    pub(crate) asked: Millis,
    pub(crate) stand: Stand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    Waiting,
    Refused,
    Done,
}

/// By what somebody may ask.
#[derive(Debug, Clone)]
pub(crate) enum Right {
    /// The operator's code for this name.
    Code {
        username: String,
        hash: SecretHash,
    },
    Session(TokenHash),
}

#[derive(Debug, Clone)]
pub(crate) struct NewRequest {
    pub(crate) right: Right,
    pub(crate) id: AnewId,
    pub(crate) claim: SecretHash,
    pub(crate) now: Millis,
}

/// What takes the place of everything that opened the account.
#[derive(Debug, Clone)]
pub(crate) struct NewIdentity {
    pub(crate) claim: SecretHash,
    /// The request is of no use unless it was made then or before.
    pub(crate) asked_by: Millis,
    pub(crate) profile: u8,
    pub(crate) password: NewAccess,
    pub(crate) recovery: NewAccess,
    /// The statement's place, from 1.
    pub(crate) seq: u64,
    pub(crate) statement: Vec<u8>,
    /// With the next version.
    pub(crate) keystore: Object,
    /// With a version above the stored one.
    pub(crate) state: Object,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BegunAnew {
    pub(crate) account: AccountId,
    /// Of the new password.
    pub(crate) version: u64,
    /// The account's sessions, which are no more.
    pub(crate) ended: Vec<TokenHash>,
}

/// What an earlier secret opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub(crate) slot: Vec<u8>,
    pub(crate) keystore: Object,
    pub(crate) state: Object,
}

pub(crate) trait Anew {
    /// Keeps a code for the account of this name, in place of one that there may be. It is good until `expires`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the program puts it from beside the relay"))]
    fn put_code(&self, username: &str, code: SecretHash, expires: Millis) -> Answer<'_, ()>;
    /// Makes the request, in place of one that there may be, and uses up the code. The same again changes nothing and is
    /// answered as the first time. A code that is not good, of whatever name, is `NotFound`. A session takes the place of
    /// none that waits and was made by a code: `PlaceTaken`.
    fn ask_anew(&self, new: NewRequest) -> Answer<'_, AnewRequest>;
    fn anew_by_claim(&self, claim: SecretHash) -> Answer<'_, Option<AnewRequest>>;
    fn anew_of(&self, account: AccountId) -> Answer<'_, Option<AnewRequest>>;
    /// Refuses this request, in the name of the session's account. Again is no error; one that is not there, or has been
    /// carried out, is `NotFound`.
    fn refuse_anew(&self, token: TokenHash, id: AnewId) -> Answer<'_, ()>;
    /// Puts the new identity in place, keeps what was there as an earlier one, and ends all sessions: all of it or nothing.
    /// The same again, while nothing newer is stored, changes nothing and is no error.
    fn begin_anew(&self, new: NewIdentity) -> Answer<'_, BegunAnew>;
    /// What an account had until it began anew after the statement at `seq`. The credential's version says nothing.
    fn earlier_credential(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Credential>>;
    fn earlier(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Earlier>>;
    /// Deletes codes that are out of date, and requests made before; answers how many there were.
    fn forget_anew(&self, now: Millis, asked_before: Millis) -> Answer<'_, u64>;
}
