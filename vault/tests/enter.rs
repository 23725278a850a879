//! Ways in and out.

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    Attach, CancelSignUp, Conversations, Event, ReadDraft, SaveDraft, SignIn, SignOut, SignUp, StartConversation,
    Status, Task, Ticket, Trouble,
};
use signet_crypto::RecoveryKey;
use signet_shared::{api, wire::Refusal};
use signet_vault::machine::Input;

fn sign_in(w: &mut World, id: usize, name: &str, password: &str) -> Result<Status, Trouble> {
    w.ask(id, SignIn { username: name.into(), password: password.into(), stay: false })
}

#[test]
fn sign_up_reports_its_progress_and_can_be_cancelled() {
    let mut w = World::new();
    let id = w.browser();
    let short = SignUp { username: "ann_a".into(), password: "too short".into(), stay: false, ticket: None };
    assert_eq!(w.ask(id, short).unwrap_err(), Trouble::BadPassword);
    let ask = w.begin(id, SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None });
    w.begin(id, CancelSignUp {});
    w.settle();
    assert_eq!(w.answer::<SignUp>(id, ask), Some(Err(Trouble::Cancelled)));
    assert!(w.relay.accounts.is_empty());

    w.browsers[id].events.clear();
    w.ask(id, SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None }).unwrap();
    let done: Vec<f32> = w.browsers[id]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Progress(progress) if progress.task == Task::SignUp => Some(progress.done),
            _ => None,
        })
        .collect();
    assert!(done.len() > 5 && done.is_sorted() && done.last() == Some(&1.0), "{done:?}");
}

#[test]
fn names_and_passwords_that_do_not_fit_get_their_own_answers() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let other = w.browser();
    let taken = SignUp { username: "ANN_A".into(), password: PASSWORD.into(), stay: false, ticket: None };
    assert_eq!(w.ask(other, taken).unwrap_err(), Trouble::UsernameTaken);
    assert_eq!(sign_in(&mut w, other, "ann_a", "not the password").unwrap_err(), Trouble::LoginFailed);
    assert_eq!(sign_in(&mut w, other, "nobody", PASSWORD).unwrap_err(), Trouble::LoginFailed);
    let start = |w: &mut World, name: &str| w.ask(ann, StartConversation { username: name.into() }).unwrap_err();
    assert_eq!(start(&mut w, "nobody"), Trouble::NoSuchUser);
    assert_eq!(start(&mut w, "Ann_A"), Trouble::Yourself);
    assert_eq!(start(&mut w, "<b>"), Trouble::BadUsername);
    w.relay.public_url = "https://elsewhere.test".into();
    assert!(matches!(sign_in(&mut w, other, "ann_a", PASSWORD), Err(Trouble::WrongOrigin { .. })));
    w.relay_up = false;
    assert_eq!(sign_in(&mut w, other, "ann_a", PASSWORD).unwrap_err(), Trouble::Unreachable);
}

#[test]
fn a_reload_needs_no_password_while_a_share_is_left() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "kept");
    w.pass(1000);
    for _ in 0..3 {
        assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
        w.pass(1000);
        assert_eq!(w.texts(ann, conv), ["kept"]);
    }
    // A restarted browser has lost the tab's share, and did not choose to stay.
    w.browsers[ann].tab = None;
    let asks = Status::SignedOut { username: Some("ann_a".into()), stay: false, locked: false };
    assert_eq!(w.reload(ann), asks);

    let stays = w.browser();
    w.ask(stays, SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay: true }).unwrap();
    assert!(w.browsers[stays].tab.is_none());
    assert!(matches!(w.reload(stays), Status::SignedIn { .. }));
    // The relay has the last word.
    w.relay.end_session(stays);
    assert!(matches!(w.reload(stays), Status::SignedOut { .. }));
}

