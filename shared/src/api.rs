//! The bodies of the HTTP API: `POST`, `application/octet-stream`, the encoding of [`crate::Reader`]. One type per body.
//! Every answer but a refusal (see [`crate::wire::Refusal`]) is 200.
//!
//! | path | request | answer | session |
//! |---|---|---|---|
//! | `/api/about` (GET) | | [`About`] | no |
//! | `/api/register/start` | [`RegisterStart`] | [`RegisterStarted`] | no |
//! | `/api/register/finish` | [`RegisterFinish`] | [`Vault`], sets the cookie | no |
//! | `/api/login/start` | [`LoginStart`] | [`LoginStarted`] | no |
//! | `/api/login/finish` | [`LoginFinish`] | [`Vault`], sets the cookie | no |
//! | `/api/sign-out` | empty | empty, ends the session and its share | yes |
//! | `/api/vault` (GET) | | [`Vault`] | yes |
//! | `/api/state` | [`PutState`] | [`Stored`] | yes |
//! | `/api/keys` | [`PutKeys`] | [`Stored`] | yes |
//! | `/api/share/take` | [`TakeShare`] | [`Shares`] | yes |
//! | `/api/share/confirm` | [`TakeShare`] | empty | yes |
//! | `/api/lookup` | [`Lookup`] | [`Statements`] | yes |
//! | `/api/sessions` (GET) | | [`Sessions`] | yes |
//! | `/api/sessions/end` | [`EndSessions`] | [`Ended`], clears the cookie of a session that ends itself | yes |
//! | `/api/secret/start` | [`SecretStart`] | [`SecretStarted`] | yes, of a fresh login |
//! | `/api/secret/pending` | [`SecretPending`] | empty | yes, of a fresh login |
//! | `/api/secret/try` | [`SecretTry`] | [`SecretTried`] | yes, of a fresh login |
//! | `/api/secret/finish` | [`SecretFinish`] | [`Ended`] | yes, of a fresh login |
//! | `/api/rescue` | [`Rescue`] | [`Ended`] | yes, of a fresh login |
//! | `/api/passkeys` (GET) | | [`Passkeys`] | yes |
//! | `/api/passkeys/remove` | [`RemovePasskey`] | empty | yes, of a fresh login |
//! | `/api/account/delete` | empty | empty, clears the cookie | yes, of a fresh login |
//! | `/api/anew/ask` | [`AnewAsk`] | [`AnewStand`] | no |
//! | `/api/anew/ask-here` | [`AnewClaim`] | [`AnewStand`] | yes |
//! | `/api/anew/look` | [`AnewClaim`] | [`AnewStand`] | no |
//! | `/api/anew/start` | [`AnewStart`] | [`AnewStarted`] | no |
//! | `/api/anew/finish` | [`AnewFinish`] | [`Vault`], sets the cookie | no |
//! | `/api/anew/refuse` | [`AnewRefuse`] | empty | yes |
//! | `/api/earlier/start` | [`EarlierStart`] | [`EarlierStarted`] | yes |
//! | `/api/earlier/finish` | [`LoginFinish`] | [`EarlierVault`] | yes |

mod anew;
mod keys;
mod passkeys;
mod rescue;
mod secret;
mod sessions;

pub use anew::{
    AnewAsk, AnewClaim, AnewFinish, AnewId, AnewRefuse, AnewStand, AnewStart, AnewStarted, Claim, EarlierStart,
    EarlierStarted, EarlierVault,
};
pub use keys::PutKeys;
pub use passkeys::{PasskeyInfo, Passkeys, RemovePasskey};
pub use rescue::{LastStep, Rescue};
pub use secret::{SecretFinish, SecretPending, SecretStart, SecretStarted, SecretTried, SecretTry, WithKeys};
pub use sessions::{
    BrowserFamily, EndSessions, Ended, SessionHandle, SessionInfo, Sessions, SystemFamily, WhichSessions,
};

use crate::{
    AccountId, DecodeError, Reader, Username, Writer, limits,
    opaque::{KdfProfile, SecretKind},
};

pub const ABOUT: &str = "/api/about";
pub const REGISTER_START: &str = "/api/register/start";
pub const REGISTER_FINISH: &str = "/api/register/finish";
pub const LOGIN_START: &str = "/api/login/start";
pub const LOGIN_FINISH: &str = "/api/login/finish";
pub const SIGN_OUT: &str = "/api/sign-out";
pub const VAULT: &str = "/api/vault";
pub const STATE: &str = "/api/state";
pub const KEYS: &str = "/api/keys";
pub const SHARE_TAKE: &str = "/api/share/take";
pub const SHARE_CONFIRM: &str = "/api/share/confirm";
pub const LOOKUP: &str = "/api/lookup";
pub const SESSIONS: &str = "/api/sessions";
pub const SESSIONS_END: &str = "/api/sessions/end";
pub const SECRET_START: &str = "/api/secret/start";
pub const SECRET_PENDING: &str = "/api/secret/pending";
pub const SECRET_TRY: &str = "/api/secret/try";
pub const SECRET_FINISH: &str = "/api/secret/finish";
pub const PASSKEYS: &str = "/api/passkeys";
pub const PASSKEYS_REMOVE: &str = "/api/passkeys/remove";
pub const RESCUE: &str = "/api/rescue";
pub const ACCOUNT_DELETE: &str = "/api/account/delete";
pub const ANEW_ASK: &str = "/api/anew/ask";
pub const ANEW_ASK_HERE: &str = "/api/anew/ask-here";
pub const ANEW_LOOK: &str = "/api/anew/look";
pub const ANEW_START: &str = "/api/anew/start";
pub const ANEW_FINISH: &str = "/api/anew/finish";
pub const ANEW_REFUSE: &str = "/api/anew/refuse";
pub const EARLIER_START: &str = "/api/earlier/start";
pub const EARLIER_FINISH: &str = "/api/earlier/finish";

