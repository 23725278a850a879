//! Against whoever signs in: keystore, state, slots, statements and the login itself are the relay's to spoil.

use signet_ask::{SignInWithRecoveryKey, SignUp, Status, Trouble, Warning};
use signet_shared::{AccountId, api, opaque::SecretKind};

use crate::{
    common::{PASSWORD, World, puppet::Puppet, relay::Account},
    stage::{come_back, paths, sign_in},
};

/// All that a browser asks before it knows that something is wrong; an honest one goes on from here.
const COMING_BACK: [&str; 3] = [api::SHARE_TAKE, api::SHARE_CONFIRM, api::VAULT];
const SIGNING_IN: [&str; 3] = [api::ABOUT, api::LOGIN_START, api::LOGIN_FINISH];

fn ann() -> (World, usize, AccountId) {
    let mut w = World::new();
    let ann = w.person("ann_a");
    let id = w.account("ann_a");
    w.pass(5000);
    (w, ann, id)
}

fn account(w: &mut World, id: AccountId) -> &mut Account {
    w.relay.accounts.get_mut(&id).unwrap()
}

/// A browser that knows the account comes back to this, asks what it always asks, and says no more for an hour.
fn nothing_opens(w: &mut World, browser: usize, trouble: &Trouble) {
    let (answer, outline) = come_back(w, browser);
    assert_eq!(answer.as_ref(), Err(trouble));
    assert_eq!(paths(&outline), COMING_BACK);
    w.pass(3_600_000);
    assert_eq!(w.outline(browser), outline);
}

#[test]
fn ev_01_a_spoiled_keystore_or_slot_opens_nothing() {
    let (mut w, ann, id) = ann();
    let (_, honest) = come_back(&mut w, ann);
    assert!(honest.len() > COMING_BACK.len() && paths(&honest).starts_with(&COMING_BACK));
    let len = account(&mut w, id).keystore.len();
    // One bit of every ninth byte: every single bit of every kind of object is flipped in crypto's own tests.
    for at in (0..len).step_by(9) {
        account(&mut w, id).keystore[at] ^= 1 << (at % 8);
        let (answer, outline) = come_back(&mut w, ann);
        assert_eq!(answer, Err(Trouble::KeystoreDamaged), "{at}");
        assert_eq!(outline, honest[..COMING_BACK.len()], "{at}");
        account(&mut w, id).keystore[at] ^= 1 << (at % 8);
    }
    account(&mut w, id).keystore.pop();
    nothing_opens(&mut w, ann, &Trouble::KeystoreDamaged);

    let other = w.browser();
    let slot = w.relay.accounts[&id].records[&1].1.clone();
    for at in [0, 20, slot.len() / 2, slot.len() - 1] {
        let spoiled = &mut account(&mut w, id).records.get_mut(&1).unwrap().1;
        spoiled[at] ^= 1;
        let (answer, outline) = sign_in(&mut w, other, "ann_a");
        assert_eq!(answer, Err(Trouble::KeystoreDamaged), "{at}");
        assert_eq!(paths(&outline), SIGNING_IN);
        account(&mut w, id).records.get_mut(&1).unwrap().1 = slot.clone();
    }
}

#[test]
fn ev_02_public_keys_beside_the_keystore_that_are_not_its_own() {
    let (mut w, ann, id) = ann();
    w.person("bob_b");
    let bob = w.account("bob_b");
    let own = w.relay.accounts[&id].statements.clone();
    // Bytes of the statement's keys; and Bob's statement as a whole.
    for at in [100, 300, 600, 900] {
        account(&mut w, id).statements[0][at] ^= 1;
        nothing_opens(&mut w, ann, &Trouble::BadStatement);
        account(&mut w, id).statements = own.clone();
    }
    account(&mut w, id).statements = w.relay.accounts[&bob].statements.clone();
    nothing_opens(&mut w, ann, &Trouble::BadStatement);
    account(&mut w, id).statements = own;

    // A whole account of that name with the relay's keys, her secrets beside it: her private keys never meet those.
    let twin = Puppet::new("ann_a");
    let mut theirs = w.relay.accounts[&id].clone();
    theirs.statements = twin.statements.iter().map(signet_shared::statement::SignedStatement::to_bytes).collect();
    w.relay.accounts.insert(twin.id(), theirs);
    w.relay.prefer = Some(twin.id());
    let other = w.browser();
    let (answer, outline) = sign_in(&mut w, other, "ann_a");
    assert_eq!(answer, Err(Trouble::KeystoreDamaged));
    assert_eq!(paths(&outline), SIGNING_IN);
}

#[test]
fn ev_05_a_cheaper_key_stretching_is_refused_before_the_password_is_used() {
    let (mut w, _, _) = ann();
    let other = w.browser();
    for profile in (0..=u8::MAX).filter(|profile| *profile != 1) {
        w.relay.profile = profile;
        let (answer, outline) = sign_in(&mut w, other, "ann_a");
        assert_eq!(answer, Err(Trouble::WeakProfile), "{profile}");
        assert_eq!(paths(&outline), SIGNING_IN[..2], "{profile}");
    }
    w.relay.profile = 1;
    assert!(sign_in(&mut w, other, "ann_a").0.is_ok());
}

#[test]
fn ev_06_sealed_objects_in_each_others_place() {
    let (mut w, ann, id) = ann();
    w.person("bob_b");
    let bob = w.account("bob_b");
    let (good, theirs) = (w.relay.accounts[&id].clone(), w.relay.accounts[&bob].clone());
    type Swap = fn(&mut Account, &Account);
    let swaps: [Swap; 6] = [
        |mine, theirs| mine.keystore = theirs.keystore.clone(),
        |mine, theirs| mine.state = theirs.state.clone(),
        |mine, _| mine.keystore = mine.state.clone(),
        |mine, _| mine.state = mine.keystore.clone(),
        |mine, _| mine.state_version += 1,
        |mine, _| mine.keystore_version += 1,
    ];
    for swap in swaps {
        swap(account(&mut w, id), &theirs);
        nothing_opens(&mut w, ann, &Trouble::KeystoreDamaged);
        *account(&mut w, id) = good.clone();
    }
    assert!(matches!(come_back(&mut w, ann).0, Ok(Status::SignedIn { .. })));
}

