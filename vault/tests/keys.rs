//! Renewing the encryption key: at no interruption is there a statement without its key, and nothing that was sealed for an
//! older key is lost.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{World, owner::Owner};
use signet_ask::{ReadAccount, RenewKeys, Trouble};
use signet_shared::{AccountId, ConvId, EkId, api, wire::Refusal};
use signet_vault::machine::HttpAnswer;

const DAY_MS: u64 = 24 * 3600 * 1000;

struct Story {
    w: World,
    ann: usize,
    bob: usize,
    id: AccountId,
    conv: ConvId,
}

/// Ann and Bob, who have said something to each other.
fn story() -> Story {
    let mut w = World::new();
    let (ann, bob) = (w.person("ann_a"), w.person("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.pass(2000);
    w.send(bob, conv, "two");
    w.pass(2000);
    let id = w.account("ann_a");
    Story { w, ann, bob, id, conv }
}

impl Story {
    /// How many statements there are, the keystore's version, and the key that others write for.
    fn stands(&self) -> (usize, u64, EkId) {
        let account = &self.w.relay.accounts[&self.id];
        (account.statements.len(), account.keystore_version, self.w.relay.verified(self.id).ek().id())
    }

    /// Ann's browsers, this one and a new one, read everything; Bob's next message is for the newest key, once he has
    /// heard from her. Nobody is warned of anything.
    fn all_is_read(&mut self, ann: usize, texts: &[&str]) {
        let mut texts = texts.to_vec();
        self.w.send(ann, self.conv, "from ann");
        self.w.pass(10_000);
        self.w.said.clear();
        self.w.send(self.bob, self.conv, "from bob");
        self.w.pass(10_000);
        let newest = self.stands().2;
        assert!(self.w.sealed_for(self.bob).contains(&(self.id, newest)), "for the newest key");
        texts.extend(["from ann", "from bob"]);
        let new = self.w.sign_in("ann_a");
        self.w.pass(10_000);
        for browser in [ann, new, self.bob] {
            assert_eq!(self.w.texts(browser, self.conv), texts);
            assert_eq!(self.w.warnings(browser, self.conv), []);
        }
        // Without the records, by the private keys alone.
        self.w.relay.accounts.get_mut(&self.id).unwrap().mailbox.iter_mut().for_each(|mail| mail.record = None);
        let bare = self.w.sign_in("ann_a");
        self.w.pass(10_000);
        assert_eq!(self.w.texts(bare, self.conv), texts);
    }
}

#[test]
fn a_renewed_key_is_written_for_and_the_older_one_goes_on_reading() {
    let mut s = story();
    let before = s.stands();
    // In flight, for the key that there was.
    s.w.kill_relay();
    s.w.relay_up = true;
    s.w.send(s.bob, s.conv, "in flight");
    s.w.pass(20_000);
    let until = s.w.ask(s.ann, ReadAccount {}).unwrap().keys_until_ms;
    s.w.pass(DAY_MS);
    assert_eq!(s.w.ask(s.ann, RenewKeys {}), Ok(()));
    let after = s.stands();
    assert_eq!((after.0, after.1), (before.0 + 1, before.1 + 1));
    assert_ne!(after.2, before.2);
    assert!(s.w.ask(s.ann, ReadAccount {}).unwrap().keys_until_ms >= until + DAY_MS);
    s.w.pass(2000);
    s.w.send(s.bob, s.conv, "for the old key");
    s.w.pass(2000);
    let ann = s.ann;
    s.all_is_read(ann, &["one", "two", "in flight", "for the old key"]);
    s.w.reload(ann);
    s.w.pass(2000);
    assert_eq!(s.w.warnings(ann, s.conv), []);
}

#[test]
fn after_ninety_days_by_itself_and_once_for_two_browsers() {
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    let before = s.stands();
    s.w.pass(88 * DAY_MS);
    assert_eq!(s.stands(), before);
    s.w.pass(4 * DAY_MS);
    let after = s.stands();
    assert_eq!((after.0, after.1), (before.0 + 1, before.1 + 1));
    for browser in [s.ann, other] {
        assert!(s.w.ask(browser, ReadAccount {}).unwrap().keys_until_ms > s.w.now);
    }
    s.w.pass(10 * DAY_MS);
    assert_eq!(s.stands(), after);
    let ann = s.ann;
    s.all_is_read(ann, &["one", "two"]);
    assert_eq!(s.w.warnings(other, s.conv), []);
}

#[test]
fn a_lost_answer_makes_no_second_key() {
    let mut s = story();
    s.w.lose_answer = vec![api::KEYS, api::KEYS];
    let ask = s.w.begin(s.ann, RenewKeys {});
    s.w.pass(60_000);
    assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), Some(Ok(())));
    assert_eq!((s.stands().0, s.stands().1), (2, 2));
    let ann = s.ann;
    s.all_is_read(ann, &["one", "two"]);
}

