//! Sealed objects. Each is opened as its kind is, and what comes out compared.

use signet_shared::{
    AccountId, ConvId, EnvId, IkHash,
    opaque::{KdfProfile, SecretKind},
};

use super::Vector;
use crate::{
    Aad, Content, Incoming, LocalShares, MasterKey, ObjectKey, OpenError, Purpose, SecretKey, UnlockKey,
    VerifiedAccount, object_hash, open_keystore_chained, open_object, open_record, self_test::trace,
};

pub(super) fn object(vector: &Vector<'_>) -> &'static str {
    let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.label() == vector.text("purpose")).unwrap();
    let aad = Aad {
        account: AccountId(vector.array("account_id")),
        object: vector.bytes("object"),
        version: vector.number("version"),
        ik: IkHash(vector.array("ik_hash")),
        amk_epoch: vector.number("amk_epoch"),
    };
    let key = ObjectKey::from_bytes(vector.array("key"));
    let sealed = vector.bytes("sealed");
    outcome(open_object(&key, purpose, &aad, &sealed), |plaintext| {
        assert_eq!(*plaintext, vector.bytes("plaintext"), "{}", vector.name);
        assert_eq!(object_hash(&sealed), vector.array::<32>("object_hash"), "{}", vector.name);
    })
}

/// A password slot or a recovery slot.
pub(super) fn slot(vector: &Vector<'_>) -> &'static str {
    let kind = if vector.text("purpose") == "password slot" { SecretKind::Password } else { SecretKind::RecoveryKey };
    let (account, ik) = (AccountId(vector.array("account_id")), IkHash(vector.array("ik_hash")));
    let export_key = trace::export_key(vector.array("export_key"));
    let Some(profile) = KdfProfile::from_number(vector.number("profile")) else { return "profile" };
    let secret_key = vector.find("secret_key").map(|_| SecretKey::of(vector.array("secret_key")));
    let unlock = UnlockKey::derive(&export_key, kind, secret_key.as_ref(), account, profile);
    outcome(MasterKey::open_slot(&unlock, kind, account, ik, &vector.bytes("sealed")), |amk| same_master(vector, &amk))
}

pub(super) fn local(vector: &Vector<'_>) -> &'static str {
    let (account, ik) = (AccountId(vector.array("account_id")), IkHash(vector.array("ik_hash")));
    let opened = MasterKey::open_local(&shares(vector), account, ik, &vector.bytes("sealed"));
    outcome(opened, |amk| same_master(vector, &amk))
}

pub(super) fn keystore(vector: &Vector<'_>) -> &'static str {
    let account = vector.account("account");
    let (amk, version) = (master(vector, &account), vector.number("version"));
    let sealed = vector.bytes("keystore");
    let opened = open_keystore_chained(&amk, account.account_id(), version, account.ik_hash(), &sealed);
    outcome(opened, |(keys, prev)| {
        assert_eq!(prev, vector.array("prev"), "{}", vector.name);
        assert!(keys.ik.public() == *account.ik(), "{}", vector.name);
        assert!(keys.eks.last().unwrap().public() == *account.ek(), "{}", vector.name);
        let secret_key = keys.secret_key.map(|key| hex::encode(key.as_bytes()));
        assert_eq!(secret_key.as_deref(), vector.find("secret_key"), "{}", vector.name);
    })
}

/// A record, and the message that is read with its key.
pub(super) fn history(vector: &Vector<'_>) -> &'static str {
    let account = vector.account("account");
    let (amk, conv, id) = (master(vector, &account), ConvId(vector.array("conv")), EnvId(vector.array("env_id")));
    let opened = open_record(&amk, account.account_id(), account.ik_hash(), &conv, &id, &vector.bytes("record"));
    outcome(opened, |key| {
        let incoming = Incoming::parse(&vector.bytes("delivery")).unwrap();
        assert_eq!(incoming.env_id(), id, "{}", vector.name);
        let text = String::from_utf8(vector.bytes("text")).unwrap();
        assert!(incoming.recall(&key).unwrap().inner.content == Content::Text(text), "{}", vector.name);
    })
}

fn outcome<T>(opened: Result<T, OpenError>, look: impl FnOnce(T)) -> &'static str {
    match opened {
        Ok(opened) => {
            look(opened);
            "opens"
        }
        Err(OpenError) => "refused",
    }
}

fn same_master(vector: &Vector<'_>, amk: &MasterKey) {
    assert_eq!(trace::master_key_bytes(amk), vector.bytes("AMK"), "{}", vector.name);
    assert_eq!(amk.epoch(), vector.number::<u32>("epoch"), "{}", vector.name);
}

fn master(vector: &Vector<'_>, account: &VerifiedAccount) -> MasterKey {
    let local = vector.bytes("local");
    MasterKey::open_local(&shares(vector), account.account_id(), account.ik_hash(), &local).unwrap()
}

fn shares(vector: &Vector<'_>) -> LocalShares {
    let tab = Some(vector.bytes("tab")).filter(|tab| !tab.is_empty());
    LocalShares {
        browser: vector.array("browser"),
        relay: vector.array("relay"),
        tab: tab.map(|tab| tab.try_into().unwrap()),
    }
}
