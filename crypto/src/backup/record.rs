//! What a backup holds, one record after another: `type u8 | body len u32, bytes`.

use core::fmt;

use signet_shared::{
    AccountId, ClientUuid, ConvId, DecodeError, Digest32, EnvId, IkHash, Reader, StatementHash, StreamId, Username,
    Writer, limits,
};
use zeroize::Zeroizing;

use super::{BackupError, Flaw};
use crate::{Content, ContentKey, Keyring, StatementError, VerifiedAccount, keystore};

pub(super) const ACCOUNT: u8 = 1;
pub(super) const KEYSTORE: u8 = 2;
pub(super) const STATEMENTS: u8 = 3;
pub(super) const CONTACT: u8 = 4;
pub(super) const MESSAGE: u8 = 6;
pub(super) const END: u8 = 255;
/// `type u8 | len u32`
pub(super) const RECORD_HEAD: usize = 5;
/// Bytes of a chain of statements: about 600 of them.
const CHAIN: usize = 1024 * 1024;

/// One record, in the order in which they come.
#[derive(Debug)]
pub enum BackupRecord {
    /// The first.
    Account {
        account: AccountId,
        username: Username,
    },
    Keystore(BackupKeystore),
    /// The account's own chain.
    Statements(VerifiedAccount),
    /// Ascending by account id.
    Contact(BackupContact),
    /// Ascending by `place`.
    Message(BackupMessage),
}

/// The private keys: the plaintext of a keystore (FORMAT.md, section 9), with the version that it had.
pub struct BackupKeystore {
    pub version: u64,
    bytes: Zeroizing<Vec<u8>>,
}

/// Whom the account has met. The pin is what an import must not overwrite silently.
#[derive(Debug, Clone)]
pub struct BackupContact {
    pub account: AccountId,
    pub username: Username,
    /// Where their chain of statements stood, and the identity key there.
    pub seq: u64,
    pub head: StatementHash,
    pub ik: IkHash,
    pub since_ms: u64,
    pub doubts: Doubts,
    /// The identity key whose safety number was compared; another than `ik` was verified before a rotation.
    pub verified: Option<IkHash>,
    /// The chain itself, which ends in the pin, if it was at hand.
    pub statements: Option<VerifiedAccount>,
}

/// What has been found out about a contact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    pub new_identity: bool,
    pub forked: bool,
    pub namesake: bool,
}

/// A message as the account has it.
#[derive(Debug, Clone)]
pub struct BackupMessage {
    /// The order in which they stand: rising, and otherwise without meaning.
    pub place: u64,
    pub conv: ConvId,
    pub env_id: EnvId,
    pub author: AccountId,
    pub stream: StreamId,
    pub seq: u64,
    pub uuid: ClientUuid,
    pub reply_to: Option<EnvId>,
    /// Milliseconds since 1970 by the author's clock, and by the one of who made the backup.
    pub sent_ms: u64,
    pub received_ms: u64,
    pub state: BackupState,
    /// [`Content::is_message`]: receipts are in `state`, and the text is the one that it was changed to last.
    pub content: Content,
    /// What a history record holds: with it the message can be read from a relay again.
    pub key: Option<ContentKey>,
}

/// How far a message has come. One that was never sent is in no backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupState {
    /// Another account's.
    Received = 1,
    /// The account's own, which a relay has taken.
    Sent = 2,
    /// The account's own, which every reader has received.
    Delivered = 3,
}

impl BackupContact {
    /// Bytes of the longest chain of statements, as a pin, that a record holds.
    pub const CHAIN: usize = CHAIN;
}

