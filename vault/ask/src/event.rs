use serde::{Deserialize, Serialize};
use signet_shared::ConvId;

use crate::{AnewNotice, Connection, ConversationView, MessageId, MessageView, Status, TabShare, Trouble};

/// What the vault reports unasked, to every tab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    Status(Status),
    Connection(Connection),
    /// New or changed conversations, to be merged by id.
    Conversations(Vec<ConversationView>),
    /// New or changed messages of one conversation, to be merged by id and sorted by `order`.
    Messages {
        conv: ConvId,
        messages: Vec<MessageView>,
    },
    /// Messages taken out of the outbox.
    Gone {
        conv: ConvId,
        ids: Vec<MessageId>,
    },
    Progress(Progress),
    /// Keep this in `sessionStorage` under `signet.share`, or remove it.
    KeepShare(Option<TabShare>),
    /// Whether somebody asks to start this account anew.
    Anew(Option<AnewNotice>),
    /// The session ended without this browser asking for it.
    SignedOutBecause(Trouble),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub task: Task,
    /// 0 to 1; never goes back within a task.
    pub done: f32,
    /// What is left, where it can be counted (messages of a history).
    pub left: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    SignUp,
    SignIn,
    /// Proving, replacing or testing a password or recovery key.
    Secret,
    /// Fetching and opening the history.
    History,
}
