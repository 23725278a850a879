//! For auditors: shows an object of FORMAT.md field by field, as anyone may see it, without keys.
//!
//! `cargo run -p signet-crypto --example inspect FILE`, where the file holds the object's bytes, or its hexadecimal.

use std::{env, fmt::Display, fs, process::ExitCode};

use signet_crypto::{Incoming, VerifiedAccount, object_hash};
use signet_shared::{
    Reader,
    envelope::{Body, Delivery, Envelope, Header, Leaf},
    statement::SignedStatement,
};

fn main() -> ExitCode {
    let Some(path) = env::args().nth(1) else {
        eprintln!("inspect FILE");
        return ExitCode::FAILURE;
    };
    match fs::read(&path) {
        Ok(bytes) => {
            let lines = inspect(&bytes);
            print!("{}", lines.join("\n") + "\n");
            if lines.len() > 1 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What it is in the first line, a field in every other; one line if it is nothing of FORMAT.md.
fn inspect(bytes: &[u8]) -> Vec<String> {
    let text: String = String::from_utf8_lossy(bytes).split_whitespace().collect();
    let decoded = hex::decode(text).ok();
    let bytes = decoded.as_deref().filter(|decoded| !decoded.is_empty()).unwrap_or(bytes);
    let kinds = [delivery, uploaded, statement, pin, sealed, record];
    kinds.iter().find_map(|kind| kind(bytes)).unwrap_or_else(|| vec!["no object of FORMAT.md".to_owned()])
}

struct Shown(Vec<String>);

impl Shown {
    fn new(what: &str, bytes: &[u8]) -> Self {
        Self(vec![format!("{what}, {} bytes", bytes.len())])
    }

    fn field(&mut self, name: &str, value: impl Display) {
        self.0.push(format!("  {name:<16} {value}"));
    }

    fn bytes(&mut self, name: &str, value: &[u8]) {
        self.field(name, format_args!("{} ({} bytes)", hex::encode(value), value.len()));
    }
}

fn delivery(bytes: &[u8]) -> Option<Vec<String>> {
    let Delivery { header, index, leaf, path, body } = Delivery::parse(bytes).ok()?;
    let mut shown = Shown::new("message as delivered (section 5)", bytes);
    show_header(&mut shown, &header);
    shown.field("index", index);
    show_leaf(&mut shown, &leaf);
    path.iter().for_each(|node| shown.bytes("path node", node));
    show_body(&mut shown, &body);
    match Incoming::parse(bytes) {
        Ok(incoming) => shown.field("env_id", incoming.env_id()),
        Err(refused) => shown.field("refused", refused.code()),
    }
    Some(shown.0)
}

fn uploaded(bytes: &[u8]) -> Option<Vec<String>> {
    let envelope = Envelope::parse(bytes).ok()?;
    let mut shown = Shown::new("message as uploaded (section 5)", bytes);
    show_header(&mut shown, &envelope.header);
    envelope.leaves.iter().for_each(|leaf| show_leaf(&mut shown, leaf));
    show_body(&mut shown, &envelope.body);
    shown.bytes("root", &envelope.root());
    shown.field("env_id", envelope.env_id());
    Some(shown.0)
}

fn statement(bytes: &[u8]) -> Option<Vec<String>> {
    let signed = SignedStatement::parse(bytes).ok()?;
    let mut shown = Shown::new("key statement (section 4)", bytes);
    show_statement(&mut shown, &signed);
    match VerifiedAccount::verify(&[signed]) {
        Ok(_) => shown.field("verifies", "as an account's first statement"),
        Err(error) => shown.field("verifies", format_args!("not by itself: {error}")),
    }
    Some(shown.0)
}

fn pin(bytes: &[u8]) -> Option<Vec<String>> {
    let mut r = Reader::new(bytes);
    let (1, n) = (r.u8().ok()?, r.u16().ok()?) else { return None };
    let mut shown = Shown::new("pin (section 4)", bytes);
    shown.field("ver", 1);
    shown.field("n", n);
    for _ in 0..n {
        show_statement(&mut shown, &SignedStatement::parse(r.bytes32(bytes.len()).ok()?).ok()?);
    }
    r.finish().ok()?;
    match VerifiedAccount::from_pinned(bytes) {
        Ok(_) => shown.field("verifies", "from the first statement to the last"),
        Err(error) => shown.field("verifies", format_args!("not: {error}")),
    }
    Some(shown.0)
}

fn sealed(bytes: &[u8]) -> Option<Vec<String>> {
    let mut shown = Shown::new("sealed object (section 7)", bytes);
    show_sealed(&mut shown, bytes)?;
    Some(shown.0)
}

fn record(bytes: &[u8]) -> Option<Vec<String>> {
    let mut r = Reader::new(bytes);
    let epoch = r.u32().ok()?;
    let mut shown = Shown::new("history record (section 10)", bytes);
    shown.field("amk_epoch", epoch);
    show_sealed(&mut shown, r.rest())?;
    Some(shown.0)
}

fn show_header(shown: &mut Shown, header: &Header) {
    let Header { suite, kind, flags, conv_id, group_epoch, members_hash, .. } = header;
    shown.field("suite", format_args!("{:#06x} {suite:?}", suite.number()));
    shown.field("kind", format_args!("{} {kind:?}", *kind as u8));
    shown.field("flags", flags);
    shown.field("conv_id", conv_id);
    shown.field("group_epoch", group_epoch);
    shown.field("members_hash", members_hash);
    let Header { sender_id, sender_stmt, stream_id, seq, prev, iv, n_recipients, .. } = header;
    shown.field("sender_id", sender_id);
    shown.field("sender_stmt", sender_stmt);
    shown.field("stream_id", stream_id);
    shown.field("seq", seq);
    shown.field("prev", prev);
    shown.bytes("iv", iv);
    shown.field("n_recipients", n_recipients);
    shown.bytes("ctx", &header.ctx());
}

fn show_leaf(shown: &mut Shown, leaf: &Leaf) {
    let Leaf { account_id, ek_id, rcpt_stmt, wrap } = leaf;
    shown.field("leaf account_id", account_id);
    shown.field("leaf ek_id", ek_id);
    shown.field("leaf rcpt_stmt", rcpt_stmt);
    shown.bytes("leaf wrap", wrap);
}

fn show_body(shown: &mut Shown, body: &Body) {
    let Body { ct, tag, sig } = body;
    shown.bytes("ct", ct);
    shown.bytes("tag", tag);
    shown.bytes("sig", sig);
}

fn show_statement(shown: &mut Shown, signed: &SignedStatement) {
    let said = &signed.statement;
    shown.field("account_id", said.account_id);
    shown.field("username", &said.username);
    shown.bytes("nonce", &said.nonce);
    shown.field("seq", said.seq);
    shown.field("prev", said.prev);
    shown.field("flags", said.flags);
    shown.field("min_suite", said.min_suite);
    shown.bytes("IK SPKI", &said.ik_spki);
    shown.field("ik_hash", said.ik_hash());
    for ek in &said.eks {
        shown.field("EK suite", format_args!("{:#06x}", ek.suite));
        shown.field("EK not_after", ek.not_after);
        shown.bytes("EK SPKI", &ek.spki);
        shown.field("ek_id", ek.id());
    }
    shown.field("statement_hash", said.hash());
    shown.bytes("sig", &signed.sig);
    shown.bytes("old_sig", &signed.old_sig);
}

/// `ver u8 = 1 | salt[32] | ct | tag[32]`, where ct has one of the lengths that length hiding gives.
fn show_sealed(shown: &mut Shown, bytes: &[u8]) -> Option<()> {
    let (1, rest) = bytes.split_first().map(|(ver, rest)| (*ver, rest))? else { return None };
    let (salt, rest) = rest.split_first_chunk::<32>()?;
    let (ct, tag) = rest.split_last_chunk::<32>()?;
    if ct.len() < 272 || !ct.len().is_multiple_of(16) {
        return None;
    }
    shown.field("ver", 1);
    shown.bytes("salt", salt);
    shown.bytes("ct", ct);
    shown.bytes("tag", tag);
    shown.bytes("object_hash", &object_hash(bytes));
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod tests {
    use super::*;

    const MESSAGE: &str = include_str!("../tests/vectors/own/message_two_readers.txt");
    const HISTORY: &str = include_str!("../tests/vectors/own/history_opens.txt");

    fn vector(file: &str, name: &str) -> Vec<u8> {
        let value = file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = ")).unwrap();
        hex::decode(value).unwrap()
    }

    fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
        lines.iter().find_map(|line| line.trim_start().strip_prefix(name)).unwrap().trim()
    }

    #[test]
    fn every_kind_is_known_and_shown_by_its_names() {
        let bytes = vector(MESSAGE, "delivery");
        let lines = inspect(&bytes);
        assert!(lines[0].starts_with("message as delivered"), "{}", lines[0]);
        assert_eq!(value(&lines, "env_id"), hex::encode(vector(MESSAGE, "env_id")));
        assert_eq!(value(&lines, "conv_id"), hex::encode(vector(MESSAGE, "conv")));
        assert_eq!(value(&lines, "members_hash"), hex::encode(vector(MESSAGE, "members")));
        assert_eq!(value(&lines, "n_recipients"), "2");
        assert_eq!(inspect(hex::encode(&bytes).as_bytes()), lines, "hexadecimal is read as well");

        let pin = vector(MESSAGE, "sender");
        let lines = inspect(&pin);
        assert!(lines[0].starts_with("pin"));
        assert_eq!(value(&lines, "verifies"), "from the first statement to the last");
        assert_eq!(value(&lines, "username"), "Anna");
        let lines = inspect(&pin[7..]);
        assert!(lines[0].starts_with("key statement"));
        assert_eq!(value(&lines, "verifies"), "as an account's first statement");

        assert!(inspect(&vector(HISTORY, "local"))[0].starts_with("sealed object"));
        let lines = inspect(&vector(HISTORY, "record"));
        assert!(lines[0].starts_with("history record"));
        assert_eq!(value(&lines, "amk_epoch"), "1");

        // What was delivered to a single reader is what was uploaded, but for index, path length and their place.
        let one = Delivery::parse(&bytes).unwrap();
        let header = Header { n_recipients: 1, sender_id: one.leaf.account_id, ..one.header };
        let uploaded = Envelope { header, leaves: vec![one.leaf], body: one.body }.to_bytes();
        let lines = inspect(&uploaded);
        assert!(lines[0].starts_with("message as uploaded"));
        assert_eq!(value(&lines, "n_recipients"), "1");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_nothing_is_called_so() {
        let mut pin = vector(MESSAGE, "sender");
        let last = pin.len() - 3;
        pin[last] ^= 1;
        assert_eq!(value(&inspect(&pin), "verifies"), "not: a signature does not verify");
        for nothing in [&b""[..], b"hello", &[0; 300], &vector(MESSAGE, "delivery")[..500]] {
            assert_eq!(inspect(nothing), ["no object of FORMAT.md"]);
        }
    }
}
