//! In which order things are shown, and that what is missing is told: against a relay that reorders, cuts and forgets.

mod common;

use common::{
    World,
    puppet::{Puppet, Written},
    relay::{Mail, Relay},
};
use signet_ask::{MarkRead, MessageState, Warning};
use signet_shared::{AccountId, ConvId, StreamId, api, wire::Refusal};
use signet_vault::machine::Input;

fn push(relay: &mut Relay, reader: AccountId, written: &Written) {
    relay.push(reader, Mail { delivery: written.delivery.clone(), record: None });
}

/// Ann, who has read a first message of Eve's, whose next ones the test delivers.
fn ann_and_eve(w: &mut World) -> (usize, AccountId, Puppet, ConvId) {
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut eve = Puppet::new("eve_e");
    eve.register(&mut w.relay);
    eve.send(&mut w.relay, ann_id, "0");
    w.pass(2000);
    let conv = ConvId::direct(ann_id, eve.id());
    assert_eq!(w.texts(ann, conv), ["0"]);
    (ann, ann_id, eve, conv)
}

fn write(w: &World, eve: &mut Puppet, reader: AccountId, n: usize) -> Vec<Written> {
    (1..=n).map(|n| eve.write(&w.relay, reader, &n.to_string(), |_| ())).collect()
}

#[test]
fn what_lies_here_until_its_writer_is_looked_up_is_not_missing() {
    // A relay that is slow to answer for her, and one that never does.
    for answers in [true, false] {
        let mut w = World::new();
        let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
        // A browser that has not needed her statements yet.
        let other = w.sign_in("ann_a");
        w.pass(2000);
        w.hold = vec![api::LOOKUP];
        for n in 1..4 {
            eve.send(&mut w.relay, ann_id, &n.to_string());
        }
        w.pass(1000);
        // By what the first one says in the state, they exist.
        let id = w.messages(ann, conv).last().unwrap().id;
        w.ask(ann, MarkRead { conv, id }).unwrap();
        w.pass(20_000);
        assert_eq!(w.warnings(other, conv), []);
        if answers {
            w.hold.clear();
            w.let_go(api::LOOKUP, None);
            w.pass(1000);
            assert_eq!(w.texts(other, conv), ["0", "1", "2", "3"]);
        } else {
            w.pass(40_000);
            // Three messages, and Ann's own of having had them, and of having read them.
            assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 5 }]);
        }
    }
}

#[test]
fn what_comes_before_its_predecessor_waits_for_it() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    let written = write(&w, &mut eve, ann_id, 3);
    push(&mut w.relay, ann_id, &written[1]);
    push(&mut w.relay, ann_id, &written[2]);
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0"]);
    assert_eq!(w.warnings(ann, conv), [Warning::Missing { count: 1 }]);
    push(&mut w.relay, ann_id, &written[0]);
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3"]);
    assert_eq!(w.warnings(ann, conv), []);
    assert_eq!(w.conversations(ann)[0].unread, 4);
    w.reload(ann);
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3"]);
}

#[test]
fn a_backlog_in_the_wrong_order_is_shown_in_the_right_one() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    let written = write(&w, &mut eve, ann_id, 4);
    w.input(ann, Input::Online(false));
    for at in [3, 1, 0, 2] {
        push(&mut w.relay, ann_id, &written[at]);
    }
    w.input(ann, Input::Online(true));
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3", "4"]);
    assert_eq!(w.warnings(ann, conv), []);
}

#[test]
fn what_is_waited_for_in_vain_is_told_and_finds_its_place_later() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    let written = write(&w, &mut eve, ann_id, 4);
    push(&mut w.relay, ann_id, &written[2]);
    push(&mut w.relay, ann_id, &written[3]);
    w.pass(6000);
    assert_eq!(w.texts(ann, conv), ["0", "3", "4"]);
    assert_eq!(w.warnings(ann, conv), [Warning::Missing { count: 2 }]);
    let id = w.messages(ann, conv).pop().unwrap().id;
    w.ask(ann, MarkRead { conv, id }).unwrap();
    assert_eq!(w.conversations(ann)[0].unread, 0);
    push(&mut w.relay, ann_id, &written[0]);
    push(&mut w.relay, ann_id, &written[1]);
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3", "4"]);
    assert_eq!(w.warnings(ann, conv), []);
    // Above what was read, and not seen yet.
    assert_eq!(w.conversations(ann)[0].unread, 2);
    w.reload(ann);
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_relay_that_never_says_that_all_has_come_hides_nothing() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    eve.send(&mut w.relay, ann_id, "1");
    eve.send(&mut w.relay, ann_id, "2");
    w.pass(2000);
    let id = w.messages(ann, conv).pop().unwrap().id;
    w.ask(ann, MarkRead { conv, id }).unwrap();
    w.pass(2000);
    // A new browser is shown less than the account has seen.
    w.relay.never_caught_up = true;
    w.relay.cut(ann_id, "eve_e", 1);
    let other = w.sign_in("ann_a");
    w.pass(20_000);
    assert_eq!(w.warnings(other, conv), []);
    w.pass(15_000);
    assert_eq!(w.texts(other, conv), ["0", "1"]);
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 1 }]);
    // What builds on something absent needs no patience to be told.
    let written = write(&w, &mut eve, ann_id, 2);
    push(&mut w.relay, ann_id, &written[1]);
    w.pass(0);
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 2 }]);
}

