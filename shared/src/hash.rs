use sha2::{Digest, Sha256};

/// A SHA-256 output.
pub type Digest32 = [u8; 32];

/// SHA-256 over a labelled string: every hash in Signet's formats begins with `L(x) = "SGN1 " || x || 0x00`, so that no
/// string hashed for one purpose can be taken for another.
#[derive(Clone)]
pub struct Hash(Sha256);

impl Hash {
    /// Starts with `L(label)`.
    pub fn new(label: &str) -> Self {
        let mut h = Sha256::new();
        for part in label_parts(label) {
            h.update(part);
        }
        Self(h)
    }

    /// SHA-256 without a label, for structures whose own standard fixes the input (RFC 6962 trees).
    pub(crate) fn unlabelled() -> Self {
        Self(Sha256::new())
    }

    #[must_use]
    pub fn chain(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    #[must_use]
    pub fn chain_u64(self, v: u64) -> Self {
        self.chain(&v.to_be_bytes())
    }

    #[must_use]
    pub fn chain_u16(self, v: u16) -> Self {
        self.chain(&v.to_be_bytes())
    }

    pub fn finish(self) -> Digest32 {
        self.0.finalize().into()
    }

    /// `L(label)` as bytes, for strings that are MACed, signed or given to HKDF instead of hashed.
    pub fn label(label: &str) -> Vec<u8> {
        label_parts(label).concat()
    }
}

fn label_parts(label: &str) -> [&[u8]; 3] {
    [b"SGN1 ", label.as_bytes(), &[0]]
}
