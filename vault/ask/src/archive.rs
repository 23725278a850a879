//! A readable copy of one's own conversations crosses in parts of its two files at once. The page puts the parts of each one
//! behind the other, and around them what makes one file of both.

use serde::{Deserialize, Serialize};

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivePart {
    /// Of `index.html`.
    pub html: Vec<u8>,
    /// Of `messages.json`.
    pub json: Vec<u8>,
    /// How much is written, in hundredths.
    pub percent: u8,
    /// These were the last.
    pub end: Option<ArchiveEnd>,
}

impl core::fmt::Debug for ArchivePart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (html, json) = (self.html.len(), self.json.len());
        write!(f, "ArchivePart({html} and {json} bytes, {} %, {:?})", self.percent, self.end.is_some())
    }
}

/// The file is `before_html`, all parts of `index.html`, `before_json`, all parts of `messages.json`, `after`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveEnd {
    pub before_html: Vec<u8>,
    pub before_json: Vec<u8>,
    pub after: Vec<u8>,
    /// Whose it is.
    pub username: String,
    /// Milliseconds since 1970.
    pub created_ms: u64,
    pub conversations: u32,
    pub messages: u32,
    /// The relay has more for this browser, or could not be asked.
    pub behind: bool,
}
