use serde::{Deserialize, Serialize};

/// Somebody asks to start this account anew, as its signed-in browsers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnewNotice {
    pub id: [u8; 16],
    /// Milliseconds since 1970, by the relay's clock.
    pub asked_ms: u64,
    /// When it can be carried out, by this browser's clock.
    pub due_ms: u64,
}

/// A request of this browser's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnewView {
    pub username: String,
    pub stand: AnewStand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnewStand {
    /// Until `due_ms`, by this browser's clock; the account's signed-in browsers can refuse.
    Waiting { due_ms: u64 },
    /// The new identity can be made.
    Ready,
    /// A signed-in browser has refused.
    Refused,
    /// The account has begun anew by it: the new password opens it.
    Done,
    /// The relay does not know it any more: a newer one took its place, or it is too old.
    Gone,
}
