//! The vectors of our own formats, made by another implementation of FORMAT.md (`tests/vectors/own.py`).

use std::{collections::BTreeMap, fs, path::Path};

use signet_crypto::{
    Content, EncryptionPublic, Incoming, Keyring, LocalShares, MasterKey, RecoveryKey, VerifiedAccount, View,
    open_keystore_chained, open_record, safety_number,
};
use signet_shared::{ConvId, EnvId, MembersHash, envelope::Suite};

use crate::people::{decryption, identity};

struct Vector {
    name: String,
    fields: BTreeMap<String, String>,
}

impl Vector {
    fn text(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.name))
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        hex::decode(self.text(name)).unwrap()
    }

    fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap()
    }

    fn account(&self, name: &str) -> VerifiedAccount {
        VerifiedAccount::from_pinned(&self.bytes(name)).unwrap()
    }
}

fn vectors(kind: &str) -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/own");
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let fields =
            text.lines().filter_map(|line| line.split_once(" = ").or(line.strip_suffix(" =").map(|n| (n, ""))));
        Vector {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    };
    let all = fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path()));
    let some: Vec<_> = all.filter(|vector| vector.text("kind") == kind).collect();
    assert!(!some.is_empty());
    some
}

#[test]
fn messages_of_another_implementation_open_or_fail_where_they_must() {
    let (mut opened, mut refused) = (0, 0);
    for vector in vectors("message") {
        let (sender, me) = (vector.account("sender"), vector.account("reader"));
        let ek = vector.text("reader_ek").parse::<usize>().unwrap() - 1;
        let keys = Keyring { ik: identity(0), eks: vec![decryption(ek)] };
        let incoming = Incoming::parse(&vector.bytes("delivery")).unwrap();
        assert_eq!(incoming.env_id(), EnvId(vector.array("env_id")), "{}", vector.name);
        assert_eq!((incoming.leaf_account(), incoming.rcpt_stmt()), (me.account_id(), me.head()));
        let view = View {
            me: me.account_id(),
            my_ek_ids: &[me.ek().id()],
            sender: &sender,
            members_hash: MembersHash(vector.array("members")),
            group_epoch: 0,
            conv_id: ConvId(vector.array("conv")),
        };
        let outcome = match incoming.verify(&view).and_then(|authentic| authentic.open(&keys)) {
            Ok((message, _)) => {
                let text = String::from_utf8(vector.bytes("text")).unwrap();
                assert_eq!(message.inner.content, Content::Text(text), "{}", vector.name);
                opened += 1;
                "opens"
            }
            Err(error) => {
                refused += 1;
                error.code()
            }
        };
        assert_eq!(outcome, vector.text("outcome"), "{}", vector.name);
    }
    println!("{opened} messages of another implementation opened, {refused} refused by the right check");
    assert_eq!((opened, refused), (4, 20));
}

#[test]
fn keystores_and_records_of_another_implementation() {
    let master = |vector: &Vector, account: &VerifiedAccount| {
        let shares = LocalShares {
            browser: vector.array("browser"),
            relay: vector.array("relay"),
            tab: Some(vector.array("tab")),
        };
        let local = vector.bytes("local");
        MasterKey::open_local(&shares, account.account_id(), account.ik_hash(), &local).unwrap()
    };
    let keystores = vectors("keystore");
    for vector in &keystores {
        let account = vector.account("account");
        let (amk, version) = (master(vector, &account), vector.text("version").parse().unwrap());
        let sealed = vector.bytes("keystore");
        let opened = open_keystore_chained(&amk, account.account_id(), version, account.ik_hash(), &sealed);
        let outcome = if opened.is_ok() { "opens" } else { "refused" };
        assert_eq!(outcome, vector.text("outcome"), "{}", vector.name);
        if let Ok((keys, prev)) = opened {
            assert_eq!(prev, vector.array("prev"));
            assert_eq!((keys.ik.public(), keys.eks[0].public()), (account.ik().clone(), account.ek().clone()));
        }
    }
    println!("{} keystores as they must", keystores.len());
    for vector in vectors("history") {
        let account = vector.account("account");
        let (amk, conv) = (master(&vector, &account), ConvId(vector.array("conv")));
        let (id, record) = (EnvId(vector.array("env_id")), vector.bytes("record"));
        let key = open_record(&amk, account.account_id(), account.ik_hash(), &conv, &id, &record).unwrap();
        let incoming = Incoming::parse(&vector.bytes("delivery")).unwrap();
        assert_eq!(incoming.env_id(), id);
        let text = String::from_utf8(vector.bytes("text")).unwrap();
        assert_eq!(incoming.recall(&key).unwrap().inner.content, Content::Text(text));
    }
}

#[test]
fn numbers_and_words_of_another_implementation() {
    for vector in vectors("safety") {
        assert_eq!(safety_number(&vector.account("other"), &vector.account("one")), vector.text("number"));
    }
    for vector in vectors("recovery") {
        let key: RecoveryKey = vector.text("text").parse().unwrap();
        assert_eq!(*key.secret(), vector.bytes("secret"));
        assert_eq!(key.to_string(), vector.text("text"));
    }
}

#[test]
fn a_key_of_another_size_or_exponent_or_form_is_no_key() {
    let good = decryption(0).public();
    assert!(EncryptionPublic::from_spki(Suite::Rsa3072, good.spki()).is_ok());
    let mut trailing = good.spki().to_vec();
    trailing.push(0);
    let mut exponent_3 = good.spki().to_vec();
    let end = exponent_3.len();
    exponent_3[end - 3..].copy_from_slice(&[1, 0, 3]);
    let mut even = good.spki().to_vec();
    even[end - 6] ^= 1;
    let mut small = good.spki().to_vec();
    let modulus = small.windows(4).position(|w| w == [0x02, 0x82, 0x01, 0x81]).unwrap() + 5;
    small[modulus] = 0x01;
    for bad in [trailing, exponent_3, even, small, Vec::new()] {
        assert!(EncryptionPublic::from_spki(Suite::Rsa3072, &bad).is_err());
    }
}
