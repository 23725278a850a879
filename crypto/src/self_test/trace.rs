//! Intermediate values under FORMAT.md's names, and secret types from and to their bytes.

use rand_core::CryptoRng;
use signet_shared::{
    Digest32,
    envelope::{Envelope, Suite},
};

use crate::{
    Aad, ContentKey, DecryptionKey, EncryptionPublic, ExportKey, IdentityKey, Inner, KeyError, LocalShares, MasterKey,
    ObjectKey, Purpose, UnlockKey, primitives::cfb_decrypt, seal::MessageKeys, sealed::SealKeys,
};

/// A name of FORMAT.md and the bytes that it stands for.
pub type Value = (&'static str, Vec<u8>);

/// `header`, `ctx`, `root`, `enc`, `mac`, `hidden` (the output of `hide`), `ct`, `tag`, `env_id` and `sig` of a message.
pub fn message(envelope: &Envelope, key: &ContentKey) -> Vec<Value> {
    let Envelope { header, body, .. } = envelope;
    let keys = MessageKeys::derive(key, header);
    let mut hidden = body.ct.clone();
    cfb_decrypt(&keys.enc, &header.iv, &mut hidden);
    vec![
        ("K", key.as_bytes().to_vec()),
        ("header", header.to_bytes()),
        ("ctx", header.ctx().to_vec()),
        ("root", envelope.root().to_vec()),
        ("enc", keys.enc.to_vec()),
        ("mac", keys.mac.to_vec()),
        ("hidden", hidden),
        ("ct", body.ct.clone()),
        ("tag", keys.tag(&header.ctx(), &envelope.root(), &body.ct).to_vec()),
        ("env_id", envelope.env_id().0.to_vec()),
        ("sig", body.sig.clone()),
    ]
}

/// `aad`, `salt`, `enc`, `mac`, `iv`, `hidden`, `ct` and `tag` of a sealed object; `None` if it is too short to be one.
pub fn object(key: &ObjectKey, purpose: Purpose, aad: &Aad, sealed: &[u8]) -> Option<Vec<Value>> {
    let (salt, rest) = sealed.get(1..)?.split_first_chunk::<32>()?;
    let (ct, _) = rest.split_last_chunk::<32>()?;
    let keys = SealKeys::derive(key, purpose.label(), salt);
    let mut hidden = ct.to_vec();
    cfb_decrypt(&keys.enc, &keys.iv, &mut hidden);
    Some(vec![
        ("aad", aad.to_bytes()),
        ("salt", salt.to_vec()),
        ("enc", keys.enc.to_vec()),
        ("mac", keys.mac.to_vec()),
        ("iv", keys.iv.to_vec()),
        ("hidden", hidden),
        ("ct", ct.to_vec()),
        ("tag", keys.tag(purpose.label(), &aad.to_bytes(), salt, ct).to_vec()),
    ])
}

/// The plaintext of a message; `None` if it passes a limit.
pub fn inner(inner: &Inner) -> Option<Vec<u8>> {
    inner.to_bytes().map(|bytes| bytes.to_vec())
}

pub fn content_key(bytes: [u8; 32]) -> ContentKey {
    ContentKey::from_bytes(bytes)
}

pub fn content_key_bytes(key: &ContentKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}

pub fn master_key(bytes: [u8; 32], epoch: u32) -> MasterKey {
    MasterKey::from_parts(bytes, epoch)
}

pub fn master_key_bytes(key: &MasterKey) -> Vec<u8> {
    key.to_bytes()[5..].to_vec()
}

pub fn export_key(bytes: [u8; 64]) -> ExportKey {
    ExportKey::from_bytes(bytes)
}

pub fn export_key_bytes(key: &ExportKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}

pub fn object_key_bytes(key: &ObjectKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}

pub fn unlock_key(key: &UnlockKey) -> &ObjectKey {
    key.object_key()
}

/// The key of a local slot.
pub fn local_key(shares: &LocalShares) -> ObjectKey {
    shares.key()
}

/// `RSA-PSS(IK, L(label) || digest)`
pub fn sign<R>(key: &IdentityKey, label: &str, digest: &Digest32, rng: &mut R) -> Result<Vec<u8>, KeyError>
where
    R: CryptoRng + ?Sized,
{
    key.sign(label, digest, rng)
}

/// The comparison of tags.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    crate::primitives::same(one, other)
}

/// A wrap of `k` for the key and `ctx`.
pub fn wrap<R>(key: &EncryptionPublic, ctx: &Digest32, k: &ContentKey, rng: &mut R) -> Result<Vec<u8>, KeyError>
where
    R: CryptoRng + ?Sized,
{
    key.wrap_key(ctx, k, rng)
}

pub fn unwrap(key: &DecryptionKey, ctx: &Digest32, wrap: &[u8]) -> Option<ContentKey> {
    key.unwrap_key(ctx, wrap)
}

/// The n-th published test key, counted from 1.
pub fn test_key(n: usize) -> DecryptionKey {
    DecryptionKey::from_pkcs8(Suite::Rsa3072, &super::own::test_key(n)).expect("a published key")
}
