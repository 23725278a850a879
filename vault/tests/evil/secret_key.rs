//! A relay, or a thief of everything that it stores, against an account whose password needs a secret key beside it.

use signet_ask::{ChangePassword, SecretKeyTrouble, SignInWithRecoveryKey, Trouble};
use signet_crypto::{Login, MasterKey, SecretKey, UnlockKey, asked_by_slot};
use signet_shared::{
    api::{self, Body, LoginFinish, LoginStart, LoginStarted, Vault},
    opaque::{KdfProfile, SecretKind},
};

use crate::common::{
    PASSWORD,
    relay::ORIGIN,
    secret_key::{NEEDED, NEW, Story, WRONG, dropped, sign_in, story, story_with_key, used},
    traffic::Said,
};

const CLIENT: usize = 1000;
const HIDDEN: Trouble = Trouble::SecretKey(SecretKeyTrouble::Hidden);

/// What somebody gets who has all that the relay has and has found out the password.
fn by_the_password_alone(s: &mut Story, keys: &[&SecretKey]) -> usize {
    let (kind, profile, rng) = (SecretKind::Password, KdfProfile::One, &mut rand::rng());
    let (login, ke1) = Login::start(PASSWORD.as_bytes(), rng).unwrap();
    let start = LoginStart { username: "ann_a".parse().unwrap(), kind, ke1 };
    let started = s.w.relay.http(CLIENT, api::LOGIN_START, Some(start.to_bytes()));
    let LoginStarted { login_id, ke2, .. } = LoginStarted::parse(&started.body).unwrap();
    let (ke3, export) = login.finish(&ke2, profile, ORIGIN, rng).unwrap();
    let finished = s.w.relay.http(CLIENT, api::LOGIN_FINISH, Some(LoginFinish { login_id, ke3 }.to_bytes()));
    let vault = Vault::parse(&finished.body).unwrap();
    let (id, ik) = (vault.account_id, s.w.relay.verified(vault.account_id).ik_hash());
    // As it is, and without its head.
    let mut opened = 0;
    for slot in [&vault.slot[..], vault.slot.get(9..).unwrap()] {
        for key in keys.iter().map(|key| Some(*key)).chain([None]) {
            let unlock = UnlockKey::derive(&export, kind, key, id, profile);
            opened += usize::from(MasterKey::open_slot(&unlock, kind, id, ik, slot).is_ok());
        }
    }
    opened
}

#[test]
fn who_has_everything_that_the_relay_stores_and_the_password_opens_nothing() {
    let (mut s, key) = story_with_key();
    let key: SecretKey = key.parse().unwrap();
    let (wrong, rng) = (s.make().parse().unwrap(), &mut rand::rng());
    let strange: Vec<SecretKey> = (0..200).map(|_| SecretKey::make(rng)).collect();
    let mut tried: Vec<&SecretKey> = strange.iter().collect();
    tried.push(&wrong);
    assert_eq!(by_the_password_alone(&mut s, &tried), 0);
    tried.push(&key);
    assert_eq!(by_the_password_alone(&mut s, &tried), 1, "and with it, once");
}

#[test]
fn no_word_of_it_ever_leaves_the_browser() {
    let (mut s, key) = story_with_key();
    s.enters(PASSWORD, &[&key]).unwrap();
    let newer = s.make();
    s.w.ask(s.ann, used(&newer)).unwrap();
    s.w.ask(s.ann, dropped()).unwrap();
    s.w.pass(5000);
    for key in [key, newer] {
        let bytes: SecretKey = key.parse().unwrap();
        let needles = [&bytes.as_bytes()[..8], &bytes.as_bytes()[8..], &key.as_bytes()[3..12], &key.as_bytes()[30..]];
        let mut heard = 0;
        for (_, said) in &s.w.said {
            let body = match said {
                Said::Request(_, body) | Said::Frame(body) => body,
                Said::Connect | Said::Close => continue,
            };
            heard += body.len();
            for needle in needles {
                assert!(!body.windows(needle.len()).any(|part| part == needle));
            }
        }
        assert!(heard > 10_000, "{heard} bytes were looked at");
    }
}

#[test]
fn a_slot_of_before_is_refused() {
    let mut s = story();
    let old = s.w.relay.accounts[&s.id].records[&1].clone();
    let key = s.make();
    s.w.ask(s.ann, used(&key)).unwrap();
    s.w.pass(2000);
    let new = s.w.relay.accounts[&s.id].clone();
    let records = |s: &mut Story, way: &(Vec<u8>, Vec<u8>)| {
        s.w.relay.accounts.get_mut(&s.id).unwrap().records.insert(1, way.clone());
    };
    // Record and slot as they were before, beside the keystore of now: the password opens it, and that is told.
    records(&mut s, &old);
    let id = s.w.browser();
    s.w.said.clear();
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(HIDDEN));
    s.w.pass(60_000);
    assert_eq!(s.w.outline(id).len(), 3, "what any sign-in asks, and nothing after");
    // In a browser that is signed in, nobody proves anything by it, so no password is made there that needs less.
    let change = || ChangePassword { current: Some(PASSWORD.into()), new: NEW.into(), end_others: false, ticket: None };
    assert_eq!(s.w.ask(s.ann, change()), Err(Trouble::KeystoreDamaged));
    assert!(s.w.relay.accounts[&s.id].records[&1].1 == old.1);
    // And everything as it was before, where the newer was seen.
    records(&mut s, &new.records[&1]);
    s.w.relay.accounts.get_mut(&s.id).unwrap().keystore_version = 1;
    s.w.ask(s.ann, signet_ask::Lock {}).unwrap();
    assert_eq!(s.w.ask(s.ann, sign_in(PASSWORD)), Err(Trouble::RolledBack));
    s.w.relay.accounts.get_mut(&s.id).unwrap().keystore_version = new.keystore_version;
    assert!(s.w.ask(s.ann, sign_in(PASSWORD)).is_ok());
}

