//! Conversations: both ways, away, interrupted, in several browsers.

mod common;

use common::{World, text};
use signet_ask::{Connection, Event, MarkRead, MessageState, Warning};
use signet_shared::wire::Refusal;

#[test]
fn two_people_talk_both_ways_and_know_what_arrived() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("Bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "hello <b>Bob</b> \u{1f600}");
    w.settle();
    assert_eq!(w.states(ann, conv), [MessageState::Sent]);
    assert_eq!(w.texts(bob, conv), ["hello <b>Bob</b> \u{1f600}"]);
    let list = w.conversations(bob);
    assert_eq!((list[0].title.as_str(), list[0].unread), ("ann_a", 1));
    w.pass(1000);
    assert_eq!(w.states(ann, conv), [MessageState::Delivered]);

    let id = w.messages(bob, conv)[0].id;
    w.ask(bob, MarkRead { conv, id }).unwrap();
    assert_eq!(w.conversations(bob)[0].unread, 0);
    w.send(bob, conv, "hello Ann");
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), w.texts(bob, conv));
    assert_eq!(w.states(bob, conv), [MessageState::Received, MessageState::Delivered]);
    let list = w.conversations(ann);
    assert_eq!((list[0].title.as_str(), list[0].unread, list[0].warnings.len()), ("Bob_b", 1, 0));
    // Receipts answer messages, never receipts.
    let mail = |w: &mut World, name| w.relay.named(name).unwrap().1.mailbox.len();
    let before = mail(&mut w, "ann_a");
    w.pass(60_000);
    assert_eq!(mail(&mut w, "ann_a"), before);
    // Two messages, and of the first that it has arrived and been read; of the second that it has arrived.
    assert_eq!(before, 5);

    // Nothing that was written went to the relay.
    let canaries = ["hello", common::PASSWORD];
    for heard in &w.relay.heard {
        for canary in canaries {
            assert!(!heard.windows(canary.len()).any(|part| part == canary.as_bytes()));
        }
    }
}

#[test]
fn what_was_sent_while_away_is_there_afterwards_in_order() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "0");
    w.pass(1000);
    w.input(bob, signet_vault::machine::Input::Online(false));
    for n in 1..30 {
        w.send(ann, conv, &n.to_string());
    }
    w.pass(1000);
    assert_eq!(w.texts(bob, conv).len(), 1);
    w.input(bob, signet_vault::machine::Input::Online(true));
    w.pass(2000);
    assert_eq!(w.texts(bob, conv), (0..30).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(w.states(ann, conv).iter().all(|state| *state == MessageState::Delivered));
    assert!(w.conversations(bob)[0].warnings.is_empty());
}

#[test]
fn a_lost_acknowledgement_shows_nothing_twice() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.browsers[ann].lose_acks = true;
    w.send(ann, conv, "once");
    assert_eq!(w.states(ann, conv), [MessageState::Sending]);
    assert_eq!(w.texts(bob, conv), ["once"]);
    w.browsers[ann].lose_acks = false;
    w.break_line(ann);
    w.pass(5000);
    assert_eq!(w.texts(ann, conv), ["once"]);
    assert_eq!(w.texts(bob, conv), ["once"]);
    assert_eq!(w.states(ann, conv), [MessageState::Delivered]);
}

#[test]
fn a_relay_stopped_and_started_and_a_reload_in_between_lose_nothing() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.pass(1000);
    w.kill_relay();
    w.send(ann, conv, "one");
    w.send(ann, conv, "two");
    w.pass(60_000);
    assert_eq!(w.states(ann, conv), [MessageState::Sending, MessageState::Sending]);
    w.relay_up = true;
    // The tab dies with both messages in its outbox.
    w.reload(ann);
    w.pass(60_000);
    assert_eq!(w.texts(bob, conv), ["one", "two"]);
    assert_eq!(w.states(ann, conv), [MessageState::Delivered, MessageState::Delivered]);
    assert!(w.conversations(bob)[0].warnings.is_empty());
}

#[test]
fn a_refused_message_can_be_tried_again_and_readers_miss_nothing() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.relay.refuse_next = Some(Refusal::TooLarge);
    let uuid = w.send(ann, conv, "two");
    let failed = w.messages(ann, conv).pop().unwrap();
    assert!(matches!(failed.state, MessageState::Failed(_)) && failed.id.uuid == uuid);
    w.ask(ann, signet_ask::Retry { id: failed.id }).unwrap();
    w.pass(2000);
    assert_eq!(w.texts(bob, conv), ["one", "two"]);
    assert_eq!(w.conversations(bob)[0].warnings, []);
    // Patience is kept without being told of a failure.
    w.relay.refuse_next = Some(Refusal::TooMany);
    w.send(ann, conv, "three");
    w.send(ann, conv, "four");
    w.pass(10_000);
    assert_eq!(w.texts(bob, conv), ["one", "two", "three", "four"]);
}

/// Two are on their way when the first is refused: what is behind it does not come first, and nobody is told of a gap.
#[test]
fn what_is_on_its_way_behind_a_refused_message_makes_no_gap() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.pass(2000);
    w.input(ann, signet_vault::machine::Input::Online(false));
    for text in ["two", "three", "four"] {
        w.send(ann, conv, text);
    }
    w.relay.refuse_next = Some(Refusal::TooMany);
    w.relay.retry_after_s = 20;
    w.browsers[bob].events.clear();
    w.input(ann, signet_vault::machine::Input::Online(true));
    w.pass(15_000);
    assert_eq!(w.texts(bob, conv), ["one"]);
    w.pass(10_000);
    assert_eq!(w.texts(bob, conv), ["one", "two", "three", "four"]);
    let warned = w.browsers[bob].events.iter().any(|event| match event {
        Event::Conversations(list) => list.iter().any(|conv| !conv.warnings.is_empty()),
        _ => false,
    });
    assert!(!warned, "a false alarm");
}

