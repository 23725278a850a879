//! Sealing a message: one random key, one ciphertext, one wrap per reader, one signature over everything.

use rand_core::CryptoRng;
use signet_shared::{
    ConvId, Digest32, EnvId, Hash, MembersHash, StreamId,
    envelope::{Body, Envelope, Header, Kind, Leaf, Suite},
    limits,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    ContentKey, IdentityKey, Inner, VerifiedAccount,
    padding::{pad, padded_len},
    primitives::{cfb_encrypt, hkdf, hmac},
};

pub(crate) const SIGNED: &str = "sig msg";

/// Where a message goes in its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub flags: u8,
    pub conv_id: ConvId,
    pub group_epoch: u64,
    pub stream_id: StreamId,
    pub seq: u64,
    pub prev: EnvId,
}

#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    pub account: &'a VerifiedAccount,
    pub key: &'a IdentityKey,
}

#[derive(Debug, Clone)]
pub struct SealedMessage {
    pub env_id: EnvId,
    /// What is uploaded.
    pub envelope: Vec<u8>,
    pub content_key: ContentKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    #[error("the sender is not among the readers")]
    SenderNotReader,
    #[error("a reader is named twice")]
    ReaderTwice,
    #[error("there are more readers than one message can have")]
    TooManyReaders,
    #[error("a reader asks for a newer suite than this version knows")]
    Suite,
    #[error("the signing key is not the sender's")]
    WrongKey,
    #[error("the message is too long")]
    TooLong,
    #[error("an address's sequence number is 0, or a flag is unknown")]
    Address,
    #[error("a private or public key operation failed its own check")]
    Fault,
}

/// Seals `inner` for `readers`, of whom the sender is one. FORMAT.md, "Messages", has the order and every byte.
pub fn seal_message<R: CryptoRng + ?Sized>(
    address: &Address,
    sender: &Sender<'_>,
    readers: &[&VerifiedAccount],
    inner: &Inner,
    rng: &mut R,
) -> Result<SealedMessage, SealError> {
    let readers = check_readers(sender, readers)?;
    let plaintext = inner.to_bytes().ok_or(SealError::TooLong)?;
    if padded_len(plaintext.len()) > limits::CIPHERTEXT {
        return Err(SealError::TooLong);
    }
    let header = make_header(address, sender, &readers, rng)?;
    let ctx = header.ctx();
    let content_key = ContentKey::make(rng);
    let mut leaves = Vec::with_capacity(readers.len());
    for reader in &readers {
        let wrap = reader.ek().wrap_key(&ctx, &content_key, rng).map_err(|_| SealError::Fault)?;
        leaves.push(Leaf { account_id: reader.account_id(), ek_id: reader.ek().id(), rcpt_stmt: reader.head(), wrap });
    }
    let keys = MessageKeys::derive(&content_key, &header);
    let mut ct = pad(&plaintext);
    cfb_encrypt(&keys.enc, &header.iv, &mut ct);
    let mut envelope = Envelope { header, leaves, body: Body { ct: ct.to_vec(), tag: [0; 32], sig: Vec::new() } };
    envelope.body.tag = keys.tag(&ctx, &envelope.root(), &envelope.body.ct);
    let env_id = envelope.env_id();
    envelope.body.sig = sender.key.sign(SIGNED, &env_id.0, rng).map_err(|_| SealError::Fault)?;
    Ok(SealedMessage { env_id, envelope: envelope.to_bytes(), content_key })
}

/// Ascending by account id, each once, the sender among them, all able to read the suite.
fn check_readers<'a>(
    sender: &Sender<'_>,
    readers: &[&'a VerifiedAccount],
) -> Result<Vec<&'a VerifiedAccount>, SealError> {
    let mut sorted = readers.to_vec();
    sorted.sort_unstable_by_key(|reader| reader.account_id());
    if sorted.len() > limits::MEMBERS {
        return Err(SealError::TooManyReaders);
    }
    if sorted.windows(2).any(|pair| pair[0].account_id() == pair[1].account_id()) {
        return Err(SealError::ReaderTwice);
    }
    let me = sender.account;
    if !sorted.iter().any(|reader| reader.account_id() == me.account_id() && reader.head() == me.head()) {
        return Err(SealError::SenderNotReader);
    }
    if sorted.iter().any(|reader| reader.min_suite() > Suite::Rsa3072.number()) {
        return Err(SealError::Suite);
    }
    if sender.key.public() != *me.ik() {
        return Err(SealError::WrongKey);
    }
    Ok(sorted)
}

fn make_header<R: CryptoRng + ?Sized>(
    address: &Address,
    sender: &Sender<'_>,
    readers: &[&VerifiedAccount],
    rng: &mut R,
) -> Result<Header, SealError> {
    if address.seq == 0 || address.flags & !signet_shared::envelope::FLAG_WAKE != 0 {
        return Err(SealError::Address);
    }
    let members: Vec<_> = readers.iter().map(|reader| (reader.account_id(), reader.ik_hash())).collect();
    let mut iv = [0; 16];
    rng.fill_bytes(&mut iv);
    Ok(Header {
        suite: Suite::Rsa3072,
        kind: Kind::Chained,
        flags: address.flags,
        conv_id: address.conv_id,
        group_epoch: address.group_epoch,
        members_hash: MembersHash::of(&members),
        sender_id: sender.account.account_id(),
        sender_stmt: sender.account.head(),
        stream_id: address.stream_id,
        seq: address.seq,
        prev: address.prev,
        iv,
        n_recipients: u16::try_from(readers.len()).map_err(|_| SealError::TooManyReaders)?,
    })
}

/// `enc[32] | mac[32] = HKDF-SHA256(ikm = K, salt = ctx, info = L("keys") || suite u16)`
pub(crate) struct MessageKeys {
    pub(crate) enc: Zeroizing<[u8; 32]>,
    pub(crate) mac: Zeroizing<[u8; 32]>,
}

impl MessageKeys {
    pub(crate) fn derive(key: &ContentKey, header: &Header) -> Self {
        let info: [&[u8]; 2] = [&Hash::label("keys"), &header.suite.number().to_be_bytes()];
        let both = hkdf::<64>(key.as_bytes(), &header.ctx(), &info);
        let mut keys = Self { enc: Zeroizing::new([0; 32]), mac: Zeroizing::new([0; 32]) };
        keys.enc.copy_from_slice(&both[..32]);
        keys.mac.copy_from_slice(&both[32..]);
        keys
    }

    /// `HMAC-SHA256(mac, L("tag") || ctx || root || len(ct) u64 || ct)`
    pub(crate) fn tag(&self, ctx: &Digest32, root: &Digest32, ct: &[u8]) -> [u8; 32] {
        let len = (ct.len() as u64).to_be_bytes();
        hmac(self.mac.as_slice(), &[&Hash::label("tag"), ctx, root, &len, ct])
    }
}
