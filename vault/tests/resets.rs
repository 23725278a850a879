//! Somebody's identity is replaced without the old one's word: nothing is opened or sealed under the new one before the
//! person has decided, and who was verified is accepted only by comparing again.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{
    anew::{BLOCKED, Story, story},
    puppet::Puppet,
    relay::Mail,
};
use signet_ask::{
    CheckCode, CodeTrouble, DecideIdentity, MarkVerified, MessageId, MessageState, ReadDetails, Retry, Send, Trouble,
    Verified, Warning,
};
use signet_crypto::code_text;
use signet_shared::{ClientUuid, api, wire::Refusal};

#[test]
fn nothing_is_shown_or_sent_before_the_person_has_accepted() {
    let mut s = story(false);
    let other = s.w.sign_in("ann_a");
    s.w.pass(5000);
    s.begin_anew("I begin anew");
    let ann = s.ann;
    for browser in [ann, other] {
        assert_eq!(s.w.texts(browser, s.conv), ["hello"]);
        assert_eq!(s.w.warnings(browser, s.conv), s.warned(false));
    }
    assert_eq!(s.sends(ann), (BLOCKED, None));
    s.w.reload(ann);
    s.w.pass(5000);
    assert_eq!(s.w.warnings(ann, s.conv), s.warned(false));
    assert_eq!(s.w.texts(ann, s.conv), ["hello", "to Max"]);

    // By the word about another identity nothing is accepted.
    let identity = s.old.account.ik_hash();
    let wrong = s.w.ask(ann, DecideIdentity { conv: s.conv, identity, accept: true });
    assert_eq!(wrong, Err(Trouble::NotAsRead));
    assert_eq!(s.decide(ann, true), Ok(()));
    for browser in [ann, other] {
        assert_eq!(s.w.warnings(browser, s.conv), [], "{browser}");
        assert!(s.w.texts(browser, s.conv).contains(&"I begin anew".to_owned()));
    }
    let newest = s.max.account.ek().id();
    assert_eq!(s.sends(ann), (MessageState::Sent, Some(newest)));
    assert_eq!(s.sends(other), (MessageState::Sent, Some(newest)));
    s.write("and on");
    s.w.reload(ann);
    let new = s.w.sign_in("ann_a");
    s.w.pass(10_000);
    for browser in [ann, other, new] {
        assert_eq!(s.w.warnings(browser, s.conv), [], "{browser}");
        assert!(s.w.texts(browser, s.conv).contains(&"and on".to_owned()));
    }
}

#[test]
fn the_known_identity_can_be_kept_and_goes_on() {
    let mut s = story(false);
    let other = s.w.sign_in("ann_a");
    s.w.pass(5000);
    s.begin_anew("from somebody else");
    let (ann, known) = (s.ann, s.old.account.ek().id());
    assert_eq!(s.decide(ann, false), Ok(()));
    for browser in [ann, other] {
        assert_eq!(s.w.warnings(browser, s.conv), []);
        assert_eq!(s.sends(browser), (MessageState::Sent, Some(known)));
    }
    // Shown again, and more of it: there is nothing new to decide.
    s.write("once more");
    assert_eq!(s.w.warnings(ann, s.conv), []);
    assert!(!s.w.texts(ann, s.conv).contains(&"once more".to_owned()));
    // Another one is asked about.
    let refused = s.max.account.ik_hash();
    s.max.begin_anew(6, 7);
    s.max.publish(&mut s.w.relay);
    s.write("a third");
    assert_ne!(s.max.account.ik_hash(), refused);
    assert_eq!(s.w.warnings(ann, s.conv), s.warned(false));
}