/// On any line, not only the first one; and whether or not it says how much there is.
#[test]
fn a_relay_that_says_nothing_of_its_backlog_hides_nothing_on_a_later_line() {
    for silent in [false, true] {
        let mut w = World::new();
        let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
        let other = w.sign_in("ann_a");
        w.pass(60_000);
        w.input(other, Input::Online(false));
        eve.send(&mut w.relay, ann_id, "1");
        eve.send(&mut w.relay, ann_id, "2");
        w.pass(2000);
        w.send(ann, conv, "seen");
        w.pass(5000);
        w.relay.cut(ann_id, "eve_e", 1);
        (w.relay.never_caught_up, w.relay.never_subscribed) = (true, silent);
        w.input(other, Input::Online(true));
        // Breaking the line does not begin the time anew.
        w.pass(20_000);
        w.break_line(other);
        w.pass(5000);
        assert_eq!(w.texts(other, conv), ["0", "1", "seen"]);
        assert_eq!(w.warnings(other, conv), []);
        w.pass(7000);
        assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 1 }], "silent: {silent}");
    }
}

#[test]
fn news_do_not_shorten_the_time_of_a_long_backlog() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    let read = |w: &mut World| {
        w.pass(1000);
        let id = w.messages(ann, conv).pop().unwrap().id;
        w.ask(ann, MarkRead { conv, id }).unwrap();
        w.pass(1000);
    };
    read(&mut w);
    // Half a minute, and 50 ms for each message.
    (w.relay.never_caught_up, w.relay.claimed_head) = (true, Some(1000));
    let other = w.browsers.len();
    w.relay.kept_from = Some(other);
    assert_eq!(w.sign_in("ann_a"), other);
    for text in ["1", "2"] {
        // Ann's other browser says in the account's state how far it has come.
        eve.send(&mut w.relay, ann_id, text);
        read(&mut w);
    }
    w.pass(60_000);
    assert_eq!(w.warnings(other, conv), []);
    w.pass(20_000);
    // Three messages, and of each Ann's own of having had it, and of having read it.
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 9 }]);
}

/// The relay gives a number, and cannot give what it stored there.
#[test]
fn a_row_that_the_relay_cannot_read_stops_nothing() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    w.input(ann, Input::Online(false));
    let written = write(&w, &mut eve, ann_id, 3);
    push(&mut w.relay, ann_id, &written[0]);
    w.relay.push(ann_id, Mail { delivery: Vec::new(), record: None });
    push(&mut w.relay, ann_id, &written[2]);
    w.said.clear();
    w.input(ann, Input::Online(true));
    w.pass(60_000);
    for _ in 0..2 {
        assert_eq!(w.texts(ann, conv), ["0", "1", "3"]);
        assert_eq!(w.warnings(ann, conv), [Warning::Missing { count: 1 }]);
        let lines = w.outline(ann).iter().filter(|said| *said == "subscribe").count();
        assert_eq!(lines, 1, "the line stands");
        w.said.clear();
        w.reload(ann);
        w.pass(60_000);
    }
    // What is here does not go because the relay lost it: not even the last, which comes once more on every line.
    let last = w.relay.accounts.get_mut(&ann_id).unwrap().mailbox.last_mut().unwrap();
    last.delivery.clear();
    w.said.clear();
    w.reload(ann);
    w.pass(60_000);
    assert_eq!(w.texts(ann, conv), ["0", "1", "3"]);
    assert_eq!(w.outline(ann).iter().filter(|said| *said == "subscribe").count(), 1);
}

#[test]
fn the_newest_streams_are_the_ones_that_are_remembered() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    for n in 1..5 {
        eve.send(&mut w.relay, ann_id, &n.to_string());
    }
    // She starts again and again.
    for n in 5..11 {
        (eve.stream, eve.last) = (StreamId([n; 16]), None);
        eve.send(&mut w.relay, ann_id, &n.to_string());
    }
    w.pass(2000);
    let id = w.messages(ann, conv).pop().unwrap().id;
    w.ask(ann, MarkRead { conv, id }).unwrap();
    w.pass(2000);
    w.relay.cut(ann_id, "eve_e", 1);
    let other = w.sign_in("ann_a");
    w.pass(2000);
    assert_eq!(w.texts(other, conv).len(), 10);
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 1 }]);
}

#[test]
fn what_cannot_be_judged_is_held_within_limits_and_lost_by_none() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    // She writes under a statement that nobody can look up for a while.
    eve.new_encryption_key();
    eve.publish(&mut w.relay);
    w.relay.refuse_path = Some((api::LOOKUP, Refusal::StoreUnavailable));
    let before = w.browsers[ann].database["mail"].len();
    for n in 0..80 {
        eve.send(&mut w.relay, ann_id, &format!("held {n}"));
    }
    w.pass(1000);
    assert_eq!(w.browsers[ann].database["mail"].len() - before, 64);
    assert_eq!(w.texts(ann, conv), ["0"]);
    w.relay.refuse_path = None;
    w.pass(60_000);
    assert_eq!(w.texts(ann, conv).len(), 81);
    assert_eq!(w.warnings(ann, conv), []);
}

