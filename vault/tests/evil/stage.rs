//! Where most attacks begin: Ann at her browser, Max, whom she has met and whose every byte the test chooses, one message
//! of his on her screen, and silence.

use signet_ask::{Attach, MessageState, SignIn, Status, Trouble, Warning};
use signet_shared::{AccountId, ConvId, envelope::Delivery};

use crate::common::{
    PASSWORD, World,
    puppet::{Puppet, Written},
    relay::Mail,
};

pub(crate) struct Stage {
    pub(crate) w: World,
    pub(crate) ann: usize,
    pub(crate) ann_id: AccountId,
    pub(crate) max: Puppet,
    pub(crate) conv: ConvId,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let mut w = World::new();
        let ann = w.person("ann_a");
        let ann_id = w.account("ann_a");
        let mut max = Puppet::new("max_m");
        max.register(&mut w.relay);
        max.send(&mut w.relay, ann_id, "hello");
        w.pass(10_000);
        let conv = ConvId::direct(ann_id, max.id());
        let mut stage = Self { w, ann, ann_id, max, conv };
        stage.shows(&["hello"], &[]);
        stage.w.said.clear();
        stage
    }

    /// The next message of Max's for Ann, which goes nowhere yet.
    pub(crate) fn write(&mut self, text: &str) -> Written {
        self.max.write(&self.w.relay, self.ann_id, text, |_| ())
    }

    /// The same, taken apart.
    pub(crate) fn delivery(&mut self, text: &str) -> Delivery {
        Delivery::parse(&self.write(text).delivery).unwrap()
    }

    pub(crate) fn push(&mut self, delivery: Vec<u8>) {
        self.w.relay.push(self.ann_id, Mail { delivery, record: None });
    }

    pub(crate) fn shows(&mut self, texts: &[&str], warnings: &[Warning]) {
        assert_eq!(self.w.texts(self.ann, self.conv), texts);
        assert_eq!(self.w.warnings(self.ann, self.conv), warnings);
    }

    /// Lays this into Ann's mailbox. It is refused by that check and by no other; and in the minute after, her browser says
    /// exactly what it says when nothing comes at all.
    pub(crate) fn refuses(&mut self, delivery: Vec<u8>, code: &str) {
        let before = self.w.texts(self.ann, self.conv);
        self.w.said.clear();
        self.w.browsers[self.ann].logs.clear();
        self.push(delivery);
        self.w.pass(60_000);
        assert_eq!(self.w.browsers[self.ann].logs, [code]);
        assert_eq!(self.w.outline(self.ann), Vec::<String>::new(), "{code}");
        assert_eq!(self.w.texts(self.ann, self.conv), before);
        assert_eq!(self.w.warnings(self.ann, self.conv), []);
    }

    /// And an honest message is shown as if nothing had been.
    pub(crate) fn goes_on(&mut self) {
        let mut texts = self.w.texts(self.ann, self.conv);
        texts.push("and on".into());
        let written = self.write("and on");
        self.push(written.delivery);
        self.w.pass(10_000);
        assert_eq!(self.w.texts(self.ann, self.conv), texts);
        assert_eq!(self.w.warnings(self.ann, self.conv), []);
    }

    /// Ann writes; it is not sent, and nothing is encrypted to anybody.
    pub(crate) fn sends_nothing(&mut self, state: &MessageState) {
        self.w.said.clear();
        self.w.send(self.ann, self.conv, "to whom?");
        self.w.pass(60_000);
        assert_eq!(self.w.states(self.ann, self.conv).last(), Some(state));
        assert_eq!(self.w.sealed_for(self.ann), []);
    }
}

/// The browser starts anew: what became of it, and what the relay heard.
pub(crate) fn come_back(w: &mut World, id: usize) -> (Result<Status, Trouble>, Vec<String>) {
    w.restart(id);
    w.said.clear();
    let share = w.browsers[id].tab;
    let answer = w.ask(id, Attach { share });
    w.pass(1000);
    (answer, w.outline(id))
}

/// Somebody signs in with the right password.
pub(crate) fn sign_in(w: &mut World, id: usize, name: &str) -> (Result<Status, Trouble>, Vec<String>) {
    w.said.clear();
    let answer = w.ask(id, SignIn { username: name.into(), password: PASSWORD.into(), stay: false });
    w.pass(1000);
    (answer, w.outline(id))
}

/// What was asked, without sizes.
pub(crate) fn paths(outline: &[String]) -> Vec<&str> {
    outline.iter().filter_map(|said| said.split(' ').next()).collect()
}
