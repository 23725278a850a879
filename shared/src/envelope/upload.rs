use super::{Body, Delivery, Header, Leaf, merkle};
use crate::{AccountId, DecodeError, Digest32, EnvId, Reader, Writer, limits};

/// A whole sealed message, as its sender uploads it: every reader's leaf, ascending by account id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub header: Header,
    pub leaves: Vec<Leaf>,
    pub body: Body,
}

impl Envelope {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(Header::LEN + self.leaves.len() * 464 + self.body.ct.len() + 512);
        w.raw(&self.header.to_bytes());
        for leaf in &self.leaves {
            w.raw(&leaf.to_bytes());
        }
        self.body.write(&mut w);
        w.finish()
    }

    /// Leaves must ascend strictly, so that no reader has two, and the sender must be one of the readers.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::FRAME {
            return Err(DecodeError::TooLong);
        }
        let mut r = Reader::new(bytes);
        let header = Header::read(&mut r)?;
        let mut leaves = Vec::with_capacity(header.n_recipients.into());
        for _ in 0..header.n_recipients {
            leaves.push(Leaf::read(&mut r, header.suite)?);
        }
        let body = Body::read(&mut r)?;
        r.finish()?;
        let ascending = leaves.windows(2).all(|pair| pair[0].account_id < pair[1].account_id);
        let sender_reads = leaves.iter().any(|leaf| leaf.account_id == header.sender_id);
        if !ascending || !sender_reads {
            return Err(DecodeError::Invalid);
        }
        Ok(Self { header, leaves, body })
    }

    pub fn root(&self) -> Digest32 {
        merkle::root(&self.leaf_hashes())
    }

    pub fn env_id(&self) -> EnvId {
        self.body.env_id(&self.header, &self.root())
    }

    pub fn recipients(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.leaves.iter().map(|leaf| leaf.account_id)
    }

    /// What each reader receives, in the order of the leaves.
    pub fn deliveries(&self) -> Vec<(AccountId, Delivery)> {
        let hashes = self.leaf_hashes();
        self.leaves
            .iter()
            .enumerate()
            .map(|(index, leaf)| {
                let delivery = Delivery {
                    header: self.header.clone(),
                    index: u16::try_from(index).unwrap_or(u16::MAX),
                    leaf: leaf.clone(),
                    path: merkle::path(&hashes, index),
                    body: self.body.clone(),
                };
                (leaf.account_id, delivery)
            })
            .collect()
    }

    fn leaf_hashes(&self) -> Vec<Digest32> {
        self.leaves.iter().map(Leaf::hash).collect()
    }
}