impl BackupRecord {
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Self::Account { .. } => ACCOUNT,
            Self::Keystore(_) => KEYSTORE,
            Self::Statements(_) => STATEMENTS,
            Self::Contact(_) => CONTACT,
            Self::Message(_) => MESSAGE,
        }
    }

    /// With type and length; `None` if a limit is passed.
    pub(crate) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let body = Zeroizing::new(match self {
            Self::Account { account, username } => {
                let mut w = Writer::new();
                w.raw(account.as_bytes()).bytes8(username.shown().as_bytes());
                w.finish()
            }
            Self::Keystore(keystore) => {
                let mut w = Writer::with_capacity(8 + keystore.bytes.len());
                w.u64(keystore.version).raw(&keystore.bytes);
                w.finish()
            }
            Self::Statements(account) => account.to_bytes(),
            Self::Contact(contact) => contact.to_bytes(),
            Self::Message(message) => message.to_bytes()?,
        });
        (body.len() <= most(self.kind())?).then(|| frame(self.kind(), &body))
    }

    pub(super) fn parse(kind: u8, body: &[u8]) -> Result<Self, BackupError> {
        let malformed = |_| BackupError::Content(Flaw::Record);
        let mut r = Reader::new(body);
        match kind {
            ACCOUNT => Self::read_account(&mut r).and_then(|account| r.finish().map(|()| account)).map_err(malformed),
            KEYSTORE => {
                let version = r.u64().map_err(malformed)?;
                Ok(Self::Keystore(BackupKeystore { version, bytes: Zeroizing::new(r.rest().to_vec()) }))
            }
            // Resets included: the account may have begun anew. Anybody could have made one; whether it is the account's own
            // only who knows the account can say.
            STATEMENTS => Ok(Self::Statements(chain(VerifiedAccount::from_own_pin(body))?)),
            CONTACT => BackupContact::parse(r).map(Self::Contact),
            MESSAGE => BackupMessage::parse(r).map(Self::Message).map_err(malformed),
            _ => Err(BackupError::Content(Flaw::Record)),
        }
    }

    fn read_account(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::Account { account: AccountId(r.array()?), username: read_username(r)? })
    }
}

/// The most bytes of a record's body; `None` for a type that does not exist.
pub(super) fn most(kind: u8) -> Option<usize> {
    Some(match kind {
        ACCOUNT => 64,
        KEYSTORE => limits::KEYSTORE,
        STATEMENTS => CHAIN,
        CONTACT => 256 + CHAIN,
        MESSAGE => 512 + limits::CIPHERTEXT,
        END => 12,
        _ => return None,
    })
}

pub(super) fn frame(kind: u8, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::with_capacity(RECORD_HEAD + body.len());
    w.u8(kind).bytes32(body);
    Zeroizing::new(w.finish())
}

/// `n_contacts u32 | n_messages u64`
pub(crate) fn end(contacts: u32, messages: u64) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::new();
    w.u32(contacts).u64(messages);
    frame(END, &w.finish())
}

fn chain(read: Result<VerifiedAccount, StatementError>) -> Result<VerifiedAccount, BackupError> {
    read.map_err(|_| BackupError::Content(Flaw::Statements))
}

fn read_username(r: &mut Reader<'_>) -> Result<Username, DecodeError> {
    let text = core::str::from_utf8(r.bytes8()?).map_err(|_| DecodeError::Invalid)?;
    text.parse().map_err(|_| DecodeError::Invalid)
}

impl BackupKeystore {
    /// `prev_hash` is that of the keystore's version (`open_keystore_chained`).
    pub fn of(keys: &Keyring, version: u64, prev_hash: Digest32) -> Self {
        Self { version, bytes: keystore::plaintext_of_keys(keys, prev_hash) }
    }

    /// The keys, and the hash of the keystore's version before.
    pub fn open(&self) -> Result<(Keyring, Digest32), BackupError> {
        keystore::parse_keys(&self.bytes).map_err(|_| BackupError::Content(Flaw::Keys))
    }
}

