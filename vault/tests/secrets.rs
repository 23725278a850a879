//! Replacing and testing secrets, and the account's sessions: at no moment do two passwords live, at no interruption none.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    ChangePassword, Conversations, EndOtherSessions, EndSession, MarkVerified, ReadAccount, ReadDetails, ReadSessions,
    RecoveryKeySaved, ReplaceRecoveryKey, SignIn, SignInWithRecoveryKey, SignUp, Status, TestRecoveryKey, Ticket,
    Trouble, Verified,
};
use signet_shared::{api, wire::Refusal};
use signet_vault::machine::HttpAnswer;

const NEW: &str = "a different horse entirely";

fn signs_in(w: &mut World, password: &str) -> bool {
    let id = w.browser();
    let asked = w.ask(id, SignIn { username: "ann_a".into(), password: password.into(), stay: false });
    assert!(matches!(asked, Ok(_) | Err(Trouble::LoginFailed)), "{asked:?}");
    asked.is_ok()
}

fn recovers(w: &mut World, key: &str) -> Result<usize, Trouble> {
    let id = w.browser();
    w.ask(id, SignInWithRecoveryKey { username: "ann_a".into(), key: key.into(), stay: false }).map(|_| id)
}

fn change(end_others: bool) -> ChangePassword {
    ChangePassword { current: Some(PASSWORD.into()), new: NEW.into(), end_others, ticket: None }
}

/// Ann, who has said something to Bob, and her recovery key.
fn story() -> (World, usize, signet_shared::ConvId, String) {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(ann, question).unwrap();
    w.sign_up("bob_b");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "before");
    w.pass(2000);
    (w, ann, conv, key.0)
}

#[test]
fn a_changed_password_opens_everything_and_the_old_one_nothing() {
    let (mut w, ann, conv, key) = story();
    let other = w.sign_in("ann_a");
    assert_eq!(w.ask(ann, change(true)), Ok(1));
    w.pass(5000);
    assert!(!signs_in(&mut w, PASSWORD) && signs_in(&mut w, NEW));
    let found = recovers(&mut w, &key).unwrap();
    w.pass(1000);
    assert_eq!(w.texts(found, conv), ["before"]);
    // The others are signed out, this one is not: its line is up, what it sends arrives, and a reload asks for nothing.
    assert_eq!(w.ask(other, ReadAccount {}), Err(Trouble::SignedOut));
    w.send(ann, conv, "after");
    w.pass(2000);
    assert_eq!(w.texts(found, conv), ["before", "after"]);
    assert!(matches!(w.reload(ann), Status::SignedIn { .. }));
}

#[test]
fn other_sessions_may_stay() {
    let (mut w, ann, conv, _) = story();
    let other = w.sign_in("ann_a");
    assert_eq!(w.ask(ann, change(false)), Ok(0));
    w.send(other, conv, "still here");
    w.pass(3000);
    assert_eq!(w.texts(ann, conv), ["before", "still here"]);
    // It cannot change anything by the old password.
    assert_eq!(w.ask(other, change(true)), Err(Trouble::LoginFailed));
}

#[test]
fn what_does_not_fit_is_told_apart_and_changes_nothing() {
    let (mut w, ann, conv, key) = story();
    let ask = |current: Option<&str>, new: &str| ChangePassword {
        current: current.map(str::to_owned),
        new: new.into(),
        end_others: true,
        ticket: None,
    };
    assert_eq!(w.ask(ann, ask(Some("not the password"), NEW)), Err(Trouble::LoginFailed));
    assert_eq!(w.ask(ann, ask(Some(PASSWORD), "short")), Err(Trouble::BadPassword));
    assert_eq!(w.ask(ann, ask(Some(PASSWORD), &key)), Err(Trouble::IsRecoveryKey));
    assert_eq!(w.ask(ann, ask(None, NEW)), Err(Trouble::LoginFailed));
    w.relay.logins_too_old = true;
    assert_eq!(w.ask(ann, change(true)), Err(Trouble::LoginTooOld));
    w.relay.logins_too_old = false;
    w.relay.swap_pending_slot = true;
    assert_eq!(w.ask(ann, change(true)), Err(Trouble::KeystoreDamaged));
    w.relay.swap_pending_slot = false;
    w.relay.profile = 9;
    assert_eq!(w.ask(ann, change(true)), Err(Trouble::WeakProfile));
    w.relay.profile = 1;
    w.pass(5000);
    assert!(signs_in(&mut w, PASSWORD) && !signs_in(&mut w, NEW));
    w.send(ann, conv, "after");
    w.pass(2000);
    assert_eq!(w.texts(ann, conv), ["before", "after"]);
    let typed = SignIn { username: "ann_a".into(), password: key, stay: false };
    let id = w.browser();
    assert_eq!(w.ask(id, typed), Err(Trouble::IsRecoveryKey));
}

