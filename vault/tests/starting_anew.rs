//! Starting anew: who asks, who refuses, what becomes of the account, of its people and of its old messages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World, puppet::Puppet};
use signet_ask::{
    AnewNotice, AnewStand, AnewView, AskAnew, AskAnewHere, Attach, BackupTrouble, BeginAnew, DecideIdentity, DropAnew,
    Event, LookAnew, MarkVerified, OpenEarlier, ReadAccount, ReadDetails, RefuseAnew, SaveDraft, SignIn,
    SignInWithRecoveryKey, SignUp, Status, Ticket, Trouble, Warning,
};
use signet_shared::{ConvId, api, code::OneTimeCode, wire::Refusal};

const NEW: &str = "a different horse entirely";
const CODE: [u8; 15] = [7; 15];
const DAY_MS: u64 = 24 * 3600 * 1000;

struct Story {
    w: World,
    /// Bob, and Ann's browser of before, whose rows nobody opens any more.
    bob: usize,
    ann: usize,
    conv: ConvId,
    key: String,
}

/// Ann and Bob, who have talked. She has verified him, and he her if so.
fn story(verified: bool) -> Story {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(ann, question).unwrap().0;
    let bob = w.person("bob_b");
    let conv = w.talk(ann, "bob_b");
    for n in 0..2 {
        w.send(ann, conv, &format!("ann {n}"));
        w.pass(2000);
        w.send(bob, conv, &format!("bob {n}"));
        w.pass(2000);
    }
    verify(&mut w, ann, conv);
    if verified {
        verify(&mut w, bob, conv);
    }
    w.pass(5000);
    Story { w, bob, ann, conv, key }
}

const TEXTS: [&str; 4] = ["ann 0", "bob 0", "ann 1", "bob 1"];

fn verify(w: &mut World, id: usize, conv: ConvId) {
    let safety_number = w.ask(id, ReadDetails { conv }).unwrap().safety_number;
    w.ask(id, MarkVerified { conv, safety_number, verified: true }).unwrap();
}

fn by_code() -> AskAnew {
    AskAnew { username: "ann_a".into(), code: OneTimeCode(CODE).to_string() }
}

fn begin(password: &str) -> BeginAnew {
    BeginAnew { password: password.into(), stay: false, anyway: false, ticket: None }
}

fn opens(w: &mut World, password: &str) -> Result<usize, Trouble> {
    let id = w.browser();
    w.ask(id, SignIn { username: "ann_a".into(), password: password.into(), stay: false }).map(|_| id)
}

fn view(stand: AnewStand) -> AnewView {
    AnewView { username: "ann_a".into(), stand }
}

fn sealed(w: &mut World, id: usize, conv: ConvId) -> Option<u32> {
    w.conversations(id).into_iter().find(|found| found.id == conv).map(|found| found.sealed)
}

fn notices(w: &World, id: usize) -> Vec<Option<AnewNotice>> {
    let told = |event: &Event| if let Event::Anew(notice) = event { Some(*notice) } else { None };
    w.browsers[id].events.iter().filter_map(told).collect()
}

impl Story {
    /// In a new browser: asks by code, and the wait is over.
    fn asked(&mut self) -> usize {
        let id = self.w.browser();
        self.w.relay.anew_left_ms = 3 * DAY_MS;
        self.w.relay.codes.insert("ann_a".into(), CODE);
        let asked = self.w.ask(id, by_code()).unwrap();
        assert!(matches!(asked.stand, AnewStand::Waiting { .. }));
        self.w.relay.anew_left_ms = 0;
        id
    }

    fn begun(&mut self) -> (usize, String) {
        let id = self.asked();
        let key = self.w.ask(id, begin(NEW)).unwrap().0;
        self.w.pass(20_000);
        (id, key)
    }
}

