//! The conversations, and the messages of the open one. Each entry is a signal of its own, so that a change repaints one
//! line and not the list.

use signet_ask::{BodyView, ConversationView, MessageId, MessageState, MessageView, Quote, Reaction, Version};
use signet_shared::ConvId;

use crate::value::{Shared, Value};

#[derive(Clone, Copy)]
pub(crate) struct Chats {
    /// Newest first; `None` until first told.
    pub(crate) list: Value<Option<Vec<Chat>>>,
    pub(crate) open: Value<Option<ConvId>>,
    /// Of the open conversation, oldest first.
    pub(crate) rows: Value<Vec<Row>>,
    /// The vault has older ones.
    pub(crate) more: Value<bool>,
    /// Whose actions are shown.
    pub(crate) acting: Value<Option<MessageId>>,
    /// What the field to write in is for, if not for a message by itself.
    pub(crate) answering: Value<Option<Answering>>,
    /// To be brought into sight.
    pub(crate) wanted: Value<Option<MessageId>>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Answering {
    pub(crate) id: MessageId,
    /// One's own text is changed; otherwise it is answered.
    pub(crate) edit: bool,
    pub(crate) author: String,
    pub(crate) text: String,
}

#[derive(Clone)]
pub(crate) struct Chat {
    pub(crate) id: ConvId,
    pub(crate) view: Shared<ConversationView>,
}

#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) id: MessageId,
    pub(crate) mine: bool,
    pub(crate) author: String,
    pub(crate) sent_ms: u64,
    pub(crate) order: u64,
    pub(crate) state: Shared<MessageState>,
    pub(crate) said: Shared<Said>,
}

/// What a message says, as it is now.
#[derive(Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) body: BodyView,
    pub(crate) quote: Option<Quote>,
    pub(crate) texts: Vec<Version>,
    pub(crate) reactions: Vec<Reaction>,
}

impl Chats {
    pub(super) fn new() -> Self {
        Self {
            list: Value::new(None),
            open: Value::new(None),
            rows: Value::new(Vec::new()),
            more: Value::new(false),
            acting: Value::new(None),
            answering: Value::new(None),
            wanted: Value::new(None),
        }
    }

    /// What belongs to the conversation that was open.
    pub(crate) fn leave(self) {
        self.acting.set(None);
        self.answering.set(None);
        self.wanted.set(None);
    }

    pub(crate) fn find(self, id: ConvId) -> Option<Shared<ConversationView>> {
        self.list.with(|list| list.as_ref()?.iter().find(|chat| chat.id == id).map(|chat| chat.view.clone()))
    }

    /// The other person's username.
    pub(crate) fn title(self, id: ConvId) -> Option<String> {
        self.find(id).map(|view| view.with(|view| view.title.clone()))
    }

    pub(super) fn merge_list(self, changed: Vec<ConversationView>) {
        self.list.update(|list| {
            let list = list.get_or_insert_default();
            for view in changed {
                match list.iter().find(|chat| chat.id == view.id) {
                    Some(chat) => chat.view.set(view),
                    None => list.push(Chat { id: view.id, view: Shared::new(view) }),
                }
            }
            list.sort_by_key(|chat| core::cmp::Reverse(chat.view.with_untracked(|view| view.touched_ms)));
        });
    }

    pub(crate) fn merge_rows(self, messages: Vec<MessageView>) {
        self.rows.update(|rows| {
            for message in messages {
                let MessageView { id, mine, author, body, quote, texts, reactions, sent_ms, order, state } = message;
                let said = Said { body, quote, texts, reactions };
                match rows.iter_mut().find(|row| row.id == id) {
                    Some(row) => {
                        row.order = order;
                        if row.state.with_untracked(|now| *now != state) {
                            row.state.set(state);
                        }
                        if row.said.with_untracked(|now| *now != said) {
                            row.said.set(said);
                        }
                    }
                    None => rows.push(Row {
                        id,
                        mine,
                        author,
                        sent_ms,
                        order,
                        state: Shared::new(state),
                        said: Shared::new(said),
                    }),
                }
            }
            rows.sort_by_key(|row| row.order);
        });
    }

    #[cfg(feature = "browser")]
    /// What has changed. A message above those that are here comes with the others up there.
    pub(super) fn change_rows(self, mut messages: Vec<MessageView>) {
        if self.more.get_untracked()
            && let Some(first) = self.rows.with_untracked(|rows| rows.first().map(|row| row.order))
        {
            messages.retain(|message| message.order >= first);
        }
        self.merge_rows(messages);
    }

    /// Nothing of an account stays on screen after it left.
    pub(super) fn forget(self, open_too: bool) {
        self.list.set(None);
        self.rows.set(Vec::new());
        self.leave();
        if open_too {
            self.open.set(None);
        }
    }
}