#[test]
fn what_is_written_for_the_new_key_before_the_answer_comes_is_read() {
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    s.w.pass(2000);
    s.w.hold = vec![api::KEYS];
    let ask = s.w.begin(s.ann, RenewKeys {});
    s.w.settle();
    s.w.hold.clear();
    // Stored, and not answered. Somebody new writes for it at once; the other browser hears of the message first.
    let cy = s.w.person("cy_c");
    s.w.relay.outgoing.clear();
    let with_cy = s.w.talk(cy, "ann_a");
    s.w.send(cy, with_cy, "hello");
    s.w.pass(10_000);
    for browser in [s.ann, other] {
        assert_eq!(s.w.texts(browser, with_cy), ["hello"]);
        assert_eq!(s.w.warnings(browser, with_cy), []);
    }
    s.w.let_go(api::KEYS, None);
    assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), Some(Ok(())));
    let ann = s.ann;
    s.all_is_read(ann, &["one", "two"]);
}

#[test]
fn a_relay_that_dies_at_the_step_leaves_the_old_key_or_the_new() {
    for stored in [false, true] {
        let mut s = story();
        if stored {
            s.w.hold = vec![api::KEYS];
        } else {
            s.w.kill_relay();
        }
        let ask = s.w.begin(s.ann, RenewKeys {});
        s.w.settle();
        s.w.hold.clear();
        s.w.kill_relay();
        s.w.pass(5000);
        assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), None, "it waits");
        s.w.relay_up = true;
        s.w.pass(120_000);
        assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), Some(Ok(())));
        assert_eq!((s.stands().0, s.stands().1), (2, 2));
        let ann = s.ann;
        s.all_is_read(ann, &["one", "two"]);
    }
}

#[test]
fn a_page_that_dies_anywhere_leaves_the_old_key_or_the_new() {
    let mut renewed = 0;
    // Making the key takes some hundred effects, one a step; then comes what matters.
    for after in 0..8 {
        let mut s = story();
        s.w.hold = vec![api::KEYS];
        s.w.begin(s.ann, RenewKeys {});
        s.w.settle();
        s.w.hold.clear();
        if after == 0 {
            s.w.restart(s.ann);
        } else {
            s.w.browsers[s.ann].die_after = Some(after - 1);
            s.w.let_go(api::KEYS, None);
        }
        let ann = s.ann;
        s.w.reload(ann);
        s.w.pass(10_000);
        let (statements, version, _) = s.stands();
        assert_eq!(statements as u64, version);
        renewed += usize::from(version == 2);
        s.all_is_read(ann, &["one", "two"]);
    }
    assert_eq!(renewed, 8, "the relay had it");
}

#[test]
fn storage_that_gives_out_at_any_moment_loses_no_key() {
    for kept in 0..5 {
        let mut s = story();
        s.w.browsers[s.ann].fail_after = Some(kept);
        let ask = s.w.begin(s.ann, RenewKeys {});
        s.w.pass(120_000);
        assert!(s.w.answer::<RenewKeys>(s.ann, ask).is_some(), "somebody waits for ever");
        let (statements, version, _) = s.stands();
        assert_eq!(statements as u64, version);
        let ann = s.ann;
        s.w.browsers[ann].fail_after = None;
        s.w.reload(ann);
        s.w.pass(10_000);
        s.all_is_read(ann, &["one", "two"]);
    }
}

#[test]
fn two_browsers_that_renew_at_once_make_one_key() {
    let mut s = story();
    let other = s.w.sign_in("ann_a");
    s.w.hold = vec![api::KEYS];
    let one = s.w.begin(s.ann, RenewKeys {});
    let two = s.w.begin(other, RenewKeys {});
    s.w.settle();
    s.w.hold.clear();
    s.w.let_go(api::KEYS, None);
    s.w.let_go(api::KEYS, None);
    s.w.pass(10_000);
    let one = s.w.answer::<RenewKeys>(s.ann, one).unwrap();
    let two = s.w.answer::<RenewKeys>(other, two).unwrap();
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!([one, two].contains(&Err(Trouble::ChangedElsewhere)));
    assert_eq!((s.stands().0, s.stands().1), (2, 2));
    // Both go on from it.
    for (browser, version) in [(s.ann, 3), (other, 4)] {
        assert_eq!(s.w.ask(browser, RenewKeys {}), Ok(()));
        s.w.pass(2000);
        assert_eq!(s.stands().1, version);
    }
    s.all_is_read(other, &["one", "two"]);
}