#[test]
fn whoever_was_verified_is_accepted_only_by_comparing_again() {
    let mut s = story(true);
    let ann = s.ann;
    let before = s.w.ask(ann, ReadDetails { conv: s.conv }).unwrap();
    assert!(matches!(before.verified, Verified::Yes { .. }));
    s.begin_anew("I begin anew");
    assert_eq!(s.w.warnings(ann, s.conv), s.warned(true));
    assert_eq!(s.sends(ann), (BLOCKED, None));
    assert_eq!(s.decide(ann, true), Err(Trouble::NotAsRead));
    let conv = s.conv;
    let mark = |safety_number: &str, verified| MarkVerified { conv, safety_number: safety_number.into(), verified };
    s.w.reload(ann);
    s.w.pass(5000);
    // The number of the one who was known, and taking it back, are no way around.
    assert_eq!(s.w.ask(ann, mark(&before.safety_number, true)), Err(Trouble::NotAsRead));
    let now = s.w.ask(ann, ReadDetails { conv }).unwrap();
    assert_ne!(now.safety_number, before.safety_number);
    assert!(matches!(now.verified, Verified::Before { .. }));
    assert_eq!(s.w.ask(ann, mark(&before.safety_number, true)), Err(Trouble::NotAsRead));
    assert_eq!(s.w.ask(ann, mark(&now.safety_number, false)), Err(Trouble::NotAsRead));
    assert_eq!(s.decide(ann, true), Err(Trouble::NotAsRead));
    assert_eq!(s.sends(ann), (BLOCKED, None));
    assert_eq!(s.w.texts(ann, conv)[0], "hello");
    assert!(!s.w.texts(ann, conv).contains(&"I begin anew".to_owned()));

    assert_eq!(s.w.ask(ann, mark(&now.safety_number, true)), Ok(()));
    s.w.pass(10_000);
    assert_eq!(s.w.warnings(ann, conv), []);
    assert!(s.w.texts(ann, conv).contains(&"I begin anew".to_owned()));
    assert!(matches!(s.w.ask(ann, ReadDetails { conv }).unwrap().verified, Verified::Yes { .. }));
    let newest = s.max.account.ek().id();
    assert_eq!(s.sends(ann), (MessageState::Sent, Some(newest)));
}

#[test]
fn a_rotation_with_the_old_ones_word_is_a_note_and_blocks_nothing() {
    let mut s = story(true);
    let ann = s.ann;
    s.max.new_identity();
    s.max.publish(&mut s.w.relay);
    (s.max.stream, s.max.last) = (signet_shared::StreamId([9; 16]), None);
    s.write("by the new one");
    assert_eq!(s.w.warnings(ann, s.conv), [Warning::NewIdentity]);
    assert_eq!(s.w.texts(ann, s.conv), ["hello", "by the new one"]);
    assert_eq!(s.sends(ann).0, MessageState::Sent);
    // Compared, the note has done its work.
    let now = s.w.ask(ann, ReadDetails { conv: s.conv }).unwrap();
    assert!(matches!(now.verified, Verified::Before { .. }));
    s.w.ask(ann, MarkVerified { conv: s.conv, safety_number: now.safety_number, verified: true }).unwrap();
    assert_eq!(s.w.warnings(ann, s.conv), []);
}

#[test]
fn a_fork_after_an_accepted_one_is_refused() {
    let mut s = story(false);
    let ann = s.ann;
    s.begin_anew("I begin anew");
    s.decide(ann, true).unwrap();
    // Another in the same place, of which the relay says that it was always there.
    let mut fork = Puppet::named_like(&s.old, "max_m");
    (fork.statements, fork.account) = (s.old.statements.clone(), s.old.account.clone());
    fork.begin_anew(6, 7);
    fork.publish(&mut s.w.relay);
    let written = fork.write_in_epoch(&s.w.relay, s.ann_id, "from the fork", 1, |_| ());
    s.w.relay.push(s.ann_id, Mail { delivery: written.delivery, record: None });
    // What Ann has asks above its own place; a browser without the statements asks for all.
    let other = s.w.sign_in("ann_a");
    s.w.pass(5000);
    s.w.send(other, s.conv, "to whom?");
    s.w.pass(20_000);
    assert_eq!(s.w.states(other, s.conv).last(), Some(&BLOCKED));
    for browser in [ann, other] {
        assert_eq!(s.w.warnings(browser, s.conv), [Warning::KeyLogForked], "{browser}");
        assert!(!s.w.texts(browser, s.conv).contains(&"from the fork".to_owned()));
    }
    // And the one before both: rolled back, which nobody believes.
    s.old.publish(&mut s.w.relay);
    s.w.pass(20_000);
    assert_eq!(s.w.warnings(other, s.conv), [Warning::KeyLogForked]);
}

