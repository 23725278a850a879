//! Against one sealed message: bytes altered, taken from elsewhere, or signed by somebody who keeps to no rule.

use rsa::{Oaep, PublicKey, pkcs8::DecodePublicKey};
use sha2::Sha256;
use signet_ask::{StartConversation, Trouble};
use signet_shared::{
    AccountId, ConvId, EkId, Hash, MembersHash, envelope::Delivery, statement::Statement, wire::ServerFrame,
};

use crate::{
    common::{
        World,
        puppet::{Puppet, raw, sign, sign_statement},
    },
    stage::{Stage, paths},
};

/// Of Max, and of whoever is not Max.
const MAX: usize = 0;
const MAL: usize = 4;

fn label(delivery: &Delivery, ek: &EkId) -> Vec<u8> {
    [&Hash::label("wrap"), &delivery.header.ctx()[..], ek.as_bytes()].concat()
}

/// Mal, with keys of his own, whom Ann has met too.
fn mal(stage: &mut Stage) -> Puppet {
    let mut mal = Puppet::with_keys("mal_m", MAL, 5);
    mal.register(&mut stage.w.relay);
    mal.send(&mut stage.w.relay, stage.ann_id, "hi");
    stage.w.pass(10_000);
    assert_eq!(stage.w.texts(stage.ann, ConvId::direct(stage.ann_id, mal.id())), ["hi"]);
    mal
}

fn encrypt(w: &World, reader: AccountId, label: Vec<u8>, key: &[u8]) -> Vec<u8> {
    let spki = &w.relay.verified(reader).statement().eks[0].spki.clone();
    let oaep = Oaep::<Sha256>::new_with_label(label);
    PublicKey::from_public_key_der(spki).unwrap().encrypt(&mut rand::rng(), oaep, key).unwrap()
}

#[test]
fn ev_10_stripped_and_signed_again() {
    let mut stage = Stage::new();
    let mut mal = mal(&mut stage);
    let stolen = stage.delivery("my idea");
    let own = Delivery::parse(&mal.write(&stage.w.relay, stage.ann_id, "?", |_| ()).delivery).unwrap();
    // Max's ciphertext under Mal's address, with Max's wrap; then with Mal's own.
    let mut forged = Delivery { body: stolen.body.clone(), ..own.clone() };
    forged.header.iv = stolen.header.iv;
    forged.leaf.wrap = stolen.leaf.wrap.clone();
    sign(MAL, &mut forged);
    stage.refuses(forged.to_bytes(), "wrap");
    let mut forged = Delivery { body: stolen.body.clone(), ..own };
    sign(MAL, &mut forged);
    stage.refuses(forged.to_bytes(), "tag");
    // Max's message with Mal's signature under it.
    let mut forged = stolen.clone();
    sign(MAL, &mut forged);
    stage.refuses(forged.to_bytes(), "signature");
    stage.push(stolen.to_bytes());
    stage.w.pass(10_000);
    stage.shows(&["hello", "my idea"], &[]);
}

#[test]
fn ev_11_flipped_cut_and_lengthened() {
    const SENDER_STMT: core::ops::Range<usize> = 96..128;
    let mut stage = Stage::new();
    let good = stage.write("real").delivery;
    let spoil = |stage: &mut Stage, bytes: Vec<u8>| {
        stage.push(bytes);
        stage.w.settle();
    };
    for bit in (0..good.len() * 8).filter(|bit| !SENDER_STMT.contains(&(bit / 8))) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        spoil(&mut stage, bad);
    }
    for len in 0..good.len() {
        spoil(&mut stage, good[..len].to_vec());
    }
    for more in 1..=64 {
        spoil(&mut stage, [&good[..], &vec![0; more]].concat());
    }
    stage.w.pass(60_000);
    let tried = stage.w.browsers[stage.ann].logs.len();
    assert_eq!(tried, 8 * (good.len() - SENDER_STMT.len()) + good.len() + 64);
    stage.shows(&["hello"], &[]);
    assert_eq!(stage.w.outline(stage.ann), Vec::<String>::new());
    // A statement of the sender's that nobody has: it is asked for, as any new one is, and that is all.
    for at in SENDER_STMT.step_by(5) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        spoil(&mut stage, bad);
    }
    stage.w.pass(60_000);
    stage.shows(&["hello"], &[]);
    assert!(stage.w.outline(stage.ann).iter().all(|said| said.starts_with(signet_shared::api::LOOKUP)));
    stage.push(good);
    stage.w.pass(10_000);
    stage.shows(&["hello", "real"], &[]);
    stage.goes_on();
}

#[test]
fn ev_12_every_other_suite() {
    let mut stage = Stage::new();
    let good = stage.write("real").delivery;
    let reserved = [0x0000, 0x0002, 0x0003, 0x0101].into_iter().chain(0x0200..0x0400_u16).chain([u16::MAX]);
    for suite in reserved {
        let mut bad = good.clone();
        bad[4..6].copy_from_slice(&suite.to_be_bytes());
        stage.refuses(bad, "layout");
    }
}

#[test]
fn ev_13_every_other_kind() {
    let mut stage = Stage::new();
    let good = stage.write("real").delivery;
    for kind in (0..=u8::MAX).filter(|kind| *kind != 1) {
        let mut bad = good.clone();
        bad[6] = kind;
        stage.refuses(bad, "layout");
    }
}

