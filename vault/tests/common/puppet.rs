//! Someone whose every byte the test chooses: published test keys, statements and envelopes made by hand.

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey},
};
use signet_crypto::{
    Address, Content, DecryptionKey, IdentityKey, Inner, Keyring, Sender, VerifiedAccount, make_first_statement,
    seal_message,
};
use signet_shared::{
    AccountId, ClientUuid, ConvId, EnvId, Hash, StreamId,
    envelope::{Delivery, Envelope, FLAG_WAKE, Header, Suite},
    statement::{SignedStatement, StatedEk, Statement},
};

use super::relay::{Account, Mail, Relay};

const PEMS: [&str; 8] = [
    include_str!("../../../crypto/tests/data/test-key-1.pem"),
    include_str!("../../../crypto/tests/data/test-key-2.pem"),
    include_str!("../../../crypto/tests/data/test-key-3.pem"),
    include_str!("../../../crypto/tests/data/test-key-4.pem"),
    include_str!("../../../crypto/tests/data/test-key-5.pem"),
    include_str!("../../../crypto/tests/data/test-key-6.pem"),
    include_str!("../../../crypto/tests/data/test-key-7.pem"),
    include_str!("../../../crypto/tests/data/test-key-8.pem"),
];

pub fn raw(n: usize) -> PrivateKey {
    PrivateKey::from_pkcs8_pem(PEMS[n]).unwrap()
}

pub fn pkcs8(n: usize) -> Vec<u8> {
    raw(n).to_pkcs8_der().unwrap().as_bytes().to_vec()
}

pub fn spki(n: usize) -> Vec<u8> {
    raw(n).to_public_key().to_public_key_der().unwrap().as_bytes().to_vec()
}

/// Signs with a key, whatever stands in the delivery.
pub fn sign(key: usize, delivery: &mut Delivery) {
    let id = delivery.env_id().unwrap();
    let bytes = [&Hash::label("sig msg"), id.as_bytes()].concat();
    delivery.body.sig = raw(key).pss_sign_with_rng::<sha2::Sha256, _>(&mut rand::rng(), &bytes).unwrap();
}

/// The same for a statement.
pub fn sign_statement(statement: Statement, key: usize, old: Option<usize>) -> SignedStatement {
    let bytes = [&Hash::label("sig stmt"), statement.hash().as_bytes()].concat();
    let sign = |key: usize| raw(key).pss_sign_with_rng::<sha2::Sha256, _>(&mut rand::rng(), &bytes).unwrap();
    SignedStatement { sig: sign(key), old_sig: old.map(sign).unwrap_or_default(), statement }
}

pub struct Puppet {
    pub keys: Keyring,
    pub statements: Vec<SignedStatement>,
    pub account: VerifiedAccount,
    pub stream: StreamId,
    /// The last counter and message of the stream.
    pub last: Option<(u64, EnvId)>,
}

/// A message in the relay's hands.
pub struct Written {
    pub env_id: EnvId,
    pub seq: u64,
    pub delivery: Vec<u8>,
    /// The writer's own copy.
    pub own: Vec<u8>,
}

impl Puppet {
    /// With the test keys 0 (identity) and 1.
    pub fn new(name: &str) -> Self {
        Self::with_keys(name, 0, 1)
    }

