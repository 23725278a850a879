//! The end of an account: nothing of it stays here, and its people see that it is gone.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    Attach, Conversations, DeleteAccount, Event, FailedBecause, MessageState, SignIn, SignUp, StartConversation,
    Status, Trouble,
};
use signet_shared::{ConvId, api, wire::Refusal};

fn story() -> (World, usize, usize, ConvId) {
    let mut w = World::new();
    let bob = w.sign_up("bob_b");
    let ann = w.sign_up("ann_a");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "before");
    w.pass(3000);
    (w, ann, bob, conv)
}

fn delete(current: &str) -> DeleteAccount {
    DeleteAccount { current: current.into() }
}

#[test]
fn nothing_of_a_deleted_account_stays_and_its_people_see_that() {
    let (mut w, ann, bob, conv) = story();
    let there = w.sign_in("ann_a");
    let share = w.browsers[ann].tab;
    assert_eq!(w.ask(ann, delete("not the password")), Err(Trouble::LoginFailed));
    w.send(ann, conv, "still here");
    w.pass(3000);

    assert_eq!(w.ask(ann, delete(PASSWORD)), Ok(()));
    assert!(w.browsers[ann].database.is_empty() && w.browsers[ann].tab.is_none());
    let told = |event: &Event| matches!(event, Event::SignedOutBecause(Trouble::Deleted));
    assert!(w.browsers[ann].events.iter().any(told));
    assert_eq!(w.ask(ann, Attach { share }), Ok(Status::NOBODY));
    w.pass(3000);
    assert_eq!(w.ask(there, Conversations {}), Err(Trouble::SignedOut), "elsewhere at once");
    let again = SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay: false };
    assert_eq!(w.ask(there, again), Err(Trouble::LoginFailed));
    let new = w.browser();
    let taken = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    assert_eq!(w.ask(new, taken), Err(Trouble::UsernameTaken));

    // Her words stay with whom she gave them to; an answer is refused in words that say why.
    assert_eq!(w.texts(bob, conv), ["before", "still here"]);
    w.send(bob, conv, "where are you?");
    w.pass(3000);
    let last = w.states(bob, conv).pop();
    assert_eq!(last, Some(MessageState::Failed(FailedBecause::NoSuchAccount)));
    let cat = w.sign_up("cat_c");
    let nobody = StartConversation { username: "ann_a".into() };
    assert_eq!(w.ask(cat, nobody), Err(Trouble::NoSuchUser));
    // And in a browser that never met her.
    let bobs = w.sign_in("bob_b");
    w.pass(3000);
    assert_eq!(w.texts(bobs, conv), ["before", "still here"]);
    assert!(w.warnings(bobs, conv).is_empty());
}

#[test]
fn what_was_not_deleted_goes_on() {
    let (mut w, ann, bob, conv) = story();
    w.relay.refuse_path = Some((api::ACCOUNT_DELETE, Refusal::StoreUnavailable));
    assert_eq!(w.ask(ann, delete(PASSWORD)), Err(Trouble::RelayStore));
    w.relay.refuse_path = None;
    w.send(ann, conv, "still here");
    w.pass(5000);
    assert_eq!(w.texts(bob, conv), ["before", "still here"]);
    assert!(matches!(w.reload(ann), Status::SignedIn { .. }), "with a way in of the new session");
    w.relay.logins_too_old = true;
    assert_eq!(w.ask(ann, delete(PASSWORD)), Err(Trouble::LoginTooOld));
    w.relay.logins_too_old = false;
    assert_eq!(w.ask(ann, delete(PASSWORD)), Ok(()));
}

#[test]
fn an_answer_that_got_lost_is_not_taken_for_done() {
    let (mut w, ann, _, _) = story();
    w.lose_answer = vec![api::ACCOUNT_DELETE];
    let answer = w.ask(ann, delete(PASSWORD));
    assert!(matches!(answer, Err(Trouble::Unreachable | Trouble::SessionEnded)), "{answer:?}");
    w.pass(60_000);
    // The session is over, which is all that can be known here; signing in shows the rest.
    assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut));
}
