//! `backups.json`: backup files, of few records each and with their keys. One for each hundred of the other objects, since
//! each costs a run of Argon2id.

use std::path::Path;

use signet_crypto::{
    BACKUP_HEADER, BackupContact, BackupCost, BackupHeader, BackupKeystore, BackupMessage, BackupRecord, BackupState,
    Content, Doubts,
    self_test::{backup, trace},
};
use signet_shared::{AccountId, ClientUuid, ConvId, EnvId, IkHash, StreamId};

use crate::{
    accounts::Accounts,
    keys::Keys,
    record::{self, Record, Tally},
    slots,
};

const KIND: &str = "backups";

pub(crate) fn write(count: usize, accounts: &Accounts, keys: &Keys, folder: &Path) {
    let all: Vec<Record> = (0..count.div_ceil(100)).map(|_| make(accounts, keys)).collect();
    record::write(folder, KIND, &all);
}

pub(crate) fn open(folder: &Path, accounts: &Accounts, keys: &Keys, tally: &mut Tally) {
    for (at, record) in record::read(folder, KIND).iter().enumerate() {
        read(at, record, accounts, keys, tally);
        tally.opened(KIND);
    }
}

fn make(accounts: &Accounts, keys: &Keys) -> Record {
    let some = accounts.some(4);
    let own = accounts.get(some[0]);
    let mut record = Record::default();
    record.text("account", some[0]).text("keystore_version", rand::random::<u64>());
    record.hex("prev_hash", rand::random::<[u8; 32]>()).text("ik", own.ik).texts("eks", [own.ek]);
    let mut others = some[1..].to_vec();
    others.sort_by_key(|n| accounts.get(*n).verified.account_id());
    record.records("contacts", others.iter().map(|n| make_contact(*n)).collect());
    let messages = rand::random_range(0..20);
    record.records("messages", (0..messages).map(|n| make_message(n, own.verified.account_id())).collect());

    let records = records(&record, accounts, keys);
    let password = format!("Grüße {}", rand::random::<u64>());
    let cost = BackupCost {
        m_kib: rand::random_range(65_536..70_000),
        t: rand::random_range(3..5),
        p: rand::random_range(1..3),
    };
    let made = BackupHeader::make(own.verified.account_id(), rand::random(), cost, &mut rand::rng()).unwrap();
    let header = backup::small(made, rand::random_range(255..4096));
    let bk = backup::bk(&header, &password).unwrap();
    let key = backup::key(bk);
    let file = backup::file(&header, &key, &records, &keys.get(own.ik).ik, &mut rand::rng()).unwrap();
    let (_, summary) = backup::read(&file, &key, 4096).unwrap();
    record.text("password", password).hex("BK", bk);
    record.text("m_KiB", cost.m_kib).text("t", cost.t).text("p", cost.p).text("created_ms", header.created_ms);
    record.hex("salt", &file[16..48]).text("chunk_size", number(&file[74..78]));
    for (name, value) in backup::values(&header, &key) {
        record.hex(name, value);
    }
    record.texts("records", records.iter().map(|record| hex::encode(backup::record_bytes(record))));
    record.text("n_chunks", summary.chunks).hex("root", summary.root);
    record.hex("sig", &file[file.len() - 384..]).hex("file", file);
    record
}

fn make_contact(account: usize) -> Record {
    let mut record = Record::default();
    record.text("account", account).text("since_ms", rand::random::<u64>()).text("doubts", rand::random_range(0..8));
    let verified = rand::random::<bool>().then(rand::random::<[u8; 32]>);
    record.hex("verified", verified.map(Vec::from).unwrap_or_default());
    record.text("with_statements", u8::from(rand::random::<bool>()));
    record
}

fn make_message(n: u64, own: AccountId) -> Record {
    let mut record = Record::default();
    let state = rand::random_range(1..4);
    let author = if state == 1 { AccountId(rand::random()) } else { own };
    let option = || rand::random::<bool>().then(rand::random::<[u8; 32]>).map(Vec::from).unwrap_or_default();
    record.text("place", n * 7).hex("conv_id", rand::random::<[u8; 32]>()).hex("env_id", rand::random::<[u8; 32]>());
    record.hex("author", author.as_bytes()).hex("stream_id", rand::random::<[u8; 16]>());
    record.text("seq", rand::random::<u64>()).hex("client_uuid", rand::random::<[u8; 16]>()).hex("reply_to", option());
    record.text("sent_ms", rand::random::<u64>()).text("received_ms", rand::random::<u64>()).text("state", state);
    let text = "aß🦀".repeat(rand::random_range(0..400));
    record.text("content_type", if n % 5 == 4 { 777 } else { 1 }).hex("body", text).hex("key", option());
    record
}