/// The header that names a refusal by its number.
pub const REFUSAL_HEADER: &str = "signet-refusal";

/// A body of the API.
pub trait Body: Sized {
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w);
        w.finish()
    }

    fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let body = Self::read(&mut r)?;
        r.finish()?;
        Ok(body)
    }
}

/// What anyone may know of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The origin that logins are bound to.
    pub public_url: String,
    pub registration_open: bool,
}

/// The blinded first messages of the two OPAQUE registrations, password and recovery key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterStart {
    pub username: Username,
    pub password: Vec<u8>,
    pub recovery: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterStarted {
    pub password: Vec<u8>,
    pub recovery: Vec<u8>,
}

/// Everything the relay keeps of a new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterFinish {
    pub username: Username,
    pub account_id: AccountId,
    pub profile: KdfProfile,
    pub password: Access,
    pub recovery: Access,
    /// A `SignedStatement`.
    pub statement: Vec<u8>,
    pub keystore: Vec<u8>,
    pub state: Vec<u8>,
}

/// One secret's way in: its OPAQUE record and the account master key sealed under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub record: Vec<u8>,
    pub slot: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginStart {
    pub username: Username,
    pub kind: SecretKind,
    pub ke1: Vec<u8>,
}

/// The same shape for names that exist and names that do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginStarted {
    pub login_id: [u8; 32],
    pub profile: u8,
    pub ke2: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginFinish {
    pub login_id: [u8; 32],
    pub ke3: Vec<u8>,
}

/// What a signed-in browser needs to open the account. Everything in it is sealed but the statements, which are public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    pub account_id: AccountId,
    /// The slot of the secret that this session was opened by, or, if the session itself replaced that secret, of the new
    /// one: so what opened the session opens the slot. Empty where another session replaced that secret: no slot is left
    /// that it would open. Such a session lives on, and opens keystore and state by the master key that its browser
    /// already has.
    pub slot: Vec<u8>,
    pub keystore_version: u64,
    pub keystore: Vec<u8>,
    pub state_version: u64,
    pub state: Vec<u8>,
    /// The account's own statements, first to last.
    pub statements: Vec<Vec<u8>>,
}

/// Compare-and-swap: stored only if the relay's version is `expected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutState {
    pub expected: u64,
    pub state: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub version: u64,
}

/// Hand out the share that the relay holds for this session, and hold `next` beside it until one of them is confirmed.
/// In `/api/share/confirm`, `next` names the one to keep; the others are deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeShare {
    pub next: [u8; 32],
}

/// The shares held before the call, oldest first: none for a session that has not deposited any, one as a rule, two after
/// a browser died between taking and confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    pub shares: Vec<[u8; 32]>,
}

/// By name or by id; statements above `after` only (0 for all).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub who: Who,
    pub after: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Name(Username),
    Id(AccountId),
}

/// `SignedStatement`s, first to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    pub statements: Vec<Vec<u8>>,
}

/// How many shares a session may hold.
pub const MAX_SHARES: usize = 4;

fn read_username(r: &mut Reader<'_>) -> Result<Username, DecodeError> {
    core::str::from_utf8(r.bytes8()?).ok().and_then(|name| name.parse().ok()).ok_or(DecodeError::Invalid)
}

fn write_username(w: &mut Writer, name: &Username) {
    w.bytes8(name.shown().as_bytes());
}

fn read_kind(r: &mut Reader<'_>) -> Result<SecretKind, DecodeError> {
    SecretKind::from_number(r.u8()?).ok_or(DecodeError::Invalid)
}

fn read_bool(r: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match r.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Invalid),
    }
}

