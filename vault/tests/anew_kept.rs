//! Around a start anew: what a second press, a bad line, a dead worker or another request must not lose.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World, puppet::Puppet};
use signet_ask::{
    AnewNotice, AnewStand, AnewView, AskAnew, AskAnewHere, Attach, BeginAnew, DropAnew, Event, LookAnew, RefuseAnew,
    SaveDraft, SignIn, SignInWithRecoveryKey, SignOut, SignUp, Status, Ticket, Trouble,
};
use signet_shared::{ConvId, api, code::OneTimeCode, wire::Refusal};
use signet_vault::machine::HttpAnswer;

const NEW: &str = "a different horse entirely";
const CODE: [u8; 15] = [7; 15];
const DAY_MS: u64 = 24 * 3600 * 1000;

struct Story {
    w: World,
    ann: usize,
    conv: ConvId,
    key: String,
}

/// Ann, who has met Bob, and whose account may be asked for by code.
fn story() -> Story {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(ann, question).unwrap().0;
    w.sign_up("bob_b");
    let conv = w.talk(ann, "bob_b");
    w.relay.codes.insert("ann_a".into(), CODE);
    Story { w, ann, conv, key }
}

fn ask_for(username: &str) -> AskAnew {
    AskAnew { username: username.into(), code: OneTimeCode(CODE).to_string() }
}

fn begin(again: Option<bool>) -> BeginAnew {
    let ticket = again.map(|again| Ticket { recovery: [5; 32], again });
    BeginAnew { password: NEW.into(), stay: false, anyway: false, ticket }
}

fn sign_in(password: &str) -> SignIn {
    SignIn { username: "ann_a".into(), password: password.into(), stay: false }
}

fn waiting(w: &World) -> AnewView {
    AnewView { username: "ann_a".into(), stand: AnewStand::Waiting { due_ms: w.now + w.relay.anew_left_ms } }
}

fn notice(w: &World, id: usize) -> Option<AnewNotice> {
    let told = |event: &Event| if let Event::Anew(notice) = event { Some(*notice) } else { None };
    w.browsers[id].events.iter().filter_map(told).next_back().flatten()
}

impl Story {
    fn asked(&mut self) -> usize {
        let id = self.w.browser();
        assert_eq!(self.w.ask(id, ask_for("ann_a")), Ok(waiting(&self.w)));
        id
    }

    /// In another browser.
    fn begin_elsewhere(&mut self) -> String {
        let id = self.asked();
        self.w.relay.anew_left_ms = 0;
        let key = self.w.ask(id, begin(None)).unwrap().0;
        self.w.pass(5000);
        key
    }

    fn opens_by(&mut self, key: String) -> bool {
        let id = self.w.browser();
        self.w.ask(id, SignInWithRecoveryKey { username: "ann_a".into(), key, stay: false }).is_ok()
    }
}

#[test]
fn what_was_not_sent_yet_is_not_lost_to_an_identity_that_was_made_elsewhere() {
    for draft in [false, true] {
        for elsewhere in [false, true] {
            let mut s = story();
            let (ann, conv) = (s.ann, s.conv);
            s.w.kill_relay();
            if draft {
                s.w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
            } else {
                s.w.send(ann, conv, "not sent yet");
            }
            s.w.restart(ann);
            s.w.relay_up = true;
            s.w.relay.end_session(ann);
            let share = s.w.browsers[ann].tab;
            assert!(matches!(s.w.ask(ann, Attach { share }), Ok(Status::SignedOut { .. })));
            if !elsewhere {
                assert!(s.w.ask(ann, sign_in(PASSWORD)).is_ok());
                s.w.pass(5000);
                let there = s.w.ask(ann, signet_ask::ReadDraft { conv }).unwrap();
                assert_eq!((s.w.texts(ann, conv).len(), there.len()), if draft { (0, 6) } else { (1, 0) });
                continue;
            }
            let key = s.begin_elsewhere();
            let unsent = Err(Trouble::OthersUnsent { username: "ann_a".into() });
            let by_key = || SignInWithRecoveryKey { username: "ann_a".into(), key: key.clone(), stay: false };
            for _ in 0..2 {
                assert_eq!(s.w.ask(ann, sign_in(NEW)), unsent);
                assert_eq!(s.w.ask(ann, by_key()), unsent);
            }
            let table = if draft { "drafts" } else { "outbox" };
            assert_eq!(s.w.browsers[ann].database[table].len(), 1, "all is as it was");
            assert!(!s.w.relay.sessions.contains_key(&ann), "nor does a session stay that nobody uses");
            // The page asks, and goes on.
            assert_eq!(s.w.ask(ann, SignOut { anyway: true }), Ok(()));
            assert!(s.w.ask(ann, sign_in(NEW)).is_ok());
        }
    }
}