/// One browser's new key is stored, and the answer lost or still on its way; somebody writes for that key; another browser
/// renews on top of it. The first finds out, and neither drops its key nor goes back behind the other's.
#[test]
fn a_key_that_another_browser_has_built_on_is_kept() {
    for (lost, told) in [(true, true), (true, false), (false, true)] {
        let mut s = story();
        let other = s.w.sign_in("ann_a");
        s.w.pass(2000);
        if lost {
            s.w.lose_answer = vec![api::KEYS];
        } else {
            s.w.hold = vec![api::KEYS];
        }
        let ask = s.w.begin(s.ann, RenewKeys {});
        s.w.settle();
        s.w.hold.clear();
        assert_eq!(s.stands().1, 2);
        s.w.send(s.bob, s.conv, "for the key on its way");
        let cy = s.w.person("cy_c");
        let with_cy = s.w.talk(cy, "ann_a");
        s.w.send(cy, with_cy, "for it too");
        s.w.settle();
        assert!(s.w.sealed_for(cy).contains(&(s.id, s.stands().2)));
        if !told {
            // She hears of it by her own next try.
            s.w.relay.sockets.remove(&s.ann);
        }
        assert_eq!(s.w.ask(other, RenewKeys {}), Ok(()));
        s.w.pass(10_000);
        assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), Some(Ok(())), "{lost} {told}");
        let mut version = 3;
        if !lost {
            // It comes at last, when her next one is on its way, and says nothing of that.
            s.w.hold = vec![api::KEYS];
            let next = s.w.begin(s.ann, RenewKeys {});
            s.w.settle();
            s.w.hold.clear();
            let (status, refusal) = (400, Some(Refusal::Malformed.number()));
            s.w.let_go(api::KEYS, Some(HttpAnswer { status, refusal, retry_after_s: None, body: Vec::new() }));
            assert_eq!(s.w.answer::<RenewKeys>(s.ann, next), None);
            s.w.let_go(api::KEYS, None);
            assert_eq!(s.w.answer::<RenewKeys>(s.ann, next), Some(Ok(())));
            version += 1;
        }
        s.w.come_back(s.ann);
        // What she makes next goes on from the other's.
        for browser in [s.ann, other] {
            version += 1;
            assert_eq!(s.w.ask(browser, RenewKeys {}), Ok(()), "{lost} {told}");
            s.w.pass(2000);
            assert_eq!(s.stands().1, version);
        }
        s.w.relay.accounts.get_mut(&s.id).unwrap().mailbox.iter_mut().for_each(|mail| mail.record = None);
        let bare = s.w.sign_in("ann_a");
        s.w.pass(10_000);
        assert_eq!(s.w.texts(bare, with_cy), ["for it too"]);
        let ann = s.ann;
        s.all_is_read(ann, &["one", "two", "for the key on its way"]);
    }
}

#[test]
fn a_full_keystore_is_told_before_a_key_is_made_and_every_key_but_one_too_many_fits() {
    let mut s = story();
    let mut owner = Owner::sign_in(&mut s.w, "ann_a");
    owner.fill(&mut s.w.relay, 1);
    let ann = s.w.sign_in("ann_a");
    assert_eq!(s.w.ask(ann, RenewKeys {}), Ok(()));
    let before = s.stands();
    let ask = s.w.begin(ann, RenewKeys {});
    s.w.browsers[ann].steps = 0;
    s.w.settle();
    assert_eq!(s.w.answer::<RenewKeys>(ann, ask), Some(Err(Trouble::Full)));
    s.w.pass(92 * DAY_MS);
    assert_eq!(s.stands(), before);
    assert!(s.w.browsers[ann].logs.contains(&"keys-not-renewed"));
    assert_eq!(s.w.browsers[ann].steps, 0, "no step of key making");
}

#[test]
fn a_refusal_leaves_the_old_key_and_somebody_who_signs_out_is_told() {
    let mut s = story();
    let before = s.stands();
    s.w.relay.refuse_path = Some((api::KEYS, Refusal::Malformed));
    assert!(matches!(s.w.ask(s.ann, RenewKeys {}), Err(Trouble::Fault { .. })));
    s.w.relay.refuse_path = Some((api::KEYS, Refusal::TooMany));
    let ask = s.w.begin(s.ann, RenewKeys {});
    s.w.pass(10_000);
    assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), None);
    s.w.relay.end_session(s.ann);
    s.w.relay.refuse_path = None;
    s.w.pass(60_000);
    assert_eq!(s.w.answer::<RenewKeys>(s.ann, ask), Some(Err(Trouble::SessionEnded)));
    assert_eq!(s.stands(), before);
    let ann = s.w.sign_in("ann_a");
    s.w.pass(5000);
    s.all_is_read(ann, &["one", "two"]);
}
