//! Self-audit: what the relay tells others of this account's keys.

mod common;

use common::{World, relay::Account};
use signet_ask::{RenewKeys, Warning};
use signet_shared::{AccountId, api};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// Ann, who talks to Bob, and Mallory.
fn story() -> (World, usize, signet_shared::ConvId) {
    let mut w = World::new();
    let ann = w.sign_up("ann_a");
    w.sign_up("bob_b");
    w.sign_up("mallory");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "hello");
    w.pass(2000);
    assert_eq!(w.warnings(ann, conv), []);
    (w, ann, conv)
}

#[test]
fn somebody_elses_keys_under_ones_own_name_are_noticed_within_a_day() {
    let (mut w, ann, conv) = story();
    let (mallory, me) = (w.account("mallory"), w.account("ann_a"));
    // Whoever asks for ann_a by name from now on gets Mallory's keys.
    let honest = w.relay.accounts[&me].statements.clone();
    w.relay.accounts.get_mut(&me).unwrap().statements = w.relay.accounts[&mallory].statements.clone();
    w.pass(DAY_MS);
    assert_eq!(w.warnings(ann, conv), [Warning::OwnKeysDiffer]);
    w.relay.accounts.get_mut(&me).unwrap().statements = honest;
    w.pass(DAY_MS);
    assert_eq!(w.warnings(ann, conv), [], "it ends with its cause");
}

#[test]
fn hidden_keys_are_noticed_and_an_absent_relay_is_not_blamed() {
    let (mut w, ann, conv) = story();
    let me = w.account("ann_a");
    w.kill_relay();
    w.pass(DAY_MS);
    assert_eq!(w.warnings(ann, conv), []);
    w.relay.accounts.get_mut(&me).unwrap().statements.clear();
    w.relay_up = true;
    w.pass(DAY_MS);
    assert_eq!(w.warnings(ann, conv), [Warning::OwnKeysDiffer]);
}

#[test]
fn at_every_sign_in() {
    let (mut w, ann, conv) = story();
    let me = w.account("ann_a");
    let other = w.account("mallory");
    // The sign-in itself is served honestly; the answer to a look-up is not.
    w.relay.instead = Some((me, other));
    w.reload(ann);
    w.pass(1000);
    assert_eq!(w.warnings(ann, conv), [Warning::OwnKeysDiffer]);
}

#[test]
fn keys_renewed_while_the_question_is_on_its_way_are_ones_own_and_a_directory_left_behind_is_not() {
    let (mut w, ann, conv) = story();
    let me = w.account("ann_a");
    w.hold = vec![api::LOOKUP];
    w.pass(DAY_MS);
    w.hold.clear();
    let before = w.relay.accounts[&me].statements.clone();
    assert_eq!(w.ask(ann, RenewKeys {}), Ok(()));
    w.let_go(api::LOOKUP, None);
    assert_eq!(w.warnings(ann, conv), []);
    w.said.clear();
    w.pass(31_000);
    assert!(w.outline(ann).iter().any(|said| said.starts_with(api::LOOKUP)), "asked once more");
    assert_eq!(w.warnings(ann, conv), []);
    // Others are still told of the old key a day later, and half a minute after that.
    let stale = AccountId([7; 16]);
    w.relay.accounts.insert(stale, Account { statements: before, ..Account::bare("stale_s") });
    w.relay.instead = Some((me, stale));
    w.pass(DAY_MS + 31_000);
    assert_eq!(w.warnings(ann, conv), [Warning::OwnKeysDiffer]);
}
