//! OPAQUE against a relay built from the same library with a suite of its own, as the real one is.

use std::sync::OnceLock;

use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, CredentialFinalization, CredentialRequest,
    RegistrationRequest, RegistrationUpload, Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration,
    ServerSetup, TripleDh,
    ksf::Identity,
    rand::{CryptoRng, Error, RngCore},
};
use signet_crypto::{ExportKey, Login, MasterKey, OpaqueError, RecoveryKey, Registration, UnlockKey};
use signet_shared::opaque::{KdfProfile, SecretKind, context, credential_id};

use crate::people::alice;

const ORIGIN: &str = "https://chat.example";

struct Relay {
    setup: ServerSetup<RelaySuite>,
}

struct RelaySuite;

impl CipherSuite for RelaySuite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Identity;
}

struct Old;

impl RngCore for Old {
    fn next_u32(&mut self) -> u32 {
        rand::random()
    }
    fn next_u64(&mut self) -> u64 {
        rand::random()
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill_with(rand::random);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Old {}

impl Relay {
    fn new() -> Self {
        Self { setup: ServerSetup::new(&mut Old) }
    }

    fn register(&self, secret: &[u8]) -> (Vec<u8>, ExportKey) {
        let rng = &mut rand::rng();
        let (registration, request) = Registration::start(secret, rng).unwrap();
        let request = RegistrationRequest::deserialize(&request).unwrap();
        let id = credential_id(SecretKind::Password, "alice");
        let response = ServerRegistration::<RelaySuite>::start(&self.setup, request, &id).unwrap();
        let (upload, key) = registration.finish(&response.message.serialize(), KdfProfile::One, rng).unwrap();
        let record = ServerRegistration::<RelaySuite>::finish(RegistrationUpload::deserialize(&upload).unwrap());
        (record.serialize().to_vec(), key)
    }

    fn login(&self, record: Option<&[u8]>, secret: &[u8], origin: &str) -> Result<ExportKey, OpaqueError> {
        let rng = &mut rand::rng();
        let (login, ke1) = Login::start(secret, rng)?;
        let record = record.map(|record| ServerRegistration::<RelaySuite>::deserialize(record).unwrap());
        let context = context(KdfProfile::One, ORIGIN);
        let params = || ServerLoginParameters { context: Some(&context), ..Default::default() };
        let id = credential_id(SecretKind::Password, "alice");
        let ke1 = CredentialRequest::deserialize(&ke1).unwrap();
        let start = ServerLogin::start(&mut Old, &self.setup, record, ke1, &id, params()).unwrap();
        let (ke3, key) = login.finish(&start.message.serialize(), KdfProfile::One, origin, rng)?;
        let ke3 = CredentialFinalization::deserialize(&ke3).unwrap();
        assert!(start.state.finish(ke3, params()).is_ok(), "the relay accepts what the client accepted");
        Ok(key)
    }
}

/// Some export key, for tests that need one.
pub(crate) fn export_key() -> &'static ExportKey {
    static KEY: OnceLock<ExportKey> = OnceLock::new();
    KEY.get_or_init(|| Relay::new().register(b"any").1)
}

/// Whether two export keys are the same: what a slot sealed under the one opens under the other.
fn same(one: &ExportKey, other: &ExportKey) -> bool {
    let (account, ik) = (alice().id(), alice().account.ik_hash());
    let unlock = |key| UnlockKey::derive(key, SecretKind::Password, None, account, KdfProfile::One);
    let rng = &mut rand::rng();
    let slot = MasterKey::make(rng).seal_slot(&unlock(one), SecretKind::Password, account, ik, rng);
    MasterKey::open_slot(&unlock(other), SecretKind::Password, account, ik, &slot).is_ok()
}

#[test]
fn the_right_secret_and_no_other() {
    let relay = Relay::new();
    let (record, key) = relay.register(b"correct horse battery");
    assert!(same(&key, &relay.login(Some(&record), b"correct horse battery", ORIGIN).unwrap()));
    let trailing = format!("{ORIGIN}/");
    assert!(same(&key, &relay.login(Some(&record), b"correct horse battery", &trailing).unwrap()));
    let refused = |record, secret: &[u8], origin| relay.login(record, secret, origin).unwrap_err();
    assert_eq!(refused(Some(&record[..]), b"correct horse batterz", ORIGIN), OpaqueError::WrongSecret);
    assert_eq!(refused(Some(&record[..]), b"correct horse battery", "https://evil.example"), OpaqueError::WrongSecret);
    assert_eq!(refused(None, b"correct horse battery", ORIGIN), OpaqueError::WrongSecret, "no such account");
    assert_eq!(
        Relay::new().login(Some(&record), b"correct horse battery", ORIGIN).unwrap_err(),
        OpaqueError::WrongSecret
    );
    let (_, other) = relay.register(b"correct horse battery");
    assert!(!same(&key, &other), "every registration has an export key of its own");
}

#[test]
fn a_recovery_key_is_a_secret_as_well() {
    let (relay, recovery) = (Relay::new(), RecoveryKey::make(&mut rand::rng()));
    let (record, key) = relay.register(&recovery.secret());
    let typed: RecoveryKey = recovery.to_string().to_lowercase().parse().unwrap();
    assert!(same(&key, &relay.login(Some(&record), &typed.secret(), ORIGIN).unwrap()));
}

#[test]
fn a_profile_below_the_floor_does_not_exist_and_its_record_does_not_open() {
    for number in [0, 2, 255] {
        assert_eq!(KdfProfile::from_number(number), None, "refused before a secret is used");
    }
    // A record whose secret was not stretched: the client stretches all the same, and it does not fit.
    let (relay, rng) = (Relay::new(), &mut rand::rng());
    let start = opaque_ke::ClientRegistration::<RelaySuite>::start(&mut Old, b"secret").unwrap();
    let id = credential_id(SecretKind::Password, "alice");
    let response = ServerRegistration::<RelaySuite>::start(&relay.setup, start.message, &id).unwrap();
    let finish = start.state.finish(&mut Old, b"secret", response.message, Default::default()).unwrap();
    let record = ServerRegistration::<RelaySuite>::finish(finish.message).serialize().to_vec();
    assert_eq!(relay.login(Some(&record), b"secret", ORIGIN).unwrap_err(), OpaqueError::WrongSecret);
    // And the other way: without stretching, a right record does not open.
    let (record, _) = relay.register(b"secret");
    let client = ClientLogin::<RelaySuite>::start(&mut Old, b"secret").unwrap();
    let context = context(KdfProfile::One, ORIGIN);
    let params = ServerLoginParameters { context: Some(&context), ..Default::default() };
    let record = ServerRegistration::<RelaySuite>::deserialize(&record).unwrap();
    let answer = ServerLogin::start(&mut Old, &relay.setup, Some(record), client.message, &id, params).unwrap();
    let params = ClientLoginFinishParameters::new(Some(&context), Default::default(), None);
    assert!(client.state.finish(&mut Old, b"secret", answer.message, params).is_err());
    // Bytes that are no answer.
    let (login, _) = Login::start(b"secret", rng).unwrap();
    assert_eq!(login.finish(&[0; 320], KdfProfile::One, ORIGIN, rng).unwrap_err(), OpaqueError::Malformed);
    // An answer with a byte more than it has.
    let (registration, request) = Registration::start(b"secret", rng).unwrap();
    let request = RegistrationRequest::deserialize(&request).unwrap();
    let answer = ServerRegistration::<RelaySuite>::start(&relay.setup, request, &id).unwrap().message.serialize();
    let longer = [&answer[..], &[0]].concat();
    assert_eq!(registration.finish(&longer, KdfProfile::One, rng).unwrap_err(), OpaqueError::Malformed);
    let (registration, _) = Registration::start(b"secret", rng).unwrap();
    assert_eq!(registration.finish(&[], KdfProfile::One, rng).unwrap_err(), OpaqueError::Malformed);
}

#[test]
fn the_relay_cannot_change_a_bit_of_its_answer() {
    let relay = Relay::new();
    let (record, _) = relay.register(b"secret");
    let rng = &mut rand::rng();
    let context = context(KdfProfile::One, ORIGIN);
    let mut refused = 0;
    for at in (0..320).step_by(29) {
        let (login, ke1) = Login::start(b"secret", rng).unwrap();
        let record = ServerRegistration::<RelaySuite>::deserialize(&record).unwrap();
        let params = ServerLoginParameters { context: Some(&context), ..Default::default() };
        let ke1 = CredentialRequest::deserialize(&ke1).unwrap();
        let id = credential_id(SecretKind::Password, "alice");
        let start = ServerLogin::start(&mut Old, &relay.setup, Some(record), ke1, &id, params).unwrap();
        let mut ke2 = start.message.serialize().to_vec();
        assert_eq!(ke2.len(), 320);
        ke2[at] ^= 1;
        assert!(login.finish(&ke2, KdfProfile::One, ORIGIN, rng).is_err(), "{at}");
        refused += 1;
    }
    println!("{refused} changed answers refused");
}