#[test]
fn a_second_press_goes_on_with_the_wait_that_has_begun() {
    let mut s = story();
    let id = s.asked();
    let me = s.w.account("ann_a");
    let first = s.w.relay.anew[&me].id;
    s.w.relay.anew_left_ms = DAY_MS;
    // The used code, another one, and the name in capitals.
    s.w.relay.codes.insert("ann_a".into(), [8; 15]);
    let other = AskAnew { code: OneTimeCode([8; 15]).to_string(), ..ask_for("Ann_A") };
    for again in [ask_for("ann_a"), other] {
        assert_eq!(s.w.ask(id, again), Ok(waiting(&s.w)));
    }
    assert_eq!(s.w.relay.anew[&me].id, first);
    // Two at once are one.
    let (one, two) = (s.w.begin(id, ask_for("ann_a")), s.w.begin(id, ask_for("ann_a")));
    s.w.settle();
    assert_eq!(s.w.answer::<AskAnew>(id, one), Some(Ok(waiting(&s.w))));
    assert!(matches!(s.w.answer::<AskAnew>(id, two), Some(Ok(_) | Err(Trouble::Busy))));
    // In the settings too; there, another one's is refused first.
    assert_eq!(s.w.ask(s.ann, AskAnewHere {}), Err(Trouble::Busy));
    assert_eq!(s.w.ask(s.ann, LookAnew {}), Ok(None));
    assert_eq!(s.w.ask(s.ann, RefuseAnew { id: first }), Ok(()));
    assert!(s.w.ask(s.ann, AskAnewHere {}).is_ok());
    let newer = s.w.relay.anew[&me].id;
    assert!(s.w.ask(s.ann, AskAnewHere {}).is_ok());
    assert_eq!(s.w.relay.anew[&me].id, newer);
    // What was refused is no wait.
    assert_eq!(s.w.ask(s.ann, RefuseAnew { id: newer }), Ok(()));
    assert!(s.w.ask(s.ann, AskAnewHere {}).is_ok());
    assert_ne!(s.w.relay.anew[&me].id, newer);
    s.w.relay.anew_left_ms = 0;
    assert!(s.w.ask(s.ann, begin(None)).is_ok());
}

#[test]
fn what_came_to_nothing_leaves_the_request_that_has_waited() {
    // A typo in the name; a bad line; a worker that dies, before the relay heard it or after.
    for how in 0..4 {
        let mut s = story();
        let id = s.asked();
        match how {
            0 => assert_eq!(s.w.ask(id, ask_for("bob_b")), Err(Trouble::CodeFailed)),
            1 => {
                s.w.kill_relay();
                assert_eq!(s.w.ask(id, ask_for("bob_b")), Err(Trouble::Unreachable));
                s.w.relay_up = true;
            }
            2 => {
                s.w.browsers[id].die_after = Some(1);
                s.w.begin(id, ask_for("bob_b"));
                s.w.settle();
                s.w.restart(id);
            }
            _ => {
                s.w.hold = vec![api::ANEW_ASK];
                let asked = s.w.begin(id, ask_for("bob_b"));
                s.w.settle();
                // Nobody knows yet.
                assert_eq!(s.w.ask(id, LookAnew {}), Err(Trouble::Busy));
                s.w.let_go(api::ANEW_ASK, None);
                assert_eq!(s.w.answer::<AskAnew>(id, asked), Some(Err(Trouble::CodeFailed)));
            }
        }
        for _ in 0..2 {
            assert_eq!(s.w.ask(id, LookAnew {}), Ok(Some(waiting(&s.w))), "{how}");
        }
        s.w.restart(id);
        assert_eq!(s.w.ask(id, LookAnew {}), Ok(Some(waiting(&s.w))), "{how}");
        s.w.relay.anew_left_ms = 0;
        assert!(s.w.ask(id, begin(None)).is_ok());
    }
}

