//! Backups with known keys: Argon2id runs only where a password is what is tested.

use rand_core::CryptoRng;
use signet_shared::{AccountId, ClientUuid, ConvId, EnvId, StreamId};

use super::{
    seeded::Seeded,
    trace::{self, Value},
};
use crate::{
    BackupContact, BackupCost, BackupError, BackupHeader, BackupKey, BackupKeystore, BackupMessage, BackupReader,
    BackupRecord, BackupState, BackupSummary, BackupWriter, Content, ContentKey, Doubts, IdentityKey, Keyring,
    VerifiedAccount, backup::end, make_first_statement,
};

/// `BK` of everything below.
pub const BK: [u8; 32] = [7; 32];
/// The least that there is, so that a small account has many chunks.
pub const CHUNK: u32 = 255;

/// Anna's of the published vectors.
const OWNER: AccountId = AccountId([62, 121, 242, 116, 139, 117, 217, 186, 196, 92, 236, 2, 69, 150, 57, 174]);

/// An account of published test keys: its first is the identity key.
pub fn account<R: CryptoRng + ?Sized>(name: &str, keys: [usize; 2], rng: &mut R) -> (VerifiedAccount, Keyring) {
    let [ik, ek] = keys;
    let ik = IdentityKey::from_pkcs8(&super::own::test_key(ik)).expect("a published key");
    let keys = Keyring { ik, eks: vec![trace::test_key(ek)], former: Vec::new(), secret_key: None };
    let first = make_first_statement(&name.parse().expect("a username"), [5; 32], &keys, 9, rng);
    (VerifiedAccount::verify(&[first]).expect("a first statement"), keys)
}

/// A record of each kind, contacts with and without their statements, and a message longer than a chunk.
pub fn records(own: &VerifiedAccount, keys: &Keyring, contact: &VerifiedAccount) -> Vec<BackupRecord> {
    let (account, other) = (own.account_id(), contact.account_id());
    let known = |statements| BackupContact {
        account: other,
        username: contact.username().clone(),
        seq: contact.seq(),
        head: contact.head(),
        ik: contact.ik_hash(),
        since_ms: 5,
        doubts: Doubts { new_identity: true, ..Doubts::default() },
        verified: Some(contact.ik_hash()),
        statements,
    };
    let message = |place, author, text: &str| BackupMessage {
        place,
        conv: ConvId::direct(account, other),
        env_id: EnvId([place as u8; 32]),
        author,
        stream: StreamId([1; 16]),
        seq: place,
        uuid: ClientUuid([2; 16]),
        reply_to: (place == 9).then_some(EnvId([3; 32])),
        sent_ms: 1_790_000_000_000,
        received_ms: 1_790_000_000_001,
        state: if author == account { BackupState::Delivered } else { BackupState::Received },
        content: Content::Text(text.to_owned()),
        key: (place == 3).then(|| ContentKey::from_bytes([8; 32])),
    };
    let mut contacts = vec![known(Some(contact.clone()))];
    contacts.push(BackupContact { account: AccountId([255; 16]), statements: None, ..known(None) });
    let mut all = vec![
        BackupRecord::Account { account, username: own.username().clone() },
        BackupRecord::Keystore(BackupKeystore::of(keys, 3, [4; 32])),
        BackupRecord::Statements(own.clone()),
    ];
    all.extend(contacts.into_iter().map(BackupRecord::Contact));
    all.push(BackupRecord::Message(message(3, account, "Grüße, 🦀!")));
    all.push(BackupRecord::Message(message(9, other, &"long ".repeat(200))));
    all
}

/// A header of small chunks.
pub fn header(account: AccountId) -> BackupHeader {
    let cost = BackupCost { m_kib: 65_536, t: 3, p: 1 };
    small(
        BackupHeader::make(account, 1_790_000_000_000, cost, &mut Seeded::new(b"salt")).expect("a cost within bounds"),
        CHUNK,
    )
}

/// The header with other chunks than 64 KiB.
pub fn small(header: BackupHeader, chunk_size: u32) -> BackupHeader {
    header.with(chunk_size)
}

pub fn key(bk: [u8; 32]) -> BackupKey {
    BackupKey::from_bytes(bk)
}

/// The whole file.
pub fn file<R>(
    header: &BackupHeader,
    key: &BackupKey,
    records: &[BackupRecord],
    ik: &IdentityKey,
    rng: &mut R,
) -> Result<Vec<u8>, BackupError>
where
    R: CryptoRng + ?Sized,
{
    let (mut writer, mut out) = BackupWriter::start(header, key.clone());
    for record in records {
        out.extend(writer.push(record, rng)?);
    }
    out.extend(writer.finish(ik, rng)?);
    Ok(out)
}

/// A file around any record stream, whole and signed.
pub fn around<R>(header: &BackupHeader, key: &BackupKey, stream: &[u8], ik: &IdentityKey, rng: &mut R) -> Vec<u8>
where
    R: CryptoRng + ?Sized,
{
    let (writer, mut out) = BackupWriter::start(header, key.clone());
    out.extend(writer.around(stream, ik, rng).expect("a key that signs"));
    out
}

/// The records of a stream that a reader takes, whatever its signature.
pub fn read_stream(stream: &[u8]) -> Result<Vec<BackupRecord>, BackupError> {
    let (header, key) = (header(OWNER), key(BK));
    let (writer, head) = BackupWriter::start(&header, key.clone());
    let chunks = writer.unsigned(stream, &mut Seeded::new(b"stream"));
    BackupReader::new(&BackupHeader::parse(&head)?, key)?.feed(&chunks)
}

/// Reads a file whose `BK` is known, in pieces of `piece` bytes.
pub fn read(file: &[u8], key: &BackupKey, piece: usize) -> Result<(Vec<BackupRecord>, BackupSummary), BackupError> {
    let (head, rest) = file.split_at(file.len().min(crate::BACKUP_HEADER));
    let mut reader = BackupReader::new(&BackupHeader::parse(head)?, key.clone())?;
    let mut records = Vec::new();
    for piece in rest.chunks(piece) {
        records.extend(reader.feed(piece)?);
    }
    Ok((records, reader.finish()?))
}

/// With type and length, as it stands in the stream.
pub fn record_bytes(record: &BackupRecord) -> Vec<u8> {
    record.to_bytes().expect("a record within its limits").to_vec()
}

/// The whole stream, with its end.
pub fn stream(records: &[BackupRecord]) -> Vec<u8> {
    let is = |kind| records.iter().filter(|record| record.kind() == kind).count();
    let mut all: Vec<u8> = records.iter().flat_map(record_bytes).collect();
    all.extend_from_slice(&end(is(4) as u32, is(6) as u64));
    all
}

/// `hk`, `ck`, `header` and `header_hash`.
pub fn values(header: &BackupHeader, key: &BackupKey) -> Vec<Value> {
    let [hk, ck] = key.parts();
    vec![
        ("hk", hk.as_bytes().to_vec()),
        ("ck", ck.as_bytes().to_vec()),
        ("header", header.to_bytes(key)),
        ("header_hash", header.hash(key).to_vec()),
    ]
}

/// `BK`, as [`BackupHeader::unlock`] derives it.
pub fn bk(header: &BackupHeader, backup_password: &str) -> Result<[u8; 32], BackupError> {
    header.stretch(backup_password).map(|bk| *bk)
}
