//! Accounts with published test keys, each key read once per process.

use std::sync::OnceLock;

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use signet_crypto::{
    Address, Content, DecryptionKey, IdentityKey, Inner, Keyring, SealedMessage, Sender, VerifiedAccount, View,
    make_first_statement, seal_message,
};
use signet_shared::{
    AccountId, ClientUuid, ConvId, EkId, EnvId, Hash, MembersHash, StreamId,
    envelope::{Delivery, Envelope, FLAG_WAKE, Header, Suite},
    statement::SignedStatement,
};

const PEMS: [&str; 8] = [
    include_str!("../data/test-key-1.pem"),
    include_str!("../data/test-key-2.pem"),
    include_str!("../data/test-key-3.pem"),
    include_str!("../data/test-key-4.pem"),
    include_str!("../data/test-key-5.pem"),
    include_str!("../data/test-key-6.pem"),
    include_str!("../data/test-key-7.pem"),
    include_str!("../data/test-key-8.pem"),
];

/// The n-th test key as the rsa crate has it.
pub(crate) fn raw(n: usize) -> &'static PrivateKey {
    static KEYS: [OnceLock<PrivateKey>; 8] = [const { OnceLock::new() }; 8];
    KEYS[n].get_or_init(|| PrivateKey::from_pkcs8_pem(PEMS[n]).unwrap())
}

pub(crate) fn pkcs8(n: usize) -> Vec<u8> {
    raw(n).to_pkcs8_der().unwrap().as_bytes().to_vec()
}

pub(crate) fn identity(n: usize) -> IdentityKey {
    IdentityKey::from_pkcs8(&pkcs8(n)).unwrap()
}

pub(crate) fn decryption(n: usize) -> DecryptionKey {
    DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(n)).unwrap()
}

/// Someone with keys `2n` and `2n + 1`.
pub(crate) struct Person {
    pub(crate) keys: Keyring,
    pub(crate) first: SignedStatement,
    pub(crate) account: VerifiedAccount,
}

impl Person {
    pub(crate) fn new(name: &str, ik: usize, ek: usize) -> Self {
        let keys = Keyring { ik: identity(ik), eks: vec![decryption(ek)], former: Vec::new(), secret_key: None };
        let nonce = Hash::new("test nonce").chain(name.as_bytes()).finish();
        let first = make_first_statement(&name.parse().unwrap(), nonce, &keys, 1_800_000_000_000, &mut rand::rng());
        let account = VerifiedAccount::verify(std::slice::from_ref(&first)).unwrap();
        Self { keys, first, account }
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.account_id()
    }

    pub(crate) fn ek_ids(&self) -> Vec<EkId> {
        self.keys.eks.iter().map(DecryptionKey::id).collect()
    }

    pub(crate) fn seal(&self, readers: &[&Person], text: &str) -> SealedMessage {
        let accounts: Vec<_> = readers.iter().map(|reader| &reader.account).collect();
        let sender = Sender { account: &self.account, key: &self.keys.ik };
        seal_message(&address(self.id(), conv(readers)), &sender, &accounts, &inner(text), &mut rand::rng()).unwrap()
    }
}

pub(crate) fn alice() -> &'static Person {
    static PERSON: OnceLock<Person> = OnceLock::new();
    PERSON.get_or_init(|| Person::new("Alice", 0, 1))
}

pub(crate) fn bob() -> &'static Person {
    static PERSON: OnceLock<Person> = OnceLock::new();
    PERSON.get_or_init(|| Person::new("bob_2", 2, 3))
}

pub(crate) fn carol() -> &'static Person {
    static PERSON: OnceLock<Person> = OnceLock::new();
    PERSON.get_or_init(|| Person::new("carol", 4, 5))
}

pub(crate) fn conv(readers: &[&Person]) -> ConvId {
    match readers {
        [one, other] => ConvId::direct(one.id(), other.id()),
        _ => ConvId([7; 32]),
    }
}

pub(crate) fn members(readers: &[&Person]) -> MembersHash {
    let members: Vec<_> = readers.iter().map(|reader| (reader.id(), reader.account.ik_hash())).collect();
    MembersHash::of(&members)
}

pub(crate) fn address(sender: AccountId, conv_id: ConvId) -> Address {
    let stream_id = StreamId([3; 16]);
    let prev = Header::first_prev(conv_id, sender, stream_id);
    Address { flags: FLAG_WAKE, conv_id, group_epoch: 0, stream_id, seq: 1, prev }
}

pub(crate) fn inner(text: &str) -> Inner {
    Inner {
        content: Content::Text(text.to_owned()),
        sent_ms: 1_790_000_000_000,
        client_uuid: ClientUuid([9; 16]),
        reply_to: Some(EnvId([8; 32])),
        expires_s: 0,
        seen: Vec::new(),
        abandoned: None,
        group_head: [0; 32],
        keystore_version: 1,
        keystore_hash: [1; 32],
        state_version: 2,
        state_hash: [2; 32],
    }
}

pub(crate) fn delivery(sealed: &SealedMessage, reader: &Person) -> Delivery {
    let envelope = Envelope::parse(&sealed.envelope).unwrap();
    envelope.deliveries().into_iter().find(|(id, _)| *id == reader.id()).unwrap().1
}

pub(crate) fn view<'a>(reader: &Person, sender: &'a Person, readers: &[&Person], ek_ids: &'a [EkId]) -> View<'a> {
    View {
        me: reader.id(),
        my_ek_ids: ek_ids,
        sender: &sender.account,
        members_hash: members(readers),
        group_epoch: 0,
        conv_id: conv(readers),
    }
}