#[test]
fn a_corrupt_delivery_is_skipped_and_the_rest_shown_with_a_warning() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.pass(1000);
    w.input(bob, signet_vault::machine::Input::Online(false));
    w.send(ann, conv, "two");
    w.send(ann, conv, "three");
    let mailbox = &mut w.relay.named("bob_b").unwrap().1.mailbox;
    let at = mailbox.len() - 2;
    let middle = mailbox[at].delivery.len() - 500;
    mailbox[at].delivery[middle] ^= 1;
    w.input(bob, signet_vault::machine::Input::Online(true));
    w.pass(1000);
    assert_eq!(w.texts(bob, conv), ["one", "three"]);
    assert_eq!(w.conversations(bob)[0].warnings, [Warning::Missing { count: 1 }]);
    w.reload(bob);
    w.pass(1000);
    assert_eq!(w.texts(bob, conv), ["one", "three"]);
    assert_eq!(w.conversations(bob)[0].warnings, [Warning::Missing { count: 1 }]);
}

#[test]
fn nobody_else_can_open_what_was_sealed_for_another() {
    let mut w = World::new();
    let (ann, _bob, eve) = (w.sign_up("ann_a"), w.sign_up("bob_b"), w.sign_up("eve_e"));
    let conv = w.talk(ann, "bob_b");
    w.talk(eve, "ann_a");
    w.send(ann, conv, "for Bob");
    let delivery = w.relay.named("bob_b").unwrap().1.mailbox[0].delivery.clone();
    let record = w.relay.named("bob_b").unwrap().1.mailbox[0].record.clone();
    assert!(record.is_some());
    for record in [None, record] {
        w.relay.named("eve_e").unwrap().1.mailbox.push(common::relay::Mail { delivery: delivery.clone(), record });
    }
    w.break_line(eve);
    w.pass(5000);
    for conversation in w.conversations(eve) {
        assert!(conversation.last.is_none());
    }
}

#[test]
fn a_new_browser_finds_the_whole_history_by_its_records() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    for n in 0..5 {
        w.send(ann, conv, &format!("a{n}"));
        w.send(bob, conv, &format!("b{n}"));
    }
    w.pass(2000);
    let told = w.texts(ann, conv);
    // The signatures are destroyed: only the records can have opened these.
    for mail in &mut w.relay.named("ann_a").unwrap().1.mailbox {
        assert!(mail.record.is_some());
        let last = mail.delivery.len() - 1;
        mail.delivery[last] ^= 1;
    }
    let other = w.sign_in("ann_a");
    w.pass(2000);
    assert_eq!(w.texts(other, conv), told);
    assert_eq!(w.conversations(other)[0].warnings, []);
}

#[test]
fn two_browsers_of_one_account_stay_in_step() {
    let mut w = World::new();
    let (ann, bob, _cy) = (w.sign_up("ann_a"), w.sign_up("bob_b"), w.sign_up("cy_c"));
    let second = w.sign_in("ann_a");
    // Both change the state at once: one of them meets a conflict and merges.
    let with_bob = w.talk(ann, "bob_b");
    let with_cy = w.talk(second, "cy_c");
    w.pass(3000);
    assert_eq!((w.conversations(ann).len(), w.conversations(second).len()), (2, 2));
    w.send(ann, with_bob, "from the first");
    w.send(second, with_bob, "from the second");
    w.send(second, with_cy, "to Cy");
    w.pass(3000);
    assert_eq!(w.texts(ann, with_bob), w.texts(second, with_bob));
    assert_eq!(w.texts(bob, with_bob), ["from the first", "from the second"]);
    assert_eq!(w.texts(ann, with_cy), ["to Cy"]);
    w.send(bob, with_bob, "seen?");
    w.pass(1000);
    let seen = w.messages(ann, with_bob).pop().unwrap();
    assert_eq!(text(&seen), "seen?");
    w.ask(ann, MarkRead { conv: with_bob, id: seen.id }).unwrap();
    w.pass(3000);
    let unread: Vec<u32> = w.conversations(second).iter().map(|conversation| conversation.unread).collect();
    assert_eq!(unread, [0, 0]);
    let warned = w.conversations(second).into_iter().chain(w.conversations(bob)).any(|c| !c.warnings.is_empty());
    assert!(!warned);
}

#[test]
fn a_full_disk_keeps_nothing_that_it_claims_to() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.browsers[ann].storage_broken = true;
    let uuid = signet_shared::ClientUuid([7; 16]);
    let refused = w.ask(ann, signet_ask::Send { conv, uuid, text: "lost?".into() });
    assert!(matches!(refused, Err(signet_ask::Trouble::Storage { .. })));
    assert!(w.texts(ann, conv).is_empty());
    w.browsers[ann].storage_broken = false;
    w.pass(5000);
    w.send(ann, conv, "kept");
    w.pass(5000);
    assert_eq!(w.texts(bob, conv), ["kept"]);
}

#[test]
fn a_relay_that_cannot_store_is_told_of_and_gets_everything_later() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    let told = |w: &World| {
        let is = |event: &Event| if let Event::Connection(now) = event { Some(*now) } else { None };
        w.browsers[ann].events.iter().rev().find_map(is)
    };
    w.relay.refuse_next = Some(Refusal::StoreUnavailable);
    w.send(ann, conv, "one");
    w.send(ann, conv, "two");
    assert_eq!(told(&w), Some(Connection::NotStoring));
    assert!(w.conversations(bob).is_empty());
    w.pass(10_000);
    assert_eq!(told(&w), Some(Connection::Connected));
    assert_eq!(w.texts(bob, conv), ["one", "two"]);
}
