//! This browser's own way in: the local slot, which opens only with three shares at once (this browser's non-extractable
//! key, the relay's single-use share, and the tab's, which "stay signed in" leaves out).

use serde::{Deserialize, Serialize};
use signet_crypto::{LocalShares, MasterKey};
use signet_shared::{AccountId, IkHash};

use super::AskId;

/// What this browser knows of the account used in it: the row `device` of `Meta`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Device {
    pub(super) username: String,
    pub(super) account: AccountId,
    pub(super) ik: IkHash,
    pub(super) stay: bool,
    /// Salt of this browser's share.
    pub(super) salt: [u8; 32],
    /// The master key, sealed under the shares; gone when the session has ended.
    pub(super) slot: Option<Vec<u8>>,
    /// The highest versions seen: the relay may not go back behind them.
    pub(super) keystore_version: u64,
    pub(super) state_version: u64,
    /// It has done so: one's own messages named newer ones.
    pub(super) rolled_back: bool,
}

impl Device {
    pub(super) const KEY: &'static [u8] = b"device";
    /// The row of the sealed state's copy.
    pub(super) const STATE_KEY: &'static [u8] = b"state";
    const VERSION: u8 = 2;

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![Self::VERSION];
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first() {
            Some((&Self::VERSION, rest)) => postcard::from_bytes(rest).ok(),
            _ => None,
        }
    }

    pub(super) fn open(&self, browser: [u8; 32], relay: &[[u8; 32]], tab: Option<[u8; 32]>) -> Option<MasterKey> {
        let slot = self.slot.as_ref()?;
        let tab = if self.stay { None } else { tab };
        relay.iter().rev().find_map(|relay| {
            let shares = LocalShares { browser, relay: *relay, tab };
            MasterKey::open_local(&shares, self.account, self.ik, slot).ok()
        })
    }
}

/// The row of `Meta` that is there from a sign-out until the relay has heard of it.
pub(super) const OWED_KEY: &[u8] = b"sign-out owed";

/// A running `Attach`.
pub(super) struct Attach {
    pub(super) waiting: Vec<AskId>,
    pub(super) tab: Option<[u8; 32]>,
    pub(super) browser: [u8; 32],
    /// The relay's share of the slot that comes after this one.
    pub(super) next: [u8; 32],
    pub(super) amk: Option<MasterKey>,
    pub(super) next_tab: Option<[u8; 32]>,
}

/// A local slot in the making, after a sign-up or sign-in.
pub(super) struct Deposit {
    pub(super) browser: [u8; 32],
    pub(super) next: [u8; 32],
    pub(super) tab: Option<[u8; 32]>,
}