const STEPS: [&str; 7] = [
    api::ABOUT,
    api::LOGIN_START,
    api::LOGIN_FINISH,
    api::SECRET_START,
    api::SECRET_PENDING,
    api::SECRET_TRY,
    api::SECRET_FINISH,
];

#[test]
fn a_lost_answer_at_any_step_leaves_one_password() {
    for step in STEPS {
        let (mut w, ann, _, _) = story();
        w.lose_answer = vec![step];
        let ask = w.begin(ann, change(true));
        w.settle();
        w.pass(60_000);
        let changed = w.answer::<ChangePassword>(ann, ask).expect("answered");
        let last = step == api::SECRET_FINISH;
        assert_eq!(changed.is_ok(), last, "{step}: {changed:?}");
        assert_eq!((signs_in(&mut w, PASSWORD), signs_in(&mut w, NEW)), (!last, last), "{step}");
    }
}

#[test]
fn a_relay_that_has_too_much_to_do_is_asked_less_and_less_often() {
    let (mut w, ann, _, _) = story();
    w.relay.refuse_path = Some((api::SECRET_FINISH, Refusal::TooMany));
    w.relay.retry_after_s = 1;
    let ask = w.begin(ann, change(false));
    w.pass(60_000);
    let asked = w.relay.paths.iter().filter(|path| *path == api::SECRET_FINISH).count();
    assert!((4..8).contains(&asked), "{asked} times in a minute");
    assert_eq!(w.answer::<ChangePassword>(ann, ask), None);
    w.relay.refuse_path = None;
    w.pass(60_000);
    assert_eq!(w.answer::<ChangePassword>(ann, ask), Some(Ok(0)));
}

#[test]
fn a_page_killed_or_a_relay_killed_at_any_step_leaves_one_password() {
    for step in STEPS {
        for page in [true, false] {
            let (mut w, ann, conv, key) = story();
            w.hold = vec![step];
            let ask = w.begin(ann, change(true));
            w.settle();
            w.hold.clear();
            if page {
                w.restart(ann);
            } else {
                w.kill_relay();
                w.pass(5000);
                w.relay_up = true;
                w.pass(60_000);
                assert!(w.answer::<ChangePassword>(ann, ask).is_some(), "{step}: somebody waits for ever");
            }
            let (old, new) = (signs_in(&mut w, PASSWORD), signs_in(&mut w, NEW));
            assert!(old != new, "{step}: {old} {new}");
            let found = recovers(&mut w, &key).unwrap();
            w.pass(1000);
            assert_eq!(w.texts(found, conv), ["before"]);
        }
    }
}

#[test]
fn two_browsers_that_change_it_at_once_leave_one_password() {
    const OTHER: &str = "the third horse of them all";
    let (mut w, ann, conv, _) = story();
    let other = w.sign_in("ann_a");
    let one = w.begin(ann, change(false));
    let two = w.begin(
        other,
        ChangePassword { current: Some(PASSWORD.into()), new: OTHER.into(), end_others: false, ticket: None },
    );
    w.settle();
    w.pass(60_000);
    let one = w.answer::<ChangePassword>(ann, one).unwrap();
    let two = w.answer::<ChangePassword>(other, two).unwrap();
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    let open: Vec<bool> = [PASSWORD, NEW, OTHER].map(|password| signs_in(&mut w, password)).to_vec();
    assert_eq!(open.iter().filter(|opens| **opens).count(), 1, "{open:?}");
    assert!(!open[0]);
    for id in [ann, other] {
        assert_eq!(w.texts(id, conv), ["before"], "both stay signed in");
    }
}

