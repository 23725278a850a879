//! The frames of the WebSocket, one per binary message, a tag byte first. Both sides close on a frame they cannot read.

mod client;
mod refusal;
mod server;

pub use client::ClientFrame;
pub use refusal::Refusal;
pub use server::{AnewAsked, ServerFrame};

/// Where the WebSocket is.
pub const PATH: &str = "/api/socket";
/// The subprotocol that both sides name at the upgrade.
pub const PROTOCOL: &str = "signet.v1";
/// The client pings this often (milliseconds) and takes the line for dead when nothing at all came for twice as long.
pub const PING_EVERY_MS: u64 = 25_000;

/// The relay's close codes (RFC 6455, section 7.4).
pub mod close {
    /// The relay is shutting down: come back in a moment.
    pub const RESTART: u16 = 1012;
    /// Too slow a reader or too many sockets: come back later.
    pub const TRY_LATER: u16 = 1013;
    /// A frame could not be read.
    pub const MALFORMED: u16 = 1007;
    /// A frame was above the limit.
    pub const TOO_BIG: u16 = 1009;
    /// The session has ended (signed out, expired or revoked): sign in again.
    pub const SESSION_ENDED: u16 = 4001;
}
