//! Sealed objects: slots, keystore, state, history records.

use signet_crypto::{
    Aad, Former, Keyring, LocalShares, MasterKey, ObjectKey, Purpose, SecretKey, UnlockKey, asked_by_slot,
    next_keystore_len, object_hash, open_keystore, open_keystore_chained, open_object, open_record,
    renewed_keystore_len, seal_keystore, seal_object, seal_record,
};
use signet_shared::{
    ConvId, EnvId, IkHash,
    opaque::{KdfProfile, SecretKind},
};

use crate::{
    opaque::export_key,
    people::{alice, bob, conv, decryption, delivery, identity},
};

fn shares() -> LocalShares {
    LocalShares { browser: [1; 32], relay: [2; 32], tab: Some([3; 32]) }
}

fn aad() -> Aad {
    Aad { account: alice().id(), object: b"pins".to_vec(), version: 7, ik: alice().account.ik_hash(), amk_epoch: 1 }
}

/// Every flipped bit, truncation and some extensions of `sealed`: how many there were. `opens` must refuse all.
fn spoil(sealed: &[u8], opens: impl Fn(&[u8]) -> bool) -> usize {
    assert!(opens(sealed));
    let mut tried = 0;
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&bad), "bit {bit}");
        tried += 1;
    }
    for len in 0..sealed.len() {
        assert!(!opens(&sealed[..len]), "{len}");
        tried += 1;
    }
    for more in 1..=32 {
        let mut long = sealed.to_vec();
        long.resize(sealed.len() + more, 0);
        assert!(!opens(&long));
        tried += 1;
    }
    tried
}

