//! The conversations, and the messages of the open one. Each entry is a signal of its own, so that a change repaints one
//! line and not the list.

use signet_ask::{BodyView, ConversationView, MessageId, MessageState, MessageView};
use signet_shared::ConvId;

use crate::value::{Shared, Value};

#[derive(Clone, Copy)]
pub(crate) struct Chats {
    /// Newest first; `None` until first told.
    pub(crate) list: Value<Option<Vec<Chat>>>,
    pub(crate) open: Value<Option<ConvId>>,
    /// Of the open conversation, oldest first.
    pub(crate) rows: Value<Vec<Row>>,
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
    pub(crate) body: BodyView,
    pub(crate) sent_ms: u64,
    pub(crate) order: u64,
    pub(crate) state: Shared<MessageState>,
}

impl Chats {
    pub(super) fn new() -> Self {
        Self { list: Value::new(None), open: Value::new(None), rows: Value::new(Vec::new()) }
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
                match rows.iter_mut().find(|row| row.id == message.id) {
                    Some(row) => {
                        row.order = message.order;
                        row.state.set(message.state);
                    }
                    None => rows.push(Row {
                        id: message.id,
                        mine: message.mine,
                        body: message.body,
                        sent_ms: message.sent_ms,
                        order: message.order,
                        state: Shared::new(message.state),
                    }),
                }
            }
            rows.sort_by_key(|row| row.order);
        });
    }

    /// Nothing of an account stays on screen after it left.
    pub(super) fn forget(self, open_too: bool) {
        self.list.set(None);
        self.rows.set(Vec::new());
        if open_too {
            self.open.set(None);
        }
    }
}
