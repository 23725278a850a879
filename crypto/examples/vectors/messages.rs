//! `messages.json`: envelopes for two to forty readers, with texts of every length, receipts and unknown contents.

use std::path::Path;

use signet_crypto::{
    Address, Content, Incoming, Inner, Keyring, SeenRow, Sender, View, seal_message, self_test::trace,
};
use signet_shared::{
    ClientUuid, ConvId, EnvId, Hash, MembersHash, StreamId, Writer,
    envelope::{Envelope, Header},
};

use crate::{
    accounts::{Account, Accounts},
    keys::Keys,
    record::{self, Record, Tally},
};

const KIND: &str = "messages";

pub(crate) fn write(count: usize, accounts: &Accounts, keys: &Keys, folder: &Path) {
    let records: Vec<Record> = (0..count).map(|n| make(n, accounts, keys)).collect();
    record::write(folder, KIND, &records);
}

fn make(n: usize, accounts: &Accounts, keys: &Keys) -> Record {
    let size = if n % 100 == 99 { 40 } else { [2, 2, 2, 3, 5][n % 5] };
    let readers = accounts.some(size);
    let people: Vec<&Account> = readers.iter().map(|reader| accounts.get(*reader)).collect();
    let sender = people[0];
    let (one, stream_id) = (sender.verified.account_id(), StreamId(rand::random()));
    let conv_id = if size == 2 { ConvId::direct(one, people[1].verified.account_id()) } else { ConvId(rand::random()) };
    let (seq, prev) = if n.is_multiple_of(2) {
        (1, Header::first_prev(conv_id, one, stream_id))
    } else {
        (rand::random_range(2..=u64::MAX), EnvId(rand::random()))
    };
    let address =
        Address { flags: n.is_multiple_of(3).into(), conv_id, group_epoch: rand::random(), stream_id, seq, prev };
    let inner = random_inner(n);
    let verified: Vec<_> = people.iter().map(|account| &account.verified).collect();
    let from = Sender { account: &sender.verified, key: &keys.get(sender.ik).ik };
    let sealed = seal_message(&address, &from, &verified, &inner, &mut rand::rng()).unwrap();
    let envelope = Envelope::parse(&sealed.envelope).unwrap();

    let mut record = Record::default();
    record.text("sender", readers[0]).texts("readers", &readers).text("ik", sender.ik);
    let header = &envelope.header;
    record
        .text("flags", header.flags)
        .hex("conv_id", header.conv_id.as_bytes())
        .text("group_epoch", header.group_epoch);
    record.hex("members_hash", header.members_hash.as_bytes()).hex("stream_id", header.stream_id.as_bytes());
    record.text("seq", header.seq).hex("prev", header.prev.as_bytes()).hex("iv", header.iv);
    describe_inner(&mut record, &inner);
    for (name, bytes) in trace::message(&envelope, &sealed.content_key) {
        record.hex(name, bytes);
    }
    let by_id = |id| people.iter().find(|account| account.verified.account_id() == id).unwrap().ek;
    let leaves = &envelope.leaves;
    record.texts("eks", leaves.iter().map(|leaf| by_id(leaf.account_id)));
    record.texts("wrap_labels", leaves.iter().map(|leaf| hex::encode(wrap_label(header, leaf.ek_id.as_bytes()))));
    record.texts("wraps", leaves.iter().map(|leaf| hex::encode(&leaf.wrap)));
    record.texts("leaves", leaves.iter().map(|leaf| hex::encode(leaf.to_bytes())));
    record.hex("uploaded", &sealed.envelope);
    record.texts("delivered", envelope.deliveries().iter().map(|(_, delivery)| hex::encode(delivery.to_bytes())));
    record
}

fn wrap_label(header: &Header, ek_id: &[u8]) -> Vec<u8> {
    [&Hash::label("wrap"), &header.ctx()[..], ek_id].concat()
}

pub(crate) fn open(folder: &Path, accounts: &Accounts, keys: &Keys, tally: &mut Tally) {
    let ring = keys.ring();
    for (at, record) in record::read(folder, KIND).iter().enumerate() {
        if let Err(what) = open_one(at, record, accounts, &ring, tally) {
            tally.mismatch(KIND, at, what);
        }
    }
}

