//! Envelopes of the right shape and size. The relay cannot tell them from sealed ones, and treats them alike.

use rand::{Rng, SeedableRng, rngs::StdRng};
use signet_shared::{
    AccountId, ConvId, EkId, EnvId, MembersHash, StatementHash, StreamId,
    envelope::{Body, Envelope, FLAG_WAKE, Header, Kind, Leaf, Suite},
};

/// Bytes of a ciphertext: a text of one to two lines with what goes with it, in its length bucket.
const CIPHERTEXT: usize = 1040;

/// One start of one sender in one conversation.
pub(crate) struct Stream {
    rng: StdRng,
    sender: AccountId,
    readers: [AccountId; 2],
    stream: StreamId,
    seq: u64,
    prev: EnvId,
}

impl Stream {
    pub(crate) fn new(sender: AccountId, reader: AccountId) -> Self {
        let mut rng = StdRng::from_rng(&mut rand::rng());
        let stream = StreamId(bytes(&mut rng));
        let prev = Header::first_prev(ConvId::direct(sender, reader), sender, stream);
        let mut readers = [sender, reader];
        readers.sort_unstable();
        Self { rng, sender, readers, stream, seq: 0, prev }
    }

    /// The next envelope, ready to be sent.
    pub(crate) fn next(&mut self) -> (EnvId, Vec<u8>) {
        self.seq += 1;
        let rng = &mut self.rng;
        let header = Header {
            suite: Suite::Rsa3072,
            kind: Kind::Chained,
            flags: FLAG_WAKE,
            conv_id: ConvId::direct(self.readers[0], self.readers[1]),
            group_epoch: 0,
            members_hash: MembersHash(bytes(rng)),
            sender_id: self.sender,
            sender_stmt: StatementHash(bytes(rng)),
            stream_id: self.stream,
            seq: self.seq,
            prev: self.prev,
            iv: bytes(rng),
            n_recipients: 2,
        };
        let leaves = self.readers.map(|account_id| Leaf {
            account_id,
            ek_id: EkId(bytes(rng)),
            rcpt_stmt: StatementHash(bytes(rng)),
            wrap: vector(rng, Suite::Rsa3072.wrap_len()),
        });
        let body = Body { ct: vector(rng, CIPHERTEXT), tag: bytes(rng), sig: vector(rng, Suite::Rsa3072.sig_len()) };
        let envelope = Envelope { header, leaves: leaves.to_vec(), body };
        self.prev = envelope.env_id();
        (self.prev, envelope.to_bytes())
    }
}

fn bytes<const N: usize>(rng: &mut StdRng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill_bytes(&mut out);
    out
}

fn vector(rng: &mut StdRng, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    rng.fill_bytes(&mut out);
    out
}
