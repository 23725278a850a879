//! The rescue of an account that somebody else may have got into: at every interruption it opens by all of the old or all of
//! the new, and nothing that was written is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    ChangePassword, MarkVerified, PrepareRescue, ReadAccount, ReadDetails, ReadDraft, RenewKeys, Rescue, SaveDraft,
    SignIn, SignInWithRecoveryKey, SignUp, Status, Trouble, Verified, Warning,
};
use signet_crypto::VerifiedAccount;
use signet_shared::{AccountId, ConvId, api, statement::SignedStatement, wire::Refusal};
use signet_vault::machine::HttpAnswer;

const NEW: &str = "a different horse entirely";

struct Story {
    w: World,
    ann: usize,
    bob: usize,
    conv: ConvId,
    id: AccountId,
    /// The recovery key that Ann has had from the start.
    key: String,
}

/// Ann and Bob, who have written to each other, and have compared their numbers.
fn story() -> Story {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(ann, question).unwrap().0;
    let bob = w.person("bob_b");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "from ann before");
    w.pass(2000);
    w.send(bob, conv, "from bob before");
    w.pass(2000);
    let safety_number = w.ask(bob, ReadDetails { conv }).unwrap().safety_number;
    w.ask(bob, MarkVerified { conv, safety_number, verified: true }).unwrap();
    w.pass(2000);
    let id = w.account("ann_a");
    Story { w, ann, bob, conv, id, key }
}

const BEFORE: [&str; 2] = ["from ann before", "from bob before"];

impl Story {
    fn prepare(&mut self, browser: usize) -> Result<String, Trouble> {
        let prepare = PrepareRescue { current: PASSWORD.into(), new: NEW.into() };
        self.w.ask(browser, prepare).map(|keys| keys.recovery.0)
    }

    fn rescue(&mut self, browser: usize) -> Result<u32, Trouble> {
        self.w.ask(browser, Rescue { new: NEW.into() })
    }

    fn signs_in(&mut self, password: &str) -> Result<usize, Trouble> {
        let id = self.w.browser();
        self.w.ask(id, SignIn { username: "ann_a".into(), password: password.into(), stay: false }).map(|_| id)
    }

    fn recovers(&mut self, key: &str) -> Result<usize, Trouble> {
        let id = self.w.browser();
        let question = SignInWithRecoveryKey { username: "ann_a".into(), key: key.into(), stay: false };
        self.w.ask(id, question).map(|_| id)
    }

    /// Whether the account opens by the new secrets and not by the old, or else by the old and not by the new; with every
    /// message in either case.
    fn opens_anew(&mut self, new_key: &str) -> bool {
        let old = self.key.clone();
        let found = [self.signs_in(PASSWORD), self.recovers(&old), self.signs_in(NEW), self.recovers(new_key)];
        let opens: Vec<bool> = found.iter().map(Result::is_ok).collect();
        assert!(opens == [true, true, false, false] || opens == [false, false, true, true], "{found:?}");
        self.w.pass(2000);
        for browser in found.into_iter().flatten() {
            assert_eq!(self.w.texts(browser, self.conv), BEFORE);
            assert_eq!(self.w.warnings(browser, self.conv), []);
        }
        opens[2]
    }
}

