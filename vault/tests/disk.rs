//! This browser's storage fails, at any point: nothing stays stuck, nothing is lost, nothing is claimed that is not.

mod common;

use common::{PASSWORD, World, puppet::Puppet};
use signet_ask::{Attach, Event, MessageState, SignIn, SignOut, StartConversation, Status, Trouble};
use signet_shared::{ClientUuid, ConvId};

fn two(w: &mut World) -> (usize, usize, ConvId) {
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.talk(bob, "ann_a");
    w.pass(2000);
    (ann, bob, conv)
}

#[test]
fn a_message_that_could_not_be_stored_at_once_is_shown_when_it_is() {
    let mut w = World::new();
    let (ann, bob, conv) = two(&mut w);
    w.send(ann, conv, "one");
    w.pass(2000);
    w.browsers[bob].storage_broken = true;
    w.browsers[bob].events.clear();
    w.send(ann, conv, "two");
    assert!(w.browsers[bob].events.iter().all(|event| !matches!(event, Event::Messages { .. })));
    w.browsers[bob].storage_broken = false;
    w.pass(5000);
    let told = w.browsers[bob].events.iter().any(|event| match event {
        Event::Messages { messages, .. } => messages.iter().any(|message| common::text(message) == "two"),
        _ => false,
    });
    assert!(told);
    w.reload(bob);
    w.pass(2000);
    assert_eq!(w.texts(bob, conv), ["one", "two"]);
    assert_eq!(w.states(ann, conv), [MessageState::Delivered, MessageState::Delivered]);
}

/// Whatever the transaction that fails, everything is as it should be in the end.
#[test]
fn any_one_transaction_may_fail() {
    let mut failed = 0;
    for at in 0..9 {
        let mut w = World::new();
        let (ann, bob, conv) = two(&mut w);
        w.browsers[ann].fail_after = Some(at);
        let uuid = ClientUuid([7; 16]);
        let sent = w.ask(ann, signet_ask::Send { conv, uuid, text: "once".into() });
        let start = w.ask(ann, StartConversation { username: "nobody".into() });
        assert_eq!(start.unwrap_err(), Trouble::NoSuchUser);
        w.pass(3000);
        let id = w.messages(bob, conv).last().map(|message| message.id);
        if let Some(id) = id {
            w.send(bob, conv, "answer");
            w.pass(3000);
            assert_eq!(id.uuid, uuid);
            let last = w.messages(ann, conv).pop().unwrap().id;
            let _ = w.ask(ann, signet_ask::MarkRead { conv, id: last });
        }
        if w.browsers[ann].fail_after.take().is_none() {
            failed += 1;
        }
        if sent.is_err() {
            w.ask(ann, signet_ask::Send { conv, uuid, text: "once".into() }).unwrap();
        }
        w.pass(60_000);
        let texts = w.texts(ann, conv);
        assert_eq!(texts[0], "once", "{at}");
        assert_eq!(w.texts(bob, conv), texts, "{at}");
        assert_eq!(w.states(ann, conv)[0], MessageState::Delivered, "{at}");
        assert!(w.browsers[ann].database.get("outbox").is_none_or(|rows| rows.is_empty()), "{at}");
        w.reload(ann);
        w.pass(60_000);
        assert_eq!(w.texts(ann, conv), texts, "{at}");
        assert_eq!((w.warnings(ann, conv), w.warnings(bob, conv)), (vec![], vec![]), "{at}");
        // Later changes of the state are written.
        let before = w.relay.named("ann_a").unwrap().1.state_version;
        Puppet::new("cy_c").register(&mut w.relay);
        w.talk(ann, "cy_c");
        w.pass(5000);
        assert!(w.relay.named("ann_a").unwrap().1.state_version > before, "{at}");
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn a_message_that_is_refused_for_want_of_storage_is_still_a_draft() {
    // Whichever of its transactions fails; then the same again after a restart.
    for at in 0..2 {
        let mut w = World::new();
        let (ann, _, conv) = two(&mut w);
        w.ask(ann, signet_ask::SaveDraft { conv, text: "long thought".into() }).unwrap();
        w.browsers[ann].fail_after = Some(at);
        let sent = w.ask(ann, signet_ask::Send { conv, uuid: ClientUuid([7; 16]), text: "long thought".into() });
        assert!(matches!(sent, Err(Trouble::Storage { .. })), "{at}");
        w.browsers[ann].fail_after = None;
        w.pass(5000);
        assert_eq!(w.texts(ann, conv), [""; 0], "{at}");
        assert_eq!(w.ask(ann, signet_ask::ReadDraft { conv }).unwrap(), "long thought", "{at}");
        w.reload(ann);
        w.pass(5000);
        assert_eq!(w.ask(ann, signet_ask::ReadDraft { conv }).unwrap(), "long thought", "{at}, reloaded");
    }
}

#[test]
fn a_state_that_fails_to_be_kept_here_is_written_to_the_relay_all_the_same() {
    let mut w = World::new();
    let (ann, _, _) = two(&mut w);
    w.sign_up("cy_c");
    let before = w.relay.named("ann_a").unwrap().1.state_version;
    w.browsers[ann].storage_broken = true;
    assert!(matches!(w.ask(ann, StartConversation { username: "cy_c".into() }), Err(Trouble::Storage { .. })));
    w.browsers[ann].storage_broken = false;
    w.pass(10_000);
    assert!(w.relay.named("ann_a").unwrap().1.state_version > before);
}

#[test]
fn nobody_is_let_in_while_what_this_browser_has_cannot_be_read() {
    let mut w = World::new();
    let (ann, _, conv) = two(&mut w);
    w.ask(ann, signet_ask::SaveDraft { conv, text: "half a thought".into() }).unwrap();
    w.browsers[ann].storage_broken = true;
    let share = w.browsers[ann].tab;
    w.reload_with(ann, share, |result| assert!(matches!(result, Err(Trouble::Storage { .. }))));
    w.browsers[ann].storage_broken = false;
    // A try that cannot know better yet has it read again; by the next it has been, and all is there.
    let sign_in = SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay: false };
    let first = w.ask(ann, sign_in.clone());
    assert!(matches!(first, Err(Trouble::Storage { .. })), "{first:?}");
    let status = w.ask(ann, sign_in);
    assert!(matches!(status, Ok(Status::SignedIn { .. })), "{status:?}");
    assert_eq!(w.ask(ann, signet_ask::ReadDraft { conv }).unwrap(), "half a thought");
}

#[test]
fn a_sign_out_that_cannot_forget_says_so() {
    let mut w = World::new();
    let (ann, _, _) = two(&mut w);
    w.browsers[ann].storage_broken = true;
    assert!(matches!(w.ask(ann, SignOut { anyway: false }), Err(Trouble::Storage { .. })));
    assert_eq!(w.browsers[ann].tab, None);
    assert_eq!(w.ask(ann, Attach { share: None }).unwrap(), Status::NOBODY);
}

#[test]
fn a_sign_in_that_fails_at_its_last_step_can_be_tried_again() {
    for at in 0..4 {
        let mut w = World::new();
        let (_, _, conv) = two(&mut w);
        let other = w.browser();
        w.browsers[other].fail_after = Some(at);
        let sign_in = || SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay: false };
        let first = w.ask(other, sign_in());
        if let Err(trouble) = first {
            assert!(matches!(trouble, Trouble::Storage { .. }), "{at}: {trouble:?}");
            w.ask(other, sign_in()).unwrap();
        }
        w.pass(2000);
        assert_eq!(w.conversations(other)[0].id, conv);
    }
}
