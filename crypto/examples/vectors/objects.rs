//! `objects.json`: a sealed object of every purpose, under random keys. `recovery.json`: recovery keys as text.

use std::path::Path;

use signet_crypto::{Aad, ObjectKey, Purpose, RecoveryKey, object_hash, open_object, seal_object, self_test::trace};
use signet_shared::{AccountId, IkHash};

use crate::record::{self, Record, Tally};

const KIND: &str = "objects";

pub(crate) fn write(count: usize, folder: &Path) {
    let all = (0..count).flat_map(|n| Purpose::ALL.map(|purpose| make(n, purpose)));
    record::write(folder, KIND, &all.collect::<Vec<_>>());
    let recovery = |_| {
        let key = RecoveryKey::make(&mut rand::rng());
        let mut record = Record::default();
        record.hex("key", key.secret().as_slice()).text("text", key);
        record
    };
    record::write(folder, "recovery", &(0..count).map(recovery).collect::<Vec<_>>());
}

fn make(n: usize, purpose: Purpose) -> Record {
    let key = ObjectKey::from_bytes(rand::random());
    let len = if n % 50 == 49 { rand::random_range(0..=100_000) } else { rand::random_range(0..1_000) };
    let plaintext: Vec<u8> = (0..len).map(|_| rand::random()).collect();
    let aad = Aad {
        account: AccountId(rand::random()),
        object: (0..rand::random_range(0..80)).map(|_| rand::random()).collect(),
        version: rand::random(),
        ik: IkHash(rand::random()),
        amk_epoch: rand::random(),
    };
    let sealed = seal_object(&key, purpose, &aad, &plaintext, &mut rand::rng());
    let mut record = describe(&key, purpose, &aad, &plaintext, &sealed);
    record.hex("object_hash", object_hash(&sealed));
    record
}

/// Everything about a sealed object.
pub(crate) fn describe(key: &ObjectKey, purpose: Purpose, aad: &Aad, plaintext: &[u8], sealed: &[u8]) -> Record {
    let mut record = Record::default();
    record.text("purpose", purpose.label()).hex("key", trace::object_key_bytes(key));
    record.hex("account_id", aad.account.as_bytes()).hex("object", &aad.object).text("version", aad.version);
    record.hex("ik_hash", aad.ik.as_bytes()).text("amk_epoch", aad.amk_epoch);
    for (name, bytes) in trace::object(key, purpose, aad, sealed).unwrap() {
        record.hex(name, bytes);
    }
    record.hex("plaintext", plaintext).hex("sealed", sealed);
    record
}

pub(crate) fn open(folder: &Path, tally: &mut Tally) {
    for (at, record) in record::read(folder, KIND).iter().enumerate() {
        let key = ObjectKey::from_bytes(record.array("key"));
        check(KIND, at, record, &key, tally);
        tally.same(KIND, at, record, "object_hash", object_hash(&record.bytes("sealed")));
        tally.opened(KIND);
    }
    for (at, record) in record::read(folder, "recovery").iter().enumerate() {
        match record.get("text").parse::<RecoveryKey>() {
            Ok(key) if key.to_string() == record.get("text") => {
                tally.same("recovery", at, record, "key", key.secret().as_slice());
            }
            _ => tally.mismatch("recovery", at, "text"),
        }
        tally.opened("recovery keys");
    }
}

/// Opens a described object under `key`, and compares every intermediate value.
pub(crate) fn check(kind: &str, at: usize, record: &Record, key: &ObjectKey, tally: &mut Tally) {
    let label = record.get("purpose");
    let Some(purpose) = Purpose::ALL.into_iter().find(|purpose| purpose.label() == label) else {
        return tally.mismatch(kind, at, "purpose");
    };
    let aad = Aad {
        account: AccountId(record.array("account_id")),
        object: record.bytes("object"),
        version: record.number("version"),
        ik: IkHash(record.array("ik_hash")),
        amk_epoch: record.number("amk_epoch"),
    };
    let sealed = record.bytes("sealed");
    tally.same(kind, at, record, "key", trace::object_key_bytes(key));
    match open_object(key, purpose, &aad, &sealed) {
        Ok(plaintext) => tally.same(kind, at, record, "plaintext", plaintext.as_slice()),
        Err(_) => tally.mismatch(kind, at, "does not open"),
    }
    for (name, bytes) in trace::object(key, purpose, &aad, &sealed).unwrap_or_default() {
        tally.same(kind, at, record, name, bytes);
    }
}
