//! `keys.json`: RSA keys made for this run. A key may be one account's identity key and another's encryption key here,
//! so that few keys make many accounts.

use std::path::Path;

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use signet_crypto::{DecryptionKey, IdentityKey, KeyMaker, Keyring, Making, seal_keystore, self_test::trace};
use signet_shared::{AccountId, envelope::Suite};

use crate::record::{self, Record};

pub(crate) struct Keys(Vec<Key>);

pub(crate) struct Key {
    pem: String,
    pub(crate) pkcs8: Vec<u8>,
    pub(crate) ik: IdentityKey,
    pub(crate) ek: DecryptionKey,
}

impl Key {
    fn from_pkcs8(pkcs8: Vec<u8>) -> Self {
        let pem = PrivateKey::from_pkcs8_der(&pkcs8).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let ik = IdentityKey::from_pkcs8(&pkcs8).unwrap();
        let ek = DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8).unwrap();
        Self { pem, pkcs8, ik, ek }
    }
}

impl Keys {
    /// `pairs` times an identity key and an encryption key, as a browser makes them.
    pub(crate) fn make(pairs: usize) -> Self {
        let mut keys = Vec::new();
        for _ in 0..pairs {
            let mut maker = KeyMaker::new(Suite::Rsa3072);
            let new = loop {
                if let Making::Done(new) = maker.step(&mut rand::rng()).unwrap() {
                    break new;
                }
            };
            keys.extend(
                pkcs8(&Keyring { ik: new.ik, eks: vec![new.ek], former: Vec::new(), secret_key: None })
                    .map(Key::from_pkcs8),
            );
        }
        Self(keys)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, n: usize) -> &Key {
        &self.0[n]
    }

    /// Every key as an encryption key.
    pub(crate) fn ring(&self) -> Keyring {
        let ek = |key: &Key| DecryptionKey::from_pkcs8(Suite::Rsa3072, &key.pkcs8).unwrap();
        Keyring {
            ik: IdentityKey::from_pkcs8(&self.0[0].pkcs8).unwrap(),
            eks: self.0.iter().map(ek).collect(),
            former: Vec::new(),
            secret_key: None,
        }
    }

    pub(crate) fn write(&self, folder: &Path) {
        let records: Vec<Record> = self
            .0
            .iter()
            .map(|key| {
                let mut record = Record::default();
                record.text("pkcs8", &key.pem).hex("spki", key.ik.public().spki());
                record.hex("ik_hash", key.ik.public().hash().as_bytes()).hex("ek_id", key.ek.id().as_bytes());
                record
            })
            .collect();
        record::write(folder, "keys", &records);
    }

    pub(crate) fn read(folder: &Path) -> Self {
        let read = |record: &Record| {
            let key = PrivateKey::from_pkcs8_pem(record.get("pkcs8")).unwrap();
            let key = Key::from_pkcs8(key.to_pkcs8_der().unwrap().as_bytes().to_vec());
            assert_eq!(record.bytes("spki"), key.ik.public().spki());
            assert_eq!(record.bytes("ik_hash"), key.ik.public().hash().as_bytes());
            assert_eq!(record.bytes("ek_id"), key.ek.id().as_bytes());
            key
        };
        Self(record::read(folder, "keys").iter().map(read).collect())
    }
}

/// The two keys as PKCS#8. The crate hands them out in a keystore only, so one is sealed and opened.
fn pkcs8(keys: &Keyring) -> [Vec<u8>; 2] {
    use signet_crypto::{Aad, Purpose, open_object};
    use signet_shared::Reader;
    let (amk, account) = (trace::master_key([1; 32], 1), AccountId([0; 16]));
    let sealed = seal_keystore(keys, &amk, account, 1, [0; 32], &mut rand::rng());
    let aad = Aad { account, object: b"keystore".to_vec(), version: 1, ik: keys.ik.public().hash(), amk_epoch: 1 };
    let plaintext = open_object(&amk.keystore_key(), Purpose::Keystore, &aad, &sealed).unwrap();
    let mut r = Reader::new(&plaintext);
    r.take(33).unwrap();
    let ik = r.bytes16().unwrap().to_vec();
    r.take(4).unwrap();
    [ik, r.bytes16().unwrap().to_vec()]
}