#[test]
fn ev_14_ids_and_keys_taken_for_others() {
    let mut stage = Stage::new();
    let honest = stage.delivery("real");
    let ann = stage.w.relay.verified(stage.ann_id);
    // Max signs whatever is put before him.
    let mut signed = |edit: &dyn Fn(&mut Delivery), code: &str| {
        let mut bad = honest.clone();
        edit(&mut bad);
        sign(MAX, &mut bad);
        stage.refuses(bad.to_bytes(), code);
    };
    signed(&|bad| bad.leaf.ek_id = EkId(ann.ik_hash().0), "encryption key");
    signed(&|bad| bad.leaf.account_id = bad.header.sender_id, "reader");
    signed(&|bad| (bad.header.sender_id, bad.header.sender_stmt) = (ann.account_id(), ann.head()), "signature");
    signed(&|bad| bad.header.conv_id = ConvId(bad.header.members_hash.0), "conversation");
    signed(&|bad| bad.header.members_hash = MembersHash(bad.header.conv_id.0), "members");

    // An identity key that is to decrypt as well.
    let first = &stage.max.statements[0].statement;
    let mut both = Statement { username: "both_b".parse().unwrap(), ..first.clone() };
    both.eks[0].spki = both.ik_spki.clone();
    both.account_id = both.derive_account_id();
    let mut account = crate::common::relay::Account::bare("both_b");
    account.statements.push(sign_statement(both.clone(), MAX, None).to_bytes());
    stage.w.relay.accounts.insert(both.account_id, account);
    let answer = stage.w.ask(stage.ann, StartConversation { username: "both_b".into() });
    assert_eq!(answer, Err(Trouble::BadStatement));
}

#[test]
fn ev_19_forwarded_as_if_it_had_been_for_her() {
    let mut stage = Stage::new();
    let mal = mal(&mut stage);
    let last = stage.max.last.take();
    let written = stage.max.write(&stage.w.relay, mal.id(), "you are fired", |_| ());
    stage.max.last = last;
    let original = Delivery::parse(&written.delivery).unwrap();
    // Mal knows the message key, and wraps it for Ann under Max's address.
    let oaep = Oaep::<Sha256>::new_with_label(label(&original, &original.leaf.ek_id));
    let key = raw(5).decrypt_blinded(&mut rand::rng(), oaep, &original.leaf.wrap).unwrap();
    assert_eq!(key.len(), 32);
    let ann = stage.w.relay.verified(stage.ann_id);
    let mut forward = original.clone();
    (forward.leaf.account_id, forward.leaf.ek_id, forward.leaf.rcpt_stmt) = (stage.ann_id, ann.ek().id(), ann.head());
    forward.leaf.wrap = encrypt(&stage.w, stage.ann_id, label(&original, &ann.ek().id()), &key);
    stage.refuses(forward.to_bytes(), "conversation");
    // Under the address of her own conversation with Max.
    let mut moved = forward.clone();
    moved.header.conv_id = stage.conv;
    stage.refuses(moved.to_bytes(), "members");
    moved.header.members_hash =
        MembersHash::of(&[(stage.ann_id, ann.ik_hash()), (stage.max.id(), stage.max.account.ik_hash())]);
    stage.refuses(moved.to_bytes(), "signature");
    sign(MAL, &mut moved);
    stage.refuses(moved.to_bytes(), "signature");
    stage.goes_on();
}

#[test]
fn ev_26_wrapped_for_another_key() {
    let mut stage = Stage::new();
    let honest = stage.delivery("real");
    let ek = honest.leaf.ek_id;
    // Max wraps for a key that is not Ann's, for hers under another label, and a key of another length.
    let for_her = |w: &World, label: Vec<u8>, key: &[u8]| encrypt(w, honest.leaf.account_id, label, key);
    let oaep = Oaep::<Sha256>::new_with_label(label(&honest, &ek));
    let strange = raw(5).to_public_key().encrypt(&mut rand::rng(), oaep, &[7; 32]).unwrap();
    let wraps = [
        strange,
        for_her(&stage.w, b"another label".to_vec(), &[7; 32]),
        for_her(&stage.w, label(&honest, &ek), &[7; 31]),
        vec![0xff; 384],
    ];
    for wrap in wraps {
        let mut bad = honest.clone();
        bad.leaf.wrap = wrap;
        // By the relay alone; then with Max's word for it.
        stage.refuses(bad.to_bytes(), "signature");
        sign(MAX, &mut bad);
        stage.refuses(bad.to_bytes(), "wrap");
    }
    let mut bad = honest.clone();
    bad.leaf.wrap = for_her(&stage.w, label(&honest, &ek), &[7; 32]);
    sign(MAX, &mut bad);
    stage.refuses(bad.to_bytes(), "tag");
}

#[test]
fn ev_27_lengths_that_lie() {
    let mut stage = Stage::new();
    let good = stage.write("real").delivery;
    let path = 202 + 2 + 464;
    let ct = path + 1 + 32;
    for (at, bytes) in [
        (200, vec![0xff; 2]),
        (200, vec![0, 0]),
        (202, vec![0xff; 2]),
        (path, vec![0xff]),
        (ct, vec![0xff; 4]),
        (ct, vec![0, 0, 0, 0]),
        (good.len() - 386, vec![0xff; 2]),
    ] {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(&bytes);
        stage.refuses(bad, "layout");
    }
    stage.refuses(vec![0; signet_shared::limits::FRAME], "layout");
    // A frame above the limit ends the connection; the next one goes on where that one was.
    stage.w.said.clear();
    let delivery = vec![0; signet_shared::limits::FRAME + 1];
    let frame = ServerFrame::Deliver { seq: 1, received_ms: 0, record: None, delivery };
    stage.w.relay.outgoing.push((stage.ann, frame));
    stage.w.pass(60_000);
    assert_eq!(paths(&stage.w.outline(stage.ann)), ["close", "connect", "subscribe"]);
    stage.push(good);
    stage.w.pass(10_000);
    stage.shows(&["hello", "real"], &[]);
}