#[test]
fn signing_out_forgets_everything_here_and_nothing_there() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "kept");
    w.pass(1000);
    w.ask(ann, SignOut { anyway: false }).unwrap();
    w.pass(1000);
    assert!(w.browsers[ann].database.values().all(|table| table.is_empty()));
    assert!(matches!(w.reload(ann), Status::SignedOut { username: None, .. }));
    sign_in(&mut w, ann, "ann_a", PASSWORD).unwrap();
    w.pass(1000);
    assert_eq!(w.texts(ann, conv), ["kept"]);
}

#[test]
fn what_is_in_this_browser_alone_is_not_forgotten_unasked() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.kill_relay();
    w.send(ann, conv, "not sent yet");
    w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
    let refused = Err(Trouble::Unsent { messages: 1, drafts: 1 });
    assert_eq!(w.ask(ann, SignOut { anyway: false }), refused);
    assert_eq!(w.texts(ann, conv), ["not sent yet"]);
    w.relay_up = true;
    w.pass(5000);
    assert_eq!(w.ask(ann, SignOut { anyway: false }), Err(Trouble::Unsent { messages: 0, drafts: 1 }));
    w.ask(ann, SaveDraft { conv, text: String::new() }).unwrap();
    w.ask(ann, SignOut { anyway: false }).unwrap();
    assert_eq!(w.texts(bob, conv), ["not sent yet"]);
}

#[test]
fn a_sign_out_without_a_network_reaches_the_relay_later() {
    for reload in [false, true] {
        let mut w = World::new();
        let ann = w.sign_up("ann_a");
        w.kill_relay();
        w.input(ann, Input::Online(false));
        w.ask(ann, SignOut { anyway: true }).unwrap();
        w.pass(1000);
        // Nothing is left but the mark, which says nothing of anyone.
        let rows: Vec<_> = w.browsers[ann].database.values().flat_map(|table| table.iter()).collect();
        assert!(matches!(rows.as_slice(), [(_, value)] if value.is_empty()), "{rows:?}");
        w.relay_up = true;
        assert!(w.relay.sessions.contains_key(&ann));
        if reload {
            w.reload(ann);
        } else {
            w.input(ann, Input::Online(true));
        }
        w.pass(1000);
        assert!(!w.relay.sessions.contains_key(&ann));
        assert!(w.browsers[ann].database.values().all(|table| table.is_empty()));
    }
}

#[test]
fn what_is_here_is_not_forgotten_unasked_while_the_account_does_not_open() {
    // What is in this browser: a message, a draft, both. A takeover while the relay is away, or an ended session.
    for (message, draft, ended) in
        [(true, false, false), (false, true, false), (true, true, false), (true, false, true)]
    {
        let mut w = World::new();
        let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
        let conv = w.talk(ann, "bob_b");
        w.pass(1000);
        w.kill_relay();
        if message {
            w.send(ann, conv, "not sent yet");
        }
        if draft {
            w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
        }
        w.restart(ann);
        let share = w.browsers[ann].tab;
        if ended {
            w.relay_up = true;
            w.relay.end_session(ann);
            assert!(matches!(w.ask(ann, Attach { share }), Ok(Status::SignedOut { .. })));
        } else {
            assert_eq!(w.ask(ann, Attach { share }), Err(Trouble::Unreachable));
        }
        assert_eq!(w.ask(ann, SignOut { anyway: false }), Err(Trouble::MaybeUnsent));
        // Nothing is gone, and a fault in looking is no leave either.
        w.browsers[ann].storage_broken = true;
        assert!(matches!(w.ask(ann, SignOut { anyway: false }), Err(Trouble::Storage { .. })));
        w.browsers[ann].storage_broken = false;
        if ended {
            sign_in(&mut w, ann, "ann_a", PASSWORD).unwrap();
        } else {
            w.relay_up = true;
            w.ask(ann, Attach { share: w.browsers[ann].tab }).unwrap();
        }
        w.pass(5000);
        assert_eq!(w.texts(ann, conv).len(), usize::from(message));
        let kept = w.ask(ann, ReadDraft { conv }).unwrap();
        assert_eq!(kept.is_empty(), !draft);
        w.restart(ann);
        w.ask(ann, SignOut { anyway: true }).unwrap();
        assert!(w.browsers[ann].database.values().all(|table| table.is_empty()));
    }
}