#[test]
fn ev_06_history_records_in_each_others_place() {
    let mut stage = crate::stage::Stage::new();
    for text in ["one", "two"] {
        let written = stage.write(text);
        stage.push(written.delivery);
    }
    stage.w.pass(5000);
    let mailbox = &mut stage.w.relay.accounts.get_mut(&stage.ann_id).unwrap().mailbox;
    let of = |mail: &crate::common::relay::Mail, max: AccountId| {
        signet_shared::envelope::Delivery::parse(&mail.delivery).unwrap().header.sender_id == max
    };
    let max = stage.max.id();
    let theirs: Vec<usize> = (0..mailbox.len()).filter(|at| of(&mailbox[*at], max)).collect();
    let (one, two) = (theirs[1], theirs[2]);
    let record = mailbox[one].record.clone();
    assert!(record.is_some());
    mailbox[one].record = mailbox[two].record.clone();
    mailbox[two].record = record;
    // Of one, not even the signature is left: nothing but its own record would open it now.
    let last = mailbox[two].delivery.len() - 1;
    mailbox[two].delivery[last] ^= 1;
    let other = stage.w.sign_in("ann_a");
    stage.w.pass(5000);
    assert_eq!(stage.w.texts(other, stage.conv), ["hello", "one"]);
}

#[test]
fn ev_07_an_older_keystore_or_state() {
    let (mut w, ann, id) = ann();
    for name in ["max_m", "cy_c"] {
        Puppet::new(name).register(&mut w.relay);
    }
    let conv = w.talk(ann, "max_m");
    w.pass(2000);
    let old = w.relay.accounts[&id].clone();
    w.talk(ann, "cy_c");
    w.pass(2000);
    w.send(ann, conv, "after it");
    w.pass(2000);
    let new = w.relay.accounts[&id].clone();
    assert!(new.state_version > old.state_version);
    // Where it was seen, it is refused.
    w.relay.put_back(id, &old.state, old.state_version);
    nothing_opens(&mut w, ann, &Trouble::RolledBack);
    w.relay.put_back(id, &new.state, new.state_version);
    account(&mut w, id).keystore_version = 0;
    nothing_opens(&mut w, ann, &Trouble::RolledBack);
    account(&mut w, id).keystore_version = 1;
    // Elsewhere, one's own message tells.
    w.relay.put_back(id, &old.state, old.state_version);
    let other = w.sign_in("ann_a");
    w.pass(5000);
    assert_eq!(w.texts(other, conv), ["after it"]);
    assert_eq!(w.warnings(other, conv), [Warning::RolledBack]);
}

#[test]
fn ev_08_another_opaque_key_learns_nothing() {
    let (mut w, _, _) = ann();
    let other = w.browser();
    assert!(sign_in(&mut w, other, "ann_a").0.is_ok());
    w.relay.swap_opaque_key();
    let other = w.browser();
    let (answer, outline) = sign_in(&mut w, other, "ann_a");
    assert_eq!(answer, Err(Trouble::LoginFailed));
    // Nothing that the password went into has left the browser.
    assert_eq!(paths(&outline), SIGNING_IN[..2]);
}

#[test]
fn ev_09_a_slot_of_another_secret() {
    let (mut w, _, id) = ann();
    w.person("bob_b");
    let bob = w.account("bob_b");
    let other = w.browser();
    // The recovery key's slot for the password's; then one that the relay has enrolled itself, with keys that it knows.
    w.relay.slot = Some(SecretKind::RecoveryKey);
    let (answer, outline) = sign_in(&mut w, other, "ann_a");
    assert_eq!((answer, paths(&outline)), (Err(Trouble::KeystoreDamaged), SIGNING_IN.to_vec()));
    w.relay.slot = None;
    let theirs = w.relay.accounts[&bob].clone();
    let mine = account(&mut w, id);
    mine.records.get_mut(&1).unwrap().1 = theirs.records[&1].1.clone();
    (mine.keystore, mine.state) = (theirs.keystore, theirs.state);
    let (answer, outline) = sign_in(&mut w, other, "ann_a");
    assert_eq!((answer, paths(&outline)), (Err(Trouble::KeystoreDamaged), SIGNING_IN.to_vec()));
}

#[test]
fn ev_09_at_a_sign_in_by_recovery_key() {
    let mut w = World::new();
    let id = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(id, question).unwrap().0;
    w.person("bob_b");
    let bob = w.account("bob_b");
    let other = w.browser();
    let recover =
        |w: &mut World| w.ask(other, SignInWithRecoveryKey { username: "ann_a".into(), key: key.clone(), stay: false });
    w.relay.slot = Some(SecretKind::Password);
    assert_eq!(recover(&mut w), Err(Trouble::KeystoreDamaged));
    w.relay.slot = None;
    // A record and slot of the relay's own making do not even let the recovery key in.
    let theirs = w.relay.accounts[&bob].records[&2].clone();
    let mine = w.account("ann_a");
    let own = w.relay.accounts.get_mut(&mine).unwrap().records.insert(2, theirs).unwrap();
    assert_eq!(recover(&mut w), Err(Trouble::RecoveryKeyFailed));
    w.relay.accounts.get_mut(&mine).unwrap().records.insert(2, own);
    assert!(recover(&mut w).is_ok());
}
