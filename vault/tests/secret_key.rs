//! The secret key: once it is in use, the password opens the account only together with it; at no interruption is anybody
//! locked out, and none leaves an account that says one thing and does another.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken world fails the test")]

mod common;

use common::{
    PASSWORD, World,
    secret_key::{NEEDED, NEW, Story, WRONG, dropped, sign_in, story, story_with_key, used},
};
use signet_ask::{
    AddPasskey, ChangePassword, GiveSecretKey, Lock, PrepareRescue, ReadAccount, RenewKeys, Rescue, SecretKey,
    SecretKeyStep, SecretKeyText, SecretKeyTrouble, SignInWithPasskey, SignInWithRecoveryKey, SignOut, Status,
    TestRecoveryKey, Trouble,
};
use signet_shared::{api, wire::Refusal};

const STEPS: [&str; 7] = [
    api::ABOUT,
    api::LOGIN_START,
    api::LOGIN_FINISH,
    api::SECRET_START,
    api::SECRET_PENDING,
    api::SECRET_TRY,
    api::SECRET_FINISH,
];

fn asked(w: &World, path: &str) -> usize {
    w.relay.paths.iter().filter(|said| *said == path).count()
}

fn change(current: Option<&str>, new: &str) -> ChangePassword {
    ChangePassword { current: current.map(str::to_owned), new: new.into(), end_others: false, ticket: None }
}

#[test]
fn once_in_use_the_password_opens_only_together_with_it() {
    let mut s = story();
    assert_eq!(s.shown(s.ann), None);
    let key = s.make();
    assert_ne!(s.make(), key, "another each time");
    assert_eq!(s.enters(PASSWORD, &[]).unwrap().1, None, "made is not used");
    assert!(!s.w.ask(s.ann, ReadAccount {}).unwrap().secret_key);

    s.w.ask(s.ann, used(&key)).unwrap();
    s.w.pass(2000);
    assert!(s.w.ask(s.ann, ReadAccount {}).unwrap().secret_key);
    assert_eq!(s.shown(s.ann), Some(key.clone()));
    let (other, by) = s.enters(PASSWORD, &[&key]).unwrap();
    assert_eq!(by, Some(0));
    assert_eq!(s.shown(other), Some(key.clone()), "shown in every browser");
    assert!(matches!(s.w.reload(other), Status::SignedIn { .. }));
    assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }));
    // Both have 256 bits of their own.
    s.recovers();
    let passkey = AddPasskey { current: PASSWORD.into(), place: 0, computed: [1; 32] };
    s.w.ask(s.ann, passkey).unwrap();
    let with = s.w.browser();
    let by_passkey = SignInWithPasskey { username: "ann_a".into(), place: 0, computed: [1; 32], stay: false };
    assert!(s.w.ask(with, by_passkey).is_ok());
    s.w.ask(with, TestRecoveryKey { key: s.recovery.clone() }).unwrap();

    s.w.ask(s.ann, dropped()).unwrap();
    s.w.pass(2000);
    assert_eq!((s.shown(s.ann), s.shown(other)), (None, None));
    assert_eq!(s.enters(PASSWORD, &[]).unwrap().1, None);
    assert!(matches!(s.w.reload(other), Status::SignedIn { .. }));
}

#[test]
fn a_wrong_one_is_told_from_a_mistyped_one_and_costs_no_try() {
    let (mut s, key) = story_with_key();
    let strange = s.make();
    let spoilt = format!("{}{}", &key[..41], if key.ends_with('0') { '1' } else { '0' });
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, sign_in("not the password")), Err(Trouble::LoginFailed), "before it is spoken of");
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    let tries = (asked(&s.w, api::LOGIN_START), s.w.outline(id).len());
    let trouble = |what| Err(Trouble::SecretKey(what));
    assert_eq!(s.give(id, &spoilt), trouble(SecretKeyTrouble::Mistyped));
    assert_eq!(s.give(id, "correct horse"), trouble(SecretKeyTrouble::Form));
    let recovery = s.recovery.clone();
    assert_eq!(s.give(id, &recovery), trouble(SecretKeyTrouble::Form));
    assert_eq!(s.give(id, &strange), Err(WRONG));
    s.w.pass(60_000);
    assert_eq!((asked(&s.w, api::LOGIN_START), s.w.outline(id).len()), tries, "nothing is asked of the relay");
    assert!(s.give(id, &key.to_lowercase().replace('-', " ")).is_ok());
    s.w.pass(2000);
    assert_eq!(s.w.texts(id, s.conv), ["before"]);
    assert_eq!(s.give(id, &key), Err(Trouble::SignedOut), "it waits no more");
    // In the place of another secret it is known for what it is.
    let misplaced = Err(Trouble::SecretKey(SecretKeyTrouble::Misplaced));
    assert_eq!(s.w.ask(s.ann, change(Some(&key), NEW)), misplaced);
    let new = Err(Trouble::SecretKey(SecretKeyTrouble::NewPassword));
    assert_eq!(s.w.ask(s.ann, change(Some(PASSWORD), &key)), new);
    // And to use one takes the password itself.
    for current in [recovery.as_str(), key.as_str(), "not the password"] {
        let step = SecretKeyStep::Use { current: current.into(), key: SecretKeyText(strange.clone()) };
        assert!(s.w.ask(s.ann, SecretKey { step: step.into() }).is_err(), "{current}");
    }
    assert_eq!(s.enters(PASSWORD, &[&strange, &key]).unwrap().1, Some(1));
}

