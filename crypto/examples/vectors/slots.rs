//! `slots.json`, `keystores.json`, `history.json`: what is sealed under or around an account master key. `safety.json`:
//! safety numbers.

use std::path::Path;

use signet_crypto::{
    Aad, DecryptionKey, IdentityKey, Keyring, LocalShares, MasterKey, Purpose, SecretKey, UnlockKey, asked_by_slot,
    object_hash, open_keystore_chained, open_object, open_record, safety_number, seal_keystore, seal_record,
    self_test::trace,
};
use signet_shared::{
    AccountId, ConvId, EnvId, IkHash,
    envelope::Suite,
    opaque::{KdfProfile, SecretKind},
};

use crate::{
    accounts::Accounts,
    keys::Keys,
    objects,
    record::{self, Record, Tally},
};

pub(crate) fn write(count: usize, accounts: &Accounts, keys: &Keys, folder: &Path) {
    let all = |make: &dyn Fn(usize) -> Record| (0..count).map(make).collect::<Vec<_>>();
    record::write(folder, "slots", &all(&make_slot));
    record::write(folder, "keystores", &all(&|_| make_keystore(keys)));
    record::write(folder, "history", &all(&|_| make_record()));
    let safety = |_| {
        let pair = accounts.some(2);
        let mut record = Record::default();
        record.text("one", pair[0]).text("other", pair[1]);
        record.text("number", safety_number(&accounts.get(pair[0]).verified, &accounts.get(pair[1]).verified));
        record
    };
    record::write(folder, "safety", &all(&safety));
}

pub(crate) fn open(folder: &Path, accounts: &Accounts, keys: &Keys, tally: &mut Tally) {
    for (at, record) in record::read(folder, "slots").iter().enumerate() {
        open_slot(at, record, tally);
    }
    for (at, record) in record::read(folder, "keystores").iter().enumerate() {
        open_keystore(at, record, keys, tally);
    }
    for (at, record) in record::read(folder, "history").iter().enumerate() {
        open_history(at, record, tally);
    }
    for (at, record) in record::read(folder, "safety").iter().enumerate() {
        let account = |name| &accounts.get(record.number(name)).verified;
        if safety_number(account("one"), account("other")) != record.get("number") {
            tally.mismatch("safety", at, "number");
        }
        tally.opened("safety numbers");
    }
}

/// A password slot, with or without a secret key, a recovery slot or a local slot.
fn make_slot(n: usize) -> Record {
    let rng = &mut rand::rng();
    let amk = random_master();
    let (account, ik) = (AccountId(rand::random()), IkHash(rand::random()));
    let aad = Aad { account, object: b"slot".to_vec(), version: 1, ik, amk_epoch: 0 };
    if n % 4 == 2 {
        let tab = rand::random::<bool>().then(rand::random);
        let shares = LocalShares { browser: rand::random(), relay: rand::random(), tab };
        let sealed = amk.seal_local(&shares, account, ik, rng);
        let mut record = describe(&amk, &trace::local_key(&shares), Purpose::LocalSlot, &aad, &sealed);
        record.hex("browser", shares.browser).hex("relay", shares.relay);
        record.hex("tab", shares.tab.map(Vec::from).unwrap_or_default());
        return record;
    }
    let (kind, purpose) = match n % 4 {
        1 => (SecretKind::RecoveryKey, Purpose::RecoverySlot),
        _ => (SecretKind::Password, Purpose::PasswordSlot),
    };
    let secret_key = (n % 4 == 3).then(|| SecretKey::of(rand::random()));
    let export_key: [u8; 64] = rand::random();
    let unlock = UnlockKey::derive(&trace::export_key(export_key), kind, secret_key.as_ref(), account, KdfProfile::One);
    let slot = amk.seal_slot(&unlock, kind, account, ik, rng);
    let asked = asked_by_slot(&slot);
    let (aad, sealed) = match asked {
        Some(id) => (Aad { object: [&b"slot"[..], &id.0].concat(), version: 2, ..aad }, &slot[9..]),
        None => (aad, &slot[..]),
    };
    let mut record = describe(&amk, trace::unlock_key(&unlock), purpose, &aad, sealed);
    record.hex("slot", &slot);
    record.hex("secret_key", secret_key.as_ref().map(|key| key.as_bytes().to_vec()).unwrap_or_default());
    record.text("secret_key_text", secret_key.as_ref().map(SecretKey::to_string).unwrap_or_default());
    record.hex("export_key", export_key).text("profile", 1);
    record
}

fn open_slot(at: usize, record: &Record, tally: &mut Tally) {
    let (account, ik) = (AccountId(record.array("account_id")), IkHash(record.array("ik_hash")));
    let opened = if record.get("purpose") == "local slot" {
        let tab = record.bytes("tab");
        let tab = (!tab.is_empty()).then(|| tab.try_into().unwrap());
        let shares = LocalShares { browser: record.array("browser"), relay: record.array("relay"), tab };
        objects::check("slots", at, record, &trace::local_key(&shares), tally);
        MasterKey::open_local(&shares, account, ik, &record.bytes("sealed"))
    } else {
        let kind =
            if record.get("purpose") == "password slot" { SecretKind::Password } else { SecretKind::RecoveryKey };
        let profile = KdfProfile::from_number(record.number("profile")).unwrap();
        let secret_key = Some(record.get("secret_key_text"))
            .filter(|text| !text.is_empty())
            .map(|text| text.parse::<SecretKey>().unwrap());
        if let Some(key) = &secret_key {
            tally.same("slots", at, record, "secret_key", key.as_bytes());
        }
        let export_key = trace::export_key(record.array("export_key"));
        let unlock = UnlockKey::derive(&export_key, kind, secret_key.as_ref(), account, profile);
        objects::check("slots", at, record, trace::unlock_key(&unlock), tally);
        MasterKey::open_slot(&unlock, kind, account, ik, &record.bytes("slot"))
    };
    match opened {
        Ok(amk) if amk.epoch() == record.number::<u32>("epoch") => {
            tally.same("slots", at, record, "AMK", trace::master_key_bytes(&amk));
        }
        _ => tally.mismatch("slots", at, "does not open"),
    }
    tally.opened("slots");
}