#[test]
fn what_one_account_left_here_is_not_forgotten_unasked_when_another_signs_in() {
    // A message or a draft; whoever comes signs up, or signs in.
    for (draft, new) in [(false, false), (true, false), (false, true)] {
        let mut w = World::new();
        let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
        let conv = w.talk(ann, "bob_b");
        w.pass(1000);
        w.kill_relay();
        if draft {
            w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
        } else {
            w.send(ann, conv, "not sent yet");
        }
        w.restart(ann);
        w.relay_up = true;
        w.relay.end_session(ann);
        assert!(matches!(w.ask(ann, Attach { share: w.browsers[ann].tab }), Ok(Status::SignedOut { .. })));
        let others = Trouble::OthersUnsent { username: "ann_a".into() };
        let other = |w: &mut World| {
            if new {
                let question =
                    SignUp { username: "cid_c".into(), password: PASSWORD.into(), stay: false, ticket: None };
                w.ask(ann, question).map(drop)
            } else {
                sign_in(w, ann, "bob_b", PASSWORD).map(drop)
            }
        };
        assert_eq!(other(&mut w), Err(others));
        // A fault in looking is no leave either.
        w.browsers[ann].storage_broken = true;
        assert!(matches!(other(&mut w), Err(Trouble::Storage { .. })));
        w.browsers[ann].storage_broken = false;
        sign_in(&mut w, ann, "ANN_A", PASSWORD).unwrap();
        w.pass(5000);
        if draft {
            assert_eq!(w.ask(ann, ReadDraft { conv }).unwrap(), "half a");
            w.ask(ann, SaveDraft { conv, text: String::new() }).unwrap();
        } else {
            assert_eq!(w.texts(bob, conv), ["not sent yet"]);
        }
        // With nothing left here, nobody is asked.
        w.relay.end_session(ann);
        w.restart(ann);
        let _ = w.ask(ann, Attach { share: w.browsers[ann].tab });
        other(&mut w).unwrap();
    }
}

#[test]
fn where_nothing_waits_a_sign_out_is_not_held_up_by_an_account_that_does_not_open() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    w.restart(ann);
    w.kill_relay();
    let share = w.browsers[ann].tab;
    assert_eq!(w.ask(ann, Attach { share }), Err(Trouble::Unreachable));
    w.ask(ann, SignOut { anyway: false }).unwrap();
    let rows: Vec<_> = w.browsers[ann].database.values().flat_map(|table| table.iter()).collect();
    assert!(matches!(rows.as_slice(), [(_, value)] if value.is_empty()), "{rows:?}");
}

#[test]
fn a_sign_out_that_the_relay_did_not_hear_of_is_told_again_by_itself() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    w.kill_relay();
    w.ask(ann, SignOut { anyway: true }).unwrap();
    w.said.clear();
    w.pass(3600 * 1000);
    let tries = w.outline(ann).len();
    assert!((8..25).contains(&tries), "{tries} in an hour");
    w.relay_up = true;
    w.pass(300_000);
    assert!(!w.relay.sessions.contains_key(&ann));
    assert!(w.browsers[ann].database.values().all(|table| table.is_empty()));
    // And that is the end of it.
    w.said.clear();
    w.pass(3600 * 1000);
    assert_eq!(w.outline(ann), [""; 0]);
}