#[test]
fn a_sign_in_that_waits_is_given_up_or_begun_again() {
    let (mut s, key) = story_with_key();
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    assert!(s.w.relay.sessions.contains_key(&id));
    assert!(matches!(s.w.ask(id, GiveSecretKey { key: None, stays: false }), Ok(Status::SignedOut { .. })));
    assert!(!s.w.relay.sessions.contains_key(&id), "and the session that it had opened is over");
    assert_eq!(s.give(id, &key), Err(Trouble::SignedOut));
    // Another tab, or a page that was loaded again while the worker lives on.
    for _ in 0..2 {
        assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    }
    assert!(matches!(s.w.ask(id, signet_ask::Attach { share: None }), Ok(Status::SignedOut { .. })));
    assert!(s.give(id, &key).is_ok());
    // A worker that is gone has taken it along.
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    s.w.restart(id);
    assert_eq!(s.give(id, &key), Err(Trouble::SignedOut));
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    assert!(s.give(id, &key).is_ok());
    let recovery = SignInWithRecoveryKey { username: "ann_a".into(), key: s.recovery.clone(), stay: false };
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    assert!(s.w.ask(id, recovery).is_ok(), "whoever does not find it has the recovery key");
}

#[test]
fn a_browser_that_has_it_asks_for_the_password_alone_until_it_is_signed_out() {
    let (mut s, key) = story_with_key();
    let (other, _) = s.enters(PASSWORD, &[&key]).unwrap();
    for browser in [s.ann, other] {
        s.w.ask(browser, Lock {}).unwrap();
        assert!(matches!(s.w.reload(browser), Status::SignedOut { locked: true, .. }));
        assert!(s.w.ask(browser, sign_in(PASSWORD)).is_ok(), "locked and opened again");
        s.w.ask(browser, SignOut { anyway: false }).unwrap();
        assert_eq!(s.w.ask(browser, sign_in(PASSWORD)), Err(NEEDED));
        assert!(s.give_and(browser, &key, true).is_ok());
        // It was to stay.
        assert!(s.view(browser).stays);
        for _ in 0..2 {
            s.w.ask(browser, SignOut { anyway: false }).unwrap();
            assert!(matches!(s.w.reload(browser), Status::SignedOut { username: None, .. }));
            assert!(s.w.ask(browser, sign_in(PASSWORD)).is_ok());
        }
        s.w.ask(browser, SecretKey { step: SecretKeyStep::Stays(false).into() }).unwrap();
        s.w.ask(browser, SignOut { anyway: false }).unwrap();
        assert_eq!(s.w.ask(browser, sign_in(PASSWORD)), Err(NEEDED), "and now it was not");
        assert!(s.give(browser, &key).is_ok());
    }
    // Nor does it stay with the account of somebody else.
    s.w.ask(other, SecretKey { step: SecretKeyStep::Stays(true).into() }).unwrap();
    s.w.ask(other, SignOut { anyway: false }).unwrap();
    let bob = signet_ask::SignIn { username: "bob_b".into(), ..sign_in(PASSWORD) };
    assert!(s.w.ask(other, bob).is_ok());
    s.w.ask(other, SignOut { anyway: false }).unwrap();
    let kept = |w: &World| w.browsers[other].database["meta"].contains_key(&b"secret key"[..]);
    assert!(!kept(&s.w));
    // A session that the relay has ended keeps it, as it keeps the sealed rows.
    s.w.ask(s.ann, change(Some(PASSWORD), NEW)).unwrap();
    s.w.relay.sessions.remove(&s.ann);
    s.w.break_line(s.ann);
    s.w.pass(5000);
    assert!(s.w.ask(s.ann, sign_in(NEW)).is_ok());
}