#[test]
fn all_that_opened_the_account_is_dead_and_all_that_was_written_is_read() {
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    s.w.pass(2000);
    let before = s.w.relay.accounts[&s.id].clone();
    let new_key = s.prepare(s.ann).unwrap();
    assert_ne!(new_key, s.key);
    assert_eq!(s.prepare(s.ann), Ok(new_key.clone()), "the same when asked again");
    let now = s.w.relay.accounts[&s.id].clone();
    assert_eq!((now.statements.len(), now.keystore_version), (1, before.keystore_version), "nothing has changed yet");
    assert_eq!(s.recovers(&new_key), Err(Trouble::RecoveryKeyFailed), "nor does it open anything");

    assert_eq!(s.rescue(s.ann), Ok(1));
    s.w.pass(2000);
    assert!(s.opens_anew(&new_key));
    assert_eq!(s.w.ask(other, ReadAccount {}), Err(Trouble::SignedOut));
    let after = s.w.relay.accounts[&s.id].clone();
    assert_eq!((after.statements.len(), after.keystore_version), (2, before.keystore_version + 1));
    let (was, is) = (verified(&before.statements), verified(&after.statements));
    assert!(
        was.ik_hash() != is.ik_hash()
            && was.ek().id() != is.ek().id()
            && is.knows(&was.head())
            && is.reset_above(0).is_none()
    );
    let dates = s.w.ask(s.ann, ReadAccount {}).unwrap().recovery;
    assert!(dates.saved_ms.is_some());

    // This browser goes on, and a reload of it asks for nothing.
    assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }));
    s.w.pass(2000);
    s.w.send(s.ann, s.conv, "from ann after");
    s.w.pass(4000);
    s.w.send(s.bob, s.conv, "from bob after");
    s.w.pass(4000);
    let all = [&BEFORE[..], &["from ann after", "from bob after"]].concat();
    let new = s.signs_in(NEW).unwrap();
    s.w.pass(4000);
    for browser in [s.ann, new, s.bob] {
        assert_eq!(s.w.texts(browser, s.conv), all);
    }
    assert_eq!(s.w.warnings(s.ann, s.conv), []);
    // Bob is told, quietly: he can write, and his word that he has compared them is of before.
    assert_eq!(s.w.warnings(s.bob, s.conv), [Warning::NewIdentity]);
    assert!(matches!(s.w.ask(s.bob, ReadDetails { conv: s.conv }).unwrap().verified, Verified::Before { .. }));
    // Without the records, by the private keys alone.
    s.w.relay.accounts.get_mut(&s.id).unwrap().mailbox.iter_mut().for_each(|mail| mail.record = None);
    let bare = s.signs_in(NEW).unwrap();
    s.w.pass(4000);
    assert_eq!(s.w.texts(bare, s.conv), all);
    // And once more, over two master keys.
    let question = PrepareRescue { current: NEW.into(), new: PASSWORD.into() };
    s.w.ask(s.ann, question).unwrap();
    s.w.ask(s.ann, Rescue { new: PASSWORD.into() }).unwrap();
    s.w.pass(2000);
    let last = s.signs_in(PASSWORD).unwrap();
    s.w.pass(4000);
    assert_eq!(s.w.texts(last, s.conv), all);
}

#[test]
fn what_another_browser_kept_for_itself_is_not_lost() {
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    s.w.pass(2000);
    // It is away: a message and a draft are in it alone, and a contact whom no other browser knows.
    s.w.person("carl_c");
    s.w.relay.refuse_path = Some((api::STATE, Refusal::StoreUnavailable));
    let carl = s.w.talk(other, "carl_c");
    s.w.relay_up = false;
    s.w.break_line(other);
    s.w.send(other, s.conv, "unsent");
    s.w.ask(other, SaveDraft { conv: s.conv, text: "half a thou".into() }).unwrap();
    s.w.restart(other);
    s.w.relay_up = true;
    s.w.relay.refuse_path = None;
    s.w.come_back(s.ann);
    s.w.pass(60_000);

    s.prepare(s.ann).unwrap();
    assert_eq!(s.rescue(s.ann), Ok(1));
    let share = s.w.browsers[other].tab;
    s.w.reload_with(other, share, |status| assert!(matches!(status, Ok(Status::SignedOut { .. })), "{status:?}"));
    s.w.ask(other, SignIn { username: "ann_a".into(), password: NEW.into(), stay: false }).unwrap();
    s.w.pass(10_000);
    let all = [&BEFORE[..], &["unsent"]].concat();
    assert_eq!(s.w.texts(other, s.conv), all);
    assert_eq!(s.w.texts(s.bob, s.conv), all);
    assert_eq!(s.w.ask(other, ReadDraft { conv: s.conv }), Ok("half a thou".to_owned()));
    assert!(s.w.conversations(s.ann).iter().any(|known| known.id == carl), "the others hear of it");
}

