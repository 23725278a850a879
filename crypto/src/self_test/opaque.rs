//! RFC 9807, appendix C: the vectors of ristretto255-SHA512 with 3DH, both sides, through the library that [`crate::Login`]
//! and the relay use. They are made without key stretching, so the suite here differs from ours in that alone.

use std::collections::{BTreeMap, VecDeque};

use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialRequest, CredentialResponse, Identifiers, RegistrationResponse, Ristretto255, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup, TripleDh,
    ksf::Identity,
    rand::{CryptoRng, Error, RngCore},
};

const RFC: &str = include_str!("../../tests/vectors/opaque/rfc9807.txt");

struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Identity;
}

/// Two registrations with logins, and an answer about an account that does not exist.
pub(super) fn opaque_as_rfc_9807() -> String {
    let all = vectors();
    let real = all.iter().filter(|v| v.has("registration_request")).map(real).count();
    let fake = all.iter().filter(|v| v.has("masking_key")).map(fake).count();
    assert_eq!((real, fake), (2, 1));
    format!("RFC 9807 OPAQUE: {real} registrations and logins, {fake} answer for no account, byte for byte")
}

fn real(v: &Vector) {
    let setup = v.setup(v.bytes("server_public_key"));
    let (password, id) = (v.bytes("password"), v.bytes("credential_identifier"));
    let start = ClientRegistration::<Suite>::start(&mut v.replay(&["blind_registration", WIDE]), password).unwrap();
    v.same("registration_request", &start.message.serialize());
    let answer = ServerRegistration::<Suite>::start(&setup, start.message, id).unwrap().message.serialize();
    v.same("registration_response", &answer);
    let answer = RegistrationResponse::deserialize(&answer).unwrap();
    let params = ClientRegistrationFinishParameters::new(v.identifiers(), None);
    let finish = start.state.finish(&mut v.replay(&["envelope_nonce"]), password, answer, params).unwrap();
    v.same("registration_upload", &finish.message.serialize());
    v.same("export_key", &finish.export_key);

    let record = ServerRegistration::finish(finish.message);
    let mut rng = v.replay(&["blind_login", WIDE, "client_keyshare_seed", "client_nonce"]);
    let start = ClientLogin::<Suite>::start(&mut rng, password).unwrap();
    v.same("KE1", &start.message.serialize());
    // The library draws the masking key of an account that does not exist in any case.
    let mut rng = v.replay(&[WIDE, WIDE, "masking_nonce", "server_keyshare_seed", "server_nonce"]);
    let server = ServerLogin::start(&mut rng, &setup, Some(record), start.message, id, v.params()).unwrap();
    let ke2 = server.message.serialize();
    v.same("KE2", &ke2);
    let params = ClientLoginFinishParameters::new(Some(v.bytes("Context")), v.identifiers(), None);
    let ke2 = CredentialResponse::deserialize(&ke2).unwrap();
    let finish = start.state.finish(&mut v.replay(&[]), password, ke2, params).unwrap();
    v.same("KE3", &finish.message.serialize());
    v.same("export_key", &finish.export_key);
    v.same("session_key", &finish.session_key);
    let finish = server.state.finish(finish.message, v.params()).unwrap();
    v.same("session_key", &finish.session_key);
}

fn fake(v: &Vector) {
    let setup = v.setup(v.bytes("client_public_key"));
    let ke1 = CredentialRequest::deserialize(v.bytes("KE1")).unwrap();
    let mut rng = v.replay(&["masking_key", "masking_nonce", "server_keyshare_seed", "server_nonce"]);
    let id = v.bytes("credential_identifier");
    let server = ServerLogin::start(&mut rng, &setup, None, ke1, id, v.params()).unwrap();
    v.same("KE2", &server.message.serialize());
}

/// One vector: its values by name.
struct Vector {
    values: BTreeMap<String, Vec<u8>>,
}

impl Vector {
    fn bytes(&self, name: &str) -> &[u8] {
        &self.values[name]
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn same(&self, name: &str, bytes: &[u8]) {
        assert_eq!(hex::encode(bytes), hex::encode(self.bytes(name)), "{name}");
    }

    /// `oprf_seed || server_private_key || public key of the account that does not exist`
    fn setup(&self, nobody: &[u8]) -> ServerSetup<Suite> {
        let whole = [self.bytes("oprf_seed"), self.bytes("server_private_key"), nobody].concat();
        ServerSetup::deserialize(&whole).unwrap()
    }

    fn identifiers(&self) -> Identifiers<'_> {
        let name = |name| self.values.get(name).map(Vec::as_slice);
        Identifiers { client: name("client_identity"), server: name("server_identity") }
    }

    fn params(&self) -> ServerLoginParameters<'_, '_> {
        ServerLoginParameters { context: Some(self.bytes("Context")), identifiers: self.identifiers() }
    }

    /// Random numbers that are the values of these names, one after the other. A blind is drawn as 64 bytes that are
    /// reduced, so 32 zero bytes (`WIDE`) follow it.
    fn replay(&self, names: &[&str]) -> Replay {
        let bytes = |name: &&str| if *name == WIDE { vec![0; 32] } else { self.bytes(name).to_vec() };
        Replay(names.iter().flat_map(bytes).collect())
    }
}

const WIDE: &str = "32 zero bytes";

/// The vectors of our group, out of the RFC's text: names are followed by a colon, values wrapped over lines.
fn vectors() -> Vec<Vector> {
    let mut all: Vec<BTreeMap<String, String>> = Vec::new();
    let mut last = String::new();
    for line in RFC.lines() {
        if line.contains("Test Vector ") {
            all.push(BTreeMap::new());
        }
        let Some(line) = line.strip_prefix("   ") else { continue };
        let values = all.last_mut().unwrap();
        match line.split_once(": ") {
            Some((name, value)) => {
                last = name.to_owned();
                values.insert(last.clone(), value.to_owned());
            }
            None => values.get_mut(&last).unwrap().push_str(line),
        }
    }
    let decode = |values: BTreeMap<String, String>| {
        assert_eq!((&*values["Group"], &*values["KSF"]), ("ristretto255", "Identity"));
        let bytes = values.into_iter().filter_map(|(name, value)| Some((name, hex::decode(value).ok()?)));
        Vector { values: bytes.collect() }
    };
    all.into_iter().map(decode).collect()
}

struct Replay(VecDeque<u8>);

impl RngCore for Replay {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill_with(|| self.0.pop_front().expect("as many random bytes as the RFC draws"));
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Replay {}

impl Drop for Replay {
    /// Nothing may be left: the library would have drawn less than the RFC.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{} random bytes were not drawn", self.0.len());
        }
    }
}
