//! Locking: what was open is gone, what was kept under seal is not, and the password alone opens again.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    Attach, Backup, BackupStep, BackupTrouble, ChangePassword, Conversations, Event, Lock, LockWhen, MessageState,
    ReadDraft, ReadLock, ReplaceRecoveryKey, SaveDraft, SetLock, SignIn, SignOut, Status, Trouble, Used,
};
use signet_shared::{ConvId, api, wire::Refusal};

const MINUTE: u64 = 60_000;

fn story() -> (World, usize, ConvId) {
    let mut w = World::new();
    w.sign_up("bob_b");
    let ann = w.sign_up("ann_a");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "before");
    w.pass(2000);
    (w, ann, conv)
}

fn locked(stay: bool) -> Status {
    Status::SignedOut { username: Some("ann_a".into()), stay, locked: true }
}

fn last_status(w: &World, id: usize) -> Option<Status> {
    w.browsers[id].events.iter().rev().find_map(|event| match event {
        Event::Status(status) => Some(status.clone()),
        _ => None,
    })
}

fn unlock(w: &mut World, id: usize, stay: bool) {
    let question = SignIn { username: "ann_a".into(), password: PASSWORD.into(), stay };
    assert!(matches!(w.ask(id, question), Ok(Status::SignedIn { .. })));
    w.pass(3000);
}

fn lock_after(unused_min: u16, no_tab: bool) -> SetLock {
    SetLock { when: LockWhen { unused_min, no_tab } }
}

#[test]
fn locked_by_hand_nothing_opens_but_by_the_password() {
    let (mut w, ann, conv) = story();
    let share = w.browsers[ann].tab;
    assert!(share.is_some() && w.relay.sessions.contains_key(&ann));
    w.ask(ann, Lock {}).unwrap();
    assert_eq!(last_status(&w, ann), Some(locked(false)));
    assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut));
    assert!(!w.relay.sessions.contains_key(&ann) && !w.relay.sockets.contains_key(&ann));
    assert_eq!(w.browsers[ann].tab, None);
    // Another tab, a reload, and even one that kept its share.
    assert_eq!(w.ask(ann, Attach { share }), Ok(locked(false)));
    assert_eq!(w.reload(ann), locked(false));
    w.reload_with(ann, share, |answer| assert_eq!(answer, Ok(locked(false))));
    assert_eq!(w.ask(ann, Lock {}), Ok(()), "twice does no harm");

    let wrong = SignIn { username: "ann_a".into(), password: "not the password".into(), stay: false };
    assert_eq!(w.ask(ann, wrong), Err(Trouble::LoginFailed));
    assert_eq!(w.reload(ann), locked(false), "and stays locked");
    unlock(&mut w, ann, false);
    assert_eq!(w.texts(ann, conv), ["before"]);
    assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
}

#[test]
fn what_waits_is_sent_after_unlocking() {
    let (mut w, ann, conv) = story();
    w.kill_relay();
    w.send(ann, conv, "waits");
    w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
    w.ask(ann, Lock {}).unwrap();
    // The relay does not know yet; a new start tells it before anything else can use the session.
    assert!(w.relay.sessions.contains_key(&ann));
    w.relay_up = true;
    assert_eq!(w.reload(ann), locked(false));
    w.pass(10_000);
    assert!(!w.relay.sessions.contains_key(&ann));
    unlock(&mut w, ann, false);
    assert_eq!(w.texts(ann, conv), ["before", "waits"]);
    assert!(!w.states(ann, conv).contains(&MessageState::Sending));
    assert_eq!(w.ask(ann, ReadDraft { conv }), Ok("half a".into()));
}

#[test]
fn a_lock_that_the_relay_did_not_hear_of_does_not_end_the_session_after_it() {
    let (mut w, ann, conv) = story();
    w.lose_answer = vec![api::SIGN_OUT];
    w.ask(ann, Lock {}).unwrap();
    unlock(&mut w, ann, false);
    assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
    w.pass(600_000);
    w.send(ann, conv, "after");
    w.pass(3000);
    assert_eq!(w.texts(ann, conv), ["before", "after"]);
}

