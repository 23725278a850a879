//! History records: the key of a message once opened, sealed under the account's own key, so that a new browser reads
//! an old message with one symmetric operation.

use rand_core::CryptoRng;
use signet_shared::{AccountId, ConvId, EnvId, IkHash, Reader, Writer};
use zeroize::Zeroizing;

use crate::{Aad, ContentKey, MasterKey, OpenError, Purpose, open_object, seal_object};

/// `amk_epoch u32 | seal(HK_conv, "history", env_id[32] || K[32])`, with the object named `conv_id || env_id`.
///
/// It is the account's authenticated word to itself that it verified the signature of `env_id`; written only after
/// [`crate::Authentic::open`], or for a message sealed by the account itself.
pub fn seal_record<R: CryptoRng + ?Sized>(
    amk: &MasterKey,
    account: AccountId,
    ik: IkHash,
    conv: &ConvId,
    env_id: &EnvId,
    key: &ContentKey,
    rng: &mut R,
) -> Vec<u8> {
    let plaintext = Zeroizing::new([env_id.as_bytes(), key.as_bytes()].concat());
    let aad = aad(amk, account, ik, conv, env_id);
    let mut w = Writer::new();
    w.u32(amk.epoch());
    w.raw(&seal_object(&amk.history_key(conv), Purpose::History, &aad, &plaintext, rng));
    w.finish()
}

pub fn open_record(
    amk: &MasterKey,
    account: AccountId,
    ik: IkHash,
    conv: &ConvId,
    env_id: &EnvId,
    record: &[u8],
) -> Result<ContentKey, OpenError> {
    let mut r = Reader::new(record);
    if r.u32().map_err(|_| OpenError)? != amk.epoch() {
        return Err(OpenError);
    }
    let aad = aad(amk, account, ik, conv, env_id);
    let plaintext = open_object(&amk.history_key(conv), Purpose::History, &aad, r.rest())?;
    let mut r = Reader::new(&plaintext);
    let named = EnvId(r.array().map_err(|_| OpenError)?);
    let key = ContentKey::from_bytes(r.array().map_err(|_| OpenError)?);
    r.finish().map_err(|_| OpenError)?;
    if named == *env_id { Ok(key) } else { Err(OpenError) }
}

fn aad(amk: &MasterKey, account: AccountId, ik: IkHash, conv: &ConvId, env_id: &EnvId) -> Aad {
    let object = [conv.as_bytes(), env_id.as_bytes()].concat();
    Aad { account, object, version: 1, ik, amk_epoch: amk.epoch() }
}
