//! Whom a name, a key log and a delivery can be believed to be: against a relay that lies about it.

mod common;

use common::{PASSWORD, World, puppet::Puppet, relay::Mail};
use signet_ask::{FailedBecause, MessageState, ReadDetails, Send, SignIn, StartConversation, Trouble, Warning};
use signet_shared::{ClientUuid, ConvId, envelope::Delivery, statement::Statement};

#[test]
fn a_second_account_of_the_same_name_gets_nothing() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.pass(2000);
    let real = w.account("bob_b");

    // The relay makes another Bob, who writes to Ann.
    let ann_id = w.account("ann_a");
    let mut twin = Puppet::new("Bob_B");
    twin.register(&mut w.relay);
    w.relay.prefer = Some(twin.id());
    twin.send(&mut w.relay, ann_id, "it is me, Bob");
    w.pass(2000);
    let list = w.conversations(ann);
    assert_eq!(list.iter().map(|c| c.id).collect::<Vec<_>>(), [conv], "only the Bob who was met first");
    assert_eq!(list[0].warnings, [Warning::Namesake]);
    assert_eq!(w.texts(ann, conv), ["one"]);
    // Whoever asks for the name is led to neither's mailbox but the pinned one's, and nothing is sent there either.
    assert_eq!(w.talk(ann, "bob_b"), conv);
    assert_eq!(conv, ConvId::direct(ann_id, real));
    w.send(ann, conv, "two");
    assert_eq!(w.states(ann, conv).last(), Some(&MessageState::Failed(FailedBecause::Blocked)));
    w.pass(2000);
    assert_eq!(w.texts(bob, conv), ["one"]);
    // It lasts, here and in every other browser.
    w.reload(ann);
    w.pass(2000);
    assert_eq!(w.warnings(ann, conv), [Warning::Namesake]);
    let other = w.sign_in("ann_a");
    w.pass(2000);
    assert_eq!(w.warnings(other, conv), [Warning::Namesake]);
    assert!(w.relay.accounts[&twin.id()].mailbox.is_empty());
}

#[test]
fn two_browsers_that_were_given_different_people_under_one_name_doubt_both() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let second = w.sign_in("ann_a");
    let real = w.account("bob_b");
    let twin = Puppet::new("bob_b");
    twin.register(&mut w.relay);
    let other = twin.id();
    // Before either browser has heard of the other's pin.
    let begin = |w: &mut World, id, prefer| {
        w.relay.prefer = Some(prefer);
        w.talk(id, "bob_b")
    };
    let (one, two) = (begin(&mut w, ann, real), begin(&mut w, second, other));
    assert_ne!(one, two);
    w.pass(20_000);
    for browser in [ann, second] {
        for conv in [one, two] {
            assert_eq!(w.warnings(browser, conv), [Warning::Namesake]);
            w.send(browser, conv, "to whom?");
            assert_eq!(w.states(browser, conv).last(), Some(&MessageState::Failed(FailedBecause::Blocked)));
        }
        // The name alone means nobody now.
        let start = w.ask(browser, StartConversation { username: "bob_b".into() });
        assert_eq!(start.unwrap_err(), Trouble::Namesake);
    }
}

#[test]
fn a_delivery_that_nobody_signed_pins_nobody_and_shows_nothing() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut eve = Puppet::new("eve_e");
    eve.register(&mut w.relay);
    let before = w.relay.accounts[&ann_id].state_version;
    let mut forged = eve.write(&w.relay, ann_id, "never signed", |_| ());
    *forged.delivery.last_mut().unwrap() ^= 1;
    w.relay.push(ann_id, Mail { delivery: forged.delivery, record: None });
    w.pass(5000);
    assert!(w.conversations(ann).is_empty());
    assert_eq!(w.relay.accounts[&ann_id].state_version, before, "no pin was made");
    w.reload(ann);
    w.pass(5000);
    assert!(w.conversations(ann).is_empty());
    // What she does sign is shown, with a word about what is missing before it.
    eve.send(&mut w.relay, ann_id, "signed");
    w.pass(5000);
    let list = w.conversations(ann);
    assert_eq!(list.len(), 1);
    assert_eq!(w.texts(ann, list[0].id), ["signed"]);
    assert_eq!(list[0].warnings, [Warning::Missing { count: 1 }]);
}

