//! A type for each id, so that no id is taken for another. All are fixed-length byte strings.

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            pub const LEN: usize = $len;

            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// From lower- or upper-case hexadecimal.
            pub fn from_hex(text: &str) -> Option<Self> {
                let text = text.as_bytes();
                if text.len() != 2 * $len {
                    return None;
                }
                let mut out = [0; $len];
                for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
                    let digits = core::str::from_utf8(pair).ok()?;
                    if !pair.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    *byte = u8::from_str_radix(digits, 16).ok()?;
                }
                Some(Self(out))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id!(
    /// An account: `H(L("acct") || username || IK || nonce)[..16]`. The relay cannot assign it.
    AccountId, 16
);
id!(
    /// A conversation: `H(L("dm") || A || B)` for two people, the hash of the create operation for a group.
    ConvId, 32
);
id!(
    /// One start of one vault: random, so that no two ever share a message counter.
    StreamId, 16
);
id!(
    /// A sealed message: `H(L("id") || T)` over everything but its signature.
    EnvId, 32
);
id!(
    /// An encryption key: `H(L("ek") || suite || SPKI)`.
    EkId, 32
);
id!(
    /// An identity key: `H(L("ik") || SPKI)`.
    IkHash, 32
);
id!(
    /// A key statement: `H(L("stmt") || its bytes without signatures)`.
    StatementHash, 32
);
id!(
    /// The readers of a message: `H(L("members") || (account_id || H(IK))...)`, ascending.
    MembersHash, 32
);
id!(
    /// Chosen by the writer's browser for one message, stable over every retry; lies inside the seal.
    ClientUuid, 16
);

impl ConvId {
    /// The conversation of two accounts: the same from either side.
    pub fn direct(one: AccountId, other: AccountId) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self(crate::Hash::new("dm").chain(low.as_bytes()).chain(high.as_bytes()).finish())
    }
}

impl MembersHash {
    /// `members` in any order; at most [`crate::limits::MEMBERS`] of them.
    pub fn of(members: &[(AccountId, IkHash)]) -> Self {
        let mut sorted = members.to_vec();
        sorted.sort_unstable();
        let mut h = crate::Hash::new("members");
        for (account, ik) in sorted {
            h = h.chain(account.as_bytes()).chain(ik.as_bytes());
        }
        Self(h.finish())
    }
}
