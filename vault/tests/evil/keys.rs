//! Against who somebody is: other keys at first or later, two versions of a key log, keys that were replaced.

use signet_ask::{FailedBecause, MessageState, ReadDetails, Trouble, Warning};
use signet_crypto::{Address, Sender, VerifiedAccount, seal_message};
use signet_shared::{
    api,
    envelope::{Delivery, Envelope, FLAG_WAKE},
    statement::{SignedStatement, StatedEk, Statement},
};
use signet_vault::machine::Input;

use crate::{
    common::{
        World,
        puppet::{Puppet, sign, sign_statement, spki},
    },
    stage::{Stage, paths},
};

/// A message that names this statement, signed by that key.
fn under(mut delivery: Delivery, statement: &SignedStatement, key: usize) -> Delivery {
    delivery.header.sender_stmt = statement.statement.hash();
    sign(key, &mut delivery);
    delivery
}

const BLOCKED: MessageState = MessageState::Failed(FailedBecause::Blocked);

impl Stage {
    /// The relay shows these statements as Max's from now on.
    fn publish(&mut self, statements: &[SignedStatement]) {
        let statements = statements.iter().map(SignedStatement::to_bytes).collect();
        self.w.relay.accounts.get_mut(&self.max.id()).unwrap().statements = statements;
    }
}

#[test]
fn ev_03_another_key_at_first_contact() {
    let number = |twin: bool| {
        let mut w = World::new();
        let (ann, bob) = (w.person("ann_a"), w.person("bob_b"));
        if twin {
            let twin = Puppet::new("bob_b");
            twin.register(&mut w.relay);
            w.relay.prefer = Some(twin.id());
        }
        let with_bob = w.talk(ann, "bob_b");
        let with_ann = w.talk(bob, "ann_a");
        let of = |w: &mut World, id, conv| w.ask(id, ReadDetails { conv }).unwrap().safety_number;
        let numbers = (of(&mut w, ann, with_bob), of(&mut w, bob, with_ann));
        (w, ann, bob, with_bob, with_ann, numbers)
    };
    let (.., (hers, his)) = number(false);
    assert_eq!(hers, his);
    // The limit of trust on first use, and what shows it: they read their numbers to each other.
    let (mut w, ann, bob, with_twin, with_ann, (hers, his)) = number(true);
    assert_ne!(hers, his);
    // The real one needs only to write once. Then neither is believed.
    w.send(bob, with_ann, "it is me");
    w.pass(10_000);
    let list = w.conversations(ann);
    assert_eq!((list.len(), list[0].id), (1, with_twin));
    assert_eq!(list[0].warnings, [Warning::Namesake]);
    assert!(list[0].last.is_none());
    w.said.clear();
    w.send(ann, with_twin, "to whom?");
    w.pass(10_000);
    assert_eq!(w.states(ann, with_twin), [BLOCKED]);
    assert_eq!(w.sealed_for(ann), []);
}

#[test]
fn ev_04_another_key_later() {
    let mut stage = Stage::new();
    let first = stage.max.statements[0].clone();
    // The relay's own identity key, without the old one's word for it.
    let reset = stage.max.signed(
        |next| (next.ik_spki, next.eks) = (spki(4), vec![StatedEk { suite: 1, not_after: 9, spki: spki(5) }]),
        4,
        None,
    );
    stage.publish(&[first, reset.clone()]);
    let delivery = under(stage.delivery("under other keys"), &reset, 4);
    let warned = [Warning::IdentityReset { identity: reset.statement.ik_hash(), verified: false }];
    stage.w.said.clear();
    stage.push(delivery.to_bytes());
    stage.w.pass(60_000);
    stage.shows(&["hello"], &warned);
    assert_eq!(paths(&stage.w.outline(stage.ann)), [api::LOOKUP, api::STATE]);
    stage.sends_nothing(&BLOCKED);
    // It lasts, and it is known to every browser of hers.
    let other = stage.w.sign_in("ann_a");
    stage.w.reload(stage.ann);
    stage.w.pass(10_000);
    for browser in [stage.ann, other] {
        assert_eq!(stage.w.warnings(browser, stage.conv), warned);
        assert_eq!(stage.w.texts(browser, stage.conv), ["hello", "to whom?"][..if browser == other { 1 } else { 2 }]);
    }
}

#[test]
fn ev_04_an_encryption_key_that_the_identity_did_not_sign() {
    let mut stage = Stage::new();
    let first = stage.max.statements[0].clone();
    let edit = |next: &mut Statement| next.eks[0].spki = spki(5);
    let forged = stage.max.signed(edit, 4, None);
    stage.publish(&[first, forged.clone()]);
    let delivery = under(stage.delivery("under other keys"), &forged, 4);
    stage.w.said.clear();
    stage.push(delivery.to_bytes());
    stage.w.pass(60_000);
    stage.shows(&["hello"], &[]);
    assert_eq!(paths(&stage.w.outline(stage.ann)), [api::LOOKUP]);
    // What she writes is encrypted to the keys that she knows, and to no others.
    stage.w.said.clear();
    stage.w.send(stage.ann, stage.conv, "to Max");
    stage.w.pass(10_000);
    let ann = stage.w.relay.verified(stage.ann_id);
    let mut known = [(stage.ann_id, ann.ek().id()), (stage.max.id(), stage.max.account.ek().id())];
    known.sort();
    assert_eq!(stage.w.sealed_for(stage.ann), known);
    // For whom nobody is pinned yet, such a statement is none at all.
    let cy = stage.w.person("cy_c");
    let refused = stage.w.ask(cy, signet_ask::StartConversation { username: "max_m".into() });
    assert_eq!(refused, Err(Trouble::BadStatement));
}

