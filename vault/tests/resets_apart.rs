//! An identity is replaced without the old one's word, and two browsers of one account are told different things of it at
//! different times: what the person said in one of them holds in the other.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::anew::{BLOCKED, Story, story};
use signet_ask::{DecideIdentity, MarkVerified, MessageState, ReadDetails, Trouble, Verified, Warning};
use signet_shared::api;

/// As [`story`], and a second browser of Ann's.
fn two_browsers() -> (Story, usize) {
    let mut s = story(false);
    let laptop = s.w.sign_in("ann_a");
    s.w.pass(5000);
    (s, laptop)
}

impl Story {
    fn number(&mut self, browser: usize) -> String {
        self.w.ask(browser, ReadDetails { conv: self.conv }).unwrap().safety_number
    }

    fn mark(&mut self, browser: usize, safety_number: &str, verified: bool) -> Result<(), Trouble> {
        let conv = self.conv;
        self.w.ask(browser, MarkVerified { conv, safety_number: safety_number.into(), verified })
    }

    fn say(&mut self, browser: usize, accept: bool) -> Result<(), Trouble> {
        let identity = self.max.account.ik_hash();
        self.w.ask(browser, DecideIdentity { conv: self.conv, identity, accept })
    }

    fn is_stopped(&mut self, browsers: [usize; 2], warnings: &[Warning]) {
        for browser in browsers {
            assert_eq!(self.w.warnings(browser, self.conv), warnings, "{browser}");
            assert_eq!(self.sends(browser), (BLOCKED, None), "{browser}");
        }
    }

    fn goes_on(&mut self, browsers: [usize; 2], warnings: &[Warning]) {
        let newest = self.max.account.ek().id();
        for browser in browsers {
            assert_eq!(self.w.warnings(browser, self.conv), warnings, "{browser}");
            assert_eq!(self.sends(browser), (MessageState::Sent, Some(newest)), "{browser}");
        }
    }
}

#[test]
fn whom_one_browser_verified_no_other_accepts_without_comparing() {
    let (mut s, laptop) = two_browsers();
    let phone = s.ann;
    // The laptop hears nothing of what the phone says.
    s.w.browsers[laptop].lose_acks = true;
    let known = s.number(phone);
    s.mark(phone, &known, true).unwrap();
    s.w.pass(2000);
    s.max.begin_anew(4, 5);
    s.max.publish(&mut s.w.relay);
    s.number(laptop);
    assert_eq!(s.w.warnings(laptop, s.conv), s.warned(false));
    assert_eq!(s.say(laptop, true), Ok(()));
    assert_eq!(s.w.warnings(laptop, s.conv), []);
    // Now they hear of each other.
    s.w.pass(10_000);
    s.w.browsers[laptop].lose_acks = false;
    s.w.come_back(laptop);
    let stopped = [s.warned(true)[0].clone(), Warning::NewIdentity];
    s.is_stopped([phone, laptop], &stopped);
    s.w.reload(phone);
    s.w.pass(5000);
    for browser in [phone, laptop] {
        let number = s.number(browser);
        assert_ne!(number, known);
        // Neither the word alone, nor the number that was compared, nor taking that back.
        assert_eq!(s.say(browser, true), Err(Trouble::NotAsRead));
        assert_eq!(s.mark(browser, &known, true), Err(Trouble::NotAsRead));
        assert_eq!(s.mark(browser, &number, false), Err(Trouble::NotAsRead));
        let details = s.w.ask(browser, ReadDetails { conv: s.conv }).unwrap();
        assert!(matches!(details.verified, Verified::Before { .. }));
    }
    s.is_stopped([phone, laptop], &stopped);
    let number = s.number(phone);
    assert_eq!(s.mark(phone, &number, true), Ok(()));
    s.w.pass(10_000);
    s.goes_on([phone, laptop], &[]);
}

#[test]
fn a_verification_that_arrives_while_what_was_accepted_is_fetched_counts() {
    let (mut s, laptop) = two_browsers();
    let phone = s.ann;
    s.w.browsers[phone].lose_acks = true;
    let known = s.number(phone);
    s.max.begin_anew(4, 5);
    s.max.publish(&mut s.w.relay);
    s.number(laptop);
    s.w.pass(2000);
    // What is offered does not outlive the page.
    s.w.reload(laptop);
    s.w.hold.push(api::LOOKUP);
    assert_eq!(s.w.warnings(laptop, s.conv), s.warned(false));
    assert_eq!(s.say(laptop, true), Ok(()));
    s.mark(phone, &known, true).unwrap();
    s.w.pass(5000);
    s.w.hold.clear();
    s.w.let_go(api::LOOKUP, None);
    s.w.browsers[phone].lose_acks = false;
    s.w.come_back(phone);
    let stopped = s.warned(true);
    s.is_stopped([phone, laptop], &stopped);
    assert_eq!(s.say(laptop, true), Err(Trouble::NotAsRead));
    let number = s.number(laptop);
    assert_ne!(number, known);
    assert_eq!(s.mark(laptop, &number, true), Ok(()));
    s.w.pass(10_000);
    s.goes_on([phone, laptop], &[]);
}

#[test]
fn a_later_refusal_is_not_lost_to_an_earlier_acceptance_elsewhere() {
    let (mut s, laptop) = two_browsers();
    let phone = s.ann;
    s.begin_anew("I begin anew");
    s.w.browsers[laptop].lose_acks = true;
    assert_eq!(s.decide(phone, true), Ok(()));
    s.goes_on([phone, phone], &[]);
    // The laptop has not heard of it.
    assert_eq!(s.w.warnings(laptop, s.conv), s.warned(false));
    assert_eq!(s.decide(laptop, false), Ok(()));
    s.w.browsers[laptop].lose_acks = false;
    s.w.come_back(laptop);
    let stopped = [s.warned(false)[0].clone(), Warning::NewIdentity];
    s.is_stopped([phone, laptop], &stopped);
    for browser in [phone, laptop] {
        s.w.reload(browser);
    }
    s.w.pass(5000);
    // Said once more, it still holds; and the opposite is a word too.
    assert_eq!(s.decide(phone, false), Ok(()));
    s.is_stopped([phone, laptop], &stopped);
    assert_eq!(s.decide(laptop, true), Ok(()));
    s.goes_on([phone, laptop], &[Warning::NewIdentity]);
}
