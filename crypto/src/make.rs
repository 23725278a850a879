//! Key making in small steps: four primes of half the modulus' bits take seconds in a browser, so a worker takes one
//! candidate per step, and can report and be stopped in between.

use core::{fmt, mem, num::NonZeroU32};

use crypto_bigint::{BitOps, BoxedUint, NonZero, RandomBits};
use crypto_primes::{Flavor, hazmat::SmallFactorsSieve, is_prime};
use rand_core::CryptoRng;
use rsa::PrivateKey;
use signet_shared::envelope::Suite;
use zeroize::{Zeroize, Zeroizing};

use crate::keys::{DecryptionKey, EXPONENT, IdentityKey, KeyError, bits};

/// Primes in two keys.
const PRIMES: usize = 4;
/// |p - q| must exceed 2^(bits - 100) (FIPS 186-5, A.1.3): a difference of fewer bits is refused.
const CLOSE: u32 = 100;

/// Makes an identity key and an encryption key, or an encryption key alone. The primes are wiped when it is dropped; the sieve's start, from which
/// a prime is a few hundred away, is not (crypto-primes offers no way), and stays in freed memory until overwritten.
pub struct KeyMaker {
    suite: Suite,
    /// So many primes are needed.
    most: usize,
    primes: Vec<Zeroizing<BoxedUint>>,
    sieve: Option<SmallFactorsSieve<BoxedUint>>,
    tried: u32,
    ik: Option<IdentityKey>,
    finished: bool,
}

#[allow(
    clippy::large_enum_variant,
    reason = "taken apart at once; a box would only be one more place for keys; small on wasm32"
)]
pub enum Making {
    /// `done` goes from 0 to 1 and never back. It is an estimate: chance decides how long it takes.
    More {
        done: f32,
    },
    Done(NewKeys),
    /// The encryption key that was asked for alone.
    Renewed(DecryptionKey),
}

pub struct NewKeys {
    pub ik: IdentityKey,
    pub ek: DecryptionKey,
}

impl KeyMaker {
    pub fn new(suite: Suite) -> Self {
        Self {
            suite,
            most: PRIMES,
            primes: Vec::with_capacity(PRIMES),
            sieve: None,
            tried: 0,
            ik: None,
            finished: false,
        }
    }

    /// For an account that keeps its identity key.
    pub fn for_encryption(suite: Suite) -> Self {
        Self { most: PRIMES / 2, ..Self::new(suite) }
    }

    /// One candidate tested, or one key put together.
    pub fn step<R>(&mut self, rng: &mut R) -> Result<Making, KeyError>
    where
        R: CryptoRng + ?Sized,
    {
        if self.finished {
            return Err(KeyError::Finished);
        }
        if self.primes.len() < self.most {
            self.try_candidate(rng)?;
            return Ok(Making::More { done: self.done() });
        }
        if self.most == PRIMES && self.ik.is_none() {
            let key = self.put_together(0)?;
            self.ik = Some(IdentityKey::from_key(key)?);
            return Ok(Making::More { done: self.done() });
        }
        let ek = DecryptionKey::from_key(self.suite, self.put_together(self.most - 2)?)?;
        self.finished = true;
        self.primes.clear();
        Ok(match self.ik.take() {
            Some(ik) => Making::Done(NewKeys { ik, ek }),
            None => Making::Renewed(ek),
        })
    }

    fn try_candidate<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<(), KeyError> {
        let sieve = match self.sieve.as_mut() {
            Some(sieve) => sieve,
            None => self.sieve.insert(start_sieve(bits(self.suite) / 2, rng)?),
        };
        let Some(candidate) = sieve.next().map(Zeroizing::new) else {
            // The end of the range: once in 2^1500 starts.
            self.sieve = None;
            return Ok(());
        };
        self.tried += 1;
        if fits(&candidate, self.partner()) && is_prime(Flavor::Any, &*candidate) {
            self.primes.push(candidate);
            self.sieve = None;
            self.tried = 0;
        }
        Ok(())
    }

    /// The other prime of the same key, if it is there already.
    fn partner(&self) -> Option<&BoxedUint> {
        if self.primes.len() % 2 == 1 { self.primes.last().map(|p| &**p) } else { None }
    }

    /// n, d and the CRT values from two primes; validated.
    fn put_together(&mut self, first: usize) -> Result<PrivateKey, KeyError> {
        let pair = self.primes.get_mut(first..first + 2).ok_or(KeyError::Inconsistent)?;
        let [p, q] = pair else { return Err(KeyError::Inconsistent) };
        let (p, q) = (mem::take(&mut **p), mem::take(&mut **q));
        let key = PrivateKey::from_p_q(p, q, BoxedUint::from(EXPONENT)).map_err(|_| KeyError::Inconsistent)?;
        key.validate().map_err(|_| KeyError::Inconsistent)?;
        Ok(key)
    }

