use super::{Body, Header, Leaf, merkle};
use crate::{DecodeError, Digest32, EnvId, Reader, Writer, limits};

/// A sealed message as one reader receives it: that reader's leaf and its path to the signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub header: Header,
    pub index: u16,
    pub leaf: Leaf,
    pub path: Vec<Digest32>,
    pub body: Body,
}

impl Delivery {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Writer::new();
        self.body.write(&mut body);
        Self::join(&self.header.to_bytes(), &self.slip(), &body.finish())
    }

    /// The part that differs from reader to reader: `index u16 | leaf | path len u8, nodes`. The relay stores it once per
    /// reader, and header and body once per message.
    pub fn slip(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(512 + 32 * self.path.len());
        w.u16(self.index).raw(&self.leaf.to_bytes()).u8(u8::try_from(self.path.len()).unwrap_or(u8::MAX));
        for node in &self.path {
            w.raw(node);
        }
        w.finish()
    }

    /// A delivery's bytes from its three stored parts.
    pub fn join(header: &[u8], slip: &[u8], body: &[u8]) -> Vec<u8> {
        [header, slip, body].concat()
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::FRAME {
            return Err(DecodeError::TooLong);
        }
        let mut r = Reader::new(bytes);
        let header = Header::read(&mut r)?;
        let index = r.u16()?;
        if index >= header.n_recipients {
            return Err(DecodeError::Invalid);
        }
        let leaf = Leaf::read(&mut r, header.suite)?;
        let n = r.u8()?;
        let mut path = Vec::with_capacity(n.into());
        for _ in 0..n {
            path.push(r.array()?);
        }
        let body = Body::read(&mut r)?;
        r.finish()?;
        Ok(Self { header, index, leaf, path, body })
    }

    /// The Merkle root that this leaf and path lead to; `None` if the path does not fit the place.
    pub fn root(&self) -> Option<Digest32> {
        merkle::root_of_path(self.leaf.hash(), self.index.into(), self.header.n_recipients.into(), &self.path)
    }

    pub fn env_id(&self) -> Option<EnvId> {
        Some(self.body.env_id(&self.header, &self.root()?))
    }
}