#[test]
fn the_recovery_key_opens_the_account_and_asks_for_a_new_password() {
    let (mut w, ann, conv, key) = story();
    let view = w.ask(ann, ReadAccount {}).unwrap();
    assert!(!view.by_recovery_key && view.recovery.made_ms > 0);
    assert_eq!((view.recovery.saved_ms, view.recovery.tested_ms), (None, None));
    w.ask(ann, RecoveryKeySaved {}).unwrap();
    w.pass(2000);

    let spoilt = key.replacen(|c: char| c != '-', if key.starts_with('2') { "3" } else { "2" }, 1);
    assert_eq!(recovers(&mut w, &spoilt), Err(Trouble::BadRecoveryKey));
    assert_eq!(recovers(&mut w, "correct horse"), Err(Trouble::BadRecoveryKey));
    let strange = signet_crypto::RecoveryKey::make(&mut w.rng).to_string();
    assert_eq!(recovers(&mut w, &strange), Err(Trouble::RecoveryKeyFailed));

    let found = recovers(&mut w, &key.to_lowercase().replace('-', " ")).unwrap();
    w.pass(2000);
    assert_eq!(w.texts(found, conv), ["before"]);
    let view = w.ask(found, ReadAccount {}).unwrap();
    assert!(view.by_recovery_key && view.recovery.saved_ms.is_some() && view.recovery.tested_ms.is_some());
    let set = ChangePassword { current: None, new: NEW.into(), end_others: true, ticket: None };
    assert_eq!(w.ask(found, set.clone()), Ok(1));
    assert!(!w.ask(found, ReadAccount {}).unwrap().by_recovery_key);
    assert_eq!(w.ask(found, set), Err(Trouble::LoginFailed), "once");
    assert!(!signs_in(&mut w, PASSWORD) && signs_in(&mut w, NEW) && recovers(&mut w, &key).is_ok());
}

#[test]
fn a_replaced_recovery_key_stops_working_and_a_tested_one_is_dated() {
    let (mut w, ann, _, key) = story();
    assert_eq!(w.ask(ann, TestRecoveryKey { key: "nonsense".into() }), Err(Trouble::BadRecoveryKey));
    let strange = signet_crypto::RecoveryKey::make(&mut w.rng).to_string();
    assert_eq!(w.ask(ann, TestRecoveryKey { key: strange }), Err(Trouble::RecoveryKeyFailed));
    w.ask(ann, TestRecoveryKey { key: key.clone() }).unwrap();
    w.pass(2000);
    assert_eq!(w.ask(ann, ReadAccount {}).unwrap().recovery.tested_ms.map(|at| at <= w.now), Some(true));
    let refused = w.ask(ann, ReplaceRecoveryKey { current: "not the password".into(), ticket: None });
    assert_eq!(refused, Err(Trouble::LoginFailed));

    let new = w.ask(ann, ReplaceRecoveryKey { current: PASSWORD.into(), ticket: None }).unwrap().0;
    w.pass(2000);
    let dates = w.ask(ann, ReadAccount {}).unwrap().recovery;
    assert_eq!((dates.saved_ms, dates.tested_ms), (None, None));
    assert_eq!(recovers(&mut w, &key), Err(Trouble::RecoveryKeyFailed));
    let found = recovers(&mut w, &new).unwrap();
    w.pass(2000);
    assert!(w.ask(found, ReadAccount {}).unwrap().recovery.tested_ms.is_some());
    assert!(signs_in(&mut w, PASSWORD));
    // The dates are the account's, not this browser's.
    let there = w.sign_in("ann_a");
    w.pass(2000);
    assert_eq!(w.ask(there, ReadAccount {}).unwrap().recovery.made_ms, dates.made_ms);
}

#[test]
fn storage_that_gives_out_at_any_moment_loses_no_recovery_key() {
    let mut shown = 0;
    for kept in 0..8 {
        let (mut w, ann, _, key) = story();
        w.browsers[ann].fail_after = Some(kept);
        let ask = w.begin(ann, ReplaceRecoveryKey { current: PASSWORD.into(), ticket: None });
        w.settle();
        w.pass(60_000);
        let holds = match w.answer::<ReplaceRecoveryKey>(ann, ask).expect("answered") {
            Ok(new) => {
                shown += 1;
                new.0
            }
            Err(_) => key,
        };
        assert!(recovers(&mut w, &holds).is_ok(), "with storage for {kept} more");
        assert!(signs_in(&mut w, PASSWORD));
    }
    assert!(shown > 0);
}

