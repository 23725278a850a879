//! Ann, who has met Max; and a Max who begins anew under the same name, or somebody who passes for him.

use signet_ask::{DecideIdentity, FailedBecause, MarkVerified, MessageState, ReadDetails, Trouble, Warning};
use signet_shared::{AccountId, ConvId, EkId};

use super::{World, puppet::Puppet, relay::Mail};

pub const BLOCKED: MessageState = MessageState::Failed(FailedBecause::Blocked);

pub struct Story {
    pub w: World,
    pub ann: usize,
    pub ann_id: AccountId,
    pub conv: ConvId,
    pub max: Puppet,
    /// Max as he was, who may still be there.
    pub old: Puppet,
}

/// Ann, who has read something of Max's; whom she may have verified.
pub fn story(verified: bool) -> Story {
    let mut w = World::new();
    let ann = w.person("ann_a");
    let ann_id = w.account("ann_a");
    let (mut max, mut old) = (Puppet::new("max_m"), Puppet::new("max_m"));
    // The same person, so that he can be at two places.
    (old.statements, old.account) = (max.statements.clone(), max.account.clone());
    max.register(&mut w.relay);
    max.send(&mut w.relay, ann_id, "hello");
    w.pass(5000);
    let conv = ConvId::direct(ann_id, max.id());
    if verified {
        let safety_number = w.ask(ann, ReadDetails { conv }).unwrap().safety_number;
        w.ask(ann, MarkVerified { conv, safety_number, verified: true }).unwrap();
        w.pass(2000);
    }
    Story { w, ann, ann_id, conv, max, old }
}

impl Story {
    /// The relay shows a Max who has begun anew, and delivers what he writes.
    pub fn begin_anew(&mut self, text: &str) {
        self.begin_anew_with((4, 5), text);
    }

    /// With these of the test keys.
    pub fn begin_anew_with(&mut self, (ik, ek): (usize, usize), text: &str) {
        self.max.begin_anew(ik, ek);
        self.max.publish(&mut self.w.relay);
        self.write(text);
    }

    pub fn write(&mut self, text: &str) {
        let epoch = self.max.account.identity_changes();
        let written = self.max.write_in_epoch(&self.w.relay, self.ann_id, text, epoch, |_| ());
        self.w.relay.push(self.ann_id, Mail { delivery: written.delivery, record: None });
        self.w.pass(10_000);
    }

    pub fn warned(&self, verified: bool) -> [Warning; 1] {
        [Warning::IdentityReset { identity: self.max.account.ik_hash(), verified }]
    }

    pub fn decide(&mut self, browser: usize, accept: bool) -> Result<(), Trouble> {
        let identity = self.max.account.ik_hash();
        let decided = self.w.ask(browser, DecideIdentity { conv: self.conv, identity, accept });
        self.w.pass(10_000);
        decided
    }

    /// Ann writes; for which key of Max's it is sealed, if it is.
    pub fn sends(&mut self, browser: usize) -> (MessageState, Option<EkId>) {
        self.w.said.clear();
        let uuid = self.w.send(browser, self.conv, "to Max");
        self.w.pass(10_000);
        let max = self.max.id();
        let sealed = self.w.sealed_for(browser).into_iter().find(|(reader, _)| *reader == max);
        let sent = self.w.messages(browser, self.conv).into_iter().find(|message| message.id.uuid == uuid).unwrap();
        (sent.state, sealed.map(|(_, ek)| ek))
    }
}
