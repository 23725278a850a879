//! The sealed state between browsers, against a relay that goes back in time, lies about versions or never agrees.

mod common;

use common::{World, puppet::Puppet};
use signet_ask::{Event, MarkRead, MessageState, Status, Warning};
use signet_shared::{AccountId, ConvId, api, wire::Refusal};
use signet_vault::machine::Input;

/// Ann, who has met Bob; and the state as the relay has it then.
struct Back {
    w: World,
    ann: usize,
    ann_id: AccountId,
    with_bob: ConvId,
    state: Vec<u8>,
    version: u64,
}

fn begun() -> Back {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    for name in ["bob_b", "cy_c"] {
        Puppet::new(name).register(&mut w.relay);
    }
    let with_bob = w.talk(ann, "bob_b");
    w.pass(2000);
    let ann_id = w.account("ann_a");
    let account = &w.relay.accounts[&ann_id];
    let (state, version) = (account.state.clone(), account.state_version);
    Back { w, ann, ann_id, with_bob, state, version }
}

impl Back {
    fn go_back(&mut self) {
        self.w.relay.put_back(self.ann_id, &self.state, self.version);
    }
}

#[test]
fn ones_own_mail_proves_that_the_state_was_rolled_back() {
    let mut back = begun();
    back.w.talk(back.ann, "cy_c");
    back.w.pass(2000);
    back.w.send(back.ann, back.with_bob, "hello Bob");
    back.w.pass(2000);
    back.go_back();
    let other = back.w.sign_in("ann_a");
    back.w.pass(2000);
    assert_eq!(back.w.texts(other, back.with_bob), ["hello Bob"]);
    for _ in 0..2 {
        assert_eq!(back.w.warnings(other, back.with_bob), [Warning::RolledBack]);
        back.w.reload(other);
        back.w.pass(2000);
    }
}

#[test]
fn mail_of_a_conversation_that_went_with_the_rollback_proves_it_too() {
    let mut back = begun();
    let with_cy = back.w.talk(back.ann, "cy_c");
    back.w.pass(2000);
    back.w.send(back.ann, with_cy, "hello Cy");
    back.w.pass(2000);
    back.go_back();
    let other = back.w.sign_in("ann_a");
    back.w.pass(2000);
    assert_eq!(back.w.conversations(other).len(), 1);
    assert_eq!(back.w.warnings(other, back.with_bob), [Warning::RolledBack]);
}

#[test]
fn two_states_of_one_version_are_told_apart() {
    let mut back = begun();
    let other = back.w.sign_in("ann_a");
    // The first browser's change is shown to nobody, the other's takes its version.
    back.w.relay.sockets.remove(&other);
    back.w.talk(back.ann, "cy_c");
    back.w.pass(2000);
    back.go_back();
    Puppet::new("dee_d").register(&mut back.w.relay);
    back.w.talk(other, "dee_d");
    back.w.pass(2000);
    assert_eq!(back.w.warnings(other, back.with_bob), []);
    back.w.send(back.ann, back.with_bob, "after the one");
    back.w.come_back(other);
    assert_eq!(back.w.texts(other, back.with_bob), ["after the one"]);
    assert_eq!(back.w.warnings(other, back.with_bob), [Warning::RolledBack]);
}

#[test]
fn a_version_that_cannot_be_is_not_believed() {
    let mut back = begun();
    back.w.relay.stored_version = Some(u64::MAX);
    back.w.talk(back.ann, "cy_c");
    back.w.pass(2000);
    back.w.relay.stored_version = None;
    assert!(matches!(back.w.reload(back.ann), Status::SignedIn { .. }), "this browser is not locked out");
    back.w.pass(60_000);
    assert_eq!(back.w.conversations(back.ann).len(), 2);
    assert_eq!(back.w.warnings(back.ann, back.with_bob), []);
}

#[test]
fn a_relay_that_never_agrees_is_asked_ever_more_rarely() {
    let mut back = begun();
    back.w.relay.refuse_path = Some((api::STATE, Refusal::VersionConflict));
    back.w.relay.paths.clear();
    back.w.talk(back.ann, "cy_c");
    back.w.pass(3_600_000);
    let tries = back.w.relay.paths.iter().filter(|path| **path == api::STATE).count();
    assert!((3..20).contains(&tries), "{tries}");
    assert_eq!(back.w.warnings(back.ann, back.with_bob), [Warning::StateNotKept]);
    back.w.relay.refuse_path = None;
    back.w.pass(3_600_000);
    assert_eq!(back.w.warnings(back.ann, back.with_bob), []);
}

#[test]
fn a_browser_whose_states_another_one_overtakes_again_and_again_raises_no_alarm() {
    let mut back = begun();
    let other = back.w.sign_in("ann_a");
    back.w.pass(5000);
    back.w.input(back.ann, Input::Online(false));
    let account = |w: &World| w.relay.accounts[&back.ann_id].clone();
    let before = account(&back.w);
    let mut overtaking = Vec::new();
    for n in 0..8 {
        let name = format!("person_{n}");
        Puppet::new(&name).register(&mut back.w.relay);
        back.w.talk(other, &name);
        back.w.pass(2000);
        overtaking.push(account(&back.w).state);
    }
    back.w.input(other, Input::Online(false));
    back.w.relay.put_back(back.ann_id, &before.state, before.state_version);
    back.w.relay.overtaking = overtaking.into();
    back.w.input(back.ann, Input::Online(true));
    back.w.pass(5000);
    back.w.talk(back.ann, "cy_c");
    back.w.browsers[back.ann].events.clear();
    back.w.pass(3_600_000);
    assert!(back.w.relay.overtaking.is_empty());
    let alarm =
        |event: &Event| matches!(event, Event::Conversations(list) if list.iter().any(|c| !c.warnings.is_empty()));
    assert!(!back.w.browsers[back.ann].events.iter().any(alarm));
    assert_eq!(back.w.conversations(back.ann).len(), 10);
    assert_eq!(account(&back.w).state_version, before.state_version + 9);
}

#[test]
fn a_relay_that_asks_for_a_day_of_patience_gets_a_minute() {
    let mut back = begun();
    back.w.relay.retry_after_s = 86_400;
    back.w.relay.refuse_next = Some(Refusal::TooMany);
    back.w.send(back.ann, back.with_bob, "soon");
    back.w.pass(61_000);
    assert_eq!(back.w.states(back.ann, back.with_bob), [MessageState::Sent]);
}

#[test]
fn a_message_whose_writer_could_not_be_looked_up_at_once_is_shown_later() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let ann_id = w.account("ann_a");
    let mut eve = Puppet::new("eve_e");
    eve.register(&mut w.relay);
    w.relay.refuse_path = Some((api::LOOKUP, Refusal::TooMany));
    w.relay.retry_after_s = 20;
    eve.send(&mut w.relay, ann_id, "hello");
    w.settle();
    w.relay.paths.clear();
    w.pass(19_000);
    assert!(w.relay.paths.iter().all(|path| path != api::LOOKUP), "the relay's wish is kept");
    w.relay.refuse_path = None;
    w.pass(2_000);
    let list = w.conversations(ann);
    assert_eq!(w.texts(ann, list[0].id), ["hello"]);
    let id = w.messages(ann, list[0].id)[0].id;
    w.ask(ann, MarkRead { conv: list[0].id, id }).unwrap();
}