fn verified(statements: &[Vec<u8>]) -> VerifiedAccount {
    let parse = |bytes: &Vec<u8>| SignedStatement::parse(bytes).unwrap();
    VerifiedAccount::verify(&statements.iter().map(parse).collect::<Vec<_>>()).unwrap()
}

const STEPS: [&str; 7] = [
    api::ABOUT,
    api::LOGIN_START,
    api::LOGIN_FINISH,
    api::SECRET_START,
    api::SECRET_PENDING,
    api::SECRET_TRY,
    api::RESCUE,
];

/// Asks for a rescue as far as it goes; whether it was done.
fn tries(s: &mut Story, new_key: &mut String) -> bool {
    let ask = s.w.begin(s.ann, PrepareRescue { current: PASSWORD.into(), new: NEW.into() });
    s.w.settle();
    s.w.pass(60_000);
    let Some(Ok(key)) = s.w.answer::<PrepareRescue>(s.ann, ask) else { return false };
    *new_key = key.recovery.0;
    let ask = s.w.begin(s.ann, Rescue { new: NEW.into() });
    s.w.settle();
    s.w.pass(60_000);
    s.w.answer::<Rescue>(s.ann, ask).is_some_and(|done| done.is_ok())
}

fn some_key(s: &mut Story) -> String {
    signet_crypto::RecoveryKey::make(&mut s.w.rng).to_string()
}

#[test]
fn a_lost_answer_at_any_step_leaves_all_of_the_old_or_all_of_the_new() {
    for step in STEPS {
        let mut s = story();
        let mut key = some_key(&mut s);
        s.w.lose_answer = vec![step];
        let done = tries(&mut s, &mut key);
        assert_eq!(done, step == api::RESCUE, "{step}");
        assert_eq!(s.opens_anew(&key), done, "{step}");
        // And it can be done after that.
        if !done {
            assert!(tries(&mut s, &mut key), "{step}");
            assert!(s.opens_anew(&key), "{step}");
        }
    }
}

#[test]
fn a_page_killed_or_a_relay_killed_at_any_step_leaves_all_of_the_old_or_all_of_the_new() {
    for step in STEPS {
        for page in [true, false] {
            let mut s = story();
            let mut key = some_key(&mut s);
            s.w.hold = vec![step];
            let ask = s.w.begin(s.ann, PrepareRescue { current: PASSWORD.into(), new: NEW.into() });
            s.w.settle();
            let mut second = None;
            if let Some(Ok(text)) = s.w.answer::<PrepareRescue>(s.ann, ask) {
                key = text.recovery.0;
                second = Some(s.w.begin(s.ann, Rescue { new: NEW.into() }));
                s.w.settle();
            }
            s.w.hold.clear();
            if page {
                s.w.restart(s.ann);
            } else {
                s.w.kill_relay();
                s.w.pass(5000);
                s.w.relay_up = true;
                s.w.pass(60_000);
                let waits = match second {
                    Some(ask) => s.w.answer::<Rescue>(s.ann, ask).is_none(),
                    None => s.w.answer::<PrepareRescue>(s.ann, ask).is_none(),
                };
                assert!(!waits, "{step}: somebody waits for ever");
            }
            assert_eq!(s.opens_anew(&key), step == api::RESCUE, "{step}, page: {page}");
            // The browser itself: what its slot opens, if anything, is the account as it is.
            let share = s.w.browsers[s.ann].tab;
            s.w.reload_with(s.ann, share, |status| assert!(status.is_ok(), "{step}, page: {page}: {status:?}"));
        }
    }
}