/// Groups are not built. A conversation of two has two readers, and no third in the sender's copy alone.
#[test]
fn ev_20_a_third_reader_in_a_conversation_of_two() {
    let mut stage = Stage::new();
    let ghost = Puppet::with_keys("ghost_g", 4, 5);
    let (seq, prev) = stage.max.last.unwrap();
    let address = Address {
        flags: FLAG_WAKE,
        conv_id: stage.conv,
        group_epoch: 0,
        stream_id: stage.max.stream,
        seq: seq + 1,
        prev,
    };
    let mut inner = None;
    let _ = stage.max.write(&stage.w.relay, stage.ann_id, "to three", |made| inner = Some(made.clone()));
    stage.max.last = Some((seq, prev));
    let sender = Sender { account: &stage.max.account, key: &stage.max.keys.ik };
    let ann = stage.w.relay.verified(stage.ann_id);
    let readers = [&stage.max.account, &ann, &ghost.account];
    let sealed = seal_message(&address, &sender, &readers, &inner.unwrap(), &mut rand::rng()).unwrap();
    let envelope = Envelope::parse(&sealed.envelope).unwrap();
    let hers = envelope.deliveries().into_iter().find(|(to, _)| *to == stage.ann_id).unwrap().1;
    stage.refuses(hers.to_bytes(), "members");
    stage.w.said.clear();
    stage.w.send(stage.ann, stage.conv, "to Max");
    stage.w.pass(5000);
    let readers: Vec<_> = stage.w.sealed_for(stage.ann).into_iter().map(|(reader, _)| reader).collect();
    assert_eq!(readers.len(), 2);
    assert!(readers.contains(&stage.ann_id) && readers.contains(&stage.max.id()));
}

#[test]
fn ev_22_two_versions_of_a_key_log() {
    let mut stage = Stage::new();
    let second = stage.w.sign_in("ann_a");
    stage.w.pass(5000);
    stage.w.input(second, Input::Online(false));
    let first = stage.max.statements[0].clone();
    // Both signed by Max's own identity: somebody has his key, and the relay shows each browser another.
    let other = stage.max.signed(|next| next.eks[0].spki = spki(3), 0, None);
    stage.max.next_statement(|next| next.eks[0].not_after = 10);
    stage.max.publish(&mut stage.w.relay);
    let written = stage.write("under the one");
    stage.push(written.delivery);
    stage.w.pass(10_000);
    stage.shows(&["hello", "under the one"], &[]);
    stage.publish(&[first, other]);
    stage.w.input(second, Input::Online(true));
    // What it seals now is sealed for a key that Max's identity did sign. Then the two hear of each other.
    stage.w.send(second, stage.conv, "for the other");
    stage.w.pass(60_000);
    for browser in [stage.ann, second] {
        assert_eq!(stage.w.warnings(browser, stage.conv), [Warning::KeyLogForked], "{browser}");
    }
    stage.sends_nothing(&BLOCKED);
}

#[test]
fn ev_22_a_contact_is_shown_other_keys_of_ones_own() {
    let mut stage = Stage::new();
    let first = SignedStatement::parse(&stage.w.relay.accounts[&stage.ann_id].statements[0]).unwrap();
    // The relay shows Max, and nobody else, keys of its own as Ann's newest.
    let mut forged = Statement { seq: 2, prev: first.statement.hash(), ik_spki: spki(4), ..first.statement.clone() };
    forged.eks[0].spki = spki(5);
    let shown = VerifiedAccount::verify_through_resets(&[first, sign_statement(forged, 4, None)]).unwrap();
    let mut written = Delivery::parse(&stage.max.write_for(&shown, "for whom?", 1, |_| ()).delivery).unwrap();
    let honest = written.body.sig.clone();
    // Said by somebody else, it is nothing.
    sign(4, &mut written);
    stage.refuses(written.to_bytes(), "signature");
    written.body.sig = honest;
    stage.push(written.to_bytes());
    stage.w.pass(60_000);
    stage.shows(&["hello"], &[Warning::SplitView]);
    // What this account's own keys are was asked for, and what is known now is kept.
    assert_eq!(paths(&stage.w.outline(stage.ann)), [api::VAULT, api::STATE]);
    // It lasts, and it is known to every browser of hers. The letter itself is not shown again and again.
    let other = stage.w.sign_in("ann_a");
    stage.w.reload(stage.ann);
    stage.w.pass(10_000);
    for browser in [stage.ann, other] {
        assert_eq!(stage.w.warnings(browser, stage.conv), [Warning::SplitView]);
        assert_eq!(stage.w.texts(browser, stage.conv), ["hello"]);
    }
}

