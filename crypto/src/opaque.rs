//! The client's half of OPAQUE (RFC 9807): ristretto255-SHA512, 3DH, and Argon2id as the key stretching function. The
//! relay never sees the secret, at registration either, and its half needs no key stretching.

use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse, Ristretto255, TripleDh,
    errors::{InternalError, ProtocolError},
    generic_array::{ArrayLength, GenericArray},
    ksf::Ksf,
    rand::{self as rand_06, RngCore},
};
use rand_core::CryptoRng;
use signet_shared::opaque::{KdfProfile, context};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// RFC 9807, section 7: a salt of zeros, since the stretched value is already unique to the account (it is the OPRF's).
const SALT: [u8; 16] = [0; 16];

/// What a right secret gives, and nothing else does: 64 bytes that the relay never learns.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ExportKey([u8; 64]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpaqueError {
    /// The secret, the account's record, the key stretching or the address differ; which of them can't be told.
    #[error("the secret does not fit")]
    WrongSecret,
    #[error("the relay's answer is malformed")]
    Malformed,
    #[error("key stretching failed, for want of memory")]
    Stretching,
}

/// A registration whose first message is on its way.
pub struct Registration {
    state: ClientRegistration<Suite>,
    secret: Zeroizing<Vec<u8>>,
}

/// A login whose first message is on its way.
pub struct Login {
    state: ClientLogin<Suite>,
    secret: Zeroizing<Vec<u8>>,
}

impl Registration {
    /// The first message, a blinded element.
    pub fn start<R: CryptoRng + ?Sized>(secret: &[u8], rng: &mut R) -> Result<(Self, Vec<u8>), OpaqueError> {
        let start = ClientRegistration::<Suite>::start(&mut Older(rng), secret)?;
        let message = start.message.serialize().to_vec();
        Ok((Self { state: start.state, secret: Zeroizing::new(secret.to_vec()) }, message))
    }

    /// The record for the relay, and the export key. Takes as long as the key stretching does.
    pub fn finish<R: CryptoRng + ?Sized>(
        self,
        response: &[u8],
        profile: KdfProfile,
        rng: &mut R,
    ) -> Result<(Vec<u8>, ExportKey), OpaqueError> {
        let response = read_registration_response(response)?;
        let stretch = Stretch(profile);
        let params = ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&stretch));
        let mut finish = self.state.finish(&mut Older(rng), &self.secret, response, params)?;
        let export_key = ExportKey::take(&mut finish.export_key);
        Ok((finish.message.serialize().to_vec(), export_key))
    }
}

impl Login {
    /// KE1.
    pub fn start<R: CryptoRng + ?Sized>(secret: &[u8], rng: &mut R) -> Result<(Self, Vec<u8>), OpaqueError> {
        let start = ClientLogin::<Suite>::start(&mut Older(rng), secret)?;
        let message = start.message.serialize().to_vec();
        Ok((Self { state: start.state, secret: Zeroizing::new(secret.to_vec()) }, message))
    }

    /// KE3 and the export key, after the relay has proved that it holds this account's record and speaks for `origin`.
    /// Takes as long as the key stretching does.
    pub fn finish<R: CryptoRng + ?Sized>(
        self,
        ke2: &[u8],
        profile: KdfProfile,
        origin: &str,
        rng: &mut R,
    ) -> Result<(Vec<u8>, ExportKey), OpaqueError> {
        let ke2 = read_ke2(ke2)?;
        let (stretch, context) = (Stretch(profile), context(profile, origin));
        let params = ClientLoginFinishParameters::new(Some(&context), Identifiers::default(), Some(&stretch));
        let mut finish = self.state.finish(&mut Older(rng), &self.secret, ke2, params)?;
        let export_key = ExportKey::take(&mut finish.export_key);
        finish.session_key.as_mut_slice().zeroize();
        Ok((finish.message.serialize().to_vec(), export_key))
    }
}

impl ExportKey {
    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Leaves nothing behind in the library's buffer.
    fn take(bytes: &mut [u8]) -> Self {
        let mut key = Self([0; 64]);
        for (to, from) in key.0.iter_mut().zip(bytes.iter_mut()) {
            *to = core::mem::take(from);
        }
        key
    }
}

impl From<ProtocolError> for OpaqueError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::WrongSecret,
            ProtocolError::LibraryError(InternalError::KsfError) => Self::Stretching,
            _ => Self::Malformed,
        }
    }
}

pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Stretch;
}

/// Argon2id, version 0x13, as long an output as its input (64 bytes).
pub(crate) struct Stretch(KdfProfile);

impl Default for Stretch {
    fn default() -> Self {
        Self(KdfProfile::NEWEST)
    }
}

impl Ksf for Stretch {
    fn hash<L: ArrayLength<u8>>(&self, input: GenericArray<u8, L>) -> Result<GenericArray<u8, L>, InternalError> {
        let (m_kib, t, p) = match self.0 {
            KdfProfile::One => (65_536, 3, 1),
        };
        let params = Params::new(m_kib, t, p, None).map_err(|_| InternalError::KsfError)?;
        let mut output = GenericArray::<u8, L>::default();
        let mut input = input;
        let done =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(&input, &SALT, &mut output);
        input.as_mut_slice().zeroize();
        done.map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}

/// The library does not look at bytes left over at the end; as everywhere in these formats, there may be none.
pub(crate) fn read_registration_response(bytes: &[u8]) -> Result<RegistrationResponse<Suite>, OpaqueError> {
    let read = RegistrationResponse::deserialize(bytes).map_err(|_| OpaqueError::Malformed)?;
    if *read.serialize() == *bytes { Ok(read) } else { Err(OpaqueError::Malformed) }
}

/// As [`read_registration_response`].
pub(crate) fn read_ke2(bytes: &[u8]) -> Result<CredentialResponse<Suite>, OpaqueError> {
    let read = CredentialResponse::deserialize(bytes).map_err(|_| OpaqueError::Malformed)?;
    if *read.serialize() == *bytes { Ok(read) } else { Err(OpaqueError::Malformed) }
}

/// What the key stretching makes of an OPRF output.
#[cfg(any(test, feature = "self-test"))]
pub(crate) fn stretch(profile: KdfProfile, input: [u8; 64]) -> Result<[u8; 64], OpaqueError> {
    let input = GenericArray::<u8, opaque_ke::generic_array::typenum::U64>::from(input);
    Stretch(profile).hash(input).map(Into::into).map_err(|_| OpaqueError::Stretching)
}

/// This generation's random numbers in the form of the one that opaque-ke asks for.
struct Older<'a, R: ?Sized>(&'a mut R);

impl<R: CryptoRng + ?Sized> RngCore for Older<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_06::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl<R: CryptoRng + ?Sized> rand_06::CryptoRng for Older<'_, R> {}

impl fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("ExportKey(..)")
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state: _, secret: _ } = self;
        f.write_str("Registration(..)")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state: _, secret: _ } = self;
        f.write_str("Login(..)")
    }
}