#[test]
fn another_request_takes_its_place_once_the_relay_knows_that() {
    let mut s = story();
    let id = s.asked();
    s.w.relay.codes.insert("bob_b".into(), CODE);
    s.w.lose_answer = vec![api::ANEW_ASK];
    assert_eq!(s.w.ask(id, ask_for("bob_b")), Err(Trouble::Unreachable));
    assert_eq!(s.w.ask(id, LookAnew {}).unwrap().unwrap().username, "bob_b");
    assert_eq!(s.w.ask(id, DropAnew {}), Ok(()));
    assert_eq!(s.w.ask(id, LookAnew {}), Ok(None));
}

#[test]
fn a_relay_that_fails_after_it_has_stored_is_asked_again() {
    let failed = |refusal: Refusal| {
        let (status, refusal) = (refusal.status(), Some(refusal.number()));
        Some(HttpAnswer { status, refusal, retry_after_s: None, body: Vec::new() })
    };
    for refusal in [Refusal::StoreUnavailable, Refusal::Internal] {
        let mut s = story();
        let id = s.asked();
        s.w.relay.anew_left_ms = 0;
        s.w.hold = vec![api::ANEW_FINISH, api::REGISTER_FINISH];
        let asked = s.w.begin(id, begin(None));
        let cat = s.w.browser();
        let question = SignUp { username: "cat_c".into(), password: PASSWORD.into(), stay: false, ticket: None };
        let signing_up = s.w.begin(cat, question);
        s.w.settle();
        s.w.hold.clear();
        s.w.let_go(api::ANEW_FINISH, failed(refusal));
        s.w.let_go(api::REGISTER_FINISH, failed(refusal));
        s.w.pass(5000);
        let key = s.w.answer::<BeginAnew>(id, asked).unwrap().unwrap().0;
        assert!(s.opens_by(key));
        assert!(s.w.answer::<SignUp>(cat, signing_up).unwrap().is_ok());
    }
}

#[test]
fn refusing_one_request_hides_no_other() {
    let mut s = story();
    s.asked();
    let first = notice(&s.w, s.ann).unwrap();
    // While it is refused, another one is made.
    s.w.hold = vec![api::ANEW_REFUSE];
    let refusing = s.w.begin(s.ann, RefuseAnew { id: first.id });
    s.w.settle();
    s.w.hold.clear();
    s.w.relay.codes.insert("ann_a".into(), CODE);
    s.asked();
    let second = notice(&s.w, s.ann).unwrap();
    assert_ne!(first.id, second.id);
    s.w.let_go(api::ANEW_REFUSE, None);
    assert_eq!(s.w.answer::<RefuseAnew>(s.ann, refusing), Some(Ok(())));
    assert_eq!(notice(&s.w, s.ann), Some(second), "the newer one stands there still");
    // One that is there no more was not refused.
    assert_eq!(s.w.ask(s.ann, RefuseAnew { id: first.id }), Err(Trouble::NotFound));
    assert_eq!(notice(&s.w, s.ann), Some(second));
    assert_eq!(s.w.ask(s.ann, RefuseAnew { id: second.id }), Ok(()));
    assert_eq!(notice(&s.w, s.ann), None);
}