/// One's own identity is not replaced yet; those of others can be.
#[test]
fn ev_28_delivered_long_after_a_change_of_identity() {
    let mut stage = Stage::new();
    let late = stage.write("written before");
    stage.max.new_identity();
    stage.max.publish(&mut stage.w.relay);
    (stage.max.stream, stage.max.last) = (signet_shared::StreamId([9; 16]), None);
    let after = stage.max.write_in_epoch(&stage.w.relay, stage.ann_id, "written after", 1, |_| ());
    stage.push(after.delivery);
    stage.w.pass(86_400_000);
    stage.push(late.delivery);
    stage.w.pass(10_000);
    stage.shows(&["hello", "written after", "written before"], &[Warning::NewIdentity]);
}

#[test]
fn ev_29_signed_by_a_key_that_was_replaced() {
    let mut stage = Stage::new();
    stage.max.new_identity();
    stage.max.publish(&mut stage.w.relay);
    (stage.max.stream, stage.max.last) = (signet_shared::StreamId([9; 16]), None);
    let written = stage.max.write_in_epoch(&stage.w.relay, stage.ann_id, "by the old key", 1, |_| ());
    let mut old = Delivery::parse(&written.delivery).unwrap();
    // Key 0 was his; key 4 never was.
    for key in [0, 4] {
        sign(key, &mut old);
        stage.push(old.to_bytes());
        stage.w.pass(10_000);
        stage.shows(&["hello"], &[Warning::NewIdentity]);
        assert_eq!(stage.w.browsers[stage.ann].logs.last(), Some(&"signature"));
    }
    // The new statement was asked for, and what is known now is kept; no receipt, no record.
    assert_eq!(paths(&stage.w.outline(stage.ann)), [api::LOOKUP, api::STATE]);
    // Under the statement before, a message of the new count of identities is refused as well.
    let mut old = Delivery::parse(&written.delivery).unwrap();
    old.header.sender_stmt = stage.max.statements[0].statement.hash();
    sign(0, &mut old);
    stage.push(old.to_bytes());
    stage.w.pass(10_000);
    assert_eq!(stage.w.browsers[stage.ann].logs.last(), Some(&"members"));
    stage.push(written.delivery);
    stage.w.pass(10_000);
    stage.shows(&["hello", "by the old key"], &[Warning::NewIdentity]);
}

#[test]
fn ev_32_a_raised_least_suite_is_not_taken_back() {
    // Raised: nothing below it is read or sealed.
    let mut stage = Stage::new();
    let delivery = stage.delivery("in suite 1");
    stage.max.next_statement(|next| next.min_suite = 2);
    stage.max.publish(&mut stage.w.relay);
    let raised = stage.max.statements[1].clone();
    stage.push(under(delivery.clone(), &raised, 0).to_bytes());
    stage.w.pass(10_000);
    stage.shows(&["hello"], &[]);
    assert_eq!(stage.w.browsers[stage.ann].logs.last(), Some(&"suite"));
    stage.sends_nothing(&MessageState::Failed(FailedBecause::Refused));
    // Left out for a new browser: it waits for the statement that is pinned.
    let all = stage.max.statements.clone();
    stage.publish(&all[..1]);
    let other = stage.w.sign_in("ann_a");
    stage.w.pass(5000);
    stage.w.said.clear();
    stage.w.send(other, stage.conv, "in suite 1?");
    stage.w.pass(60_000);
    assert_eq!(stage.w.states(other, stage.conv).last(), Some(&MessageState::Sending));
    assert_eq!(stage.w.sealed_for(other), []);
    // Lowered again, with whatever signature.
    let mut lower = stage.max.statements[1].statement.clone();
    (lower.seq, lower.prev, lower.min_suite) = (3, raised.statement.hash(), 1);
    let lowered = sign_statement(lower, 0, None);
    stage.publish(&[all, vec![lowered.clone()]].concat());
    let before = stage.w.texts(stage.ann, stage.conv);
    stage.push(under(delivery, &lowered, 0).to_bytes());
    stage.w.pass(10_000);
    assert_eq!(stage.w.texts(stage.ann, stage.conv), before);
    assert_eq!(stage.w.warnings(stage.ann, stage.conv), [Warning::KeyLogForked]);
    stage.sends_nothing(&BLOCKED);
    // In a first statement there is no "none".
    let first = stage.max.statements[0].statement.clone();
    let none = Statement { min_suite: 0, ..first };
    assert_eq!(none.derive_account_id(), none.account_id);
    stage.publish(&[sign_statement(none, 0, None)]);
    let cy = stage.w.person("cy_c");
    let refused = stage.w.ask(cy, signet_ask::StartConversation { username: "max_m".into() });
    assert_eq!(refused, Err(Trouble::BadStatement));
}