fn make_keystore(keys: &Keys) -> Record {
    let amk = random_master();
    let (ik, mut eks) = (rand::random_range(0..keys.len()), Vec::new());
    for n in 0..rand::random_range(1..keys.len()) {
        eks.push((ik + 1 + n) % keys.len());
    }
    let account = AccountId(rand::random());
    let (version, prev_hash) = (rand::random(), rand::random());
    let mut ring = ring(keys, ik, &eks);
    ring.secret_key = rand::random::<bool>().then(|| SecretKey::of(rand::random()));
    let sealed = seal_keystore(&ring, &amk, account, version, prev_hash, &mut rand::rng());
    let ik_hash = keys.get(ik).ik.public().hash();
    let aad = Aad { account, object: b"keystore".to_vec(), version, ik: ik_hash, amk_epoch: amk.epoch() };
    let mut record = describe(&amk, &amk.keystore_key(), Purpose::Keystore, &aad, &sealed);
    record.text("ik", ik).texts("eks", eks).hex("prev_hash", prev_hash).hex("object_hash", object_hash(&sealed));
    record.hex("secret_key", ring.secret_key.map(|key| key.as_bytes().to_vec()).unwrap_or_default());
    record
}

pub(crate) fn ring(keys: &Keys, ik: usize, eks: &[usize]) -> Keyring {
    let ek = |n: &usize| DecryptionKey::from_pkcs8(Suite::Rsa3072, &keys.get(*n).pkcs8).unwrap();
    Keyring {
        ik: IdentityKey::from_pkcs8(&keys.get(ik).pkcs8).unwrap(),
        eks: eks.iter().map(ek).collect(),
        former: Vec::new(),
        secret_key: None,
    }
}

fn open_keystore(at: usize, record: &Record, keys: &Keys, tally: &mut Tally) {
    let amk = trace::master_key(record.array("AMK"), record.number("epoch"));
    objects::check("keystores", at, record, &amk.keystore_key(), tally);
    let (account, ik) = (AccountId(record.array("account_id")), IkHash(record.array("ik_hash")));
    let sealed = record.bytes("sealed");
    match open_keystore_chained(&amk, account, record.number("version"), ik, &sealed) {
        Ok((ring, prev)) => {
            let eks: Vec<_> = record.indices("eks").into_iter().map(|n| keys.get(n).ek.id()).collect();
            if ring.ik.public() != keys.get(record.number("ik")).ik.public()
                || ring.eks.iter().map(DecryptionKey::id).collect::<Vec<_>>() != eks
            {
                tally.mismatch("keystores", at, "keys");
            }
            tally.same("keystores", at, record, "prev_hash", prev);
            let secret_key = ring.secret_key.map(|key| key.as_bytes().to_vec()).unwrap_or_default();
            tally.same("keystores", at, record, "secret_key", secret_key);
        }
        Err(_) => tally.mismatch("keystores", at, "does not open"),
    }
    tally.same("keystores", at, record, "object_hash", object_hash(&sealed));
    tally.opened("keystores");
}

fn make_record() -> Record {
    let amk = random_master();
    let (account, ik) = (AccountId(rand::random()), IkHash(rand::random()));
    let (conv, env_id, k) = (ConvId(rand::random()), EnvId(rand::random()), rand::random());
    let whole = seal_record(&amk, account, ik, &conv, &env_id, &trace::content_key(k), &mut rand::rng());
    let object = [conv.as_bytes(), env_id.as_bytes()].concat();
    let aad = Aad { account, object, version: 1, ik, amk_epoch: amk.epoch() };
    let mut record = describe(&amk, &amk.history_key(&conv), Purpose::History, &aad, &whole[4..]);
    record.hex("conv_id", conv.as_bytes()).hex("env_id", env_id.as_bytes()).hex("K", k).hex("record", whole);
    record
}

fn open_history(at: usize, record: &Record, tally: &mut Tally) {
    let amk = trace::master_key(record.array("AMK"), record.number("epoch"));
    let (account, ik) = (AccountId(record.array("account_id")), IkHash(record.array("ik_hash")));
    let (conv, env_id) = (ConvId(record.array("conv_id")), EnvId(record.array("env_id")));
    objects::check("history", at, record, &amk.history_key(&conv), tally);
    match open_record(&amk, account, ik, &conv, &env_id, &record.bytes("record")) {
        Ok(key) => tally.same("history", at, record, "K", trace::content_key_bytes(&key)),
        Err(_) => tally.mismatch("history", at, "does not open"),
    }
    tally.opened("history records");
}

fn random_master() -> MasterKey {
    trace::master_key(rand::random(), rand::random_range(1..=u32::MAX))
}

fn describe(amk: &MasterKey, key: &signet_crypto::ObjectKey, purpose: Purpose, aad: &Aad, sealed: &[u8]) -> Record {
    let plaintext = open_object(key, purpose, aad, sealed).unwrap();
    let mut record = objects::describe(key, purpose, aad, &plaintext, sealed);
    record.hex("AMK", trace::master_key_bytes(amk)).text("epoch", amk.epoch());
    record
}