    /// With two of the test keys; 2 and 3 are what a puppet takes for its next ones.
    pub fn with_keys(name: &str, ik: usize, ek: usize) -> Self {
        let ik = IdentityKey::from_pkcs8(&pkcs8(ik)).unwrap();
        let ek = DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(ek)).unwrap();
        let keys = Keyring { ik, eks: vec![ek], former: Vec::new(), secret_key: None };
        Self::with(name, keys, core::array::from_fn(|_| rand::random()))
    }

    /// The same keys and nonce: under the same name the same account, which can say other things from here on.
    pub fn named_like(other: &Self, name: &str) -> Self {
        let ik = IdentityKey::from_pkcs8(&pkcs8(0)).unwrap();
        let ek = DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(1)).unwrap();
        Self::with(
            name,
            Keyring { ik, eks: vec![ek], former: Vec::new(), secret_key: None },
            other.statements[0].statement.nonce,
        )
    }

    fn with(name: &str, keys: Keyring, nonce: [u8; 32]) -> Self {
        let first = make_first_statement(&name.parse().unwrap(), nonce, &keys, 9, &mut rand::rng());
        let account = VerifiedAccount::verify(std::slice::from_ref(&first)).unwrap();
        let stream = StreamId(core::array::from_fn(|_| rand::random()));
        Self { keys, statements: vec![first], account, stream, last: None }
    }

    pub fn id(&self) -> AccountId {
        self.account.account_id()
    }

    /// Puts the account into the relay as if it had signed up there.
    pub fn register(&self, relay: &mut Relay) {
        relay.accounts.insert(self.id(), Account::bare(self.account.username().shown()));
        self.publish(relay);
    }

    /// The relay shows these statements from now on.
    pub fn publish(&self, relay: &mut Relay) {
        let statements = self.statements.iter().map(SignedStatement::to_bytes).collect();
        relay.accounts.get_mut(&self.id()).unwrap().statements = statements;
    }

    /// A next statement, signed by key 0 alone. `edit` changes what it says.
    pub fn next_statement(&mut self, edit: impl FnOnce(&mut Statement)) {
        self.state(edit, 0, None);
    }

    /// A next statement with key 2 for an identity, signed by the old one too.
    pub fn new_identity(&mut self) {
        self.state(|next| next.ik_spki = spki(2), 2, Some(0));
        self.keys.ik = IdentityKey::from_pkcs8(&pkcs8(2)).unwrap();
    }

    /// A next statement with two of the test keys, without the old identity's word. What was written goes on in a new stream.
    pub fn begin_anew(&mut self, ik: usize, ek: usize) {
        let eks = vec![StatedEk { suite: 1, not_after: 9, spki: spki(ek) }];
        self.state(|next| (next.ik_spki, next.eks) = (spki(ik), eks), ik, None);
        self.keys.ik = IdentityKey::from_pkcs8(&pkcs8(ik)).unwrap();
        self.keys.eks.push(DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(ek)).unwrap());
        self.stream = StreamId(core::array::from_fn(|_| rand::random()));
        self.last = None;
    }

    pub fn new_encryption_key(&mut self) {
        self.state(|next| next.eks.push(StatedEk { suite: 1, not_after: 9, spki: spki(3) }), 0, None);
    }

    fn state(&mut self, edit: impl FnOnce(&mut Statement), key: usize, old: Option<usize>) {
        let signed = self.signed(edit, key, old);
        self.account.extend_through_resets(std::slice::from_ref(&signed)).unwrap();
        self.statements.push(signed);
    }

    /// A statement after the last one, signed with any keys. It is only made: whoever believes it, believes it.
    pub fn signed(&self, edit: impl FnOnce(&mut Statement), key: usize, old: Option<usize>) -> SignedStatement {
        let said = &self.statements.last().unwrap().statement;
        let mut next = Statement { seq: said.seq + 1, prev: said.hash(), ..said.clone() };
        edit(&mut next);
        sign_statement(next, key, old)
    }

    /// The next message of the stream, for one reader besides the puppet. It goes nowhere yet.
    pub fn write(&mut self, relay: &Relay, reader: AccountId, text: &str, edit: impl FnOnce(&mut Inner)) -> Written {
        self.write_in_epoch(relay, reader, text, 0, edit)
    }

    pub fn write_in_epoch(
        &mut self,
        relay: &Relay,
        reader: AccountId,
        text: &str,
        group_epoch: u64,
        edit: impl FnOnce(&mut Inner),
    ) -> Written {
        self.write_for(&relay.verified(reader), text, group_epoch, edit)
    }

    /// For somebody as the puppet knows them, or was told.
    pub fn write_for(
        &mut self,
        other: &VerifiedAccount,
        text: &str,
        group_epoch: u64,
        edit: impl FnOnce(&mut Inner),
    ) -> Written {
        let reader = other.account_id();
        let conv_id = ConvId::direct(self.id(), reader);
        let (seq, prev) = match self.last {
            Some((seq, last)) => (seq + 1, last),
            None => (1, Header::first_prev(conv_id, self.id(), self.stream)),
        };
        let mut inner = Inner {
            content: Content::Text(text.into()),
            sent_ms: 1_800_000_000_000,
            client_uuid: ClientUuid(core::array::from_fn(|_| rand::random())),
            reply_to: None,
            expires_s: 0,
            seen: Vec::new(),
            abandoned: None,
            group_head: [0; 32],
            keystore_version: 1,
            keystore_hash: [0; 32],
            state_version: 1,
            state_hash: [0; 32],
        };
        edit(&mut inner);
        let address = Address { flags: FLAG_WAKE, conv_id, group_epoch, stream_id: self.stream, seq, prev };
        let sender = Sender { account: &self.account, key: &self.keys.ik };
        let sealed = seal_message(&address, &sender, &[&self.account, other], &inner, &mut rand::rng()).unwrap();
        self.last = Some((seq, sealed.env_id));
        let envelope = Envelope::parse(&sealed.envelope).unwrap();
        let copy = |of| envelope.deliveries().into_iter().find(|(to, _)| *to == of).unwrap().1.to_bytes();
        Written { env_id: sealed.env_id, seq, delivery: copy(reader), own: copy(self.id()) }
    }

    /// Writes, and lays it into the reader's mailbox.
    pub fn send(&mut self, relay: &mut Relay, reader: AccountId, text: &str) -> EnvId {
        let written = self.write(relay, reader, text, |_| ());
        relay.push(reader, Mail { delivery: written.delivery, record: None });
        written.env_id
    }
}