#[test]
fn every_browser_follows_what_another_one_does() {
    let (mut s, key) = story_with_key();
    let (other, _) = s.enters(PASSWORD, &[&key]).unwrap();
    let newer = s.make();
    s.w.ask(s.ann, used(&newer)).unwrap();
    s.w.pass(2000);
    assert_eq!(s.shown(other), Some(newer.clone()));
    assert_eq!(s.enters(PASSWORD, &[&key, &newer]).unwrap().1, Some(1), "the old one opens nothing");
    // It has taken it along: locked, it opens by the password.
    s.w.ask(other, Lock {}).unwrap();
    assert!(s.w.ask(other, sign_in(PASSWORD)).is_ok());
    // One that was locked meanwhile has the old one, and asks.
    s.w.ask(other, Lock {}).unwrap();
    let newest = s.make();
    s.w.ask(s.ann, used(&newest)).unwrap();
    assert_eq!(s.w.ask(other, sign_in(PASSWORD)), Err(NEEDED));
    assert_eq!(s.give(other, &newer), Err(WRONG));
    assert!(s.give(other, &newest).is_ok());
    // Nothing of this is a change that contacts hear of.
    assert_eq!(s.w.warnings(s.ann, s.conv), []);
    let bob = s.w.relay.accounts[&s.id].statements.len();
    assert_eq!(bob, 4, "the first, and one for each keystore since");
}

#[test]
fn a_new_password_needs_it_too() {
    let (mut s, key) = story_with_key();
    let other = s.enters(PASSWORD, &[&key]).unwrap().0;
    s.w.ask(s.ann, change(Some(PASSWORD), NEW)).unwrap();
    assert_eq!(s.enters(NEW, &[]), Err(WRONG));
    assert_eq!(s.enters(NEW, &[&key]).unwrap().1, Some(0));
    // By the recovery key, with the password forgotten: the secret key is there to be seen, and still needed.
    let found = s.recovers();
    assert_eq!(s.shown(found), Some(key.clone()));
    s.w.ask(found, change(None, PASSWORD)).unwrap();
    assert_eq!(s.enters(PASSWORD, &[]), Err(WRONG));
    assert_eq!(s.enters(PASSWORD, &[&key]).unwrap().1, Some(0));
    let recovery = s.recovery.clone();
    s.w.ask(other, change(Some(&recovery), NEW)).unwrap();
    assert_eq!(s.enters(NEW, &[&key]).unwrap().1, Some(0));
    let newest = s.w.ask(s.ann, signet_ask::ReplaceRecoveryKey { current: NEW.into(), ticket: None }).unwrap();
    s.recovery = newest.0;
    s.recovers();
}

#[test]
fn a_rescue_replaces_it_and_an_account_without_one_gets_none() {
    let (mut s, key) = story_with_key();
    let prepare = || PrepareRescue { current: PASSWORD.into(), new: NEW.into() };
    let keys = s.w.ask(s.ann, prepare()).unwrap();
    let new_key = keys.secret_key.clone().expect("one is in use").0;
    assert_ne!(new_key, key);
    assert_eq!(s.w.ask(s.ann, prepare()).unwrap(), keys, "the same when asked again");
    assert_eq!(s.enters(PASSWORD, &[&new_key, &key]).unwrap().1, Some(1), "not yet");
    s.w.ask(s.ann, Rescue { new: NEW.into() }).unwrap();
    s.w.pass(2000);
    assert_eq!(s.shown(s.ann), Some(new_key.clone()));
    s.recovery = keys.recovery.0;
    s.recovers();
    assert_eq!(s.enters(NEW, &[&key]), Err(WRONG));
    assert_eq!(s.enters(NEW, &[&new_key]).unwrap().1, Some(0));
    assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }));
    s.w.ask(s.ann, Lock {}).unwrap();
    assert!(s.w.ask(s.ann, sign_in(NEW)).is_ok(), "kept here");

    let mut s = story();
    assert_eq!(s.w.ask(s.ann, prepare()).unwrap().secret_key, None);
    // Put to use between the halves, by another browser: what is in use is not left out.
    let other = s.w.sign_in("ann_a");
    let key = s.make();
    s.w.ask(other, used(&key)).unwrap();
    s.w.pass(2000);
    assert_eq!(s.w.ask(s.ann, Rescue { new: NEW.into() }), Err(Trouble::LoginTooOld));
    let new_key = s.w.ask(s.ann, prepare()).unwrap().secret_key.unwrap().0;
    s.w.ask(s.ann, Rescue { new: NEW.into() }).unwrap();
    assert_eq!(s.enters(NEW, &[&key, &new_key]).unwrap().1, Some(1));
}

