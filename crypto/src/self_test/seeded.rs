//! Everything that this crate writes, under random numbers from a seed: a native build and one for WebAssembly write the
//! same bytes.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use signet_shared::{
    ClientUuid, ConvId, Hash, StreamId,
    envelope::{FLAG_WAKE, Header, Suite},
    opaque::{KdfProfile, SecretKind},
};

use super::{backup, trace};
use crate::{
    Aad, Address, BackupCost, BackupHeader, Content, Inner, KeyMaker, Keyring, LocalShares, Login, Making, MasterKey,
    Purpose, RecoveryKey, Registration, Sender, UnlockKey, VerifiedAccount, make_first_statement, seal_keystore,
    seal_message, seal_object, seal_record,
};

/// What was written, by name, as the SHA-256 of its bytes.
pub(super) fn digests() -> Vec<(&'static str, String)> {
    let rng = &mut Seeded::new(b"signet");
    let mut all = Vec::new();
    let mut note = |name, bytes: &[u8]| all.push((name, hex::encode(Hash::new("self-test").chain(bytes).finish())));

    let (a, a_keys) = person("Alice", rng);
    let (b, b_keys) = person("bob_2", rng);
    note("keys", &[&a_keys, &b_keys].map(|keys| [keys.ik.pkcs8(), keys.eks[0].pkcs8()].concat()).concat());
    note("statements", &[a.to_bytes(), b.to_bytes()].concat());

    let (conv_id, stream_id) = (ConvId::direct(a.account_id(), b.account_id()), StreamId([3; 16]));
    let prev = Header::first_prev(conv_id, a.account_id(), stream_id);
    let address = Address { flags: FLAG_WAKE, conv_id, group_epoch: 0, stream_id, seq: 1, prev };
    let sender = Sender { account: &a, key: &a_keys.ik };
    let message = seal_message(&address, &sender, &[&a, &b], &inner(), rng).unwrap();
    note("message", &message.envelope);

    let amk = MasterKey::make(rng);
    let (account, ik) = (a.account_id(), a.ik_hash());
    let aad = Aad { account, object: b"a name".to_vec(), version: 7, ik, amk_epoch: 1 };
    let object = |purpose| seal_object(&amk.state_key(), purpose, &aad, &[0x80; 1000], &mut *rng);
    note("objects", &Purpose::ALL.map(object).concat());
    let unlock = UnlockKey::derive(&trace::export_key([5; 64]), SecretKind::Password, None, account, KdfProfile::One);
    note("slot", &amk.seal_slot(&unlock, SecretKind::Password, account, ik, rng));
    let shares = LocalShares { browser: [1; 32], relay: [2; 32], tab: Some([3; 32]) };
    note("local slot", &amk.seal_local(&shares, account, ik, rng));
    note("keystore", &seal_keystore(&a_keys, &amk, account, 1, [0; 32], rng));
    note("history record", &seal_record(&amk, account, ik, &conv_id, &message.env_id, &message.content_key, rng));
    note("recovery key", RecoveryKey::make(rng).to_string().as_bytes());
    note("registration request", &Registration::start(b"correct horse", rng).unwrap().1);
    note("KE1", &Login::start(b"correct horse", rng).unwrap().1);
    let header = BackupHeader::make(account, 5, BackupCost::USUAL, rng).unwrap();
    let records = backup::records(&a, &a_keys, &b);
    note("backup", &backup::file(&header, &backup::key(backup::BK), &records, &a_keys.ik, rng).unwrap());
    all
}

fn person(name: &str, rng: &mut Seeded) -> (VerifiedAccount, Keyring) {
    let mut maker = KeyMaker::new(Suite::Rsa3072);
    let new = loop {
        if let Making::Done(new) = maker.step(rng).unwrap() {
            break new;
        }
    };
    let keys = Keyring { ik: new.ik, eks: vec![new.ek], former: Vec::new(), secret_key: None };
    let first = make_first_statement(&name.parse().unwrap(), [5; 32], &keys, 9, rng);
    (VerifiedAccount::verify(&[first]).unwrap(), keys)
}

fn inner() -> Inner {
    Inner {
        content: Content::Text("Grüße, 🦀!".to_owned()),
        sent_ms: 1_790_000_000_000,
        client_uuid: ClientUuid([9; 16]),
        reply_to: None,
        expires_s: 0,
        seen: Vec::new(),
        abandoned: None,
        group_head: [0; 32],
        keystore_version: 1,
        keystore_hash: [1; 32],
        state_version: 2,
        state_hash: [2; 32],
    }
}

/// `H(L("seeded") || seed || n)` for n = 0, 1 ... For tests alone: whoever has the seed has everything.
pub(crate) struct Seeded {
    seed: Vec<u8>,
    next: u64,
    rest: Vec<u8>,
}

impl Seeded {
    pub(crate) fn new(seed: &[u8]) -> Self {
        Self { seed: seed.to_vec(), next: 0, rest: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        if self.rest.is_empty() {
            self.rest = Hash::new("seeded").chain(&self.seed).chain_u64(self.next).finish().to_vec();
            self.next += 1;
        }
        self.rest.pop().unwrap()
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(core::array::from_fn(|_| self.byte())))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(core::array::from_fn(|_| self.byte())))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill_with(|| self.byte());
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

#[cfg(test)]
mod tests {
    use super::digests;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let all = digests();
        assert_eq!(all, digests());
        for (name, digest) in all {
            println!("{name}: {digest}");
        }
    }
}