#[test]
fn a_thousand_contacts_are_kept_by_the_relay() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    // One person under a thousand names of the greatest length.
    let name = |n: usize| format!("contact_with_a_name_of_{n:09}");
    assert_eq!(name(1).len(), signet_shared::Username::MAX);
    let last = Puppet::new(&name(1000));
    last.register(&mut w.relay);
    for n in 0..1000 {
        Puppet::named_like(&last, &name(n)).register(&mut w.relay);
    }
    for n in 0..=1000 {
        w.talk(ann, &name(n));
    }
    w.pass(5000);
    let kept = &w.relay.accounts[&ann_id];
    assert!(kept.state.len() <= signet_shared::limits::STATE);
    assert!(kept.state_version > 1);
    let conv = ConvId::direct(ann_id, last.id());
    assert_eq!(w.warnings(ann, conv), []);
    let other = w.sign_in("ann_a");
    assert_eq!(w.conversations(other).len(), 1001);
    // None of their statements is in the state: they are asked for when they are needed.
    w.relay.lookups.clear();
    w.send(other, conv, "found again");
    w.pass(1000);
    assert_eq!(w.relay.lookups, [last.id()]);
    assert_eq!(w.relay.accounts[&last.id()].mailbox.len(), 1);
}

#[test]
fn a_state_that_the_relay_does_not_take_is_told_and_tried_ever_more_rarely() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    w.relay.refuse_path = Some((signet_shared::api::STATE, signet_shared::wire::Refusal::Malformed));
    let conv = w.talk(ann, "bob_b");
    w.pass(2000);
    assert_eq!(w.warnings(ann, conv), [Warning::StateNotKept]);
    let tries = |w: &World| w.relay.paths.iter().filter(|path| **path == signet_shared::api::STATE).count();
    let before = tries(&w);
    w.pass(3_600_000);
    assert!(tries(&w) - before < 20, "{}", tries(&w) - before);
    w.relay.refuse_path = None;
    w.pass(3_600_000);
    assert_eq!(w.warnings(ann, conv), []);
}

#[test]
fn a_new_browser_takes_only_statements_that_lead_to_what_is_pinned() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let mut max = Puppet::new("max_m");
    let mut fork = Puppet::named_like(&max, "max_m");
    assert_eq!(max.id(), fork.id());
    max.new_encryption_key();
    fork.next_statement(|_: &mut Statement| ());
    max.register(&mut w.relay);
    let conv = w.talk(ann, "max_m");
    w.pass(2000);

    // Without an answer the message waits, and goes out with one.
    let other = w.sign_in("ann_a");
    w.relay.refuse_path = Some((signet_shared::api::LOOKUP, signet_shared::wire::Refusal::StoreUnavailable));
    w.send(other, conv, "one");
    w.pass(1000);
    assert_eq!(w.states(other, conv), [MessageState::Sending]);
    let details = w.ask(other, ReadDetails { conv });
    assert_eq!(details.unwrap_err(), Trouble::RelayStore);
    w.relay.refuse_path = None;
    w.pass(60_000);
    assert_eq!(w.states(other, conv), [MessageState::Sent]);
    assert_eq!(w.ask(other, ReadDetails { conv }).unwrap().statements, 2);

    // The same account with other statements: nothing is sealed for those keys, and all browsers learn of it.
    fork.publish(&mut w.relay);
    let third = w.sign_in("ann_a");
    w.send(third, conv, "two");
    w.pass(5000);
    assert_eq!(w.states(third, conv).last(), Some(&MessageState::Failed(FailedBecause::Blocked)));
    assert_eq!(w.relay.accounts[&max.id()].mailbox.len(), 1);
    for browser in [ann, other, third] {
        assert_eq!(w.warnings(browser, conv), [Warning::KeyLogForked]);
        w.reload(browser);
        w.pass(2000);
        assert_eq!(w.warnings(browser, conv), [Warning::KeyLogForked]);
    }
    let uuid = ClientUuid([7; 16]);
    w.ask(ann, Send { conv, uuid, text: "three".into() }).unwrap();
    assert_eq!(w.states(ann, conv).last(), Some(&MessageState::Failed(FailedBecause::Blocked)));
}