#[test]
fn locked_when_nobody_is_there() {
    let (mut w, ann, _) = story();
    assert_eq!(w.ask(ann, ReadLock {}), Ok(LockWhen { unused_min: 0, no_tab: true }));
    w.pass(600 * MINUTE);
    assert!(w.ask(ann, Conversations {}).is_ok(), "never, unless set");
    w.ask(ann, lock_after(15, true)).unwrap();
    for _ in 0..4 {
        w.pass(14 * MINUTE);
        w.ask(ann, Used {}).unwrap();
    }
    w.pass(15 * MINUTE - 1);
    assert!(w.ask(ann, Conversations {}).is_ok());
    w.pass(1);
    assert_eq!(last_status(&w, ann), Some(locked(false)));
    assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut));
    w.ask(ann, Used {}).unwrap();
    assert_eq!(w.reload(ann), locked(false), "using it then is too late");
    unlock(&mut w, ann, false);
    assert_eq!(w.ask(ann, ReadLock {}), Ok(LockWhen { unused_min: 15, no_tab: true }), "the choice is kept");
    w.ask(ann, lock_after(0, true)).unwrap();
    w.pass(600 * MINUTE);
    assert!(w.ask(ann, Conversations {}).is_ok());
}

#[test]
fn a_computer_that_slept_or_was_off_finds_it_locked() {
    for runs in [true, false] {
        let (mut w, ann, _) = story();
        w.ask(ann, lock_after(5, false)).unwrap();
        w.pass(2 * MINUTE);
        w.ask(ann, Used {}).unwrap();
        // No timer of it runs meanwhile.
        w.browsers[ann].timers.clear();
        w.now += 6 * MINUTE;
        match runs {
            true => assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut)),
            false => assert_eq!(w.reload(ann), locked(true)),
        }
        assert_eq!(w.reload(ann), locked(true));
        assert!(!w.relay.sessions.contains_key(&ann));
    }
}

#[test]
fn locked_with_the_last_tab_or_not_as_set() {
    let (mut w, ann, conv) = story();
    for no_tab in [false, true, false] {
        w.ask(ann, lock_after(0, no_tab)).unwrap();
        assert_eq!(w.ask(ann, ReadLock {}).unwrap().no_tab, no_tab);
        assert_eq!(w.browsers[ann].tab.is_some(), no_tab, "a share for the tab to keep");
        assert!(matches!(w.reload(ann), Status::SignedIn { .. }), "a tab that is loaded again is not closed");
    }
    w.browsers[ann].tab = None;
    assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
    w.ask(ann, lock_after(0, true)).unwrap();
    w.browsers[ann].tab = None;
    assert!(matches!(w.reload(ann), Status::SignedOut { .. }));
    unlock(&mut w, ann, true);
    assert_eq!(w.texts(ann, conv), ["before"]);
}

#[test]
fn a_new_recovery_key_is_not_lost_by_locking() {
    let (mut w, ann, _) = story();
    w.ask(ann, lock_after(5, true)).unwrap();
    w.hold = vec![api::SECRET_FINISH];
    let change = w.begin(ann, ReplaceRecoveryKey { current: PASSWORD.into(), ticket: None });
    w.settle();
    assert_eq!(w.ask(ann, Lock {}), Err(Trouble::Busy));
    w.pass(6 * MINUTE);
    w.let_go(api::SECRET_FINISH, None);
    assert!(w.answer::<ReplaceRecoveryKey>(ann, change).unwrap().is_ok());
    w.pass(MINUTE);
    assert_eq!(last_status(&w, ann), Some(locked(false)));
}

