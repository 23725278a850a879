//! Passkeys: what one computes opens the account as a password does, until it is removed or everything is replaced.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken world fails the test")]

mod common;

use common::{PASSWORD, World};
use signet_ask::{
    AddPasskey, ChangePassword, PasskeyView, PrepareRescue, ReadPasskeys, RemovePasskey, Rescue, SignIn,
    SignInWithPasskey, SignUp, Status, Trouble,
};
use signet_shared::{ConvId, api};

const ONE: [u8; 32] = [1; 32];
const TWO: [u8; 32] = [2; 32];

struct Story {
    w: World,
    ann: usize,
    conv: ConvId,
    key: String,
}

fn story() -> Story {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let key = w.ask(ann, question).unwrap().0;
    w.person("bob_b");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "before");
    w.pass(2000);
    Story { w, ann, conv, key }
}

fn add(place: u8, computed: [u8; 32]) -> AddPasskey {
    AddPasskey { current: PASSWORD.into(), place, computed }
}

impl Story {
    fn enters(&mut self, place: u8, computed: [u8; 32]) -> Result<usize, Trouble> {
        let id = self.w.browser();
        let question = SignInWithPasskey { username: "ann_a".into(), place, computed, stay: false };
        let answer = self.w.ask(id, question).map(|_| id);
        if let Ok(id) = answer {
            self.w.pass(2000);
            assert_eq!(self.w.texts(id, self.conv), ["before"]);
        }
        answer
    }

    fn places(&mut self) -> Vec<u8> {
        let list: Vec<PasskeyView> = self.w.ask(self.ann, ReadPasskeys {}).unwrap();
        list.into_iter().map(|passkey| passkey.place).collect()
    }

    fn password_opens(&mut self, password: &str) -> bool {
        let id = self.w.browser();
        self.w.ask(id, SignIn { username: "ann_a".into(), password: password.into(), stay: false }).is_ok()
    }
}

#[test]
fn a_passkey_opens_the_account_beside_the_password_until_it_is_removed() {
    let mut s = story();
    assert_eq!(s.enters(0, ONE), Err(Trouble::PasskeyFailed));
    assert!(s.places().is_empty());
    assert_eq!(
        s.w.ask(s.ann, AddPasskey { current: "not the password".into(), ..add(0, ONE) }),
        Err(Trouble::LoginFailed)
    );
    assert!(s.places().is_empty());
    s.w.ask(s.ann, add(0, ONE)).unwrap();
    s.w.ask(s.ann, AddPasskey { current: s.key.clone(), ..add(3, TWO) }).unwrap();
    assert_eq!(s.places(), [0, 3]);
    let browser = s.enters(0, ONE).unwrap();
    assert!(matches!(s.w.reload(browser), Status::SignedIn { .. }));
    s.enters(3, TWO).unwrap();
    for (place, computed) in [(0, TWO), (3, ONE), (1, ONE), (9, ONE)] {
        assert_eq!(s.enters(place, computed), Err(Trouble::PasskeyFailed), "{place}");
    }
    assert!(s.password_opens(PASSWORD));

    let wrong = RemovePasskey { current: "not the password".into(), place: 0 };
    assert_eq!(s.w.ask(s.ann, wrong), Err(Trouble::LoginFailed));
    s.w.ask(s.ann, RemovePasskey { current: PASSWORD.into(), place: 0 }).unwrap();
    assert_eq!(s.places(), [3]);
    assert_eq!(s.enters(0, ONE), Err(Trouble::PasskeyFailed));
    s.enters(3, TWO).unwrap();
    assert!(matches!(s.w.reload(s.ann), Status::SignedIn { .. }));
    assert!(s.password_opens(PASSWORD));
}

#[test]
fn a_place_is_taken_by_one_passkey() {
    let mut s = story();
    s.w.ask(s.ann, add(0, ONE)).unwrap();
    assert_eq!(s.w.ask(s.ann, add(0, TWO)), Err(Trouble::ChangedElsewhere));
    assert_eq!(s.w.ask(s.ann, add(4, TWO)), Err(Trouble::PasskeyFailed), "there are four");
    assert!(s.enters(0, ONE).is_ok() && s.enters(0, TWO).is_err());
}

#[test]
fn it_outlives_a_change_of_the_password_and_no_rescue() {
    const NEW: &str = "a different horse entirely";
    let mut s = story();
    s.w.ask(s.ann, add(0, ONE)).unwrap();
    let change = ChangePassword { current: Some(PASSWORD.into()), new: NEW.into(), end_others: true, ticket: None };
    s.w.ask(s.ann, change).unwrap();
    s.enters(0, ONE).unwrap();
    s.w.ask(s.ann, PrepareRescue { current: NEW.into(), new: PASSWORD.into() }).unwrap();
    s.w.ask(s.ann, Rescue { new: PASSWORD.into() }).unwrap();
    assert!(s.places().is_empty());
    assert_eq!(s.enters(0, ONE), Err(Trouble::PasskeyFailed));
    s.w.ask(s.ann, add(0, ONE)).unwrap();
    s.enters(0, ONE).unwrap();
}

#[test]
fn a_lost_answer_at_any_step_leaves_it_added_or_not() {
    for step in [api::LOGIN_FINISH, api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH] {
        let mut s = story();
        s.w.lose_answer = vec![step];
        let ask = s.w.begin(s.ann, add(0, ONE));
        s.w.settle();
        s.w.pass(60_000);
        let added = s.w.answer::<AddPasskey>(s.ann, ask).expect("answered").is_ok();
        assert_eq!(added, step == api::SECRET_FINISH, "{step}");
        assert_eq!(s.enters(0, ONE).is_ok(), added, "{step}");
        assert!(s.password_opens(PASSWORD), "{step}");
    }
}