#[test]
fn an_owed_sign_out_is_told_after_a_failed_sign_in_and_after_storage_that_was_slow_to_read() {
    for storage in [false, true] {
        let mut w = World::new();
        let ann = w.sign_up("ann_a");
        w.kill_relay();
        w.ask(ann, SignOut { anyway: true }).unwrap();
        w.browsers[ann].storage_broken = storage;
        w.restart(ann);
        w.browsers[ann].storage_broken = false;
        w.relay_up = true;
        assert!(w.relay.sessions.contains_key(&ann));
        if storage {
            let refused = w.ask(ann, Attach { share: None });
            assert!(matches!(refused, Err(Trouble::Storage { .. })));
        } else {
            assert_eq!(sign_in(&mut w, ann, "ann_a", "not the password").unwrap_err(), Trouble::LoginFailed);
            w.pass(5000);
        }
        assert!(!w.relay.sessions.contains_key(&ann), "{storage}");
    }
}

#[test]
fn an_ended_session_is_told_and_keeps_the_name() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    w.relay.end_session(ann);
    w.break_line(ann);
    w.pass(5000);
    let told = |event: &Event| matches!(event, Event::SignedOutBecause(Trouble::SessionEnded));
    assert!(w.browsers[ann].events.iter().any(told));
    let asks = Status::SignedOut { username: Some("ann_a".into()), stay: false, locked: false };
    assert_eq!(w.reload(ann), asks);
}

#[test]
fn a_sign_in_in_the_same_worker_keeps_what_the_relay_would_not_store() {
    let mut w = World::new();
    let (ann, _bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    w.relay.refuse_path = Some((api::STATE, Refusal::StoreUnavailable));
    let conv = w.talk(ann, "bob_b");
    w.pass(2000);
    w.relay.end_session(ann);
    w.break_line(ann);
    w.pass(5000);
    sign_in(&mut w, ann, "ann_a", PASSWORD).unwrap();
    assert_eq!(w.conversations(ann).iter().map(|c| c.id).collect::<Vec<_>>(), [conv]);
}

#[test]
fn damaged_keys_and_old_versions_are_refused() {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    let old = w.relay.named("ann_a").unwrap().1.state.clone();
    w.sign_up("bob_b");
    w.talk(ann, "bob_b");
    w.pass(2000);
    let account = w.relay.named("ann_a").unwrap().1;
    let new = core::mem::replace(&mut account.state, old);
    let version = core::mem::replace(&mut account.state_version, 1);
    assert!(version > 1);
    let share = w.browsers[ann].tab;
    w.reload_with(ann, share, |answer| assert_eq!(answer.unwrap_err(), Trouble::RolledBack));
    let account = w.relay.named("ann_a").unwrap().1;
    (account.state, account.state_version) = (new, version);

    let other = w.browser();
    let account = w.relay.named("ann_a").unwrap().1;
    account.keystore[100] ^= 1;
    assert_eq!(sign_in(&mut w, other, "ann_a", PASSWORD).unwrap_err(), Trouble::KeystoreDamaged);
    let account = w.relay.named("ann_a").unwrap().1;
    account.keystore[100] ^= 1;
    let last = account.statements[0].len() - 10;
    account.statements[0][last] ^= 1;
    assert_eq!(sign_in(&mut w, other, "ann_a", PASSWORD).unwrap_err(), Trouble::BadStatement);
    // Nobody pins it either.
    let cy = w.sign_up("cy_c");
    let refused = w.ask(cy, StartConversation { username: "ann_a".into() });
    assert_eq!(refused.unwrap_err(), Trouble::BadStatement);
    assert!(w.conversations(cy).is_empty());
}

/// A sign-up as far as the answer that gets lost.
fn lost_sign_up(w: &mut World) -> (usize, u32) {
    let id = w.browser();
    w.lose_answer.push(api::REGISTER_FINISH);
    let ask = w.begin(id, SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None });
    w.settle();
    assert_eq!(w.answer::<SignUp>(id, ask), None);
    (id, ask)
}