    /// Primes found, and for the one that is sought the chance to have found it by now.
    fn done(&self) -> f32 {
        let expected = 0.02 * bits(self.suite) as f32;
        let seeking = if self.primes.len() < self.most { 1.0 - (-(self.tried as f32) / expected).exp() } else { 0.0 };
        let built = if self.ik.is_some() { 0.01 } else { 0.0 };
        0.98 * (self.primes.len() as f32 + 0.95 * seeking) / self.most as f32 + built
    }
}

/// A random odd start with its two top bits set, so that the product of two primes has all its bits; multiples of the
/// first 2048 primes are left out on the way up from it.
fn start_sieve<R: CryptoRng + ?Sized>(prime_bits: u32, rng: &mut R) -> Result<SmallFactorsSieve<BoxedUint>, KeyError> {
    let mut start = BoxedUint::try_random_bits(rng, prime_bits).map_err(|_| KeyError::Fault)?;
    for bit in [0, prime_bits - 1, prime_bits - 2] {
        start.set_bit_vartime(bit, true);
    }
    let max_bits = NonZeroU32::new(prime_bits).ok_or(KeyError::WrongSize)?;
    SmallFactorsSieve::new(start, max_bits, false).map_err(|_| KeyError::WrongSize)
}

/// gcd(e, p - 1) = 1, and far enough from the other prime. Cheap, so done before the test of primality.
fn fits(candidate: &BoxedUint, partner: Option<&BoxedUint>) -> bool {
    let Some(e) = NonZero::new(BoxedUint::from(EXPONENT)).into_option() else { return false };
    let mut less_one = candidate.wrapping_sub(BoxedUint::one());
    // e is prime: it shares a factor with p - 1 only if it divides it.
    let coprime = !bool::from((&less_one % &e).is_zero());
    less_one.zeroize();
    let apart = partner.is_none_or(|other| {
        let (high, low) = if candidate > other { (candidate, other) } else { (other, candidate) };
        let mut difference = high.wrapping_sub(low);
        let far = difference.bit_width_vartime() > candidate.bit_width_vartime().saturating_sub(CLOSE);
        difference.zeroize();
        far
    });
    coprime && apart
}

impl fmt::Debug for KeyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite: _, most: _, primes: _, sieve: _, tried: _, ik: _, finished: _ } = self;
        f.write_str("KeyMaker(..)")
    }
}

impl fmt::Debug for Making {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::More { done } => write!(f, "More({done})"),
            Self::Done(NewKeys { ik: _, ek: _ }) => f.write_str("Done(..)"),
            Self::Renewed(_) => f.write_str("Renewed(..)"),
        }
    }
}

impl fmt::Debug for NewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ik: _, ek: _ } = self;
        f.write_str("NewKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{
        Odd, RandomMod,
        modular::{BoxedMontyForm, BoxedMontyParams},
    };
    use rsa::{pkcs8::DecodePrivateKey, traits::PrivateKeyParts};

    use super::*;

    /// Miller and Rabin's test, written here a second time: a composite passes one round with a chance of 1/4 at most.
    fn passes(n: &BoxedUint, rounds: usize) -> bool {
        let (one, less_one) = (BoxedUint::one(), n.wrapping_sub(BoxedUint::one()));
        let s = less_one.trailing_zeros_vartime();
        let d = less_one.shr_vartime(s).unwrap();
        let params = BoxedMontyParams::new_vartime(Odd::new(n.clone()).unwrap());
        let nonzero = NonZero::new(less_one.clone()).unwrap();
        (0..rounds).all(|_| {
            let base = BoxedUint::random_mod_vartime(&mut rand::rng(), &nonzero).wrapping_add(&one);
            let mut x = BoxedMontyForm::new(base, &params).pow(&d);
            let is = |x: &BoxedMontyForm, value: &BoxedUint| x.retrieve() == *value;
            if is(&x, &one) || is(&x, &less_one) {
                return true;
            }
            (1..s).any(|_| {
                x = x.square();
                is(&x, &less_one)
            })
        })
    }

    #[test]
    fn primes_of_made_keys_pass_another_test() {
        let composite = BoxedUint::from(65_537_u64 * 104_729);
        assert!(!passes(&composite, 40), "the test refuses something");
        let mut maker = KeyMaker::new(Suite::Rsa3072);
        let keys = loop {
            if let Making::Done(keys) = maker.step(&mut rand::rng()).unwrap() {
                break keys;
            }
        };
        let mut tested = 0;
        for pkcs8 in [keys.ik.pkcs8(), keys.ek.pkcs8()] {
            let key = PrivateKey::from_pkcs8_der(pkcs8).unwrap();
            let [p, q] = key.primes() else { panic!("two primes") };
            for prime in [p, q] {
                assert_eq!(prime.bit_width_vartime(), 1536);
                assert!(prime.bit_vartime(1535) && prime.bit_vartime(1534), "the product has all its bits");
                assert!(passes(prime, 64));
                tested += 1;
            }
            assert!(fits(p, Some(q)) && fits(q, Some(p)));
        }
        println!("{tested} primes of made keys passed 64 rounds of Miller and Rabin");
    }
}
