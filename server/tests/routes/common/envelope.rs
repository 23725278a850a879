use signet_shared::{
    AccountId, ConvId, EkId, EnvId, MembersHash, StatementHash, StreamId,
    envelope::{Body, Envelope, Header, Kind, Leaf, Suite},
};

/// An envelope that nobody could open, in the right shape: the relay does not look further.
pub(crate) fn envelope(sender: AccountId, others: &[AccountId], stream: u8, seq: u64, text: &[u8]) -> Envelope {
    let mut readers = others.to_vec();
    readers.push(sender);
    readers.sort_unstable();
    let leaf = |account_id| Leaf {
        account_id,
        ek_id: EkId([4; 32]),
        rcpt_stmt: StatementHash([5; 32]),
        wrap: vec![6; Suite::Rsa3072.wrap_len()],
    };
    Envelope {
        header: Header {
            suite: Suite::Rsa3072,
            kind: Kind::Chained,
            flags: 0,
            conv_id: ConvId([7; 32]),
            group_epoch: 0,
            members_hash: MembersHash([8; 32]),
            sender_id: sender,
            sender_stmt: StatementHash([9; 32]),
            stream_id: StreamId([stream; 16]),
            seq,
            prev: EnvId([0; 32]),
            iv: [1; 16],
            n_recipients: u16::try_from(readers.len()).unwrap(),
        },
        leaves: readers.into_iter().map(leaf).collect(),
        body: Body { ct: text.to_vec(), tag: [2; 32], sig: vec![3; 384] },
    }
}

/// Counts one stream up.
pub(crate) struct Writer {
    pub(crate) sender: AccountId,
    pub(crate) readers: Vec<AccountId>,
    pub(crate) stream: u8,
    pub(crate) seq: u64,
}

impl Writer {
    pub(crate) fn new(sender: AccountId, readers: &[AccountId], stream: u8) -> Self {
        Self { sender, readers: readers.to_vec(), stream, seq: 0 }
    }

    pub(crate) fn next(&mut self, text: &[u8]) -> Envelope {
        self.seq += 1;
        envelope(self.sender, &self.readers, self.stream, self.seq, text)
    }
}
