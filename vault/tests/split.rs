//! A contact's message names a statement of this account's that a browser does not know. Whether somebody stands between, or
//! the relay's answer was old: the message is kept until it can be judged.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::World;
use signet_ask::{RenewKeys, Warning};
use signet_shared::{ConvId, api};

/// Ann, whose laptop has renewed her keys, for which Bob has written; and her phone, to which the relay gives an old answer
/// about that.
fn story() -> (World, [usize; 3], ConvId) {
    let mut w = World::new();
    let (phone, bob) = (w.person("ann_a"), w.person("bob_b"));
    let conv = w.talk(phone, "bob_b");
    w.send(phone, conv, "one");
    w.pass(2000);
    let laptop = w.sign_in("ann_a");
    w.pass(5000);
    let old = w.relay.http(phone, api::VAULT, None);
    w.hold.push(api::VAULT);
    assert_eq!(w.ask(laptop, RenewKeys {}), Ok(()));
    w.send(laptop, conv, "two");
    w.pass(2000);
    w.send(bob, conv, "for the newest");
    w.pass(2000);
    let mut answers = 0;
    while let Some(browser) = w.next_held(api::VAULT) {
        w.let_go(api::VAULT, (browser == phone).then(|| old.clone()));
        w.pass(500);
        answers += 1;
    }
    assert!(answers < 10, "{answers}");
    // Told at once, in every browser; and not asked about again and again.
    assert_eq!(w.warnings(phone, conv), [Warning::SplitView]);
    assert_eq!(w.texts(laptop, conv), ["one", "two", "for the newest"]);
    assert_eq!(w.texts(phone, conv), ["one"]);
    w.hold.clear();
    (w, [phone, laptop, bob], conv)
}

fn all_is_well(w: &mut World, [phone, laptop, bob]: [usize; 3], conv: ConvId) {
    w.send(bob, conv, "and on");
    w.pass(10_000);
    let new = w.sign_in("ann_a");
    w.pass(10_000);
    for browser in [phone, laptop, new] {
        assert_eq!(w.texts(browser, conv), ["one", "two", "for the newest", "and on"], "{browser}");
        assert_eq!(w.warnings(browser, conv), [], "{browser}");
    }
    w.reload(phone);
    w.pass(10_000);
    assert_eq!(w.warnings(phone, conv), []);
}

#[test]
fn an_old_answer_about_ones_own_keys_costs_no_message() {
    let (mut w, who, conv) = story();
    // What the phone has found out becomes the account's; then it hears what the account has stated.
    w.pass(10_000);
    w.come_back(who[0]);
    all_is_well(&mut w, who, conv);
}

#[test]
fn nor_does_it_for_a_browser_that_starts_anew() {
    let (mut w, who, conv) = story();
    w.reload(who[0]);
    w.pass(10_000);
    all_is_well(&mut w, who, conv);
}
