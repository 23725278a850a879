//! What goes into the machine and what comes out. The machine itself has no network, storage, clock or randomness of its
//! own: the worker around it (or a test) carries these out, in the order given.

use signet_ask::{Event, Question};

/// Something happened.
#[derive(Debug)]
pub enum Input {
    /// Said first, once: this browser's `Meta` rows (or why they cannot be read), the page's origin
    /// (`https://host[:port]`), and whether it is online.
    Start {
        meta: Result<Vec<Row>, String>,
        origin: String,
        online: bool,
    },
    /// A tab asks.
    Ask {
        ask: AskId,
        question: Question,
    },
    /// The answer to [`Effect::Http`].
    Http {
        call: CallId,
        result: Result<HttpAnswer, NoAnswer>,
    },
    Socket(SocketInput),
    /// The answer to [`Effect::Load`].
    Loaded {
        call: CallId,
        rows: Vec<Row>,
    },
    /// The answer to [`Effect::BrowserShare`].
    BrowserShare {
        call: CallId,
        share: [u8; 32],
    },
    /// A [`Effect::Timer`] has run out.
    Timer(Timer),
    /// The answer to [`Effect::Continue`]: the event loop has had its turn.
    Continue,
    /// The browser has gained or lost the network.
    Online(bool),
    /// A storage effect failed. Nothing of that effect was stored, and no effect after it in its batch was carried out.
    StorageFailed {
        reason: String,
    },
}

/// Something is to be done. The worker carries effects out one after the other; a `Store` is finished before the next
/// effect begins, so that nothing is sent that is not kept.
#[derive(Debug)]
pub enum Effect {
    Answer {
        ask: AskId,
        result: Vec<u8>,
    },
    Event(Event),
    /// A request to the relay: `POST` with `application/octet-stream`, or `GET` where `body` is `None`.
    Http {
        call: CallId,
        path: &'static str,
        body: Option<Vec<u8>>,
    },
    Socket(SocketEffect),
    /// One transaction, durable or not at all.
    Store(Vec<Change>),
    /// All rows of a table.
    Load {
        call: CallId,
        table: Table,
    },
    /// `HMAC-SHA-256(this browser's non-extractable key, salt)`; the key is made if there is none.
    BrowserShare {
        call: CallId,
        salt: [u8; 32],
    },
    /// Deletes this browser's database and non-extractable key.
    Forget,
    /// Replaces a running timer of the same kind.
    Timer {
        timer: Timer,
        after_ms: u64,
    },
    StopTimer(Timer),
    /// Let other events have their turn, then call with [`Input::Continue`]: long work is done in steps.
    Continue,
    /// For the developer's console: a code, never content.
    Log(&'static str),
}

/// Of a tab's question: which tab (0 is this worker's own page), and the page's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId {
    pub tab: u64,
    pub ask: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub status: u16,
    /// The number in the header `signet-refusal`.
    pub refusal: Option<u16>,
    pub retry_after_s: Option<u32>,
    pub body: Vec<u8>,
}

/// No answer came: no network, no relay, or a time-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

#[derive(Debug)]
pub enum SocketInput {
    Opened,
    Frame(Vec<u8>),
    /// Closed or never opened; the code of RFC 6455, section 7.4.
    Closed {
        code: u16,
    },
}

#[derive(Debug)]
pub enum SocketEffect {
    /// At most one is open.
    Open,
    Send(Vec<u8>),
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    Reconnect,
    Ping,
    Receipts,
    PutState,
    Retry,
    Lookup,
    /// For what should have come by now.
    Patience,
    /// For telling the relay of a sign-out.
    SignOut,
    /// For the last step of replacing a secret.
    Secret,
    /// For comparing one's own published keys.
    Audit,
    /// For locking when nobody is there.
    Unused,
    /// For storing new keys at the relay.
    Keys,
    /// For the steps of a rescue.
    Rescue,
}

/// The tables of this browser's database. Values are sealed by the machine, except in `Meta`, whose rows hold nothing
/// that opens anything alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Who is signed in here, the local slot, the highest versions seen.
    Meta,
    /// Opened messages by mailbox sequence number (u64, big-endian).
    Mail,
    /// Messages of a backup that the mailbox did not have, in packs, by the time of their import and a number.
    Restored,
    /// By client uuid.
    Outbox,
    /// By conversation.
    Drafts,
    /// Contacts' verified statements, by account id. What is missing is fetched again.
    Contacts,
}

impl Table {
    pub const ALL: [Self; 6] = [Self::Meta, Self::Mail, Self::Restored, Self::Outbox, Self::Drafts, Self::Contacts];

    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Mail => "mail",
            Self::Restored => "restored",
            Self::Outbox => "outbox",
            Self::Drafts => "drafts",
            Self::Contacts => "contacts",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Put { table: Table, row: Row },
    Delete { table: Table, key: Vec<u8> },
    Clear { table: Table },
}