/// The records that the fields say.
fn records(record: &Record, accounts: &Accounts, keys: &Keys) -> Vec<BackupRecord> {
    let own = &accounts.get(record.number("account")).verified;
    let ring = slots::ring(keys, record.number("ik"), &record.indices("eks"));
    let keystore = BackupKeystore::of(&ring, record.number("keystore_version"), record.array("prev_hash"));
    let mut all = vec![
        BackupRecord::Account { account: own.account_id(), username: own.username().clone() },
        BackupRecord::Keystore(keystore),
        BackupRecord::Statements(own.clone()),
    ];
    for contact in record.inner("contacts") {
        let account = &accounts.get(contact.number("account")).verified;
        let doubts = contact.number::<u8>("doubts");
        let verified = contact.bytes("verified");
        all.push(BackupRecord::Contact(BackupContact {
            account: account.account_id(),
            username: account.username().clone(),
            seq: account.seq(),
            head: account.head(),
            ik: account.ik_hash(),
            since_ms: contact.number("since_ms"),
            doubts: Doubts { new_identity: doubts & 1 != 0, forked: doubts & 2 != 0, namesake: doubts & 4 != 0 },
            verified: (!verified.is_empty()).then(|| IkHash(verified.try_into().unwrap())),
            statements: (contact.get("with_statements") == "1").then(|| account.clone()),
        }));
    }
    all.extend(record.inner("messages").iter().map(|said| BackupRecord::Message(message(said))));
    all
}

fn message(said: &Record) -> BackupMessage {
    let option = |name| Some(said.bytes(name)).filter(|b| !b.is_empty()).map(|b| <[u8; 32]>::try_from(b).unwrap());
    let (content_type, body) = (said.number("content_type"), said.bytes("body"));
    BackupMessage {
        place: said.number("place"),
        conv: ConvId(said.array("conv_id")),
        env_id: EnvId(said.array("env_id")),
        author: AccountId(said.array("author")),
        stream: StreamId(said.array("stream_id")),
        seq: said.number("seq"),
        uuid: ClientUuid(said.array("client_uuid")),
        reply_to: option("reply_to").map(EnvId),
        sent_ms: said.number("sent_ms"),
        received_ms: said.number("received_ms"),
        state: match said.get("state") {
            "1" => BackupState::Received,
            "2" => BackupState::Sent,
            _ => BackupState::Delivered,
        },
        content: match content_type {
            1 => Content::Text(String::from_utf8(body).unwrap()),
            _ => Content::Unknown { content_type, body },
        },
        key: option("key").map(trace::content_key),
    }
}

fn read(at: usize, record: &Record, accounts: &Accounts, keys: &Keys, tally: &mut Tally) {
    let file = record.bytes("file");
    let Ok(header) = BackupHeader::parse(&file[..file.len().min(BACKUP_HEADER)]) else {
        return tally.mismatch(KIND, at, "header");
    };
    let (cost, account) = (header.cost, &accounts.get(record.number("account")).verified);
    let said = BackupCost { m_kib: record.number("m_KiB"), t: record.number("t"), p: record.number("p") };
    if (cost, header.account, header.created_ms) != (said, account.account_id(), record.number("created_ms")) {
        tally.mismatch(KIND, at, "fields of the header");
    }
    tally.same(KIND, at, record, "salt", &file[16..48]);
    // Node has no Argon2id: what it writes has a BK, and no password.
    let password = record.get("password");
    if !password.is_empty() {
        tally.same(KIND, at, record, "BK", backup::bk(&header, password).unwrap());
    }
    let key = backup::key(record.array("BK"));
    for (name, value) in backup::values(&header, &key) {
        tally.same(KIND, at, record, name, value);
    }
    match backup::read(&file, &key, 1000) {
        Ok((read, summary)) => {
            let read: Vec<_> = read.iter().map(backup::record_bytes).collect();
            let said: Vec<_> = records(record, accounts, keys).iter().map(backup::record_bytes).collect();
            if read != said || record.list("records") != said.iter().map(hex::encode).collect::<Vec<_>>() {
                tally.mismatch(KIND, at, "records");
            }
            tally.same(KIND, at, record, "root", summary.root);
            if (summary.chunks, number(&file[74..78])) != (record.number("n_chunks"), record.number("chunk_size")) {
                tally.mismatch(KIND, at, "n_chunks or chunk_size");
            }
            tally.same(KIND, at, record, "sig", &file[file.len() - 384..]);
        }
        Err(error) => tally.mismatch(KIND, at, &error.to_string()),
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}