#[test]
fn a_sign_up_whose_last_answer_is_lost_is_finished_all_the_same() {
    let mut w = World::new();
    let (id, ask) = lost_sign_up(&mut w);
    assert_eq!(w.ask(id, CancelSignUp {}), Err(Trouble::Busy), "the account may exist");
    // The relay is away for a while, then out of breath.
    w.relay_up = false;
    w.pass(60_000);
    w.relay_up = true;
    w.relay.refuse_path = Some((api::REGISTER_FINISH, Refusal::TooMany));
    w.pass(60_000);
    assert_eq!(w.answer::<SignUp>(id, ask), None);
    w.relay.refuse_path = None;
    w.pass(60_000);
    let key = w.answer::<SignUp>(id, ask).unwrap().unwrap();
    assert!(!key.0.is_empty());
    assert_eq!(w.relay.accounts.len(), 1);
    let conversations = w.ask(id, Conversations {});
    assert_eq!(conversations.unwrap().len(), 0, "signed in");
}

#[test]
fn a_sign_up_that_is_answered_too_late_knows_its_account() {
    let mut w = World::new();
    let (id, ask) = lost_sign_up(&mut w);
    w.relay.finished.clear();
    w.pass(60_000);
    assert!(w.answer::<SignUp>(id, ask).unwrap().is_ok());
    assert!(w.ask(id, Conversations {}).is_ok());
    // Somebody else's is told from it.
    let mut w = World::new();
    let (id, ask) = lost_sign_up(&mut w);
    w.relay.accounts.clear();
    w.relay.finished.clear();
    let other = w.browser();
    w.ask(other, SignUp { username: "ann_a".into(), password: "another password".into(), stay: false, ticket: None })
        .unwrap();
    w.pass(60_000);
    assert_eq!(w.answer::<SignUp>(id, ask), Some(Err(Trouble::UsernameTaken)));
}

#[test]
fn a_sign_up_begun_anew_by_another_tab_knows_its_account_and_shows_the_key_that_opens_it() {
    let sign_up = |recovery, again| SignUp {
        username: "ann_a".into(),
        password: PASSWORD.into(),
        stay: false,
        ticket: Some(Ticket { recovery: [recovery; 32], again }),
    };
    // The tab that led dies: before anything reached the relay, and after the account was made.
    for made in [false, true] {
        let mut w = World::new();
        let id = w.browser();
        if made {
            w.lose_answer.push(api::REGISTER_FINISH);
        } else {
            w.relay_up = false;
        }
        w.begin(id, sign_up(7, false));
        w.settle();
        w.relay_up = true;
        assert_eq!(w.relay.accounts.len(), usize::from(made));
        w.restart(id);
        let key = w.ask(id, sign_up(7, true)).unwrap();
        assert_eq!(key.0, RecoveryKey::of([7; 32]).to_string());
        assert_eq!(w.relay.accounts.len(), 1);
        assert!(w.ask(id, Conversations {}).is_ok(), "signed in");
        assert!(matches!(w.reload(id), Status::SignedIn { .. }));
        // Whoever has the password alone gets no key to write down that opens nothing.
        let other = w.browser();
        assert_eq!(w.ask(other, sign_up(8, true)).unwrap_err(), Trouble::UsernameTaken);
        assert_eq!(w.ask(other, sign_up(8, false)).unwrap_err(), Trouble::UsernameTaken);
    }
}

#[test]
fn a_new_accounts_recovery_key_is_shown_even_if_this_browser_can_keep_nothing() {
    let mut w = World::new();
    let id = w.browser();
    w.browsers[id].storage_broken = true;
    let key =
        w.ask(id, SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None }).unwrap();
    assert!(!key.0.is_empty());
    let told = w.browsers[id].events.iter().any(|e| matches!(e, Event::SignedOutBecause(Trouble::Storage { .. })));
    assert!(told);
    w.browsers[id].storage_broken = false;
    assert!(sign_in(&mut w, id, "ann_a", PASSWORD).is_ok());
}