#[test]
fn a_head_that_lies_is_found_out_and_gets_nothing() {
    let (mut s, key) = story_with_key();
    let plain = story().w.relay.accounts.into_values().next().unwrap();
    let whole = s.w.relay.accounts[&s.id].records[&1].1.clone();
    let slot = |s: &mut Story, slot: Vec<u8>| {
        s.w.relay.accounts.get_mut(&s.id).unwrap().records.get_mut(&1).unwrap().1 = slot;
    };
    let id = s.w.browser();
    // No secret key is needed, it says.
    slot(&mut s, whole[9..].to_vec());
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(Trouble::KeystoreDamaged));
    // Or another one.
    let mut other = whole.clone();
    other[5] ^= 1;
    slot(&mut s, other);
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    assert_eq!(s.give(id, &key), Err(WRONG));
    // Every bit behind the head.
    for at in [9, 10, 50, whole.len() - 1] {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 1;
        slot(&mut s, spoilt);
        let id = s.w.browser();
        assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
        assert_eq!(s.give(id, &key), Err(Trouble::KeystoreDamaged), "{at}");
    }
    // Beside a recovery key none is asked for, whatever is said.
    let recovery = s.w.relay.accounts[&s.id].records[&2].1.clone();
    let headed = [&whole[..9], &recovery].concat();
    s.w.relay.accounts.get_mut(&s.id).unwrap().records.get_mut(&2).unwrap().1 = headed;
    let by_key = || SignInWithRecoveryKey { username: "ann_a".into(), key: s.recovery.clone(), stay: false };
    assert_eq!(s.w.ask(id, by_key()), Err(Trouble::KeystoreDamaged));
    // One that nobody uses is asked for in vain.
    assert_eq!(asked_by_slot(&plain.records[&1].1), None);
    let mut s = story();
    let own = s.w.relay.accounts[&s.id].records[&1].1.clone();
    let head: SecretKey = key.parse().unwrap();
    let headed = [&[2], &head.id(s.id).0[..], &own].concat();
    s.w.relay.accounts.get_mut(&s.id).unwrap().records.get_mut(&1).unwrap().1 = headed;
    let id = s.w.browser();
    assert_eq!(s.w.ask(id, sign_in(PASSWORD)), Err(NEEDED));
    assert_eq!(s.give(id, &key), Err(Trouble::KeystoreDamaged));
}

#[test]
fn a_last_step_that_is_only_half_carried_out_is_told() {
    // The relay puts the slot in place and keeps the keystore back, or the other way round.
    for slot_too in [true, false] {
        let mut s = story();
        let before = s.w.relay.accounts[&s.id].clone();
        let key = s.make();
        s.w.ask(s.ann, used(&key)).unwrap();
        s.w.pass(2000);
        let account = s.w.relay.accounts.get_mut(&s.id).unwrap();
        if slot_too {
            (account.keystore, account.keystore_version) = (before.keystore, before.keystore_version);
        } else {
            account.records.insert(1, before.records[&1].clone());
        }
        let id = s.w.browser();
        let entered = match s.w.ask(id, sign_in(PASSWORD)) {
            Err(trouble) if trouble == NEEDED => s.give(id, &key),
            answer => answer,
        };
        assert_eq!(entered, Err(HIDDEN), "{slot_too}");
    }
}

#[test]
fn a_password_is_never_sealed_with_less_than_the_keystore_says() {
    let (mut s, _) = story_with_key();
    // Whatever the relay hands out while the password is changed, all that leaves for the slot asks for it.
    for (swap, profile) in [(true, 1), (false, 9), (false, 1)] {
        (s.w.relay.swap_pending_slot, s.w.relay.profile) = (swap, profile);
        s.w.said.clear();
        let change =
            ChangePassword { current: Some(PASSWORD.into()), new: NEW.into(), end_others: false, ticket: None };
        let done = s.w.ask(s.ann, change);
        assert_eq!(done.is_ok(), !swap && profile == 1, "{done:?}");
        let mut sealed = 0;
        for (_, said) in &s.w.said {
            let Said::Request(api::SECRET_PENDING, body) = said else { continue };
            let pending = api::SecretPending::parse(body).unwrap();
            assert!(asked_by_slot(&pending.access.slot).is_some());
            sealed += 1;
        }
        assert_eq!(sealed, usize::from(profile == 1));
    }
}