/// What the account uses, by whoever signs in and by the keystore: the same, whatever was broken off.
fn stands(s: &mut Story, keys: &[&str]) -> Option<usize> {
    let (id, by) = s.enters(PASSWORD, keys).expect("locked out");
    let shown = s.shown(id);
    assert_eq!(shown.as_deref(), by.map(|at| keys[at]));
    by
}

#[test]
fn whatever_breaks_off_while_it_is_put_to_use_one_way_opens() {
    STEPS.into_iter().for_each(|step| break_off("use", step));
}

#[test]
fn whatever_breaks_off_while_it_is_replaced_one_way_opens() {
    STEPS.into_iter().skip(4).for_each(|step| break_off("replace", step));
}

#[test]
fn whatever_breaks_off_while_it_is_dropped_one_way_opens() {
    STEPS.into_iter().skip(4).for_each(|step| break_off("drop", step));
}

/// At this step, from either end: the keystore says which way opens.
fn break_off(goal: &str, step: &'static str) {
    for how in ["answer lost", "page killed", "relay killed"] {
        let (mut s, key) = if goal == "use" { (story(), String::new()) } else { story_with_key() };
        let (before, new) = ((goal != "use").then_some(0), s.make());
        let after = (goal != "drop").then_some(1);
        let question = if goal == "drop" { dropped() } else { used(&new) };
        match how {
            "answer lost" => s.w.lose_answer = vec![step],
            _ => s.w.hold = vec![step],
        }
        let ask = s.w.begin(s.ann, question.clone());
        s.w.settle();
        s.w.hold.clear();
        match how {
            "page killed" => s.w.restart(s.ann),
            "relay killed" => {
                s.w.kill_relay();
                s.w.pass(5000);
                s.w.relay_up = true;
            }
            _ => {}
        }
        s.w.pass(60_000);
        let says = format!("{goal}, {step}, {how}");
        let done = s.w.answer::<SecretKey>(s.ann, ask);
        assert_eq!(done.is_some(), how != "page killed", "{says}");
        let last = step == api::SECRET_FINISH;
        assert_eq!(stands(&mut s, &[&key, &new]), if last { after } else { before }, "{says}: {done:?}");
        assert!(done.is_none_or(|done| done.is_ok() == last), "{says}");
        s.recovers();
        if how != "page killed" {
            continue;
        }
        // Asked again of the next worker it is done, or found done.
        if matches!(s.w.reload(s.ann), Status::SignedOut { .. }) {
            let _ = s.w.ask(s.ann, sign_in(PASSWORD));
            if s.w.ask(s.ann, ReadAccount {}).is_err() {
                let in_use = if last { after } else { before };
                s.give(s.ann, [&key, &new][in_use.expect("or it was not asked for")]).unwrap();
            }
        }
        s.w.pass(2000);
        s.w.ask(s.ann, question).unwrap();
        assert_eq!(stands(&mut s, &[&key, &new]), after, "{says}");
    }
}

#[test]
fn storage_that_gives_out_at_any_moment_locks_nobody_out() {
    for kept in 0..8 {
        let mut s = story();
        let key = s.make();
        s.w.browsers[s.ann].fail_after = Some(kept);
        let ask = s.w.begin(s.ann, used(&key));
        s.w.settle();
        s.w.pass(60_000);
        let done = s.w.answer::<SecretKey>(s.ann, ask).expect("answered").is_ok();
        let by = stands(&mut s, &[&key]);
        assert!(!done || by == Some(0), "with storage for {kept} more");
    }
}

