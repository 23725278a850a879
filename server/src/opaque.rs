//! The relay's half of OPAQUE (RFC 9807): ristretto255-SHA512 with 3DH. The key stretching runs in the browser only, and
//! neither a password nor a hash of one ever comes here.

use std::{fmt::Write, fs, io, path::Path};

use hmac::{Hmac, KeyInit, Mac};
use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, Identifiers, RegistrationRequest, RegistrationUpload,
    Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup, TripleDh,
    errors::ProtocolError,
    ksf,
    rand::{CryptoRng, Error, RngCore},
};
use sha2::Sha256;
use signet_shared::{
    opaque::{self, KdfProfile, SecretKind},
    wire::Refusal,
};

use crate::files;

/// The suite, as the browser has it. `Ksf` plays no part on this side.
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = ksf::Identity;
}

pub(crate) struct Opaque {
    setup: ServerSetup<Suite>,
    origin: String,
}

/// Its key, in the folder of `--data`.
pub(crate) const FILE: &str = "opaque.key";

/// The relay's memory between the two steps of a login.
pub(crate) type LoginState = ServerLogin<Suite>;

impl Opaque {
    /// A key that is gone at the end of the process.
    pub(crate) fn make(origin: String) -> Self {
        Self { setup: ServerSetup::new(&mut SystemRng), origin }
    }

    /// The key in `file`; made there, and synced to disk, if there is none. Apart from the database: who steals that alone
    /// cannot even guess passwords.
    pub(crate) fn load_or_make(file: &Path, origin: String) -> io::Result<Self> {
        files::close_to_others(file)?;
        let setup = match fs::read(file) {
            Ok(bytes) => ServerSetup::deserialize(&bytes).map_err(|_| {
                let text = format!("{} is not a login key of this relay; restore it from a backup", file.display());
                io::Error::new(io::ErrorKind::InvalidData, text)
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let setup = ServerSetup::<Suite>::new(&mut SystemRng);
                files::write_private(file, &setup.serialize())?;
                setup
            }
            Err(error) => return Err(error),
        };
        Ok(Self { setup, origin })
    }

    /// What is kept of the name of a deleted account: a hash under the relay's key, so that a copy of the database does not
    /// tell which names there were. No username begins so.
    pub(crate) fn mark_of(&self, username: &str) -> String {
        let key = self.setup.serialize();
        let mac = Hmac::<Sha256>::new_from_slice(&key).map(|mac| mac.chain_update(b"SGN1 deleted name\0"));
        // An HMAC takes a key of any length.
        let mac = mac.map(|mac| mac.chain_update(username.as_bytes()).finalize().into_bytes());
        mac.unwrap_or_default().iter().fold("#".to_owned(), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })
    }

    pub(crate) fn register(&self, kind: SecretKind, username: &str, request: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let request = whole(request, RegistrationRequest::deserialize, |read| read.serialize().to_vec())?;
        let id = opaque::credential_id(kind, username);
        Ok(ServerRegistration::<Suite>::start(&self.setup, request, &id)?.message.serialize().to_vec())
    }

    /// The record to store, if it is one.
    pub(crate) fn record(upload: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let upload = whole(upload, RegistrationUpload::<Suite>::deserialize, |read| read.serialize().to_vec())?;
        Ok(ServerRegistration::finish(upload).serialize().to_vec())
    }

    /// Without a record the answer has the same shape and size as with one, and no secret fits it.
    pub(crate) fn login(
        &self,
        kind: SecretKind,
        username: &str,
        profile: KdfProfile,
        record: Option<&[u8]>,
        ke1: &[u8],
    ) -> Result<(LoginState, Vec<u8>), Refusal> {
        let record = record.map(ServerRegistration::deserialize).transpose().map_err(|_| {
            tracing::error!(code = "access.row_corrupt", "store.corrupt");
            Refusal::Internal
        })?;
        let request = whole(ke1, CredentialRequest::deserialize, |read| read.serialize().to_vec());
        let request = request.map_err(|_| Refusal::Malformed)?;
        let id = opaque::credential_id(kind, username);
        let context = opaque::context(profile, &self.origin);
        let parameters = ServerLoginParameters { context: Some(&context), identifiers: Identifiers::default() };
        let started = ServerLogin::start(&mut SystemRng, &self.setup, record, request, &id, parameters);
        let started = started.map_err(|_| Refusal::Malformed)?;
        Ok((started.state, started.message.serialize().to_vec()))
    }

    pub(crate) fn finish(&self, state: LoginState, profile: KdfProfile, ke3: &[u8]) -> Result<(), ProtocolError> {
        let context = opaque::context(profile, &self.origin);
        let parameters = ServerLoginParameters { context: Some(&context), identifiers: Identifiers::default() };
        let ke3 = whole(ke3, CredentialFinalization::deserialize, |read| read.serialize().to_vec())?;
        state.finish(ke3, parameters).map(|_| ())
    }
}

/// The library does not look at bytes left over at the end; as everywhere on this wire, there may be none.
fn whole<T>(
    bytes: &[u8],
    read: impl FnOnce(&[u8]) -> Result<T, ProtocolError>,
    write: impl FnOnce(&T) -> Vec<u8>,
) -> Result<T, ProtocolError> {
    let value = read(bytes)?;
    if write(&value) == bytes { Ok(value) } else { Err(ProtocolError::SerializationError) }
}

/// The operating system's random numbers, for a crate that speaks an older `rand`.
struct SystemRng;

impl RngCore for SystemRng {
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
        crate::random::fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SystemRng {}