#[test]
fn what_the_relay_says_of_the_session_before_ends_nothing() {
    let (mut w, ann, conv, key) = story();
    // Asked in the session that a login is about to replace, and answered when that is no more.
    w.hold = vec![api::STATE, api::SESSIONS, api::LOGIN_FINISH];
    w.ask(ann, RecoveryKeySaved {}).unwrap();
    w.pass(2000);
    let sessions = w.begin(ann, ReadSessions {});
    let test = w.begin(ann, TestRecoveryKey { key });
    w.settle();
    let gone = HttpAnswer {
        status: Refusal::SignedOut.status(),
        refusal: Some(Refusal::SignedOut.number()),
        retry_after_s: None,
        body: Vec::new(),
    };
    w.let_go(api::STATE, Some(gone.clone()));
    assert!(w.ask(ann, ReadAccount {}).is_ok(), "the login is not answered yet");
    w.let_go(api::LOGIN_FINISH, None);
    assert_eq!(w.answer::<TestRecoveryKey>(ann, test), Some(Ok(())));
    w.let_go(api::SESSIONS, Some(gone.clone()));
    assert_eq!(w.answer::<ReadSessions>(ann, sessions), Some(Err(Trouble::Unreachable)));
    w.hold.clear();
    w.send(ann, conv, "after");
    w.pass(20_000);
    assert_eq!(w.texts(ann, conv), ["before", "after"]);
    // What was not stored is, and a word about the session that is now is believed.
    let there = w.sign_in("ann_a");
    assert!(w.ask(there, ReadAccount {}).unwrap().recovery.saved_ms.is_some());
    w.hold = vec![api::SESSIONS];
    w.begin(ann, ReadSessions {});
    w.settle();
    w.let_go(api::SESSIONS, Some(gone));
    assert_eq!(w.ask(ann, ReadAccount {}), Err(Trouble::SignedOut));
}

#[test]
fn sessions_are_listed_and_ended() {
    let (mut w, ann, conv, _) = story();
    let (two, three) = (w.sign_in("ann_a"), w.sign_in("ann_a"));
    let list = w.ask(ann, ReadSessions {}).unwrap();
    assert_eq!((list.len(), list.iter().filter(|session| session.current).count()), (3, 1));
    let of_two = w.ask(two, ReadSessions {}).unwrap().into_iter().find(|session| session.current).unwrap();
    w.ask(ann, EndSession { handle: of_two.handle }).unwrap();
    assert_eq!(w.ask(two, ReadSessions {}), Err(Trouble::SignedOut));
    assert_eq!(w.ask(ann, EndOtherSessions {}), Ok(1));
    assert_eq!(w.ask(three, ReadSessions {}), Err(Trouble::SignedOut));
    assert_eq!(w.ask(ann, ReadSessions {}).unwrap().len(), 1);
    w.send(ann, conv, "alone");
    w.pass(1000);
    w.relay.refuse_path = Some((api::SESSIONS, Refusal::TooMany));
    assert!(matches!(w.ask(ann, ReadSessions {}), Err(Trouble::TooMany { .. })));
}

#[test]
fn who_was_compared_is_known_in_every_browser() {
    let (mut w, ann, conv, _) = story();
    let there = w.sign_in("ann_a");
    let number = w.ask(ann, ReadDetails { conv }).unwrap().safety_number;
    let mark = |safety_number: &str, verified| MarkVerified { conv, safety_number: safety_number.into(), verified };
    assert_eq!(w.ask(ann, mark("12345", true)), Err(Trouble::NotAsRead));
    w.ask(ann, mark(&number, true)).unwrap();
    w.pass(3000);
    assert!(matches!(w.ask(there, ReadDetails { conv }).unwrap().verified, Verified::Yes { .. }));
    let listed = |w: &mut World, id| w.ask(id, Conversations {}).unwrap().iter().all(|view| view.verified);
    assert!(listed(&mut w, ann) && listed(&mut w, there));
    w.ask(there, mark(&number, false)).unwrap();
    w.pass(3000);
    assert_eq!(w.ask(ann, ReadDetails { conv }).unwrap().verified, Verified::No);
    assert!(!listed(&mut w, ann) && !listed(&mut w, there));
}

fn ticket(again: bool) -> Option<Ticket> {
    Some(Ticket { recovery: [7; 32], again })
}