#[test]
fn what_was_written_before_the_news_is_not_sealed_for_the_new_one() {
    let mut s = story(false);
    // A new browser has no statements yet: what is written in it waits for them.
    let other = s.w.sign_in("ann_a");
    s.w.pass(5000);
    s.w.relay.refuse_path = Some((api::LOOKUP, Refusal::StoreUnavailable));
    s.w.said.clear();
    let uuid = s.w.send(other, s.conv, "before the news");
    s.w.pass(1000);
    assert_eq!(s.w.states(other, s.conv).last(), Some(&MessageState::Sending));
    s.max.begin_anew(4, 5);
    s.max.publish(&mut s.w.relay);
    s.w.relay.refuse_path = None;
    s.w.pass(120_000);
    assert_eq!(s.w.states(other, s.conv).last(), Some(&BLOCKED));
    assert_eq!(s.w.sealed_for(other), []);
    assert_eq!(s.w.warnings(other, s.conv), s.warned(false));
    s.decide(other, true).unwrap();
    s.w.ask(other, Retry { id: MessageId { author: s.ann_id, uuid } }).unwrap();
    s.w.pass(10_000);
    assert_eq!(s.w.states(other, s.conv).last(), Some(&MessageState::Sent));
    assert!(s.w.sealed_for(other).contains(&(s.max.id(), s.max.account.ek().id())));
}

#[test]
fn what_was_sealed_before_the_news_waits_for_the_decision_in_its_order() {
    for here in [true, false] {
        let mut s = story(false);
        let other = s.w.sign_in("ann_a");
        s.w.pass(5000);
        let (ann, max) = (s.ann, s.max.id());
        (s.w.relay.refuse_next, s.w.relay.retry_after_s) = (Some(Refusal::TooMany), 20);
        // Both are sealed before the first one's answer comes.
        for (n, text) in [(1, "first"), (2, "second")] {
            s.w.begin(ann, Send { conv: s.conv, uuid: ClientUuid([n; 16]), text: text.into() });
        }
        s.w.settle();
        s.begin_anew("from somebody else");
        let sent = |s: &Story| s.w.relay.accounts[&max].mailbox.len();
        let before = sent(&s);
        s.w.pass(60_000);
        s.w.come_back(ann);
        s.w.reload(ann);
        s.w.pass(60_000);
        assert_eq!(s.w.warnings(ann, s.conv), s.warned(false));
        assert_eq!(sent(&s), before);
        assert_eq!(s.w.states(ann, s.conv)[1..], [MessageState::Sending, MessageState::Sending]);
        assert_eq!(s.decide(if here { ann } else { other }, false), Ok(()));
        assert_eq!(sent(&s), before + 2);
        for browser in [ann, other] {
            assert_eq!(s.w.texts(browser, s.conv), ["hello", "first", "second"]);
            assert_eq!(s.w.warnings(browser, s.conv), []);
        }
    }
}

#[test]
fn a_tab_that_dies_while_it_accepts_has_accepted_or_asks_again() {
    for effects in 0..8 {
        let mut s = story(false);
        s.begin_anew("I begin anew");
        let ann = s.ann;
        let identity = s.max.account.ik_hash();
        s.w.browsers[ann].die_after = Some(effects);
        s.w.begin(ann, DecideIdentity { conv: s.conv, identity, accept: true });
        s.w.settle();
        s.w.reload(ann);
        s.w.pass(20_000);
        if s.w.warnings(ann, s.conv) == s.warned(false) {
            assert_eq!(s.w.texts(ann, s.conv), ["hello"]);
            s.decide(ann, true).unwrap();
        }
        s.w.pass(20_000);
        assert_eq!(s.w.warnings(ann, s.conv), [], "died after {effects}");
        assert_eq!(s.w.texts(ann, s.conv), ["hello", "I begin anew"], "died after {effects}");
    }
}

#[test]
fn after_a_code_off_the_other_screen_the_person_accepts_the_one_whose_it_is() {
    let mut s = story(true);
    s.begin_anew("I begin anew");
    let (ann, conv, me) = (s.ann, s.conv, s.w.relay.verified(s.ann_id));
    let check = |text: String| CheckCode { conv, text };
    let known = s.w.ask(ann, check(code_text(&s.old.account, &me)));
    assert_eq!(known, Err(Trouble::Code(CodeTrouble::OtherKeys)));
    assert_eq!(s.w.warnings(ann, conv), s.warned(true));
    assert_eq!(s.w.ask(ann, check(code_text(&s.max.account, &me))), Ok(()));
    s.w.pass(10_000);
    assert_eq!(s.w.warnings(ann, conv), s.warned(true), "the person has said nothing yet");
    let safety_number = s.w.ask(ann, ReadDetails { conv }).unwrap().safety_number;
    assert_eq!(s.w.ask(ann, MarkVerified { conv, safety_number, verified: true }), Ok(()));
    s.w.pass(10_000);
    assert_eq!(s.w.warnings(ann, conv), []);
    assert_eq!(s.w.texts(ann, conv), ["hello", "I begin anew"]);
}