impl BackupContact {
    /// ```text
    /// account_id[16] | username len u8, bytes | seq u64 | head[32] | ik_hash[32] | since_ms u64 | doubts u8
    /// | verified: option ik_hash[32] | statements: option ( len u32, pin )
    /// ```
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(2048);
        w.raw(self.account.as_bytes()).bytes8(self.username.shown().as_bytes()).u64(self.seq);
        w.raw(self.head.as_bytes()).raw(self.ik.as_bytes()).u64(self.since_ms).u8(self.doubts.to_bits());
        w.option(self.verified, |w, ik| {
            w.raw(ik.as_bytes());
        });
        w.option(self.statements.as_ref(), |w, account| {
            w.bytes32(&account.to_bytes());
        });
        w.finish()
    }

    fn parse(mut r: Reader<'_>) -> Result<Self, BackupError> {
        let malformed = |_| BackupError::Content(Flaw::Record);
        let (contact, pin) = Self::read(&mut r).map_err(malformed)?;
        r.finish().map_err(malformed)?;
        Ok(Self { statements: pin.map(|pin| chain(VerifiedAccount::from_own_pin(pin))).transpose()?, ..contact })
    }

    fn read<'a>(r: &mut Reader<'a>) -> Result<(Self, Option<&'a [u8]>), DecodeError> {
        let contact = Self {
            account: AccountId(r.array()?),
            username: read_username(r)?,
            seq: r.u64()?,
            head: StatementHash(r.array()?),
            ik: IkHash(r.array()?),
            since_ms: r.u64()?,
            doubts: Doubts::from_bits(r.u8()?).ok_or(DecodeError::Invalid)?,
            verified: r.option(|r| Ok(IkHash(r.array()?)))?,
            statements: None,
        };
        Ok((contact, r.option(|r| r.bytes32(CHAIN))?))
    }

    /// Whether the chain, if there is one, is this contact's and ends in the pin.
    pub(super) fn agrees(&self) -> bool {
        self.statements.as_ref().is_none_or(|account| {
            account.account_id() == self.account
                && account.username().shown() == self.username.shown()
                && (account.seq(), account.head(), account.ik_hash()) == (self.seq, self.head, self.ik)
        })
    }
}

impl Doubts {
    pub(crate) fn to_bits(self) -> u8 {
        let Self { new_identity, forked, namesake } = self;
        u8::from(new_identity) | u8::from(forked) << 1 | u8::from(namesake) << 2
    }

    fn from_bits(bits: u8) -> Option<Self> {
        let bit = |n: u8| bits >> n & 1 == 1;
        (bits < 8).then(|| Self { new_identity: bit(0), forked: bit(1), namesake: bit(2) })
    }
}

impl BackupMessage {
    /// ```text
    /// place u64 | conv_id[32] | env_id[32] | author[16] | stream_id[16] | seq u64 | client_uuid[16]
    /// | reply_to: option env_id[32] | sent_ms u64 | received_ms u64 | state u8 | content_type u16 | body len u32, bytes
    /// | key: option K[32]
    /// ```
    fn to_bytes(&self) -> Option<Vec<u8>> {
        let (content_type, body) = self.content.to_body()?;
        let mut w = Writer::with_capacity(256 + body.len());
        w.u64(self.place).raw(self.conv.as_bytes()).raw(self.env_id.as_bytes()).raw(self.author.as_bytes());
        w.raw(self.stream.as_bytes()).u64(self.seq).raw(self.uuid.as_bytes());
        w.option(self.reply_to, |w, id| {
            w.raw(id.as_bytes());
        });
        w.u64(self.sent_ms).u64(self.received_ms).u8(self.state as u8).u16(content_type).bytes32(&body);
        w.option(self.key.as_ref(), |w, key| {
            w.raw(key.as_bytes());
        });
        let shown = self.content.is_message();
        (shown && body.len() <= limits::CIPHERTEXT).then(|| w.finish())
    }

    fn parse(mut r: Reader<'_>) -> Result<Self, DecodeError> {
        let message = Self {
            place: r.u64()?,
            conv: ConvId(r.array()?),
            env_id: EnvId(r.array()?),
            author: AccountId(r.array()?),
            stream: StreamId(r.array()?),
            seq: r.u64()?,
            uuid: ClientUuid(r.array()?),
            reply_to: r.option(|r| Ok(EnvId(r.array()?)))?,
            sent_ms: r.u64()?,
            received_ms: r.u64()?,
            state: match r.u8()? {
                1 => BackupState::Received,
                2 => BackupState::Sent,
                3 => BackupState::Delivered,
                _ => return Err(DecodeError::Invalid),
            },
            content: Content::parse(r.u16()?, r.bytes32(limits::CIPHERTEXT)?)?,
            key: r.option(|r| Ok(ContentKey::from_bytes(r.array()?)))?,
        };
        r.finish()?;
        if message.content.is_message() { Ok(message) } else { Err(DecodeError::Invalid) }
    }
}

impl fmt::Debug for BackupKeystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, bytes: _ } = self;
        write!(f, "BackupKeystore(version {version}, ..)")
    }
}