#[test]
fn whoever_lost_both_secrets_begins_anew_and_old_messages_open_once_the_password_turns_up() {
    let mut s = story(false);
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(None));
    assert_eq!(s.w.ask(id, begin(NEW)), Err(Trouble::AnewGone));
    assert_eq!(s.w.ask(id, AskAnew { code: "some code".into(), ..by_code() }), Err(Trouble::BadCode));
    assert_eq!(s.w.ask(id, AskAnew { username: "?".into(), ..by_code() }), Err(Trouble::BadUsername));
    assert_eq!(s.w.ask(id, by_code()), Err(Trouble::CodeFailed));
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(None));
    s.w.relay.codes.insert("ann_a".into(), CODE);
    let waiting = view(AnewStand::Waiting { due_ms: s.w.now + 3 * DAY_MS });
    assert_eq!(s.w.ask(id, by_code()), Ok(waiting.clone()));
    assert_eq!(s.w.ask(id, begin(NEW)), Err(Trouble::TooEarly));
    // The browser remembers having asked.
    s.w.reload(id);
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(Some(waiting)));
    let other = s.w.browser();
    assert_eq!(s.w.ask(other, by_code()), Err(Trouble::CodeFailed), "used");
    assert_eq!(opens(&mut s.w, PASSWORD).map(drop), Ok(()), "until then nothing has changed");

    s.w.relay.anew_left_ms = 0;
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(Some(view(AnewStand::Ready))));
    assert_eq!(s.w.ask(id, begin("short")), Err(Trouble::BadPassword));
    assert_eq!(s.w.ask(id, begin(&s.key)), Err(Trouble::IsRecoveryKey));
    let key = s.w.ask(id, begin(NEW)).unwrap().0;
    s.w.pass(20_000);
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(None), "that is over");
    assert_eq!(opens(&mut s.w, PASSWORD), Err(Trouble::LoginFailed));
    assert!(opens(&mut s.w, NEW).is_ok());
    let recover = SignInWithRecoveryKey { username: "ann_a".into(), key: key.clone(), stay: false };
    assert!(s.w.ask(other, recover).is_ok());
    assert_ne!(key, s.key);
    let ended = |event: &Event| matches!(event, Event::SignedOutBecause(Trouble::SessionEnded));
    assert!(s.w.browsers[s.ann].events.iter().any(ended), "her other browsers are signed out");

    // Whom she knew she knows by what they wrote to her; what it says is sealed, and nothing is said to be missing.
    assert_eq!((s.w.texts(id, s.conv), sealed(&mut s.w, id, s.conv)), (vec![], Some(4 + 4)), "messages and receipts");
    assert_eq!(s.w.warnings(id, s.conv), []);
    assert!(s.w.ask(id, ReadAccount {}).unwrap().begun_anew);
    s.w.reload(id);
    s.w.pass(5000);
    assert_eq!((s.w.texts(id, s.conv), sealed(&mut s.w, id, s.conv)), (vec![], Some(8)));

    // Bob hears of another identity, and decides.
    s.w.send(id, s.conv, "it is me, with new keys");
    s.w.pass(10_000);
    let me = s.w.account("ann_a");
    let ik = s.w.relay.verified(me).ik_hash();
    assert_eq!(s.w.warnings(s.bob, s.conv), [Warning::IdentityReset { identity: ik, verified: false }]);
    assert_eq!(s.w.texts(s.bob, s.conv), TEXTS);
    s.w.ask(s.bob, DecideIdentity { conv: s.conv, identity: ik, accept: true }).unwrap();
    s.w.pass(10_000);
    s.w.send(s.bob, s.conv, "welcome back");
    s.w.pass(5000);
    assert_eq!(s.w.texts(id, s.conv), ["it is me, with new keys", "welcome back"]);
    assert_eq!(s.w.warnings(id, s.conv), [], "his stream goes on, and so do her receipts");

    // The old password turns up.
    assert_eq!(
        s.w.ask(id, OpenEarlier { secret: "not the password".into(), secret_key: None }),
        Err(Trouble::LoginFailed)
    );
    assert_eq!(
        s.w.ask(id, OpenEarlier { secret: NEW.into(), secret_key: None }),
        Err(Trouble::LoginFailed),
        "is no earlier one"
    );
    assert_eq!(s.w.ask(id, OpenEarlier { secret: PASSWORD.into(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    let all = ["ann 0", "bob 0", "ann 1", "bob 1", "it is me, with new keys", "welcome back"];
    assert_eq!((s.w.texts(id, s.conv), sealed(&mut s.w, id, s.conv)), (all.map(str::to_owned).to_vec(), Some(0)));
    assert_eq!(s.w.warnings(id, s.conv), []);
    let bob = s.w.conversations(id).into_iter().find(|found| found.id == s.conv).unwrap();
    assert!(bob.verified, "whom she had compared is known again");
    // In every browser of hers, also the ones that were there and ones that come.
    s.w.pass(20_000);
    assert_eq!(s.w.texts(other, s.conv), all);
    let fresh = opens(&mut s.w, NEW).unwrap();
    s.w.pass(20_000);
    assert_eq!((s.w.texts(fresh, s.conv), s.w.warnings(fresh, s.conv)), (all.map(str::to_owned).to_vec(), vec![]));
    s.w.reload(id);
    s.w.pass(5000);
    assert_eq!(s.w.texts(id, s.conv), all);
    assert_eq!(s.w.ask(id, OpenEarlier { secret: PASSWORD.into(), secret_key: None }), Ok(()), "again is no harm");
}

#[test]
fn the_recovery_key_of_then_opens_old_messages_too_and_whoever_verified_is_blocked() {
    let mut s = story(true);
    let (id, _) = s.begun();
    s.w.send(id, s.conv, "it is me");
    s.w.pass(10_000);
    let warning = s.w.warnings(s.bob, s.conv);
    let [Warning::IdentityReset { identity, verified: true }] = warning[..] else { panic!("{warning:?}") };
    let accept = DecideIdentity { conv: s.conv, identity, accept: true };
    assert_eq!(s.w.ask(s.bob, accept), Err(Trouble::NotAsRead), "only by comparing");
    verify(&mut s.w, s.bob, s.conv);
    s.w.pass(10_000);
    assert_eq!(s.w.texts(s.bob, s.conv).last().unwrap(), "it is me");
    assert_eq!(s.w.ask(id, OpenEarlier { secret: s.key.clone(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    assert_eq!(s.w.texts(id, s.conv)[..4], TEXTS);
}

#[test]
fn any_signed_in_browser_is_told_and_refuses() {
    let mut s = story(false);
    let there = s.w.sign_in("ann_a");
    let id = s.w.browser();
    s.w.relay.codes.insert("ann_a".into(), CODE);
    s.w.ask(id, by_code()).unwrap();
    let told = notices(&s.w, s.ann);
    let [Some(notice)] = told[..] else { panic!("{told:?}") };
    assert_eq!(notice.due_ms, s.w.now + 3 * DAY_MS);
    assert_eq!(notices(&s.w, there), told);
    // A browser that was away, and a tab that comes later.
    s.w.reload(there);
    s.w.pass(2000);
    assert_eq!(notices(&s.w, there).len(), 1);
    s.w.browsers[there].events.clear();
    let share = s.w.browsers[there].tab;
    s.w.ask(there, Attach { share }).unwrap();
    assert_eq!(notices(&s.w, there).len(), 1);

    s.w.relay.anew_left_ms = 0;
    assert_eq!(s.w.ask(there, RefuseAnew { id: notice.id }), Ok(()));
    assert_eq!(notices(&s.w, s.ann).last(), Some(&None));
    assert_eq!(notices(&s.w, there).last(), Some(&None));
    assert_eq!(s.w.ask(there, RefuseAnew { id: [9; 16] }), Err(Trouble::NotFound));
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(Some(view(AnewStand::Refused))));
    assert_eq!(s.w.ask(id, begin(NEW)), Err(Trouble::AnewRefused));
    assert_eq!(s.w.ask(id, DropAnew {}), Ok(()));
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(None));
    assert!(opens(&mut s.w, PASSWORD).is_ok());
    assert_eq!(s.w.ask(id, RefuseAnew { id: notice.id }), Err(Trouble::SignedOut));
}

#[test]
fn a_browser_that_is_still_signed_in_asks_and_begins_from_there() {
    let mut s = story(false);
    assert!(s.w.ask(s.ann, AskAnewHere {}).is_ok());
    assert_eq!(notices(&s.w, s.ann).len(), 1);
    assert_eq!(s.w.ask(s.ann, begin(NEW)), Err(Trouble::TooEarly));
    assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }), "nothing is lost by that");
    s.w.relay.anew_left_ms = 0;
    assert_eq!(s.w.ask(s.ann, LookAnew {}), Ok(Some(view(AnewStand::Ready))));
    assert!(s.w.ask(s.ann, begin(NEW)).is_ok());
    s.w.pass(20_000);
    assert_eq!((s.w.texts(s.ann, s.conv), sealed(&mut s.w, s.ann, s.conv)), (vec![], Some(8)));
    s.w.reload(s.ann);
    s.w.pass(5000);
    assert_eq!(s.w.ask(s.ann, OpenEarlier { secret: PASSWORD.into(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    assert_eq!(s.w.texts(s.ann, s.conv), TEXTS);
}

#[test]
fn what_was_not_sent_yet_is_not_lost_unasked() {
    // Whoever begins from the open account, and whoever has been signed out in between; a message, or a draft.
    for (ended, draft) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut s = story(false);
        let (ann, conv) = (s.ann, s.conv);
        s.w.ask(ann, AskAnewHere {}).unwrap();
        s.w.kill_relay();
        if draft {
            s.w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
        } else {
            s.w.send(ann, conv, "not sent yet");
        }
        if ended {
            s.w.restart(ann);
        }
        s.w.relay_up = true;
        s.w.relay.anew_left_ms = 0;
        if ended {
            s.w.relay.end_session(ann);
            let share = s.w.browsers[ann].tab;
            assert!(matches!(s.w.ask(ann, Attach { share }), Ok(Status::SignedOut { .. })));
        }
        let unsent = Err(Trouble::OthersUnsent { username: "ann_a".into() });
        assert_eq!(s.w.ask(ann, begin(NEW)), unsent);
        assert!(opens(&mut s.w, PASSWORD).is_ok());
        assert!(s.w.ask(ann, BeginAnew { anyway: true, ..begin(NEW) }).is_ok());
        assert!(opens(&mut s.w, NEW).is_ok());
    }
}

#[test]
fn of_two_requests_the_newer_one_counts() {
    let mut s = story(false);
    let first = s.asked();
    let second = s.asked();
    assert_eq!(s.w.ask(first, LookAnew {}), Ok(Some(view(AnewStand::Gone))));
    assert_eq!(s.w.ask(first, begin("the password of the first")), Err(Trouble::AnewGone));
    assert!(s.w.ask(second, begin(NEW)).is_ok());
    assert_eq!(s.w.ask(first, LookAnew {}), Ok(Some(view(AnewStand::Gone))));
    assert!(opens(&mut s.w, NEW).is_ok());
}

#[test]
fn a_lost_answer_is_asked_for_again_in_the_same_words() {
    let mut s = story(false);
    let id = s.w.browser();
    s.w.relay.codes.insert("ann_a".into(), CODE);
    s.w.lose_answer = vec![api::ANEW_ASK];
    assert_eq!(s.w.ask(id, by_code()), Err(Trouble::Unreachable));
    assert!(matches!(s.w.ask(id, by_code()).unwrap().stand, AnewStand::Waiting { .. }), "the code was used by itself");
    s.w.relay.anew_left_ms = 0;
    s.w.lose_answer = vec![api::ANEW_START];
    assert_eq!(s.w.ask(id, begin(NEW)), Err(Trouble::Unreachable));
    assert!(opens(&mut s.w, PASSWORD).is_ok());
    s.w.lose_answer = vec![api::ANEW_FINISH];
    let asked = s.w.begin(id, begin(NEW));
    s.w.settle();
    assert!(s.w.answer::<BeginAnew>(id, asked).is_none());
    s.w.pass(5000);
    assert!(s.w.answer::<BeginAnew>(id, asked).unwrap().is_ok());
    assert!(opens(&mut s.w, NEW).is_ok());
    assert_eq!(opens(&mut s.w, PASSWORD), Err(Trouble::LoginFailed));
}

#[test]
fn wherever_the_tab_dies_exactly_one_password_opens() {
    let mut died = 0;
    // Keys take long: the tab dies after the n-th effect of the last steps, each time in a world of its own.
    for after in [0, 1, 2, 4, 8, 16] {
        let mut s = story(false);
        let id = s.asked();
        let w = &mut s.w;
        w.hold = vec![api::ANEW_FINISH];
        let asked = w.begin(id, begin(NEW));
        w.settle();
        w.hold.clear();
        // The relay has carried it out.
        w.browsers[id].die_after = Some(after);
        w.let_go(api::ANEW_FINISH, None);
        died += usize::from(w.answer::<BeginAnew>(id, asked).is_none());
        w.restart(id);
        assert_eq!(opens(w, PASSWORD), Err(Trouble::LoginFailed), "after {after}");
        let found = opens(w, NEW).unwrap();
        w.pass(5000);
        assert!(matches!(sealed(w, found, s.conv), Some(1..)), "after {after}");
        // The browser that died knows it, or has been signed in.
        let looked = w.ask(id, LookAnew {});
        assert!(matches!(looked, Ok(None | Some(AnewView { stand: AnewStand::Done, .. }))), "{looked:?}");
        assert_eq!(w.ask(id, DropAnew {}), Ok(()));
    }
    assert!(died > 1);
}

#[test]
fn a_tab_that_dies_before_the_relay_has_it_goes_on_in_another_worker() {
    let ticket = |again| Some(Ticket { recovery: [5; 32], again });
    for dies in [api::ANEW_START, api::ANEW_FINISH] {
        let mut s = story(false);
        let id = s.asked();
        let w = &mut s.w;
        // Everything up to this request, which is never sent.
        w.hold = if dies == api::ANEW_START { vec![api::ABOUT] } else { vec![api::ANEW_START] };
        w.begin(id, BeginAnew { ticket: ticket(false), ..begin(NEW) });
        w.settle();
        let held = w.hold.remove(0);
        w.browsers[id].die_after = Some(0);
        w.let_go(held, None);
        w.restart(id);
        assert!(opens(w, PASSWORD).is_ok(), "nothing has changed");
        let key = w.ask(id, BeginAnew { ticket: ticket(true), ..begin(NEW) }).unwrap().0;
        assert_eq!(opens(w, PASSWORD), Err(Trouble::LoginFailed));
        assert!(opens(w, NEW).is_ok());
        let recover = SignInWithRecoveryKey { username: "ann_a".into(), key, stay: false };
        let other = w.browser();
        assert!(w.ask(other, recover).is_ok());
    }
}

#[test]
fn another_worker_goes_on_with_the_same_recovery_key() {
    let mut s = story(false);
    let id = s.asked();
    let ticket = |again| Some(Ticket { recovery: [5; 32], again });
    s.w.hold = vec![api::ANEW_FINISH];
    s.w.begin(id, BeginAnew { ticket: ticket(false), ..begin(NEW) });
    s.w.settle();
    s.w.hold.clear();
    s.w.restart(id);
    let key = s.w.ask(id, BeginAnew { ticket: ticket(true), ..begin(NEW) }).unwrap().0;
    s.w.pass(5000);
    assert!(matches!(s.w.reload(id), Status::SignedIn { .. }));
    let other = s.w.browser();
    let recover = SignInWithRecoveryKey { username: "ann_a".into(), key, stay: false };
    assert!(s.w.ask(other, recover).is_ok());
}

#[test]
fn keys_renewed_meanwhile_are_no_reason_to_lose_the_request() {
    let mut s = story(false);
    let id = s.asked();
    s.w.hold = vec![api::ANEW_START];
    let asked = s.w.begin(id, begin(NEW));
    s.w.settle();
    s.w.hold.clear();
    assert_eq!(s.w.ask(s.ann, signet_ask::RenewKeys {}), Ok(()));
    s.w.let_go(api::ANEW_START, None);
    s.w.pass(5000);
    assert_eq!(s.w.answer::<BeginAnew>(id, asked), Some(Err(Trouble::ChangedElsewhere)));
    assert!(opens(&mut s.w, PASSWORD).is_ok());
    assert!(s.w.ask(id, begin(NEW)).is_ok());
    s.w.pass(20_000);
    // Both keys of then open.
    assert_eq!(s.w.ask(id, OpenEarlier { secret: PASSWORD.into(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    assert_eq!(s.w.texts(id, s.conv), TEXTS);
}

#[test]
fn whoever_begins_anew_twice_opens_what_is_of_either_by_its_own_secret() {
    let mut s = story(false);
    let (id, _) = s.begun();
    s.w.send(id, s.conv, "once");
    s.w.pass(5000);
    let id = s.asked();
    assert!(s.w.ask(id, begin("the third password of hers")).is_ok());
    s.w.pass(20_000);
    assert_eq!(s.w.texts(id, s.conv), [""; 0]);
    assert_eq!(s.w.ask(id, OpenEarlier { secret: PASSWORD.into(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    assert_eq!(s.w.texts(id, s.conv), TEXTS);
    assert_eq!(s.w.ask(id, OpenEarlier { secret: NEW.into(), secret_key: None }), Ok(()));
    s.w.pass(20_000);
    assert_eq!(s.w.texts(id, s.conv)[4..], ["once"]);
}

#[test]
fn a_backup_of_before_opens_old_messages_and_one_made_since_is_as_good_as_any() {
    let mut s = story(false);
    let (before, _) = s.w.export(s.ann, false);
    let (id, _) = s.begun();
    s.w.send(id, s.conv, "it is me");
    s.w.pass(5000);
    assert_eq!(s.w.import(id, &before).map(|report| report.new_messages), Ok(0));
    s.w.pass(20_000);
    let all = ["ann 0", "bob 0", "ann 1", "bob 1", "it is me"];
    assert_eq!((s.w.texts(id, s.conv), sealed(&mut s.w, id, s.conv)), (all.map(str::to_owned).to_vec(), Some(0)));
    let (since, report) = s.w.export(id, true);
    assert_eq!(report.messages, 5);
    assert!(s.w.test_backup(id, &since).is_ok());
    let me = s.w.account("ann_a");
    s.w.relay.accounts.get_mut(&me).unwrap().mailbox.clear();
    let fresh = opens(&mut s.w, NEW).unwrap();
    s.w.pass(20_000);
    assert_eq!(s.w.import(fresh, &since).map(|report| report.new_messages), Ok(5));
    assert_eq!(s.w.texts(fresh, s.conv), all);
}

#[test]
fn a_backup_with_an_identity_that_the_account_never_had_is_refused() {
    let mut s = story(false);
    let me = s.w.account("ann_a");
    // Whoever has her account's old password makes it begin anew at another relay, and a backup there.
    let (id, _) = s.begun();
    let (file, _) = s.w.export(id, true);
    let earlier = s.w.relay.earlier[&(me, 1)].clone();
    let account = s.w.relay.accounts.get_mut(&me).unwrap();
    (account.records, account.keystore) = (earlier.records, earlier.keystore);
    account.keystore_version = earlier.keystore_version;
    (account.state, account.state_version) = (earlier.state, earlier.state_version);
    account.statements.truncate(1);
    let honest = s.w.sign_in("ann_a");
    s.w.pass(5000);
    assert_eq!(s.w.import(honest, &file).map(drop), Err(Trouble::Backup(BackupTrouble::Content)));
}

#[test]
fn an_identity_that_ones_own_browsers_did_not_make_is_told_within_a_day_and_opens_nothing() {
    let mut s = story(false);
    let me = s.w.account("ann_a");
    // The relay makes her begin anew, with keys of its own.
    let mut evil = Puppet::new("ann_a");
    evil.statements = s.w.relay.accounts[&me]
        .statements
        .iter()
        .map(|bytes| signet_shared::statement::SignedStatement::parse(bytes).unwrap())
        .collect();
    evil.account = s.w.relay.verified(me);
    evil.begin_anew(4, 5);
    let honest = s.w.relay.accounts[&me].statements.clone();
    evil.publish(&mut s.w.relay);
    s.w.pass(DAY_MS);
    assert!(s.w.warnings(s.ann, s.conv).contains(&Warning::OwnKeysDiffer));
    s.w.send(s.ann, s.conv, "still by her own keys");
    s.w.pass(5000);
    assert_eq!(s.w.texts(s.bob, s.conv).last().unwrap(), "still by her own keys");
    // A sign-in finds keys that are not hers, and says so.
    assert_eq!(opens(&mut s.w, PASSWORD), Err(Trouble::BadStatement));
    let share = s.w.browsers[s.ann].tab;
    s.w.reload_with(s.ann, share, |reloaded| assert_eq!(reloaded, Err(Trouble::BadStatement)));
    s.w.relay.accounts.get_mut(&me).unwrap().statements = honest;
    assert!(opens(&mut s.w, PASSWORD).is_ok());
}

#[test]
fn a_browser_that_knows_the_account_from_before_takes_it_as_it_is_now() {
    let mut s = story(false);
    s.begun();
    s.w.pass(5000);
    let again = |password: &str| SignIn { username: "ann_a".into(), password: password.into(), stay: false };
    assert_eq!(s.w.ask(s.ann, again(PASSWORD)), Err(Trouble::LoginFailed));
    assert!(s.w.ask(s.ann, again(NEW)).is_ok());
    s.w.pass(20_000);
    assert_eq!((s.w.texts(s.ann, s.conv), sealed(&mut s.w, s.ann, s.conv)), (vec![], Some(8)));
    s.w.reload(s.ann);
    s.w.pass(5000);
    s.w.send(s.ann, s.conv, "from here");
    s.w.pass(5000);
    assert_eq!(s.w.texts(s.ann, s.conv), ["from here"]);
}

#[test]
fn a_relay_that_damages_or_withholds_what_was_costs_the_old_messages_and_nothing_else() {
    let mut s = story(false);
    let (id, _) = s.begun();
    let me = s.w.account("ann_a");
    let whole = s.w.relay.earlier[&(me, 1)].clone();
    let open = || OpenEarlier { secret: PASSWORD.into(), secret_key: None };
    s.w.relay.earlier.get_mut(&(me, 1)).unwrap().keystore[60] ^= 1;
    assert_eq!(s.w.ask(id, open()), Err(Trouble::KeystoreDamaged));
    s.w.relay.earlier.insert((me, 1), whole.clone());
    s.w.relay.earlier.get_mut(&(me, 1)).unwrap().records.get_mut(&1).unwrap().1[60] ^= 1;
    assert_eq!(s.w.ask(id, open()), Err(Trouble::KeystoreDamaged));
    s.w.relay.earlier.remove(&(me, 1));
    assert_eq!(s.w.ask(id, open()), Err(Trouble::LoginFailed));
    s.w.relay.earlier.insert((me, 1), whole);
    s.w.relay.profile = 9;
    assert_eq!(s.w.ask(id, open()), Err(Trouble::WeakProfile));
    s.w.relay.profile = 1;
    s.w.relay.refuse_path = Some((api::KEYS, Refusal::VersionConflict));
    let asked = s.w.begin(id, open());
    s.w.pass(60_000);
    assert_eq!(s.w.answer::<OpenEarlier>(id, asked), Some(Err(Trouble::ChangedElsewhere)));
    s.w.relay.refuse_path = None;
    s.w.pass(1_200_000);
    assert_eq!(s.w.texts(id, s.conv), TEXTS, "asked again until the relay takes it");
    // An account that never began anew has nothing of the kind.
    assert_eq!(s.w.ask(s.bob, open()), Err(Trouble::NotFound));
}

#[test]
fn nothing_that_opens_anything_is_said_to_the_relay() {
    let mut s = story(false);
    let (id, key) = s.begun();
    s.w.ask(id, OpenEarlier { secret: PASSWORD.into(), secret_key: None }).unwrap();
    let heard = s.w.relay.heard.concat();
    for canary in [PASSWORD, NEW, &key, &s.key] {
        assert!(!heard.windows(canary.len()).any(|window| window == canary.as_bytes()));
    }
    // Nor the recovery keys as they are used.
    for key in [&key, &s.key] {
        let secret = key.parse::<signet_crypto::RecoveryKey>().unwrap().secret();
        assert!(secret.len() >= 32 && !heard.windows(secret.len()).any(|window| *window == secret[..]));
    }
}
