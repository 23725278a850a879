//! The line to the relay: when it breaks, when nothing comes, and how little is said on it.

mod common;

use common::World;
use signet_ask::{Connection, Conversations, Event};
use signet_shared::{api, wire::PING_EVERY_MS};
use signet_vault::machine::Input;

/// What this browser's page was told of the line, oldest first.
fn told(w: &World, id: usize) -> Vec<Connection> {
    let is = |event: &Event| if let Event::Connection(now) = event { Some(*now) } else { None };
    w.browsers[id].events.iter().filter_map(is).collect()
}

fn pauses(w: &World, id: usize) -> Vec<u64> {
    let pause = |now: Connection| if let Connection::Reconnecting { in_ms } = now { Some(in_ms.into()) } else { None };
    told(w, id).into_iter().filter_map(pause).filter(|in_ms| *in_ms > 0).collect()
}

/// A relay that restarts must not be met by everybody at once, again and again.
#[test]
fn pauses_double_up_to_half_a_minute_and_differ_between_browsers() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    w.kill_relay();
    w.pass(300_000);
    let (first, second) = (pauses(&w, ann), pauses(&w, bob));
    for pauses in [&first, &second] {
        assert!((10..25).contains(&pauses.len()), "{pauses:?}");
        for (tries, pause) in pauses.iter().enumerate() {
            let most = (500_u64 << tries.min(10)).min(30_000);
            assert!((most / 2..=most).contains(pause), "{pause} ms after {tries} tries");
        }
    }
    assert_ne!(first, second);
    w.relay_up = true;
    w.pass(31_000);
    assert_eq!(told(&w, ann).last(), Some(&Connection::Connected));
}

/// A relay that opens the line and then breaks it is left alone for longer and longer, as one that does not answer.
#[test]
fn a_line_that_never_comes_to_its_end_is_tried_more_and_more_seldom() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(bob, "ann_a");
    w.send(bob, conv, "one");
    w.pass(2000);
    w.said.clear();
    // A number out of turn, on every line.
    w.relay.skip_number = true;
    w.break_line(ann);
    w.pass(300_000);
    let lines = w.outline(ann).iter().filter(|said| *said == "subscribe").count();
    assert!((5..30).contains(&lines), "{lines} lines in five minutes");
}

/// A line whose other end is gone often looks as if it stood.
#[test]
fn a_relay_that_falls_silent_is_left_for_a_new_line() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    w.pass(10 * PING_EVERY_MS);
    assert_eq!(pauses(&w, ann), Vec::<u64>::new(), "pings are answered");
    // Nobody hears, and nothing is closed.
    w.relay_up = false;
    w.pass(PING_EVERY_MS);
    assert_eq!(told(&w, ann).last(), Some(&Connection::Connected));
    w.pass(2 * PING_EVERY_MS);
    assert!(matches!(told(&w, ann).last(), Some(Connection::Reconnecting { .. })));
    w.relay_up = true;
    w.pass(31_000);
    assert_eq!(told(&w, ann).last(), Some(&Connection::Connected));
}

/// A receipt is a message too: one for each would double what everybody stores.
#[test]
fn what_comes_together_is_answered_by_one_receipt() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "0");
    w.pass(1000);
    w.input(bob, Input::Online(false));
    for n in 1..30 {
        w.send(ann, conv, &n.to_string());
    }
    w.pass(1000);
    let before = w.relay.named("ann_a").unwrap().1.mailbox.len();
    w.input(bob, Input::Online(true));
    w.pass(2000);
    assert_eq!(w.texts(bob, conv).len(), 30);
    assert_eq!(w.relay.named("ann_a").unwrap().1.mailbox.len(), before + 1);
}

/// Nothing that was said in between is told again; so a browser asks what it has missed.
#[test]
fn a_browser_that_was_away_takes_in_what_another_has_written() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let other = w.sign_in("ann_a");
    w.pass(1000);
    w.input(other, Input::Online(false));
    w.talk(ann, "bob_b");
    w.pass(1000);
    assert!(w.ask(other, Conversations {}).unwrap().is_empty());
    w.input(other, Input::Online(true));
    w.pass(2000);
    assert_eq!(w.ask(other, Conversations {}).unwrap().len(), 1);
    // What is known already is not fetched anew on each connection.
    w.said.clear();
    w.input(other, Input::Online(false));
    w.input(other, Input::Online(true));
    w.pass(2000);
    assert!(w.outline(other).iter().all(|said| !said.contains(api::VAULT)), "{:?}", w.outline(other));
}
