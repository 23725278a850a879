//! An identity that somebody else put into a key log before its owner began anew on top of it. Whoever makes a reset signs
//! for nothing that came before, so that such an identity is in the log for good; and it writes nothing that is shown.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{
    World,
    anew::story,
    puppet::{Puppet, sign},
    relay::Mail,
};
use rsa::{Oaep, PublicKey, pkcs8::DecodePublicKey};
use sha2::Sha256;
use signet_ask::{AskAnew, BeginAnew, MarkVerified, ReadDetails};
use signet_shared::{AccountId, ConvId, Hash, code::OneTimeCode, envelope::Delivery, statement::SignedStatement};

/// The test keys of the identity in between.
const EVIL: (usize, usize) = (4, 5);

/// As whoever made the last statement of this log: it goes no further for them.
fn as_of_now(log: &Puppet, ik: usize) -> Puppet {
    let mut evil = Puppet::with_keys(log.account.username().shown(), ik, 1);
    (evil.statements, evil.account) = (log.statements.clone(), log.account.clone());
    evil
}

fn forged(w: &mut World, evil: &mut Puppet, reader: AccountId) {
    let epoch = evil.account.identity_changes();
    let written = evil.write_in_epoch(&w.relay, reader, "forged", epoch, |_| ());
    w.relay.push(reader, Mail { delivery: written.delivery, record: None });
    w.pass(10_000);
}

#[test]
fn it_writes_nothing_to_whoever_accepted_the_one_after() {
    for verified in [false, true] {
        let mut s = story(verified);
        let ann = s.ann;
        let other = s.w.sign_in("ann_a");
        s.w.pass(5000);
        s.max.begin_anew(EVIL.0, EVIL.1);
        let mut evil = as_of_now(&s.max, EVIL.0);
        s.begin_anew_with((6, 7), "it is me");
        // Before anything is accepted, nothing of either is shown.
        forged(&mut s.w, &mut evil, s.ann_id);
        assert_eq!(s.w.texts(ann, s.conv), ["hello"]);
        if verified {
            let safety_number = s.w.ask(ann, ReadDetails { conv: s.conv }).unwrap().safety_number;
            s.w.ask(ann, MarkVerified { conv: s.conv, safety_number, verified: true }).unwrap();
        } else {
            s.decide(ann, true).unwrap();
        }
        s.w.pass(10_000);
        s.write("and on");
        forged(&mut s.w, &mut evil, s.ann_id);
        s.w.reload(ann);
        let new = s.w.sign_in("ann_a");
        s.w.pass(10_000);
        forged(&mut s.w, &mut evil, s.ann_id);
        for browser in [ann, other, new] {
            assert_eq!(s.w.texts(browser, s.conv), ["hello", "it is me", "and on"], "{browser}");
        }
        // What was believed before is so still: it may have been on its way.
        let last = s.old.write_in_epoch(&s.w.relay, s.ann_id, "sent before", 0, |_| ());
        s.w.relay.push(s.ann_id, Mail { delivery: last.delivery, record: None });
        s.w.pass(10_000);
        assert!(s.w.texts(ann, s.conv).contains(&"sent before".to_owned()));
    }
}

#[test]
fn it_writes_nothing_to_whoever_meets_the_account_afterwards() {
    let mut w = World::new();
    let ann = w.person("ann_a");
    let ann_id = w.account("ann_a");
    let mut max = Puppet::new("max_m");
    let mut first = as_of_now(&max, 0);
    max.begin_anew(EVIL.0, EVIL.1);
    let mut evil = as_of_now(&max, EVIL.0);
    max.begin_anew(6, 7);
    max.register(&mut w.relay);
    let conv = ConvId::direct(ann_id, max.id());
    // By itself it makes the account known, and no more.
    forged(&mut w, &mut evil, ann_id);
    assert_eq!(w.texts(ann, conv), [""; 0]);
    assert_eq!(w.conversations(ann).len(), 1);
    let epoch = max.account.identity_changes();
    let written = max.write_in_epoch(&w.relay, ann_id, "hello", epoch, |_| ());
    w.relay.push(ann_id, Mail { delivery: written.delivery, record: None });
    w.pass(10_000);
    for evil in [&mut evil, &mut first] {
        forged(&mut w, evil, ann_id);
    }
    let new = w.sign_in("ann_a");
    w.pass(10_000);
    for browser in [ann, new] {
        assert_eq!(w.texts(browser, conv), ["hello"]);
    }
}

#[test]
fn it_does_not_pass_for_the_owners_own_other_browser() {
    let mut w = World::new();
    w.sign_up("ann_a");
    w.person("bob_b");
    let (ann_id, bob_id) = (w.account("ann_a"), w.account("bob_b"));
    // The relay puts its own into Ann's log, and she begins anew on it.
    let mut log = Puppet::with_keys("ann_a", EVIL.0, EVIL.1);
    let parse = |bytes: &Vec<u8>| SignedStatement::parse(bytes).unwrap();
    log.statements = w.relay.accounts[&ann_id].statements.iter().map(parse).collect();
    log.account = w.relay.verified(ann_id);
    log.begin_anew(EVIL.0, EVIL.1);
    log.publish(&mut w.relay);
    let ann = w.browser();
    w.relay.anew_left_ms = 0;
    w.relay.codes.insert("ann_a".into(), [7; 15]);
    w.ask(ann, AskAnew { username: "ann_a".into(), code: OneTimeCode([7; 15]).to_string() }).unwrap();
    let begin = BeginAnew { password: "a different horse entirely".into(), stay: false, anyway: false, ticket: None };
    w.ask(ann, begin).unwrap();
    let conv = w.talk(ann, "bob_b");
    w.pass(10_000);

    let written = log.write_in_epoch(&w.relay, bob_id, "forged", 1, |_| ());
    let mut own = Delivery::parse(&written.own).unwrap();
    // For Ann's key of now, so that it could be opened.
    let me = w.relay.verified(ann_id);
    let label = [&Hash::label("wrap"), &own.header.ctx()[..], me.ek().id().as_bytes()].concat();
    let key = PublicKey::from_public_key_der(&me.statement().eks[0].spki).unwrap();
    let wrap = key.encrypt(&mut rand::rng(), Oaep::<Sha256>::new_with_label(label), &[7; 32]).unwrap();
    (own.leaf.ek_id, own.leaf.rcpt_stmt, own.leaf.wrap) = (me.ek().id(), me.head(), wrap);
    sign(EVIL.0, &mut own);
    w.browsers[ann].logs.clear();
    w.relay.push(ann_id, Mail { delivery: own.to_bytes(), record: None });
    w.pass(10_000);
    assert_eq!(w.browsers[ann].logs, ["identity"]);
    w.send(ann, conv, "really me");
    w.pass(10_000);
    assert_eq!(w.texts(ann, conv), ["really me"]);
}