#[test]
fn history_opens_without_the_contacts_statements() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.send(bob, conv, "two");
    w.pass(2000);
    w.relay.refuse_path = Some((signet_shared::api::LOOKUP, signet_shared::wire::Refusal::StoreUnavailable));
    let other = w.browser();
    w.ask(other, SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay: false }).unwrap();
    w.pass(1000);
    assert_eq!(w.texts(other, conv), ["one", "two"]);
}

#[test]
fn a_change_of_identity_is_told_and_what_was_in_flight_still_opens() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut max = Puppet::new("max_m");
    max.register(&mut w.relay);
    let conv = w.talk(ann, "max_m");
    let before = max.write(&w.relay, ann_id, "before", |_| ());
    max.new_identity();
    max.publish(&mut w.relay);
    let after = max.write_in_epoch(&w.relay, ann_id, "after", 1, |_| ());
    let wrong = max.write_in_epoch(&w.relay, ann_id, "of no epoch that there was", 0, |_| ());
    for written in [after, before, wrong] {
        w.relay.push(ann_id, Mail { delivery: written.delivery, record: None });
    }
    w.pass(2000);
    assert_eq!(w.texts(ann, conv), ["before", "after"]);
    assert_eq!(w.warnings(ann, conv), [Warning::NewIdentity]);
    // What Ann writes names the same count.
    w.send(ann, conv, "to the new one");
    let sent = &w.relay.accounts[&max.id()].mailbox.last().unwrap().delivery;
    assert_eq!(Delivery::parse(sent).unwrap().header.group_epoch, 1);
}

/// A stranger who writes more than is held, while nobody can be looked up, makes this browser neither ask nor connect
/// again and again.
#[test]
fn a_stranger_causes_no_storm() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    w.pass(2000);
    let mut max = Puppet::new("max_m");
    max.register(&mut w.relay);
    w.relay.refuse_path = Some((signet_shared::api::LOOKUP, signet_shared::wire::Refusal::StoreUnavailable));
    w.relay.paths.clear();
    w.said.clear();
    let lookups = |w: &World| w.relay.paths.iter().filter(|path| *path == signet_shared::api::LOOKUP).count();
    for n in 0..80 {
        max.send(&mut w.relay, ann_id, &n.to_string());
        w.pass(250);
    }
    w.pass(40_000);
    // After 2, 4, 8, 16, 32 seconds.
    assert!(lookups(&w) <= 6, "{} look-ups", lookups(&w));
    assert!(!w.outline(ann).iter().any(|said| said == "connect"));
    // A new line is no reason to ask either: the relay was there, and refused.
    w.relay.paths.clear();
    for _ in 0..5 {
        w.break_line(ann);
        w.pass(1000);
    }
    assert!(lookups(&w) <= 1, "{} look-ups", lookups(&w));
    w.relay.refuse_path = None;
    w.pass(120_000);
    let conv = ConvId::direct(ann_id, max.id());
    assert_eq!(w.texts(ann, conv), (0..80).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(w.warnings(ann, conv), []);
}

/// Wherever the tab dies while a longer key log is taken in: what it built on is shown in the end.
#[test]
fn a_tab_that_dies_while_it_takes_in_statements_can_take_them_in_again() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut max = Puppet::new("max_m");
    max.register(&mut w.relay);
    max.send(&mut w.relay, ann_id, "0");
    w.pass(2000);
    let conv = ConvId::direct(ann_id, max.id());
    let mut texts = vec!["0".to_owned()];
    for effects in 1..16 {
        // The next key, and the next after it.
        max.next_statement(|next| next.eks[0].not_after += 1);
        max.publish(&mut w.relay);
        w.browsers[ann].die_after = Some(effects);
        max.send(&mut w.relay, ann_id, &effects.to_string());
        texts.push(effects.to_string());
        w.pass(2000);
        w.reload(ann);
        w.pass(10_000);
        assert_eq!(w.texts(ann, conv), texts, "died after {effects} effects");
        assert_eq!(w.warnings(ann, conv), []);
    }
}

#[test]
fn a_text_that_is_to_disappear_is_not_kept() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut max = Puppet::new("max_m");
    max.register(&mut w.relay);
    let written = max.write(&w.relay, ann_id, "gone in a minute", |inner| inner.expires_s = 60);
    w.relay.push(ann_id, Mail { delivery: written.delivery, record: None });
    w.pass(2000);
    assert_eq!(w.texts(ann, ConvId::direct(ann_id, max.id())), ["(unsupported)"]);
}
