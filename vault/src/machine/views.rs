//! What the page is told of conversations and messages.

use signet_ask::{
    BodyView, ConversationView, LastLine, MessageId, MessageState, MessageView, Page, Quote, Reaction, Trouble,
    Verified, Version, Warning,
};
use signet_shared::{AccountId, ConvId, EnvId};

use super::{
    conv::{Conv, Shown},
    notes::{Noted, Said},
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
        let env_id = &shown.place.env_id;
        let body = shown.text.clone().map_or(BodyView::Unsupported, BodyView::Text);
        let view = MessageView {
            id: shown.id,
            mine,
            author: self.name_in(conv, shown.id.author),
            body,
            quote: shown.rest.as_ref().and_then(|rest| rest.reply_to).map(|id| self.quote(conv, &id)),
            texts: Vec::new(),
            reactions: Vec::new(),
            sent_ms: shown.sent_ms,
            order,
            state: match mine {
                false => MessageState::Received,
                true if !self.state.receipts.off && conv.read.contains(env_id) => MessageState::Read,
                true if conv.delivered.contains(env_id) || conv.read.contains(env_id) => MessageState::Delivered,
                true => MessageState::Sent,
            },
        };
        self.as_it_is(conv, env_id, view)
    }

    pub(super) fn outgoing_view(&self, item: &Item) -> MessageView {
        let row = &item.row;
        let conv = self.convs.get(&row.conv);
        let view = MessageView {
            id: MessageId { author: self.me(), uuid: row.uuid },
            mine: true,
            author: self.account.me.username().shown().to_owned(),
            body: match &row.body {
                MailBody::Text(text) => BodyView::Text(text.clone()),
                _ => BodyView::Unsupported,
            },
            quote: row.reply_to.and_then(|id| Some(self.quote(conv?, &id))),
            texts: Vec::new(),
            reactions: Vec::new(),
            sent_ms: row.sent_ms,
            order: OUTGOING.saturating_add(row.number),
            state: match row.failed {
                Some(because) => MessageState::Failed(because),
                None if item.acked => MessageState::Sent,
                None => MessageState::Sending,
            },
        };
        match (conv, &row.sealed) {
            (Some(conv), Some(sealed)) => self.as_it_is(conv, &sealed.env_id, view),
            _ => view,
        }
    }

    fn name_in(&self, conv: &Conv, who: AccountId) -> String {
        let mine = who == self.me();
        let name = if mine { Some(self.account.me.username()) } else { self.pin_of(conv).map(|pin| &pin.name) };
        name.map(|name| name.shown().to_owned()).unwrap_or_default()
    }

    /// What has been said about a message; what is on its way counts here already.
    pub(super) fn said(&self, conv: &Conv, env_id: &EnvId) -> Vec<Said> {
        let mut said = conv.notes.of(env_id).to_vec();
        said.extend(self.outbox.notes(env_id, self.me()));
        said
    }

    /// A message with what has been said about it.
    fn as_it_is(&self, conv: &Conv, env_id: &EnvId, mut view: MessageView) -> MessageView {
        let noted = Noted::new(view.id.author, self.said(conv, env_id));
        if noted.deleted {
            (view.body, view.quote) = (BodyView::Deleted, None);
            return view;
        }
        if let (BodyView::Text(first), Some((_, last))) = (&mut view.body, noted.texts.last()) {
            let first = core::mem::replace(first, last.clone());
            view.texts.push(Version { text: first, sent_ms: view.sent_ms });
            let later = noted.texts.into_iter().map(|(sent_ms, text)| Version { text, sent_ms });
            view.texts.extend(later);
        }
        let me = self.me();
        let reaction = |(by, emoji)| Reaction { emoji, mine: by == me, author: self.name_in(conv, by) };
        view.reactions = noted.reactions.into_iter().map(reaction).collect();
        view
    }

    fn quote(&self, conv: &Conv, env_id: &EnvId) -> Quote {
        let me = self.me();
        let there = conv.by_envelope(env_id).map(|shown| (shown.id, shown.text.clone()));
        let waits = || self.outbox.sealed_text(env_id).map(|(uuid, text)| (MessageId { author: me, uuid }, Some(text)));
        let Some((id, first)) = there.or_else(waits) else {
            return Quote { id: None, mine: false, author: String::new(), text: String::new(), deleted: false };
        };
        let noted = Noted::new(id.author, self.said(conv, env_id));
        let text = noted.texts.last().map(|(_, text)| text.clone()).or(first).filter(|_| !noted.deleted);
        Quote {
            id: Some(id),
            mine: id.author == me,
            author: self.name_in(conv, id.author),
            text: beginning(&text.unwrap_or_default()),
            deleted: noted.deleted,
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
        BodyView::Text(text) => beginning(text),
        BodyView::Deleted | BodyView::Unsupported => String::new(),
    };
    let (mine, deleted) = (view.mine, view.body == BodyView::Deleted);
    LastLine { mine, text, deleted, sent_ms: view.sent_ms, state: mine.then_some(view.state) }
}

/// On one line.
fn beginning(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LAST_CHARS).collect()
}