#[test]
fn another_worker_shows_the_recovery_key_wherever_the_one_before_has_come_to() {
    // From the settings, or by code; which request the relay has carried out last, if not all.
    for here in [false, true] {
        for last in [api::ANEW_START, api::ANEW_FINISH, api::SHARE_TAKE, ""] {
            let mut s = story();
            let id = if here {
                s.w.ask(s.ann, AskAnewHere {}).unwrap();
                s.ann
            } else {
                s.asked()
            };
            s.w.relay.anew_left_ms = 0;
            s.w.hold = vec![last];
            s.w.begin(id, begin(Some(false)));
            s.w.settle();
            s.w.hold.clear();
            s.w.restart(id);
            // As the worker after it is asked, in this order and at once.
            let share = s.w.browsers[id].tab;
            s.w.begin(id, Attach { share });
            let asked = s.w.begin(id, begin(Some(true)));
            s.w.pass(5000);
            let key = s.w.answer::<BeginAnew>(id, asked).unwrap_or_else(|| panic!("{here} {last}"));
            let key = key.unwrap_or_else(|trouble| panic!("{here} {last}: {trouble:?}")).0;
            assert!(matches!(s.w.reload(id), Status::SignedIn { .. }), "{here} {last}");
            assert!(s.opens_by(key), "{here} {last}");
        }
    }
}

#[test]
fn another_worker_asks_too_before_something_unsent_is_lost() {
    let mut s = story();
    let (ann, conv) = (s.ann, s.conv);
    s.w.ask(ann, AskAnewHere {}).unwrap();
    s.w.relay.anew_left_ms = 0;
    s.w.ask(ann, SaveDraft { conv, text: "half a".into() }).unwrap();
    s.w.restart(ann);
    let share = s.w.browsers[ann].tab;
    s.w.begin(ann, Attach { share });
    let unsent = Err(Trouble::OthersUnsent { username: "ann_a".into() });
    assert_eq!(s.w.ask(ann, begin(Some(true))), unsent);
    assert!(matches!(s.w.reload(ann), Status::SignedIn { .. }));
    assert!(s.w.ask(ann, BeginAnew { anyway: true, ..begin(Some(true)) }).is_ok());
}

#[test]
fn signing_out_says_that_it_forgets_a_request_and_keeps_one_for_another_account() {
    let mut s = story();
    s.w.ask(s.ann, AskAnewHere {}).unwrap();
    assert_eq!(s.w.ask(s.ann, SignOut { anyway: false }), Err(Trouble::AnewWaits));
    assert_eq!(s.w.ask(s.ann, LookAnew {}), Ok(Some(waiting(&s.w))));
    assert_eq!(s.w.ask(s.ann, SignOut { anyway: true }), Ok(()));
    s.w.restart(s.ann);
    assert_eq!(s.w.ask(s.ann, LookAnew {}), Ok(None));

    // Bob signs in where somebody waits for ann.
    let id = s.asked();
    s.w.ask(id, SignIn { username: "bob_b".into(), password: PASSWORD.into(), stay: false }).unwrap();
    s.w.relay.anew_left_ms = 0;
    assert_eq!(s.w.ask(id, begin(None)), Err(Trouble::NotFound), "what the page shows is out of date");
    assert_eq!(s.w.ask(id, SignOut { anyway: false }), Ok(()));
    s.w.restart(id);
    assert_eq!(s.w.ask(id, LookAnew {}).unwrap().unwrap().stand, AnewStand::Ready);
    s.w.ask(id, SignIn { username: "bob_b".into(), password: PASSWORD.into(), stay: false }).unwrap();
    assert_eq!(s.w.ask(id, signet_ask::DeleteAccount { current: PASSWORD.into() }), Ok(()));
    s.w.restart(id);
    assert!(s.w.ask(id, begin(None)).is_ok());
}

