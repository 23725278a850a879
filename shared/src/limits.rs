//! Sizes that both sides enforce. Rates are the relay's own settings and live there.

/// Members of a conversation under suite 0x0001: one RSA wrap each.
pub const MEMBERS: usize = 256;
/// Characters (Unicode scalar values) a person may write in one message.
pub const TEXT_CHARS: usize = 20_000;
/// Bytes of a sealed message's ciphertext: 20,000 characters of four bytes, what goes with them, and the padding.
pub const CIPHERTEXT: usize = 128 * 1024;
/// Bytes of one WebSocket message or frame: an envelope for 256 readers (120 KB of wraps) and its ciphertext fit.
pub const FRAME: usize = 256 * 1024;
/// Bytes of one HTTP request body.
pub const BODY: usize = 256 * 1024;
/// Bytes of a key statement with both its signatures.
pub const STATEMENT: usize = 8 * 1024;
/// Encryption keys in one statement.
pub const STATEMENT_EKS: usize = 4;
/// Bytes of a sealed slot (an account master key under one secret).
pub const SLOT: usize = 1024;
/// Bytes of a sealed keystore.
pub const KEYSTORE: usize = 64 * 1024;
/// Bytes of the sealed state (pins, checkpoints, read marks).
pub const STATE: usize = 192 * 1024;
/// Bytes of one sealed history record.
pub const RECORD: usize = 1024;
/// Bytes of one OPAQUE message.
pub const OPAQUE: usize = 1024;
/// Messages of one stream that are held while an earlier one is missing.
pub const HELD: usize = 512;
/// `seen` rows in one message.
pub const SEEN_ROWS: usize = 16;
/// Characters a password has at least.
pub const PASSWORD_MIN: usize = 12;
/// Characters a password has at most.
pub const PASSWORD_MAX: usize = 256;