#[test]
fn every_flipped_bit_of_every_kind_of_object_is_refused() {
    let (a, rng) = (alice(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let unlock = UnlockKey::derive(export_key(), SecretKind::Password, None, account, KdfProfile::One);
    for kind in [SecretKind::Password, SecretKind::RecoveryKey] {
        let slot = amk.seal_slot(&unlock, kind, account, ik, rng);
        let tried = spoil(&slot, |slot| MasterKey::open_slot(&unlock, kind, account, ik, slot).is_ok());
        println!("{kind:?} slot, {} bytes: {tried} changes, 0 accepted", slot.len());
    }
    let key = SecretKey::make(rng);
    let both = UnlockKey::derive(export_key(), SecretKind::Password, Some(&key), account, KdfProfile::One);
    let slot = amk.seal_slot(&both, SecretKind::Password, account, ik, rng);
    let tried = spoil(&slot, |slot| MasterKey::open_slot(&both, SecretKind::Password, account, ik, slot).is_ok());
    println!("password slot with a secret key, {} bytes: {tried} changes, 0 accepted", slot.len());
    let local = amk.seal_local(&shares(), account, ik, rng);
    let tried = spoil(&local, |local| MasterKey::open_local(&shares(), account, ik, local).is_ok());
    println!("local slot, {} bytes: {tried} changes, 0 accepted", local.len());

    let keystore = seal_keystore(&a.keys, &amk, account, 3, [4; 32], rng);
    // The keystore's right form is read once; the changed ones fall before any key is read.
    let tried = spoil(&keystore, |sealed| open_keystore(&amk, account, 3, ik, sealed).is_ok());
    println!("keystore, {} bytes: {tried} changes, 0 accepted", keystore.len());

    for (purpose, key) in [(Purpose::State, amk.state_key()), (Purpose::Cache, amk.cache_key())] {
        let sealed = seal_object(&key, purpose, &aad(), &[0x80; 1000], rng);
        let tried = spoil(&sealed, |sealed| open_object(&key, purpose, &aad(), sealed).is_ok());
        println!("{purpose:?}, {} bytes: {tried} changes, 0 accepted", sealed.len());
    }
    let message = a.seal(&[a, bob()], "x");
    let (conv, id) = (conv(&[a, bob()]), message.env_id);
    let record = seal_record(&amk, account, ik, &conv, &id, &message.content_key, rng);
    let tried = spoil(&record, |record| open_record(&amk, account, ik, &conv, &id, record).is_ok());
    println!("history record, {} bytes: {tried} changes, 0 accepted", record.len());
}

#[test]
fn an_object_opens_only_as_what_it_is() {
    let rng = &mut rand::rng();
    let key = ObjectKey::from_bytes([5; 32]);
    let mut refused = 0;
    for sealed_for in Purpose::ALL {
        let sealed = seal_object(&key, sealed_for, &aad(), b"what it is", rng);
        for opened_for in Purpose::ALL {
            let opened = open_object(&key, opened_for, &aad(), &sealed);
            assert_eq!(opened.is_ok(), sealed_for == opened_for, "{sealed_for:?} as {opened_for:?}");
            refused += usize::from(opened.is_err());
        }
        let good = aad();
        for bad in [
            Aad { account: bob().id(), ..good.clone() },
            Aad { object: b"pin".to_vec(), ..good.clone() },
            Aad { object: b"pinss".to_vec(), ..good.clone() },
            Aad { version: 6, ..good.clone() },
            Aad { version: 8, ..good.clone() },
            Aad { ik: IkHash([0; 32]), ..good.clone() },
            Aad { amk_epoch: 2, ..good.clone() },
        ] {
            assert!(open_object(&key, sealed_for, &bad, &sealed).is_err());
            refused += 1;
        }
        assert!(open_object(&ObjectKey::from_bytes([6; 32]), sealed_for, &good, &sealed).is_err());
        assert_eq!(*open_object(&key, sealed_for, &good, &sealed).unwrap(), b"what it is".to_vec());
    }
    println!("{refused} wrong purposes, owners, names and versions refused");
}

#[test]
fn sizes_hide_and_come_back() {
    let key = ObjectKey::from_bytes([5; 32]);
    for len in (0..2_000).chain([65_535, 150_000]) {
        let plaintext: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let sealed = seal_object(&key, Purpose::State, &aad(), &plaintext, &mut rand::rng());
        assert_eq!(*open_object(&key, Purpose::State, &aad(), &sealed).unwrap(), plaintext);
        assert_eq!((sealed.len() - 65) % 16, 0);
    }
}

#[test]
fn a_slot_opens_with_its_secret_and_no_other() {
    let (a, rng) = (alice(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let unlock = UnlockKey::derive(export_key(), SecretKind::Password, None, account, KdfProfile::One);
    let slot = amk.seal_slot(&unlock, SecretKind::Password, account, ik, rng);
    let opened = MasterKey::open_slot(&unlock, SecretKind::Password, account, ik, &slot).unwrap();
    assert_eq!(opened.epoch(), 1);
    // The same master key: what the one sealed, the other opens.
    let sealed = seal_object(&amk.state_key(), Purpose::State, &aad(), b"x", rng);
    assert!(open_object(&opened.state_key(), Purpose::State, &aad(), &sealed).is_ok());
    let open = |unlock, kind, account, ik| MasterKey::open_slot(unlock, kind, account, ik, &slot).is_ok();
    assert!(!open(&unlock, SecretKind::RecoveryKey, account, ik));
    assert!(!open(&unlock, SecretKind::Password, bob().id(), ik));
    assert!(!open(&unlock, SecretKind::Password, account, bob().account.ik_hash()));
    let others = UnlockKey::derive(export_key(), SecretKind::Password, None, bob().id(), KdfProfile::One);
    assert!(!open(&others, SecretKind::Password, account, ik));

    let local = amk.seal_local(&shares(), account, ik, rng);
    let good = shares();
    for bad in [
        LocalShares { browser: [0; 32], ..good.clone() },
        LocalShares { relay: [0; 32], ..good.clone() },
        LocalShares { tab: Some([0; 32]), ..good.clone() },
        LocalShares { tab: None, ..good.clone() },
    ] {
        assert!(MasterKey::open_local(&bad, account, ik, &local).is_err());
    }
    let without = LocalShares { tab: None, ..good };
    let local = amk.seal_local(&without, account, ik, rng);
    assert!(MasterKey::open_local(&without, account, ik, &local).is_ok());
}

/// The head alone says whether a secret key is asked for, and a lie in it opens nothing.
#[test]
fn a_slot_with_a_secret_key_opens_by_both_and_by_neither_alone() {
    let (a, rng) = (alice(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let (key, other) = (SecretKey::make(rng), SecretKey::make(rng));
    let password = SecretKind::Password;
    let derive = |kind, key| UnlockKey::derive(export_key(), kind, key, account, KdfProfile::One);
    let (alone, both, wrong) = (derive(password, None), derive(password, Some(&key)), derive(password, Some(&other)));
    let (with, without) =
        (amk.seal_slot(&both, password, account, ik, rng), amk.seal_slot(&alone, password, account, ik, rng));
    let opens = |unlock: &UnlockKey, slot: &[u8]| MasterKey::open_slot(unlock, password, account, ik, slot).is_ok();
    assert!(opens(&both, &with) && opens(&alone, &without));
    assert_eq!((asked_by_slot(&with), asked_by_slot(&without)), (Some(key.id(account)), None));
    for unlock in [&alone, &wrong] {
        assert!(!opens(unlock, &with));
    }
    for unlock in [&both, &wrong] {
        assert!(!opens(unlock, &without));
    }
    // Its head cut off, put before another slot, or naming another key.
    let (head, sealed) = with.split_at(9);
    let renamed = [&[2], &other.id(account).0[..], sealed].concat();
    let of_another = [head, &without].concat();
    for lie in [sealed, &renamed, &of_another, head, &head[..5], &[]] {
        for unlock in [&alone, &both, &wrong] {
            assert!(!opens(unlock, lie));
        }
    }
    assert_eq!(asked_by_slot(&head[..5]), None);
    // A recovery key and a passkey have 256 bits of their own.
    for kind in [SecretKind::RecoveryKey, SecretKind::from_number(3).unwrap()] {
        let slot = amk.seal_slot(&derive(kind, Some(&key)), kind, account, ik, rng);
        assert_eq!(asked_by_slot(&slot), None);
        assert!(MasterKey::open_slot(&derive(kind, None), kind, account, ik, &slot).is_ok());
    }
    // Of another account, the same key has another name.
    assert_ne!(key.id(account), key.id(bob().id()));
}

#[test]
fn a_keystore_holds_the_secret_key_or_says_that_there_is_none() {
    let (a, rng) = (alice(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), identity(2).public().hash(), MasterKey::make(rng));
    let key = SecretKey::make(rng);
    for former in [false, true] {
        let old = Former { amk: MasterKey::make(rng), ik };
        let former = former.then_some(old).into_iter().collect::<Vec<_>>();
        let formers = former.len();
        let mut keys = Keyring { ik: identity(2), eks: vec![decryption(1)], former, secret_key: Some(key.clone()) };
        let sealed = seal_keystore(&keys, &amk, account, 3, [4; 32], rng);
        let opened = open_keystore(&amk, account, 3, ik, &sealed).unwrap();
        assert!(opened.secret_key.is_some_and(|opened| opened.is(&key)));
        assert_eq!((opened.former.len(), opened.eks.len()), (formers, 1));
        keys.secret_key = None;
        let sealed = seal_keystore(&keys, &amk, account, 3, [4; 32], rng);
        assert!(open_keystore(&amk, account, 3, ik, &sealed).unwrap().secret_key.is_none());
    }
}

/// Where one more key has room is known before it is made, and not by a key too late or too early.
#[test]
fn how_long_the_next_keystore_is_at_most() {
    let (account, amk, rng) = (alice().id(), MasterKey::make(&mut rand::rng()), &mut rand::rng());
    let mut keys = Keyring { ik: identity(0), eks: vec![decryption(1)], former: Vec::new(), secret_key: None };
    let mut exact = 0;
    for n in 1..24 {
        let most = next_keystore_len(&keys);
        keys.eks.push(decryption(n % 8));
        let len = seal_keystore(&keys, &amk, account, 2, [4; 32], rng).len();
        assert!(len <= most, "{n}: {len} {most}");
        exact += u32::from(len == most);
    }
    assert!(exact > 15, "{exact}");
}

#[test]
fn a_keystore_gives_back_keys_that_match_the_statement_or_nothing() {
    let (a, b, rng) = (alice(), bob(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let keys =
        Keyring { ik: identity(0), eks: vec![decryption(1), decryption(6)], former: Vec::new(), secret_key: None };
    let sealed = seal_keystore(&keys, &amk, account, 2, [4; 32], rng);
    let (opened, prev) = open_keystore_chained(&amk, account, 2, ik, &sealed).unwrap();
    assert_eq!((opened.ik.public(), prev), (keys.ik.public(), [4; 32]));
    assert_eq!(opened.eks.iter().map(|ek| ek.id()).collect::<Vec<_>>(), [decryption(1).id(), decryption(6).id()]);
    let message = b.seal(&[a, b], "still opens");
    let ids = a.ek_ids();
    let authentic = signet_crypto::Incoming::parse(&delivery(&message, a).to_bytes())
        .unwrap()
        .verify(&crate::people::view(a, b, &[a, b], &ids))
        .unwrap();
    assert!(authentic.open(&opened).is_ok());
    assert!(open_keystore(&amk, account, 1, ik, &sealed).is_err(), "an older version");
    assert!(open_keystore(&amk, account, 2, b.account.ik_hash(), &sealed).is_err(), "a statement of another key");
    assert!(open_keystore(&amk, b.id(), 2, ik, &sealed).is_err());
    assert!(open_keystore(&MasterKey::make(rng), account, 2, ik, &sealed).is_err());
    assert_ne!(object_hash(&sealed), object_hash(&sealed[1..]));

    // Sealed by someone who has the master key but whose keys are not those of the statement ("Victory by KO").
    let mut swapped = Vec::from([1_u8]);
    swapped.extend_from_slice(&[0; 32]);
    for der in [crate::people::pkcs8(2), Vec::new()] {
        if der.is_empty() {
            swapped.extend_from_slice(&1_u16.to_be_bytes());
            swapped.extend_from_slice(&1_u16.to_be_bytes());
            let ek = crate::people::pkcs8(1);
            swapped.extend_from_slice(&(ek.len() as u16).to_be_bytes());
            swapped.extend_from_slice(&ek);
        } else {
            swapped.extend_from_slice(&(der.len() as u16).to_be_bytes());
            swapped.extend_from_slice(&der);
        }
    }
    let aad = Aad { account, object: b"keystore".to_vec(), version: 2, ik, amk_epoch: 1 };
    let sealed = seal_object(&amk.keystore_key(), Purpose::Keystore, &aad, &swapped, rng);
    assert!(open_keystore(&amk, account, 2, ik, &sealed).is_err());
    let aad = Aad { ik: b.account.ik_hash(), ..aad };
    let sealed = seal_object(&amk.keystore_key(), Purpose::Keystore, &aad, &swapped, rng);
    assert!(open_keystore(&amk, account, 2, b.account.ik_hash(), &sealed).is_ok(), "the layout above is right");
}

#[test]
fn a_keystore_holds_the_master_keys_that_were_replaced_and_a_backup_does_not() {
    let (a, b, rng) = (alice(), bob(), &mut rand::rng());
    let (account, old_ik, first) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let (one, conv) = (a.seal(&[a, b], "one"), conv(&[a, b]));
    let record = seal_record(&first, account, old_ik, &conv, &one.env_id, &one.content_key, rng);
    let second = first.make_next(rng);
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    assert!(!second.is(&first) && first.again().is(&first));

    let mut keys =
        Keyring { ik: identity(2), eks: vec![decryption(1), decryption(6)], former: Vec::new(), secret_key: None };
    let most = renewed_keystore_len(&keys);
    keys.former.push(Former { amk: first, ik: old_ik });
    keys.eks.push(decryption(7));
    let ik = identity(2).public().hash();
    let sealed = seal_keystore(&keys, &second, account, 3, [4; 32], rng);
    assert!(sealed.len() <= most);
    let opened = open_keystore(&second, account, 3, ik, &sealed).unwrap();
    let [former] = &opened.former[..] else { panic!("one") };
    let key = open_record(&former.amk, account, former.ik, &conv, &one.env_id, &record).unwrap();
    assert_eq!(key, one.content_key);
    assert!(open_record(&second, account, ik, &conv, &one.env_id, &record).is_err());

    let backup = signet_crypto::BackupKeystore::of(&opened, 3, [4; 32]);
    assert!(backup.open().unwrap().0.former.is_empty());
}

#[test]
fn a_history_record_opens_for_its_message_only() {
    let (a, b, rng) = (alice(), bob(), &mut rand::rng());
    let (account, ik, amk) = (a.id(), a.account.ik_hash(), MasterKey::make(rng));
    let (one, conv) = (a.seal(&[a, b], "one"), conv(&[a, b]));
    let record = seal_record(&amk, account, ik, &conv, &one.env_id, &one.content_key, rng);
    let key = open_record(&amk, account, ik, &conv, &one.env_id, &record).unwrap();
    assert_eq!(key, one.content_key);
    assert!(open_record(&amk, account, ik, &conv, &EnvId([0; 32]), &record).is_err());
    assert!(open_record(&amk, account, ik, &ConvId([0; 32]), &one.env_id, &record).is_err());
    assert!(open_record(&amk, b.id(), ik, &conv, &one.env_id, &record).is_err());
    assert!(open_record(&MasterKey::make(rng), account, ik, &conv, &one.env_id, &record).is_err());
}