#[test]
fn a_relay_that_shows_another_account_is_not_given_a_new_identity() {
    let mut s = story();
    let me = s.w.account("ann_a");
    s.w.ask(s.ann, AskAnewHere {}).unwrap();
    s.w.relay.anew_left_ms = 0;
    let refused = |s: &mut Story, trouble: Trouble| {
        assert_eq!(s.w.ask(s.ann, begin(None)), Err(trouble));
        assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }));
    };
    // Of the same name.
    let evil = Puppet::new("ann_a").statements.iter().map(|signed| signed.to_bytes()).collect();
    let honest = core::mem::replace(&mut s.w.relay.accounts.get_mut(&me).unwrap().statements, evil);
    assert_eq!(s.w.ask(s.ann, begin(None)), Err(Trouble::KeystoreDamaged));
    s.w.relay.accounts.get_mut(&me).unwrap().statements = honest;
    // Versions above which there is no room.
    let version = s.w.relay.accounts[&me].state_version;
    for high in [u64::MAX, (1 << 48) + 1] {
        s.w.relay.accounts.get_mut(&me).unwrap().state_version = high;
        assert_eq!(s.w.ask(s.ann, begin(None)), Err(Trouble::RelayNonsense));
    }
    s.w.relay.accounts.get_mut(&me).unwrap().state_version = version;
    s.w.relay.refuse_path = Some((api::ANEW_FINISH, Refusal::NotFound));
    refused(&mut s, Trouble::AnewGone);
    s.w.relay.refuse_path = None;
    assert!(s.w.ask(s.ann, begin(None)).is_ok());
    let old = s.key.clone();
    assert!(!s.opens_by(old));
}

#[test]
fn master_keys_that_cannot_be_kept_now_are_not_said_to_be() {
    let mut s = story();
    s.w.send(s.ann, s.conv, "of before");
    s.w.pass(5000);
    let (before, _) = s.w.export(s.ann, false);
    let id = s.asked();
    s.w.relay.anew_left_ms = 0;
    s.w.ask(id, begin(None)).unwrap();
    s.w.pass(5000);
    // The keys that read are here with the backup; the master key of then is not.
    let begun = s.w.relay.named("ann_a").unwrap().1.keystore_version;
    s.w.import(id, &before).unwrap();
    s.w.pass(20_000);
    assert_eq!(s.w.relay.named("ann_a").unwrap().1.keystore_version, begun + 1);
    // Keys are renewed while the earlier secret is tried.
    let open = || signet_ask::OpenEarlier { secret: PASSWORD.into(), secret_key: None };
    s.w.hold = vec![api::EARLIER_FINISH, api::KEYS];
    let opening = s.w.begin(id, open());
    s.w.settle();
    let renewing = s.w.begin(id, signet_ask::RenewKeys {});
    s.w.settle();
    assert!(s.w.next_held(api::KEYS).is_some());
    s.w.hold.clear();
    s.w.let_go(api::EARLIER_FINISH, None);
    assert_eq!(s.w.answer::<signet_ask::OpenEarlier>(id, opening), Some(Err(Trouble::Busy)));
    s.w.let_go(api::KEYS, None);
    assert_eq!(s.w.answer::<signet_ask::RenewKeys>(id, renewing), Some(Ok(())));
    let version = s.w.relay.named("ann_a").unwrap().1.keystore_version;
    assert_eq!(s.w.ask(id, open()), Ok(()));
    let after = s.w.relay.named("ann_a").unwrap().1.keystore_version;
    assert_eq!(after, version + 1, "kept");
}

#[test]
fn what_a_backup_has_brought_back_is_not_lost_unasked() {
    let mut s = story();
    s.w.send(s.ann, s.conv, "of before");
    s.w.pass(5000);
    let (file, _) = s.w.export(s.ann, true);
    s.w.relay.named("ann_a").unwrap().1.mailbox.clear();
    let id = s.w.sign_in("ann_a");
    s.w.pass(5000);
    assert_eq!(s.w.import(id, &file).map(|report| report.new_messages), Ok(1));
    s.w.restart(id);
    s.w.relay.end_session(id);
    let bob = SignIn { username: "bob_b".into(), password: PASSWORD.into(), stay: false };
    let unsent = Err(Trouble::OthersUnsent { username: "ann_a".into() });
    assert_eq!(s.w.ask(id, bob), unsent);
    assert!(s.w.ask(id, sign_in(PASSWORD)).is_ok());
    assert_eq!(s.w.texts(id, s.conv), ["of before"]);
    s.w.restart(id);
    s.begin_elsewhere();
    assert_eq!(s.w.ask(id, sign_in(NEW)), unsent);
    assert!(!s.w.browsers[id].database["restored"].is_empty());
}
