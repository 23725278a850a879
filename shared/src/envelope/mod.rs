//! The layout of a sealed message: what the relay may read (the address) and carries (the rest).
//!
//! ```text
//! uploaded:  header[202] | n_recipients x leaf[464] | body
//! delivered: header[202] | index u16 | leaf[464] | path len u8, len x node[32] | body
//! body:      ct_len u32 | ct | tag[32] | sig_len u16 | sig
//! ```
//! The relay forwards to each reader only that reader's leaf, with its Merkle path to the root that the signature covers.

mod delivery;
mod header;
mod leaf;
mod merkle;
mod upload;

pub use delivery::Delivery;
pub use header::{FLAG_WAKE, Header, Kind, MAGIC, Suite};
pub use leaf::Leaf;
pub use merkle::{Frontier, Node, leaf_hash, path, root, root_of_path};
pub use upload::Envelope;

use crate::{DecodeError, Digest32, EnvId, Hash, Reader, Writer, limits};

/// Ciphertext, tag and signature. Opaque to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub ct: Vec<u8>,
    pub tag: [u8; 32],
    pub sig: Vec<u8>,
}

impl Body {
    pub fn write(&self, w: &mut Writer) {
        w.bytes32(&self.ct).raw(&self.tag).bytes16(&self.sig);
    }

    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ct = r.bytes32(limits::CIPHERTEXT)?.to_vec();
        Ok(Self { ct, tag: r.array()?, sig: r.bytes16()?.to_vec() })
    }

    /// `env_id = H(L("id") || T)` with `T = header || root || ct_len || ct || tag`: everything but the signature, which
    /// is made over this id.
    pub fn env_id(&self, header: &Header, root: &Digest32) -> EnvId {
        let ct_len = u32::try_from(self.ct.len()).unwrap_or(u32::MAX);
        EnvId(
            Hash::new("id")
                .chain(&header.to_bytes())
                .chain(root)
                .chain(&ct_len.to_be_bytes())
                .chain(&self.ct)
                .chain(&self.tag)
                .finish(),
        )
    }
}