#[test]
fn a_relay_that_never_ends_a_change_does_not_keep_the_browser_open() {
    for refusal in [Refusal::StoreUnavailable, Refusal::TooMany] {
        for of_key in [true, false] {
            let (mut w, ann, _) = story();
            w.relay.refuse_path = Some((api::SECRET_FINISH, refusal));
            let new = "a different horse entirely";
            let password =
                ChangePassword { current: Some(PASSWORD.into()), new: new.into(), end_others: false, ticket: None };
            let (key, word) = match of_key {
                true => (Some(w.begin(ann, ReplaceRecoveryKey { current: PASSWORD.into(), ticket: None })), None),
                false => (None, Some(w.begin(ann, password))),
            };
            w.settle();
            if of_key {
                assert_eq!(w.ask(ann, Lock {}), Err(Trouble::Busy), "for a moment it may still come");
                w.pass(5 * MINUTE);
            }
            w.ask(ann, Lock {}).unwrap();
            assert_eq!(last_status(&w, ann), Some(locked(false)));
            assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut));
            // Who waits is told, and what the relay kept from being replaced still opens.
            let over = Some(Trouble::SessionEnded);
            assert_eq!(
                key.and_then(|ask| w.answer::<ReplaceRecoveryKey>(ann, ask).unwrap().err()),
                over.clone().filter(|_| of_key)
            );
            assert_eq!(
                word.and_then(|ask| w.answer::<ChangePassword>(ann, ask).unwrap().err()),
                over.filter(|_| !of_key)
            );
            unlock(&mut w, ann, false);
        }
    }
}

#[test]
fn what_opens_without_a_tab_goes_before_that_is_said_even_with_the_relay_away() {
    for back in [false, true] {
        let (mut w, ann, _) = story();
        w.ask(ann, lock_after(0, false)).unwrap();
        w.browsers[ann].tab = None;
        assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
        w.kill_relay();
        w.ask(ann, lock_after(0, true)).unwrap();
        if back {
            // The old slot is not only left alone: it is gone, also for whoever alters what this browser keeps of the choice.
            w.ask(ann, lock_after(0, false)).unwrap();
        }
        w.browsers[ann].tab = None;
        w.relay_up = true;
        assert!(matches!(w.reload(ann), Status::SignedOut { .. }));
        unlock(&mut w, ann, false);
    }
}

#[test]
fn a_backup_that_was_being_written_ends_there() {
    let (mut w, ann, _) = story();
    let step = BackupStep::Write { password: "a backup password".into(), messages: true };
    let begun = w.ask(ann, Backup { run: 1, step: step.into() }).unwrap();
    let at = begun.bytes.len() as u64;
    w.ask(ann, Lock {}).unwrap();
    let more = w.ask(ann, Backup { run: 1, step: BackupStep::More { at }.into() });
    assert_eq!(more.err(), Some(Trouble::SignedOut));
    unlock(&mut w, ann, false);
    let more = w.ask(ann, Backup { run: 1, step: BackupStep::More { at }.into() });
    assert_eq!(more.err(), Some(Trouble::Backup(BackupTrouble::Interrupted)));
}

#[test]
fn a_disk_that_is_full_does_not_keep_it_open() {
    let (mut w, ann, _) = story();
    w.browsers[ann].storage_broken = true;
    assert!(matches!(w.ask(ann, Lock {}), Err(Trouble::Storage { .. })));
    assert_eq!(last_status(&w, ann), Some(locked(false)));
    assert_eq!(w.ask(ann, Conversations {}), Err(Trouble::SignedOut));
    // The old local slot is still there, but nothing opens it: the relay's share went with the session.
    w.browsers[ann].storage_broken = false;
    assert!(matches!(w.reload(ann), Status::SignedOut { .. }));
    unlock(&mut w, ann, false);
}

#[test]
fn signing_out_of_a_locked_browser_takes_along_what_is_sealed_there() {
    let (mut w, ann, conv) = story();
    w.kill_relay();
    w.send(ann, conv, "waits");
    w.ask(ann, Lock {}).unwrap();
    assert_eq!(w.ask(ann, SignOut { anyway: false }), Err(Trouble::MaybeUnsent));
    w.ask(ann, SignOut { anyway: true }).unwrap();
    assert_eq!(w.reload(ann), Status::NOBODY);
}
