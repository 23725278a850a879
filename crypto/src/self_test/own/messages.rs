//! Messages, delivered and uploaded.

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use signet_shared::{
    ConvId, EnvId, MembersHash,
    envelope::{Envelope, Suite},
};

use super::Vector;
use crate::{Content, DecryptionKey, IdentityKey, Incoming, Keyring, VerifiedAccount, View};

const PEMS: [&str; 8] = [
    include_str!("../../../tests/data/test-key-1.pem"),
    include_str!("../../../tests/data/test-key-2.pem"),
    include_str!("../../../tests/data/test-key-3.pem"),
    include_str!("../../../tests/data/test-key-4.pem"),
    include_str!("../../../tests/data/test-key-5.pem"),
    include_str!("../../../tests/data/test-key-6.pem"),
    include_str!("../../../tests/data/test-key-7.pem"),
    include_str!("../../../tests/data/test-key-8.pem"),
];

/// The n-th published test key, counted from 1, as PKCS#8.
pub(in crate::self_test) fn test_key(n: usize) -> Vec<u8> {
    PrivateKey::from_pkcs8_pem(PEMS[n - 1]).unwrap().to_pkcs8_der().unwrap().as_bytes().to_vec()
}

/// What the reader of `reader_ek` makes of a delivery, seeing `conv`, `members` and epoch 0.
pub(super) fn message(vector: &Vector<'_>) -> &'static str {
    match open(vector) {
        Ok(()) => "opens",
        Err(code) => code,
    }
}

fn open(vector: &Vector<'_>) -> Result<(), &'static str> {
    let incoming = Incoming::parse(&vector.bytes("delivery")).map_err(|refused| refused.code())?;
    if let Some(_claimed) = vector.find("env_id") {
        assert_eq!(incoming.env_id(), EnvId(vector.array("env_id")), "{}", vector.name);
    }
    let (sender, me) = (vector.account("sender"), vector.account("reader"));
    let my_ek_ids = [me.ek().id()];
    let view = view(vector, &sender, &me, &my_ek_ids);
    let authentic = incoming.verify(&view).map_err(|refused| refused.code())?;
    let ek = DecryptionKey::from_pkcs8(Suite::Rsa3072, &test_key(vector.number("reader_ek"))).unwrap();
    let keys = Keyring {
        ik: IdentityKey::from_pkcs8(&test_key(1)).unwrap(),
        eks: vec![ek],
        former: Vec::new(),
        secret_key: None,
    };
    let (message, _) = authentic.open(&keys).map_err(|refused| refused.code())?;
    match message.inner.content {
        Content::Text(text) => assert_eq!(text.as_bytes(), vector.bytes("text"), "{}", vector.name),
        Content::Delivered(ids) => {
            let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            assert_eq!(ids, vector.list("delivered"), "{}", vector.name);
        }
        Content::Read(ids) => {
            let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            assert_eq!(ids, vector.list("read"), "{}", vector.name);
        }
        Content::Reaction { target, emoji } => {
            assert_eq!((target, emoji.as_bytes()), (EnvId(vector.array("target")), &vector.bytes("reaction")[..]));
        }
        Content::Edit { target, text } => {
            assert_eq!((target, text.as_bytes()), (EnvId(vector.array("target")), &vector.bytes("text")[..]));
        }
        Content::Delete { target } => assert_eq!(target, EnvId(vector.array("target")), "{}", vector.name),
        Content::Unknown { content_type, body } => {
            assert_eq!((content_type, body), (vector.number("content_type"), vector.bytes("body")), "{}", vector.name);
        }
    }
    Ok(())
}

fn view<'a>(
    vector: &Vector<'_>,
    sender: &'a VerifiedAccount,
    me: &VerifiedAccount,
    my_ek_ids: &'a [signet_shared::EkId],
) -> View<'a> {
    View {
        me: me.account_id(),
        my_ek_ids,
        sender,
        members_hash: MembersHash(vector.array("members")),
        group_epoch: 0,
        conv_id: ConvId(vector.array("conv")),
    }
}

pub(super) fn uploaded(vector: &Vector<'_>) -> &'static str {
    let bytes = vector.bytes("uploaded");
    let Ok(envelope) = Envelope::parse(&bytes) else { return "layout" };
    assert_eq!(envelope.to_bytes(), bytes, "{}", vector.name);
    assert_eq!(envelope.env_id(), EnvId(vector.array("env_id")), "{}", vector.name);
    let deliveries: Vec<_> = envelope.deliveries().iter().map(|(_, delivery)| delivery.to_bytes()).collect();
    assert_eq!(deliveries, vector.list("delivery"), "{}", vector.name);
    "opens"
}