#[test]
fn what_was_refused_and_done_all_the_same_is_found_done() {
    let mut s = story();
    let key = s.prepare(s.ann).unwrap();
    s.w.hold = vec![api::RESCUE];
    let ask = s.w.begin(s.ann, Rescue { new: NEW.into() });
    s.w.settle();
    s.w.hold.clear();
    let refused =
        HttpAnswer { status: 400, refusal: Some(Refusal::Malformed.number()), retry_after_s: None, body: Vec::new() };
    s.w.let_go(api::RESCUE, Some(refused));
    s.w.settle();
    assert_eq!(s.w.answer::<Rescue>(s.ann, ask), Some(Ok(0)));
    assert!(s.opens_anew(&key));
}

#[test]
fn what_another_browser_stores_meanwhile_is_taken_along_or_nothing_is_done() {
    // Its state.
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    s.w.person("carl_c");
    s.prepare(s.ann).unwrap();
    s.w.hold = vec![api::SECRET_TRY];
    let ask = s.w.begin(s.ann, Rescue { new: NEW.into() });
    s.w.settle();
    // The line of the first is cut off from news.
    s.w.relay.sockets.remove(&s.ann);
    let carl = s.w.talk(other, "carl_c");
    s.w.pass(2000);
    s.w.hold.clear();
    s.w.let_go(api::SECRET_TRY, None);
    s.w.pass(5000);
    assert_eq!(s.w.answer::<Rescue>(s.ann, ask), Some(Ok(1)));
    let new = s.signs_in(NEW).unwrap();
    s.w.pass(2000);
    assert!(s.w.conversations(new).iter().any(|known| known.id == carl));

    // Its keys: nothing is done, and then it can be.
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    let key = s.prepare(s.ann).unwrap();
    s.w.hold = vec![api::SECRET_TRY];
    let ask = s.w.begin(s.ann, Rescue { new: NEW.into() });
    s.w.settle();
    s.w.relay.sockets.remove(&s.ann);
    assert_eq!(s.w.ask(other, RenewKeys {}), Ok(()));
    s.w.hold.clear();
    s.w.let_go(api::SECRET_TRY, None);
    s.w.pass(5000);
    assert_eq!(s.w.answer::<Rescue>(s.ann, ask), Some(Err(Trouble::ChangedElsewhere)));
    assert!(!s.opens_anew(&key));
    s.w.come_back(s.ann);
    s.w.pass(5000);
    assert_eq!(s.prepare(s.ann), Ok(key.clone()));
    assert!(s.rescue(s.ann).is_ok());
    assert!(s.opens_anew(&key));
}

#[test]
fn for_one_place_of_the_key_log_there_is_never_a_second_statement() {
    let mut s = story();
    let key = s.prepare(s.ann).unwrap();
    s.w.relay.refuse_path = Some((api::RESCUE, Refusal::LoginFailed));
    assert_eq!(s.rescue(s.ann), Err(Trouble::LoginTooOld));
    assert_eq!(s.w.ask(s.ann, RenewKeys {}), Err(Trouble::Busy));
    s.w.relay.refuse_path = None;
    assert_eq!(s.prepare(s.ann), Ok(key.clone()));
    s.w.said.clear();
    assert!(s.rescue(s.ann).is_ok());
    let sent: Vec<Vec<u8>> =
        s.w.relay
            .heard
            .iter()
            .filter_map(|body| <api::Rescue as api::Body>::parse(body).ok())
            .map(|q| q.keys.statement)
            .collect();
    assert!(sent.len() == 2 && sent[0] == sent[1], "{}", sent.len());
    assert!(s.opens_anew(&key));
}

