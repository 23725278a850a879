//! Somebody who knows an account's password, and makes by hand what its browsers would.

use signet_crypto::{
    DecryptionKey, Keyring, Login, MasterKey, UnlockKey, VerifiedAccount, make_next_statement, open_keystore,
    seal_keystore,
};
use signet_shared::{
    Digest32,
    api::{self, Body, LoginFinish, LoginStart, LoginStarted, Vault},
    envelope::Suite,
    limits,
    opaque::{KdfProfile, SecretKind},
};

use super::{
    PASSWORD, World,
    puppet::pkcs8,
    relay::{Client, ORIGIN, Relay},
};

/// No browser's.
const CLIENT: Client = 1000;

pub struct Owner {
    me: VerifiedAccount,
    amk: MasterKey,
    keys: Keyring,
    version: u64,
}

impl Owner {
    pub fn sign_in(w: &mut World, name: &str) -> Self {
        let (kind, profile, rng) = (SecretKind::Password, KdfProfile::One, &mut rand::rng());
        let (login, ke1) = Login::start(PASSWORD.as_bytes(), rng).unwrap();
        let start = LoginStart { username: name.parse().unwrap(), kind, ke1 };
        let started = w.relay.http(CLIENT, api::LOGIN_START, Some(start.to_bytes()));
        let LoginStarted { login_id, ke2, .. } = LoginStarted::parse(&started.body).unwrap();
        let (ke3, export) = login.finish(&ke2, profile, ORIGIN, rng).unwrap();
        let finished = w.relay.http(CLIENT, api::LOGIN_FINISH, Some(LoginFinish { login_id, ke3 }.to_bytes()));
        let vault = Vault::parse(&finished.body).unwrap();
        let (id, version) = (vault.account_id, vault.keystore_version);
        let me = w.relay.verified(id);
        let unlock = UnlockKey::derive(&export, kind, None, id, profile);
        let amk = MasterKey::open_slot(&unlock, kind, id, me.ik_hash(), &vault.slot).unwrap();
        let keys = open_keystore(&amk, id, version, me.ik_hash(), &vault.keystore).unwrap();
        Self { me, amk, keys, version }
    }

    /// Gives the account as many keys as its keystore has room for, but for so many; nothing is said of them.
    pub fn fill(&mut self, relay: &mut Relay, left: usize) {
        while self.sealed([0; 32]).len() <= limits::KEYSTORE {
            self.keys.eks.insert(0, DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(6)).unwrap());
        }
        self.keys.eks.drain(..=left);
        self.store(relay, [0; 32]);
    }

    /// The relay has a next statement, with one of the test keys, and a keystore that holds it and says this of the one before.
    pub fn renew(&mut self, relay: &mut Relay, key: usize, before: Digest32) {
        let rng = &mut rand::rng();
        self.keys.eks.push(DecryptionKey::from_pkcs8(Suite::Rsa3072, &pkcs8(key)).unwrap());
        let statement = make_next_statement(&self.me, &self.keys, None, u64::MAX, rng);
        self.me.extend(core::slice::from_ref(&statement)).unwrap();
        self.version += 1;
        relay.accounts.get_mut(&self.me.account_id()).unwrap().statements.push(statement.to_bytes());
        self.store(relay, before);
    }

    fn store(&self, relay: &mut Relay, before: Digest32) {
        let account = relay.accounts.get_mut(&self.me.account_id()).unwrap();
        (account.keystore_version, account.keystore) = (self.version, self.sealed(before));
    }

    fn sealed(&self, before: Digest32) -> Vec<u8> {
        seal_keystore(&self.keys, &self.amk, self.me.account_id(), self.version, before, &mut rand::rng())
    }
}
