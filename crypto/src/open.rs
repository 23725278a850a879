//! Opening a message, in one order that never varies: [`Incoming`] -> [`Authentic`] -> [`Message`]. Only this module can
//! make an [`Authentic`], and only an [`Authentic`] can be decrypted: no private key is used before a known sender's
//! signature over every byte has verified, so nobody else can make a browser do so.

use core::fmt;

use signet_shared::{
    AccountId, ConvId, Digest32, EkId, EnvId, MembersHash, StatementHash,
    envelope::{Delivery, Header},
};
use zeroize::Zeroizing;

use crate::{
    ContentKey, Inner, Keyring, VerifiedAccount,
    padding::unpad,
    primitives::{cfb_decrypt, same},
    seal::{MessageKeys, SIGNED},
};

/// What arrived, taken apart. Nothing in it is believed yet.
#[derive(Clone)]
pub struct Incoming {
    delivery: Delivery,
    root: Digest32,
    env_id: EnvId,
}

/// What the reader's own verified state says about the conversation as the message found it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub me: AccountId,
    pub my_ek_ids: &'a [EkId],
    pub sender: &'a VerifiedAccount,
    pub members_hash: MembersHash,
    pub group_epoch: u64,
    pub conv_id: ConvId,
}

/// A message whose every byte its sender has signed, for this conversation, this epoch, these members and this reader.
pub struct Authentic {
    incoming: Incoming,
}

/// A message that has been opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub env_id: EnvId,
    pub header: Header,
    pub inner: Inner,
}

/// The message is refused. To the world there is one case; [`Refused::code`] is for the local log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused(&'static str);

impl Incoming {
    /// Layout, limits, the suites and kinds that exist, and a Merkle path that fits its place.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let delivery = Delivery::parse(bytes).map_err(|_| Refused("layout"))?;
        let root = delivery.root().ok_or(Refused("path"))?;
        let env_id = delivery.body.env_id(&delivery.header, &root);
        Ok(Self { delivery, root, env_id })
    }

    pub fn header(&self) -> &Header {
        &self.delivery.header
    }

    pub fn env_id(&self) -> EnvId {
        self.env_id
    }

    /// Whose leaf this is.
    pub fn leaf_account(&self) -> AccountId {
        self.delivery.leaf.account_id
    }

    /// The reader's own statement that the sender used.
    pub fn rcpt_stmt(&self) -> StatementHash {
        self.delivery.leaf.rcpt_stmt
    }

    /// The reader's encryption key that the sender used.
    pub fn ek_id(&self) -> EkId {
        self.delivery.leaf.ek_id
    }

    /// Whether this account has signed it, for whomever.
    pub fn is_by(&self, account: &VerifiedAccount) -> bool {
        let header = &self.delivery.header;
        header.sender_id == account.account_id()
            && account
                .known(&header.sender_stmt)
                .is_some_and(|stated| stated.ik.verify(SIGNED, &self.env_id.0, &self.delivery.body.sig))
    }

    /// The checks that need no private key, the signature last.
    pub fn verify(self, view: &View<'_>) -> Result<Authentic, Refused> {
        let (header, leaf) = (&self.delivery.header, &self.delivery.leaf);
        let sender = view.sender;
        if header.sender_id != sender.account_id() {
            return Err(Refused("sender"));
        }
        let stated = sender.known(&header.sender_stmt).ok_or(Refused("sender statement"))?;
        if header.suite.number() < stated.min_suite {
            return Err(Refused("suite"));
        }
        if header.conv_id != view.conv_id {
            return Err(Refused("conversation"));
        }
        if header.group_epoch != view.group_epoch || header.members_hash != view.members_hash {
            return Err(Refused("members"));
        }
        if leaf.account_id != view.me {
            return Err(Refused("reader"));
        }
        if !view.my_ek_ids.contains(&leaf.ek_id) {
            return Err(Refused("encryption key"));
        }
        if !stated.ik.verify(SIGNED, &self.env_id.0, &self.delivery.body.sig) {
            return Err(Refused("signature"));
        }
        Ok(Authentic { incoming: self })
    }

    /// Opens with the key from the account's own history record, which is its word that it once verified the signature
    /// of this `env_id`. The id was computed from these bytes; the tag is checked again.
    pub fn recall(self, key: &ContentKey) -> Result<Message, Refused> {
        self.decrypt(key)
    }

    /// Tag, then decryption, then padding, then the plaintext's layout.
    fn decrypt(self, key: &ContentKey) -> Result<Message, Refused> {
        let Delivery { header, body, .. } = self.delivery;
        let keys = MessageKeys::derive(key, &header);
        if !same(&keys.tag(&header.ctx(), &self.root, &body.ct), &body.tag) {
            return Err(Refused("tag"));
        }
        let mut padded = Zeroizing::new(body.ct);
        cfb_decrypt(&keys.enc, &header.iv, &mut padded);
        let inner = Inner::parse(unpad(&padded).ok_or(Refused("padding"))?).map_err(|_| Refused("inner"))?;
        Ok(Message { env_id: self.env_id, header, inner })
    }
}

impl Authentic {
    pub fn header(&self) -> &Header {
        self.incoming.header()
    }

    pub fn env_id(&self) -> EnvId {
        self.incoming.env_id
    }

    /// Unwraps the message key and decrypts. The key is returned for the history record.
    pub fn open(self, keys: &Keyring) -> Result<(Message, ContentKey), Refused> {
        let Self { incoming } = self;
        let leaf = &incoming.delivery.leaf;
        let ek = keys.ek(&leaf.ek_id).ok_or(Refused("no such key"))?;
        if ek.suite() != incoming.delivery.header.suite {
            return Err(Refused("key of another suite"));
        }
        let key = ek.unwrap_key(&incoming.delivery.header.ctx(), &leaf.wrap).ok_or(Refused("wrap"))?;
        let message = incoming.decrypt(&key)?;
        Ok((message, key))
    }
}

impl Refused {
    /// Which check failed. For the local log, never for the network.
    pub fn code(&self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is refused")
    }
}

impl core::error::Error for Refused {}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delivery: _, root: _, env_id } = self;
        write!(f, "Incoming({env_id})")
    }
}

impl fmt::Debug for Authentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incoming } = self;
        write!(f, "Authentic({})", incoming.env_id)
    }
}