#[test]
fn of_two_browsers_at_once_one_wins_and_the_other_is_told() {
    for second in ["use", "drop", "password", "password by the recovery key"] {
        let (mut s, key) = story_with_key();
        let (other, _) = s.enters(PASSWORD, &[&key]).unwrap();
        let (one, two) = (s.make(), s.make());
        // The second begins when the first has proved who sits there, and comes to its end before it.
        s.w.hold = vec![api::SECRET_TRY];
        let first = s.w.begin(s.ann, used(&one));
        s.w.settle();
        s.w.hold.clear();
        let recovery = s.recovery.clone();
        let done = match second {
            "use" => s.w.ask(other, used(&two)).map(drop),
            "drop" => s.w.ask(other, dropped()).map(drop),
            "password" => s.w.ask(other, change(Some(PASSWORD), NEW)).map(drop),
            _ => s.w.ask(other, change(Some(&recovery), NEW)).map(drop),
        };
        assert_eq!(done, Ok(()), "{second}");
        s.w.let_go(api::SECRET_TRY, None);
        s.w.pass(60_000);
        let first = s.w.answer::<SecretKey>(s.ann, first).expect("answered");
        assert!(first.is_err(), "{second}: {first:?}");
        s.w.pass(5000);
        let password = if second.starts_with("password") { NEW } else { PASSWORD };
        let keys = [key.as_str(), one.as_str(), two.as_str()];
        let by = s.enters(password, &keys).unwrap().1;
        let wanted = [("use", Some(2)), ("drop", None)].into_iter().find(|(what, _)| *what == second);
        assert_eq!(by, wanted.map_or(Some(0), |(_, by)| by), "{second}");
        for browser in [s.ann, other] {
            assert_eq!(s.shown(browser).as_deref(), by.map(|at| keys[at]), "{second}");
        }
    }
}

/// The dangerous order: a password that was sealed before it was put to use must not come after it.
#[test]
fn a_password_sealed_by_an_older_keystore_is_not_put_in_place() {
    for by in [PASSWORD, "the recovery key"] {
        for held in [api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY] {
            let mut s = story();
            let other = s.w.sign_in("ann_a");
            s.w.pass(2000);
            let current = if by == PASSWORD { PASSWORD.to_owned() } else { s.recovery.clone() };
            s.w.hold = vec![held];
            let late = s.w.begin(other, change(Some(&current), NEW));
            s.w.settle();
            s.w.hold.clear();
            let key = s.make();
            s.w.relay.no_news = true;
            s.w.ask(s.ann, used(&key)).unwrap();
            s.w.relay.no_news = false;
            s.w.let_go(held, None);
            s.w.pass(60_000);
            let late = s.w.answer::<ChangePassword>(other, late).expect("answered");
            assert!(late.is_err(), "{by} {held}: {late:?}");
            assert_eq!(stands(&mut s, &[&key]), Some(0), "{by} {held}");
            assert_eq!(s.enters(NEW, &[&key]), Err(Trouble::LoginFailed));
        }
    }
}

#[test]
fn beside_a_renewal_of_the_key_there_is_never_a_second_statement_for_one_place() {
    // While one is on its way, the other waits.
    let mut s = story();
    let key = s.make();
    s.w.hold = vec![api::KEYS];
    let renewal = s.w.begin(s.ann, RenewKeys {});
    s.w.settle();
    assert_eq!(s.w.ask(s.ann, used(&key)), Err(Trouble::Busy));
    s.w.let_go(api::KEYS, None);
    s.w.hold = vec![api::SECRET_FINISH];
    assert_eq!(s.w.answer::<RenewKeys>(s.ann, renewal), Some(Ok(())));
    let ask = s.w.begin(s.ann, used(&key));
    s.w.settle();
    assert_eq!(s.w.ask(s.ann, RenewKeys {}), Err(Trouble::Busy));
    s.w.hold.clear();
    s.w.let_go(api::SECRET_FINISH, None);
    s.w.pass(2000);
    assert!(s.w.answer::<SecretKey>(s.ann, ask).unwrap().is_ok());
    assert_eq!(s.w.ask(s.ann, RenewKeys {}), Ok(()));
    s.w.pass(2000);
    assert_eq!(stands(&mut s, &[&key]), Some(0), "the renewed keystore holds it too");

    // One that was sent and refused is stated all the same, before anything else is for that place.
    let mut s = story();
    let key = s.make();
    s.w.relay.refuse_path = Some((api::SECRET_FINISH, Refusal::LoginTooOld));
    s.w.said.clear();
    assert_eq!(s.w.ask(s.ann, used(&key)), Err(Trouble::LoginTooOld));
    s.w.relay.refuse_path = None;
    s.w.pass(5000);
    let statements = common::traffic::statements(&s.w, s.ann);
    assert_eq!(statements.len(), 2, "sent with the last step, and again by itself");
    assert_eq!(statements[0].statement.hash(), statements[1].statement.hash());
    assert_eq!(s.w.relay.accounts[&s.id].statements.len(), 2);
    assert_eq!(s.w.ask(s.ann, RenewKeys {}), Ok(()));
    assert_eq!(stands(&mut s, &[&key]), None);
}