#[test]
fn what_nobody_can_judge_keeps_nobody_else_out() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    eve.new_encryption_key();
    for n in 0..70 {
        eve.send(&mut w.relay, ann_id, &format!("in vain {n}"));
    }
    w.pass(5000);
    let bob = w.sign_up("bob_b");
    let with_bob = w.talk(bob, "ann_a");
    w.send(bob, with_bob, "hello");
    w.pass(5000);
    assert_eq!(w.texts(ann, with_bob), ["hello"]);
    // The newest of them are judged once her statement is there.
    eve.publish(&mut w.relay);
    eve.send(&mut w.relay, ann_id, "at last");
    w.pass(10_000);
    assert_eq!(w.texts(ann, conv).last().unwrap(), "at last");
    assert_eq!(w.texts(ann, conv).len(), 65);
}

#[test]
fn a_relay_restored_from_a_backup_takes_nothing_away_and_delivers_on() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let ann_id = w.account("ann_a");
    let conv = w.talk(bob, "ann_a");
    for n in 0..4 {
        w.send(bob, conv, &n.to_string());
    }
    w.pass(2000);
    let id = w.messages(ann, conv).pop().unwrap().id;
    w.ask(ann, MarkRead { conv, id }).unwrap();
    w.pass(2000);
    w.kill_relay();
    w.relay.accounts.get_mut(&ann_id).unwrap().mailbox.truncate(2);
    w.relay_up = true;
    w.pass(60_000);
    w.send(bob, conv, "4");
    w.send(bob, conv, "5");
    w.pass(2000);
    for _ in 0..2 {
        assert_eq!(w.texts(ann, conv), ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(w.warnings(ann, conv), []);
        assert_eq!(w.conversations(ann)[0].unread, 2);
        w.reload(ann);
        w.pass(2000);
    }
    w.send(bob, conv, "6");
    w.pass(2000);
    assert_eq!(w.texts(ann, conv).last().unwrap(), "6");
}

#[test]
fn a_restored_relay_that_has_gone_on_meanwhile_is_noticed_too() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let ann_id = w.account("ann_a");
    let conv = w.talk(bob, "ann_a");
    for n in 0..3 {
        w.send(bob, conv, &n.to_string());
    }
    w.pass(2000);
    w.input(ann, Input::Online(false));
    w.relay.accounts.get_mut(&ann_id).unwrap().mailbox.truncate(1);
    for n in 3..12 {
        w.send(bob, conv, &n.to_string());
    }
    w.pass(2000);
    w.input(ann, Input::Online(true));
    w.pass(5000);
    assert_eq!(w.texts(ann, conv), (0..12).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(w.warnings(ann, conv), []);
}

#[test]
fn a_number_out_of_turn_is_not_believed() {
    let mut w = World::new();
    let (ann, ann_id, mut eve, conv) = ann_and_eve(&mut w);
    let written = eve.write(&w.relay, ann_id, "far away", |_| ());
    let frame = signet_shared::wire::ServerFrame::Deliver {
        seq: u64::MAX,
        received_ms: 0,
        record: None,
        delivery: written.delivery.clone(),
    };
    w.relay.outgoing.push((ann, frame));
    w.settle();
    assert_eq!(w.texts(ann, conv), ["0"]);
    assert!(w.browsers[ann].logs.contains(&"number"));
    push(&mut w.relay, ann_id, &written);
    w.pass(2000);
    assert_eq!(w.texts(ann, conv), ["0", "far away"]);
}

#[test]
fn a_refused_receipt_takes_no_word_about_what_was_seen_with_it() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let ann_id = w.account("ann_a");
    let conv = w.talk(ann, "bob_b");
    w.pass(2000);
    w.send(ann, conv, "one");
    w.relay.refuse_next = Some(Refusal::TooLarge);
    w.pass(2000);
    assert!(w.relay.refuse_next.is_none(), "the receipt was refused");
    w.send(bob, conv, "two");
    w.pass(2000);
    // A new browser from which the relay keeps Ann's own message back learns of it from Bob.
    w.relay.accounts.get_mut(&ann_id).unwrap().mailbox.remove(0);
    let other = w.sign_in("ann_a");
    w.pass(2000);
    assert_eq!(w.texts(other, conv), ["two"]);
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 1 }]);
}

#[test]
fn refused_neighbours_leave_no_false_gap() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    for text in ["two", "three"] {
        w.relay.refuse_next = Some(Refusal::TooLarge);
        w.send(ann, conv, text);
        let failed = w.messages(ann, conv).pop().unwrap();
        assert!(matches!(failed.state, MessageState::Failed(_)));
        w.ask(ann, signet_ask::Discard { id: failed.id }).unwrap();
    }
    w.send(ann, conv, "four");
    w.pass(2000);
    assert_eq!(w.texts(bob, conv), ["one", "four"]);
    assert_eq!(w.warnings(bob, conv), []);
}