#[test]
fn what_does_not_fit_is_told_apart_and_changes_nothing() {
    let mut s = story();
    let ann = s.ann;
    let ask = |current: &str, new: &str| PrepareRescue { current: current.into(), new: new.into() };
    assert_eq!(s.w.ask(ann, Rescue { new: NEW.into() }), Err(Trouble::LoginTooOld), "not prepared");
    assert_eq!(s.w.ask(ann, ask("not the password", NEW)).err(), Some(Trouble::LoginFailed));
    assert_eq!(s.w.ask(ann, ask(PASSWORD, "short")).err(), Some(Trouble::BadPassword));
    let key = s.key.clone();
    assert_eq!(s.w.ask(ann, ask(PASSWORD, &key)).err(), Some(Trouble::IsRecoveryKey));
    let new = s.prepare(ann).unwrap();
    s.w.relay.logins_too_old = true;
    assert_eq!(s.rescue(ann), Err(Trouble::LoginTooOld));
    s.w.relay.logins_too_old = false;
    s.w.relay.swap_pending_slot = true;
    assert_eq!(s.rescue(ann), Err(Trouble::KeystoreDamaged));
    s.w.relay.swap_pending_slot = false;
    s.w.relay.profile = 9;
    assert_eq!(s.rescue(ann), Err(Trouble::WeakProfile));
    s.w.relay.profile = 1;
    assert!(!s.opens_anew(&new));
    // By the recovery key in the place of the password.
    let current = s.key.clone();
    assert_eq!(s.w.ask(ann, ask(&current, NEW)).map(|key| key.recovery.0), Ok(new.clone()));
    // One change at a time.
    s.w.hold = vec![api::RESCUE];
    let running = s.w.begin(ann, Rescue { new: NEW.into() });
    s.w.settle();
    let change = ChangePassword { current: Some(PASSWORD.into()), new: NEW.into(), end_others: true, ticket: None };
    assert_eq!(s.w.ask(ann, change), Err(Trouble::Busy));
    assert_eq!(s.w.ask(ann, Rescue { new: NEW.into() }), Err(Trouble::Busy));
    s.w.hold.clear();
    s.w.let_go(api::RESCUE, None);
    s.w.settle();
    assert!(s.w.answer::<Rescue>(ann, running).unwrap().is_ok());
    assert!(s.opens_anew(&new));
}

/// Whoever has got hold of the former master key could write a record for anything: what it opens has to be signed.
#[test]
fn a_record_by_the_former_master_key_does_not_stand_in_for_the_signature() {
    let mut s = story();
    let bob = s.w.account("bob_b");
    let by_bob = |mail: &&mut common::relay::Mail| {
        signet_shared::envelope::Delivery::parse(&mail.delivery).unwrap().header.sender_id == bob
            && mail.record.is_some()
    };
    let mailbox = &mut s.w.relay.accounts.get_mut(&s.id).unwrap().mailbox;
    let spoiled = mailbox.iter_mut().filter(by_bob).map(|mail| {
        let last = mail.delivery.len() - 1;
        mail.delivery[last] ^= 1;
    });
    assert!(spoiled.count() > 0);
    let before = s.signs_in(PASSWORD).unwrap();
    s.w.pass(2000);
    assert_eq!(s.w.texts(before, s.conv), BEFORE, "the account's own word of today");
    s.prepare(s.ann).unwrap();
    s.rescue(s.ann).unwrap();
    let after = s.signs_in(NEW).unwrap();
    s.w.pass(2000);
    assert_eq!(s.w.texts(after, s.conv), BEFORE[..1]);
}

#[test]
fn a_last_step_that_took_too_long_says_so_and_names_no_secret_wrong() {
    let mut s = story();
    s.prepare(s.ann).unwrap();
    s.w.relay.refuse_path = Some((api::RESCUE, Refusal::LoginFailed));
    assert_eq!(s.rescue(s.ann), Err(Trouble::LoginTooOld));
    s.w.relay.refuse_path = None;
    assert!(s.signs_in(PASSWORD).is_ok(), "nothing has changed");
}