fn open_one(
    at: usize,
    record: &Record,
    accounts: &Accounts,
    ring: &Keyring,
    tally: &mut Tally,
) -> Result<(), &'static str> {
    let uploaded = record.bytes("uploaded");
    let envelope = Envelope::parse(&uploaded).map_err(|_| "uploaded does not parse")?;
    let sender = &accounts.get(record.number("sender")).verified;
    let people: Vec<_> = record.indices("readers").into_iter().map(|n| &accounts.get(n).verified).collect();
    let members: Vec<_> = people.iter().map(|account| (account.account_id(), account.ik_hash())).collect();
    let members_hash = MembersHash::of(&members);
    tally.same(KIND, at, record, "members_hash", members_hash.as_bytes());
    let key = trace::content_key(record.array("K"));
    for (name, bytes) in trace::message(&envelope, &key) {
        tally.same(KIND, at, record, name, bytes);
    }
    same_header(at, record, &envelope.header, tally);
    let inner = read_inner(record);
    tally.same(KIND, at, record, "inner", trace::inner(&inner).ok_or("inner passes a limit")?);
    let leaves = &envelope.leaves;
    let labels: Vec<_> = leaves.iter().map(|l| hex::encode(wrap_label(&envelope.header, l.ek_id.as_bytes()))).collect();
    if record.list("wrap_labels") != labels {
        tally.mismatch(KIND, at, "wrap_labels");
    }
    if record.list("leaves") != leaves.iter().map(|leaf| hex::encode(leaf.to_bytes())).collect::<Vec<_>>() {
        tally.mismatch(KIND, at, "leaves");
    }
    let delivered: Vec<_> = envelope.deliveries().into_iter().collect();
    if delivered.len() != people.len() {
        return Err("readers");
    }
    for ((id, delivery), said) in delivered.iter().zip(record.list("delivered")) {
        let bytes = delivery.to_bytes();
        if hex::encode(&bytes) != said {
            return Err("delivered");
        }
        let me = people.iter().find(|account| account.account_id() == *id).ok_or("a leaf of nobody")?;
        let view = View {
            me: *id,
            my_ek_ids: &[me.ek().id()],
            sender,
            members_hash,
            group_epoch: record.number("group_epoch"),
            conv_id: ConvId(record.array("conv_id")),
        };
        let authentic = Incoming::parse(&bytes).and_then(|incoming| incoming.verify(&view)).map_err(|r| r.code())?;
        let (message, opened_key) = authentic.open(ring).map_err(|refused| refused.code())?;
        if message.inner != inner || opened_key != key || message.env_id.0 != record.array("env_id") {
            return Err("what was inside");
        }
        tally.opened("deliveries");
    }
    tally.opened(KIND);
    Ok(())
}

fn same_header(at: usize, record: &Record, header: &Header, tally: &mut Tally) {
    tally.same(KIND, at, record, "conv_id", header.conv_id.as_bytes());
    tally.same(KIND, at, record, "stream_id", header.stream_id.as_bytes());
    tally.same(KIND, at, record, "prev", header.prev.as_bytes());
    tally.same(KIND, at, record, "iv", header.iv);
    let numbers = (record.number("flags"), record.number("group_epoch"), record.number("seq"));
    if (header.flags, header.group_epoch, header.seq) != numbers {
        tally.mismatch(KIND, at, "flags, group_epoch or seq");
    }
}

fn random_inner(n: usize) -> Inner {
    let long = if n % 50 == 49 { rand::random_range(0..=20_000) } else { rand::random_range(0..600) };
    let content = match n % 8 {
        6 => Content::Delivered((0..rand::random_range(0..40)).map(|_| EnvId(rand::random())).collect()),
        7 => Content::Unknown {
            content_type: rand::random_range(7..=u16::MAX),
            body: (0..long).map(|_| rand::random()).collect(),
        },
        5 => about_another(n / 8, long),
        _ => Content::Text((0..long).map(|_| rand::random::<char>()).collect()),
    };
    let row = |_| SeenRow { stream: StreamId(rand::random()), seq: rand::random(), env_id: EnvId(rand::random()) };
    Inner {
        content,
        sent_ms: rand::random(),
        client_uuid: ClientUuid(rand::random()),
        reply_to: rand::random::<bool>().then(|| EnvId(rand::random())),
        expires_s: rand::random(),
        seen: (0..n % 17).map(row).collect(),
        abandoned: rand::random::<bool>().then(|| EnvId(rand::random())),
        group_head: rand::random(),
        keystore_version: rand::random(),
        keystore_hash: rand::random(),
        state_version: rand::random(),
        state_hash: rand::random(),
    }
}

