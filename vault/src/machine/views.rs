//! What the page is told of conversations and messages.

use signet_ask::{
    BodyView, ConversationView, LastLine, MessageId, MessageState, MessageView, Page, Trouble, Verified, Warning,
};
use signet_shared::ConvId;

use super::{
    conv::{Conv, Shown},
    outbox::Item,
    pin::Pin,
    rows::MailBody,
    session::Session,
};
use crate::sorted::in_order;

const LAST_CHARS: usize = 120;
/// What is not yet sent comes last.
const OUTGOING: u64 = 1 << 62;

impl Session {
    pub(super) fn conversations(&self) -> Vec<ConversationView> {
        in_order(self.convs.values().filter_map(|conv| self.view(conv)).collect(), |view| u64::MAX - view.touched_ms)
    }

    pub(super) fn conversation(&self, id: &ConvId) -> Option<ConversationView> {
        self.view(self.convs.get(id)?)
    }

    fn view(&self, conv: &Conv) -> Option<ConversationView> {
        let pin = self.pin_of(conv)?;
        let outgoing = self.outbox.items.iter().rev().find(|item| item.row.conv == conv.id && item.shown());
        let last = match (outgoing, conv.messages.last_key_value()) {
            (Some(item), _) => Some(self.outgoing_view(item)),
            (None, Some((seq, shown))) => Some(self.message_view(conv, *seq, shown)),
            (None, None) => None,
        };
        let newest = conv.messages.last_key_value().map_or(0, |(_, shown)| shown.sent_ms);
        let touched_ms = last.as_ref().map_or(0, |view| view.sent_ms).max(newest).max(conv.since_ms);
        Some(ConversationView {
            id: conv.id,
            title: pin.name.shown().to_owned(),
            unread: conv.unread(self.me(), pin.mark),
            last: last.map(last_line),
            touched_ms,
            warnings: self.warnings(conv, pin),
            verified: matches!(pin.verified(), Verified::Yes { .. }),
            sealed: conv.sealed,
        })
    }

    fn warnings(&self, conv: &Conv, pin: &Pin) -> Vec<Warning> {
        let (doubts, mut warnings) = (pin.doubts, Vec::new());
        if let Some(identity) = pin.asked_about() {
            warnings.push(Warning::IdentityReset { identity, verified: pin.compared.ik.is_some() });
        }
        let missing = conv.streams.missing();
        if missing > 0 {
            warnings.push(Warning::Missing { count: missing });
        }
        if conv.equivocation {
            warnings.push(Warning::Equivocation);
        }
        if conv.streams.differ() {
            warnings.push(Warning::ViewsDiffer);
        }
        if doubts.forked {
            warnings.push(Warning::KeyLogForked);
        }
        if doubts.namesake {
            warnings.push(Warning::Namesake);
        }
        if doubts.is_split() {
            warnings.push(Warning::SplitView);
        }
        if self.sync.not_kept {
            warnings.push(Warning::StateNotKept);
        }
        if self.sync.rolled_back {
            warnings.push(Warning::RolledBack);
        }
        if self.own_keys_differ {
            warnings.push(Warning::OwnKeysDiffer);
        }
        // It ends when the person has compared the new one.
        if doubts.new_identity && !matches!(pin.verified(), Verified::Yes { .. }) {
            warnings.push(Warning::NewIdentity);
        }
        warnings
    }

    pub(super) fn message_view(&self, conv: &Conv, order: u64, shown: &Shown) -> MessageView {
        let mine = shown.id.author == self.me();
        let author = if mine { Some(self.account.me.username()) } else { self.pin_of(conv).map(|pin| &pin.name) };
        MessageView {
            id: shown.id,
            mine,
            author: author.map(|name| name.shown().to_owned()).unwrap_or_default(),
            body: shown.text.clone().map_or(BodyView::Unsupported, BodyView::Text),
            sent_ms: shown.sent_ms,
            order,
            state: match mine {
                false => MessageState::Received,
                true if conv.delivered.contains(&shown.place.env_id) => MessageState::Delivered,
                true => MessageState::Sent,
            },
        }
    }

    pub(super) fn outgoing_view(&self, item: &Item) -> MessageView {
        let row = &item.row;
        MessageView {
            id: MessageId { author: self.me(), uuid: row.uuid },
            mine: true,
            author: self.account.me.username().shown().to_owned(),
            body: match &row.body {
                MailBody::Text(text) => BodyView::Text(text.clone()),
                MailBody::Delivered(_) | MailBody::Unknown => BodyView::Unsupported,
            },
            sent_ms: row.sent_ms,
            order: OUTGOING.saturating_add(row.number),
            state: match row.failed {
                Some(because) => MessageState::Failed(because),
                None if item.acked => MessageState::Sent,
                None => MessageState::Sending,
            },
        }
    }

    pub(super) fn page(&self, id: &ConvId, before: Option<MessageId>, limit: u16) -> Result<Page, Trouble> {
        let conv = self.convs.get(id).ok_or(Trouble::NotFound)?;
        let outgoing: Vec<&Item> =
            self.outbox.items.iter().filter(|item| item.row.conv == *id && item.shown()).collect();
        let below = match before {
            None => u64::MAX,
            Some(id) => match conv.index.get(&id) {
                Some(seq) => seq,
                None => outgoing
                    .iter()
                    .find(|item| item.row.uuid == id.uuid && id.author == self.me())
                    .map(|item| OUTGOING.saturating_add(item.row.number))
                    .ok_or(Trouble::NotFound)?,
            },
        };
        let limit = usize::from(limit);
        let waiting = outgoing.iter().rev().map(|item| self.outgoing_view(item)).filter(|view| view.order < below);
        let older = conv.messages.range(..below).rev().map(|(seq, shown)| self.message_view(conv, *seq, shown));
        let mut messages: Vec<MessageView> = waiting.chain(older).take(limit.saturating_add(1)).collect();
        let more = messages.len() > limit;
        messages.truncate(limit);
        messages.reverse();
        let mark = self.pin_of(conv).map_or(0, |pin| pin.mark);
        let read_upto = conv.messages.values().rev().find(|shown| shown.at <= mark).map(|shown| shown.id);
        Ok(Page { messages, more, read_upto })
    }
}

fn last_line(view: MessageView) -> LastLine {
    let text = match &view.body {
        BodyView::Text(text) => {
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LAST_CHARS).collect()
        }
        BodyView::Unsupported => String::new(),
    };
    LastLine { mine: view.mine, text, sent_ms: view.sent_ms, state: view.mine.then_some(view.state) }
}
