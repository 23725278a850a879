//! Ann, whose password may need a secret key beside it.

use signet_ask::{
    GiveSecretKey, SecretKey, SecretKeyStep, SecretKeyText, SecretKeyTrouble, SecretKeyView, SignIn,
    SignInWithRecoveryKey, SignUp, Status, Trouble,
};
use signet_shared::{AccountId, ConvId};

use super::{PASSWORD, World};

pub const NEW: &str = "a different horse entirely";
pub const NEEDED: Trouble = Trouble::SecretKey(SecretKeyTrouble::Needed);
pub const WRONG: Trouble = Trouble::SecretKey(SecretKeyTrouble::Wrong);

pub struct Story {
    pub w: World,
    pub ann: usize,
    pub id: AccountId,
    pub conv: ConvId,
    pub recovery: String,
}

pub fn sign_in(password: &str) -> SignIn {
    SignIn { username: "ann_a".into(), password: password.into(), stay: false }
}

pub fn used(key: &str) -> SecretKey {
    let step = SecretKeyStep::Use { current: PASSWORD.into(), key: SecretKeyText(key.into()) };
    SecretKey { step: step.into() }
}

pub fn dropped() -> SecretKey {
    SecretKey { step: SecretKeyStep::Drop { current: PASSWORD.into() }.into() }
}

/// Ann, who has said something to Bob.
pub fn story() -> Story {
    let mut w = World::new();
    let ann = w.browser();
    let question = SignUp { username: "ann_a".into(), password: PASSWORD.into(), stay: false, ticket: None };
    let recovery = w.ask(ann, question).unwrap().0;
    w.person("bob_b");
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "before");
    w.pass(2000);
    let id = w.account("ann_a");
    Story { w, ann, id, conv, recovery }
}

/// With a secret key in use.
pub fn story_with_key() -> (Story, String) {
    let mut s = story();
    let key = s.make();
    assert_eq!(s.w.ask(s.ann, used(&key)).unwrap().key, Some(SecretKeyText(key.clone())));
    s.w.pass(2000);
    (s, key)
}

impl Story {
    pub fn make(&mut self) -> String {
        self.w.ask(self.ann, SecretKey { step: SecretKeyStep::Make.into() }).unwrap().key.unwrap().0
    }

    pub fn view(&mut self, browser: usize) -> SecretKeyView {
        self.w.ask(browser, SecretKey { step: SecretKeyStep::Show.into() }).unwrap()
    }

    /// The one that a browser shows.
    pub fn shown(&mut self, browser: usize) -> Option<String> {
        self.view(browser).key.map(|key| key.0)
    }

    pub fn give(&mut self, browser: usize, key: &str) -> Result<Status, Trouble> {
        self.give_and(browser, key, false)
    }

    pub fn give_and(&mut self, browser: usize, key: &str, stays: bool) -> Result<Status, Trouble> {
        self.w.ask(browser, GiveSecretKey { key: Some(key.into()), stays })
    }

    /// A new browser with this password and, if it is asked for, the one of these that is right. How it was let in.
    pub fn enters(&mut self, password: &str, keys: &[&str]) -> Result<(usize, Option<usize>), Trouble> {
        let id = self.w.browser();
        let by = match self.w.ask(id, sign_in(password)) {
            Ok(_) => None,
            Err(trouble) if trouble == NEEDED => {
                let right = |key: &&str| self.give(id, key).is_ok();
                Some(keys.iter().position(right).ok_or(WRONG)?)
            }
            Err(trouble) => return Err(trouble),
        };
        self.w.pass(2000);
        assert_eq!(self.w.texts(id, self.conv), ["before"]);
        assert_eq!(self.w.warnings(id, self.conv), []);
        Ok((id, by))
    }

    pub fn recovers(&mut self) -> usize {
        let id = self.w.browser();
        let question = SignInWithRecoveryKey { username: "ann_a".into(), key: self.recovery.clone(), stay: false };
        self.w.ask(id, question).unwrap();
        self.w.pass(2000);
        assert_eq!(self.w.texts(id, self.conv), ["before"]);
        id
    }
}