/// Each kind of what is said about other messages.
fn about_another(n: usize, long: usize) -> Content {
    let target = EnvId(rand::random());
    let text = |long: usize| (0..long).map(|_| rand::random::<char>()).collect();
    match n % 4 {
        0 => Content::Read(vec![target; rand::random_range(0..40)]),
        1 => Content::Reaction { target, emoji: text(rand::random_range(0..=16)) },
        2 => Content::Edit { target, text: text(long) },
        _ => Content::Delete { target },
    }
}

fn describe_inner(record: &mut Record, inner: &Inner) {
    let about = |target: &EnvId, text: &str| [target.as_bytes(), text.as_bytes()].concat();
    let (content_type, body) = match &inner.content {
        Content::Text(text) => (1, text.as_bytes().to_vec()),
        Content::Delivered(ids) => (2, ids_body(ids)),
        Content::Read(ids) => (3, ids_body(ids)),
        Content::Reaction { target, emoji } => (4, about(target, emoji)),
        Content::Edit { target, text } => (5, about(target, text)),
        Content::Delete { target } => (6, about(target, "")),
        Content::Unknown { content_type, body } => (*content_type, body.clone()),
    };
    let option = |id: Option<EnvId>| id.map(|id| hex::encode(id.as_bytes())).unwrap_or_default();
    record.text("content_type", content_type).hex("body", body);
    record.text("sent_ms", inner.sent_ms).hex("client_uuid", inner.client_uuid.as_bytes());
    record.text("reply_to", option(inner.reply_to)).text("expires_s", inner.expires_s);
    record.text("abandoned", option(inner.abandoned)).hex("group_head", inner.group_head);
    record.text("keystore_version", inner.keystore_version).hex("keystore_hash", inner.keystore_hash);
    record.text("state_version", inner.state_version).hex("state_hash", inner.state_hash);
    let row = |row: &SeenRow| {
        let mut record = Record::default();
        record.hex("stream_id", row.stream.as_bytes()).text("seq", row.seq).hex("env_id", row.env_id.as_bytes());
        record
    };
    record.records("seen", inner.seen.iter().map(row).collect());
    record.hex("inner", trace::inner(inner).unwrap());
}

fn read_inner(record: &Record) -> Inner {
    let body = record.bytes("body");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let ids = |body: &[u8]| body[2..].chunks_exact(32).map(|id| EnvId(id.try_into().unwrap())).collect();
    let target = |body: &[u8]| EnvId(body[..32].try_into().unwrap());
    let content = match record.number("content_type") {
        1 => Content::Text(text(&body)),
        2 => Content::Delivered(ids(&body)),
        3 => Content::Read(ids(&body)),
        4 => Content::Reaction { target: target(&body), emoji: text(&body[32..]) },
        5 => Content::Edit { target: target(&body), text: text(&body[32..]) },
        6 => Content::Delete { target: target(&body) },
        content_type => Content::Unknown { content_type, body },
    };
    let option = |name| (!record.get(name).is_empty()).then(|| EnvId(record.array(name)));
    let row = |row: &Record| SeenRow {
        stream: StreamId(row.array("stream_id")),
        seq: row.number("seq"),
        env_id: EnvId(row.array("env_id")),
    };
    Inner {
        content,
        sent_ms: record.number("sent_ms"),
        client_uuid: ClientUuid(record.array("client_uuid")),
        reply_to: option("reply_to"),
        expires_s: record.number("expires_s"),
        seen: record.inner("seen").iter().map(row).collect(),
        abandoned: option("abandoned"),
        group_head: record.array("group_head"),
        keystore_version: record.number("keystore_version"),
        keystore_hash: record.array("keystore_hash"),
        state_version: record.number("state_version"),
        state_hash: record.array("state_hash"),
    }
}

fn ids_body(ids: &[EnvId]) -> Vec<u8> {
    let mut w = Writer::new();
    w.u16(ids.len() as u16);
    ids.iter().for_each(|id| {
        w.raw(id.as_bytes());
    });
    w.finish()
}