/// The tab that leads is closed while the answer to this step is on its way, and the next one is asked the same.
fn ask_the_next<A: signet_ask::Ask>(
    w: &mut World,
    id: usize,
    step: &'static str,
    question: impl Fn(bool) -> A,
) -> Result<A::Answer, Trouble> {
    w.hold = vec![step];
    w.begin(id, question(false));
    w.settle();
    assert!(w.relay.paths.iter().any(|path| path == step));
    w.hold.clear();
    assert!(matches!(w.reload(id), Status::SignedIn { .. }));
    let ask = w.begin(id, question(true));
    w.settle();
    w.pass(60_000);
    w.answer::<A>(id, ask).expect("answered")
}

#[test]
fn what_a_worker_that_is_gone_was_asked_is_done_once_and_told() {
    let steps = [(api::LOGIN_START, false), (api::SECRET_TRY, false), (api::SECRET_FINISH, false)];
    for (step, key_proves) in steps.into_iter().chain([(api::SECRET_FINISH, true)]) {
        let (mut w, ann, conv, key) = story();
        let proof = if key_proves { key.clone() } else { PASSWORD.to_owned() };
        let change = |again| ChangePassword {
            current: Some(proof.clone()),
            new: NEW.into(),
            end_others: true,
            ticket: ticket(again),
        };
        assert!(ask_the_next(&mut w, ann, step, change).is_ok(), "{step}");
        assert!(!signs_in(&mut w, PASSWORD) && signs_in(&mut w, NEW), "{step}");
        assert_eq!(w.texts(ann, conv), ["before"]);

        let proof = if key_proves { key.clone() } else { NEW.to_owned() };
        let replace = |again| ReplaceRecoveryKey { current: proof.clone(), ticket: ticket(again) };
        let new = ask_the_next(&mut w, ann, step, replace).expect(step).0;
        assert_ne!(new, key);
        assert_eq!(recovers(&mut w, &key), Err(Trouble::RecoveryKeyFailed), "{step}");
        assert!(recovers(&mut w, &new).is_ok(), "{step}");
    }
}

#[test]
fn a_wrong_password_stays_wrong_for_the_next_worker() {
    let (mut w, ann, _, key) = story();
    let wrong = |again| ChangePassword {
        current: Some("not the password".into()),
        new: NEW.into(),
        end_others: true,
        ticket: ticket(again),
    };
    assert_eq!(ask_the_next(&mut w, ann, api::LOGIN_START, wrong), Err(Trouble::LoginFailed));
    let wrong = |again| ReplaceRecoveryKey { current: "not the password".into(), ticket: ticket(again) };
    assert_eq!(ask_the_next(&mut w, ann, api::LOGIN_START, wrong), Err(Trouble::RecoveryKeyFailed));
    assert!(signs_in(&mut w, PASSWORD) && !signs_in(&mut w, NEW) && recovers(&mut w, &key).is_ok());
}

#[test]
fn a_forgotten_password_is_replaced_once_whichever_worker_did_it() {
    let set = |again| ChangePassword { current: None, new: NEW.into(), end_others: true, ticket: ticket(again) };
    for (step, done) in [(api::SECRET_FINISH, true), (api::SECRET_START, false)] {
        let (mut w, _, conv, key) = story();
        let found = recovers(&mut w, &key).unwrap();
        let answer = ask_the_next(&mut w, found, step, set);
        // What was typed is gone with the worker: it is asked for once more, in words that say so.
        assert_eq!(answer, if done { Ok(0) } else { Err(Trouble::LoginTooOld) });
        assert_eq!((signs_in(&mut w, PASSWORD), signs_in(&mut w, NEW)), (!done, done));
        assert_eq!(w.texts(found, conv), ["before"]);
    }
}

#[test]
fn a_last_step_that_took_too_long_says_so_and_names_no_secret_wrong() {
    let (mut w, ann, _, key) = story();
    w.relay.refuse_path = Some((api::SECRET_FINISH, Refusal::LoginFailed));
    assert_eq!(w.ask(ann, change(true)), Err(Trouble::LoginTooOld));
    let replace = ReplaceRecoveryKey { current: PASSWORD.into(), ticket: None };
    assert_eq!(w.ask(ann, replace), Err(Trouble::LoginTooOld));
    w.relay.refuse_path = None;
    assert!(signs_in(&mut w, PASSWORD) && recovers(&mut w, &key).is_ok(), "nothing has changed");
    assert_eq!(w.ask(ann, ChangePassword { current: Some(NEW.into()), ..change(true) }), Err(Trouble::LoginFailed));
    assert!(w.ask(ann, change(true)).is_ok());
}
