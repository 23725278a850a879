use bytes::Bytes;
use signet_shared::{
    AccountId, ConvId, DecodeError, EnvId, StreamId,
    envelope::{self, Body, Delivery, Envelope, Header, Leaf, Node},
};

/// An uploaded envelope, taken apart for the store: header and body as they came, and each reader's slip.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) env_id: EnvId,
    pub(crate) sender: AccountId,
    pub(crate) conv: ConvId,
    pub(crate) stream: StreamId,
    /// The sequence number within (conversation, stream).
    pub(crate) place: u64,
    pub(crate) header: Bytes,
    pub(crate) body: Bytes,
    /// Ascending by account.
    pub(crate) slips: Vec<(AccountId, Vec<u8>)>,
    /// The sender's index in `slips`.
    pub(crate) own: usize,
}

impl Letter {
    pub(crate) fn parse(upload: Bytes) -> Result<Self, DecodeError> {
        let Envelope { header, leaves, body } = Envelope::parse(&upload)?;
        let hashes: Vec<Node> = leaves.iter().map(Leaf::hash).collect();
        let (root, paths) = root_and_paths(&hashes);
        let own = leaves.iter().position(|leaf| leaf.account_id == header.sender_id).ok_or(DecodeError::Invalid)?;
        let leaves_end = Header::LEN + leaves.len() * Leaf::len(header.suite);
        let env_id = body.env_id(&header, &root);
        let slips = leaves.into_iter().zip(paths).enumerate().map(|(index, (leaf, path))| {
            let nothing = Body { ct: Vec::new(), tag: [0; 32], sig: Vec::new() };
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let delivery = Delivery { header: header.clone(), index, leaf, path, body: nothing };
            (delivery.leaf.account_id, delivery.slip())
        });
        Ok(Self {
            env_id,
            sender: header.sender_id,
            conv: header.conv_id,
            stream: header.stream_id,
            place: header.seq,
            slips: slips.collect(),
            own,
            header: upload.slice(..Header::LEN),
            body: upload.slice(leaves_end..),
        })
    }

    pub(crate) fn readers(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.slips.iter().map(|(account, _)| *account)
    }
}

/// All audit paths at once, level by level: a group of 256 costs 255 hashes, not 255 for each reader. An odd node at a
/// level's end moves up unhashed, which is RFC 6962's split at the largest power of two.
fn root_and_paths(leaves: &[Node]) -> (Node, Vec<Vec<Node>>) {
    let mut paths = vec![Vec::new(); leaves.len()];
    let mut level = leaves.to_vec();
    let mut height = 0;
    while level.len() > 1 {
        for (index, path) in paths.iter_mut().enumerate() {
            if let Some(sibling) = level.get((index >> height) ^ 1) {
                path.push(*sibling);
            }
        }
        level = level.chunks(2).map(envelope::root).collect();
        height += 1;
    }
    (envelope::root(&level), paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_are_those_of_the_shared_crate() {
        for size in 1..=70u8 {
            let leaves: Vec<Node> = (0..size).map(|i| envelope::leaf_hash(&[i])).collect();
            let (root, paths) = root_and_paths(&leaves);
            assert_eq!(root, envelope::root(&leaves));
            for (index, path) in paths.iter().enumerate() {
                assert_eq!(*path, envelope::path(&leaves, index), "{size} {index}");
            }
        }
    }
}