fn read_statements(r: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, DecodeError> {
    let n = r.u16()?;
    (0..n).map(|_| Ok(r.bytes32(limits::STATEMENT)?.to_vec())).collect()
}

fn write_statements(w: &mut Writer, statements: &[Vec<u8>]) {
    w.u16(u16::try_from(statements.len()).unwrap_or(u16::MAX));
    for statement in statements.iter().take(u16::MAX.into()) {
        w.bytes32(statement);
    }
}

impl Body for About {
    fn write(&self, w: &mut Writer) {
        w.bytes16(self.public_url.as_bytes()).u8(self.registration_open.into());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let public_url = String::from_utf8(r.bytes16()?.to_vec()).map_err(|_| DecodeError::Invalid)?;
        Ok(Self { public_url, registration_open: read_bool(r)? })
    }
}

impl Body for RegisterStart {
    fn write(&self, w: &mut Writer) {
        write_username(w, &self.username);
        w.bytes16(&self.password).bytes16(&self.recovery);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { username: read_username(r)?, password: r.bytes16()?.to_vec(), recovery: r.bytes16()?.to_vec() })
    }
}

impl Body for RegisterStarted {
    fn write(&self, w: &mut Writer) {
        w.bytes16(&self.password).bytes16(&self.recovery);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { password: r.bytes16()?.to_vec(), recovery: r.bytes16()?.to_vec() })
    }
}

impl Body for Access {
    fn write(&self, w: &mut Writer) {
        w.bytes16(&self.record).bytes16(&self.slot);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let access = Self { record: r.bytes16()?.to_vec(), slot: r.bytes16()?.to_vec() };
        if access.record.len() > limits::OPAQUE || access.slot.len() > limits::SLOT {
            return Err(DecodeError::TooLong);
        }
        Ok(access)
    }
}

impl Body for RegisterFinish {
    fn write(&self, w: &mut Writer) {
        write_username(w, &self.username);
        w.raw(self.account_id.as_bytes()).u8(self.profile.number());
        self.password.write(w);
        self.recovery.write(w);
        w.bytes32(&self.statement).bytes32(&self.keystore).bytes32(&self.state);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            username: read_username(r)?,
            account_id: AccountId(r.array()?),
            profile: KdfProfile::from_number(r.u8()?).ok_or(DecodeError::UnknownVersion)?,
            password: Access::read(r)?,
            recovery: Access::read(r)?,
            statement: r.bytes32(limits::STATEMENT)?.to_vec(),
            keystore: r.bytes32(limits::KEYSTORE)?.to_vec(),
            state: r.bytes32(limits::STATE)?.to_vec(),
        })
    }
}

impl Body for LoginStart {
    fn write(&self, w: &mut Writer) {
        write_username(w, &self.username);
        w.u8(self.kind.number()).bytes16(&self.ke1);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { username: read_username(r)?, kind: read_kind(r)?, ke1: r.bytes16()?.to_vec() })
    }
}

impl Body for LoginStarted {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.login_id).u8(self.profile).bytes16(&self.ke2);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { login_id: r.array()?, profile: r.u8()?, ke2: r.bytes16()?.to_vec() })
    }
}

impl Body for LoginFinish {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.login_id).bytes16(&self.ke3);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { login_id: r.array()?, ke3: r.bytes16()?.to_vec() })
    }
}

impl Body for Vault {
    fn write(&self, w: &mut Writer) {
        w.raw(self.account_id.as_bytes()).bytes16(&self.slot);
        w.u64(self.keystore_version).bytes32(&self.keystore).u64(self.state_version).bytes32(&self.state);
        write_statements(w, &self.statements);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            account_id: AccountId(r.array()?),
            slot: r.bytes16()?.to_vec(),
            keystore_version: r.u64()?,
            keystore: r.bytes32(limits::KEYSTORE)?.to_vec(),
            state_version: r.u64()?,
            state: r.bytes32(limits::STATE)?.to_vec(),
            statements: read_statements(r)?,
        })
    }
}

impl Body for PutState {
    fn write(&self, w: &mut Writer) {
        w.u64(self.expected).bytes32(&self.state);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { expected: r.u64()?, state: r.bytes32(limits::STATE)?.to_vec() })
    }
}

impl Body for Stored {
    fn write(&self, w: &mut Writer) {
        w.u64(self.version);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { version: r.u64()? })
    }
}

impl Body for TakeShare {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.next);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { next: r.array()? })
    }
}

impl Body for Shares {
    fn write(&self, w: &mut Writer) {
        w.u8(u8::try_from(self.shares.len()).unwrap_or(u8::MAX));
        for share in self.shares.iter().take(u8::MAX.into()) {
            w.raw(share);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let n = r.u8()?;
        Ok(Self { shares: (0..n).map(|_| r.array()).collect::<Result<_, _>>()? })
    }
}

impl Body for Lookup {
    fn write(&self, w: &mut Writer) {
        match &self.who {
            Who::Name(name) => {
                w.u8(1);
                write_username(w, name);
            }
            Who::Id(id) => {
                w.u8(2).raw(id.as_bytes());
            }
        }
        w.u64(self.after);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let who = match r.u8()? {
            1 => Who::Name(read_username(r)?),
            2 => Who::Id(AccountId(r.array()?)),
            _ => return Err(DecodeError::Invalid),
        };
        Ok(Self { who, after: r.u64()? })
    }
}

impl Body for Statements {
    fn write(&self, w: &mut Writer) {
        write_statements(w, &self.statements);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { statements: read_statements(r)? })
    }
}
