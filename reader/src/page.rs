//! What the page's script calls.

use signet_crypto::BackupError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Book, Opening, words};

/// A backup whose password fits and that is being read.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Backup(Opening);

/// What a backup holds, read to its end and found good.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Held(Book);

#[wasm_bindgen]
impl Backup {
    /// `head`: the file's first 118 bytes. Takes a few seconds.
    pub fn open(head: &[u8], backup_password: &str) -> Result<Self, String> {
        Opening::new(head, backup_password).map(Self).map_err(said)
    }

    /// The file's next bytes, in pieces of any size.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.feed(bytes).map_err(said)
    }

    /// After the last byte. Before this nothing of it may be shown.
    pub fn finish(self) -> Result<Held, String> {
        self.0.finish().map(Held).map_err(said)
    }
}

#[wasm_bindgen]
impl Held {
    pub fn username(&self) -> String {
        self.0.username.clone()
    }

    /// Milliseconds since 1970, as all times here.
    pub fn created(&self) -> f64 {
        self.0.created_ms as f64
    }

    pub fn conversations(&self) -> usize {
        self.0.conversations.len()
    }

    /// The other person's username.
    pub fn title(&self, conversation: usize) -> String {
        self.0.conversations.get(conversation).map(|found| found.title.clone()).unwrap_or_default()
    }

    pub fn messages(&self, conversation: usize) -> usize {
        self.0.conversations.get(conversation).map_or(0, |found| found.messages.len())
    }

    pub fn mine(&self, conversation: usize, message: usize) -> bool {
        self.0.line(conversation, message).is_some_and(|line| line.mine)
    }

    pub fn sent(&self, conversation: usize, message: usize) -> f64 {
        self.0.line(conversation, message).map_or(0.0, |line| line.sent_ms as f64)
    }

    /// Nothing, of a kind that this reader does not know.
    pub fn text(&self, conversation: usize, message: usize) -> Option<String> {
        self.0.line(conversation, message)?.text.clone()
    }
}

fn said(error: BackupError) -> String {
    words::refusal(error).to_owned()
}
