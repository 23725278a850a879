//! NIST, Wycheproof and RFC 9106 against the functions that the formats really use.

use std::collections::BTreeMap;

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, is_prime};
use signet_shared::envelope::Suite;
use wycheproof::TestResult;

use crate::{
    DecryptionKey, IdentityPublic,
    primitives::{cfb_decrypt, cfb_encrypt, hkdf, hmac},
};

pub(super) fn aes_256_cfb128_gives_nists_answers() -> String {
    let files = [
        include_str!("../../tests/vectors/cavp/CFB128GFSbox256.rsp"),
        include_str!("../../tests/vectors/cavp/CFB128KeySbox256.rsp"),
        include_str!("../../tests/vectors/cavp/CFB128MMT256.rsp"),
        include_str!("../../tests/vectors/cavp/CFB128VarKey256.rsp"),
        include_str!("../../tests/vectors/cavp/CFB128VarTxt256.rsp"),
    ];
    let mut ran = 0;
    for (encrypt, case) in files.iter().flat_map(|file| cases(file)) {
        let field = |name: &str| hex::decode(&case[name]).unwrap();
        let (key, iv) = (field("KEY").try_into().unwrap(), field("IV").try_into().unwrap());
        let (mut from, to) =
            if encrypt { (field("PLAINTEXT"), field("CIPHERTEXT")) } else { (field("CIPHERTEXT"), field("PLAINTEXT")) };
        if encrypt {
            cfb_encrypt(&key, &iv, &mut from)
        } else {
            cfb_decrypt(&key, &iv, &mut from)
        }
        assert_eq!(from, to);
        ran += 1;
    }
    assert_eq!(ran, 830);
    format!("{ran} CAVP vectors of AES-256-CFB128")
}

pub(super) fn oaep_3072_sha256_as_wycheproof() -> String {
    let set = wycheproof::rsa_oaep::TestSet::load(wycheproof::rsa_oaep::TestName::Rsa3072Sha256Mgf1Sha256).unwrap();
    let (mut valid, mut invalid, mut ignored_octet) = (0, 0, 0);
    for group in set.test_groups {
        let key = DecryptionKey::from_pkcs8(Suite::Rsa3072, &group.pkcs8).unwrap();
        for test in group.tests {
            let opened = key.oaep(test.label.to_vec(), &test.ct);
            // draft-irtf-cfrg-rsa-guidance, section 7: the first octet is ignored, so that nothing can depend on it
            // (Manger's attack). It carries nothing; the sender's signature covers the wrap.
            let ignored = test.comment == "First byte is 1";
            match test.result {
                TestResult::Invalid if ignored => {
                    assert!(opened.is_some());
                    ignored_octet += 1;
                }
                TestResult::Valid | TestResult::Acceptable => {
                    assert_eq!(opened.unwrap().as_slice(), &test.pt[..], "{}", test.comment);
                    valid += 1;
                }
                TestResult::Invalid => {
                    assert!(opened.is_none(), "{}", test.comment);
                    invalid += 1;
                }
            }
        }
    }
    assert_eq!((valid + invalid, ignored_octet), (36, 1));
    format!("Wycheproof OAEP: {valid} opened, {invalid} refused, {ignored_octet} with an ignored first octet")
}

pub(super) fn pss_3072_sha256_as_wycheproof() -> String {
    let set =
        wycheproof::rsa_pss_verify::TestSet::load(wycheproof::rsa_pss_verify::TestName::RsaPss3072Sha256Mgf1SaltLen32)
            .unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let key = IdentityPublic::from_spki(&group.der).unwrap();
        for test in group.tests {
            let verified = key.verify_bytes(&test.msg, &test.sig);
            match test.result {
                TestResult::Valid | TestResult::Acceptable => valid += usize::from(verified),
                TestResult::Invalid => invalid += usize::from(!verified),
            }
            assert_eq!(verified, test.result != TestResult::Invalid, "{}", test.comment);
        }
    }
    assert_eq!(valid + invalid, 108);
    format!("Wycheproof PSS: {valid} verified, {invalid} refused")
}

pub(super) fn hmac_sha256_as_wycheproof() -> String {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            let same = hmac(&test.key, &[&test.msg])[..group.tag_size / 8] == test.tag[..];
            assert_eq!(same, test.result != TestResult::Invalid, "{}", test.comment);
            if same { valid += 1 } else { invalid += 1 }
        }
    }
    assert_eq!(valid + invalid, 174);
    format!("Wycheproof HMAC: {valid} equal, {invalid} not")
}

pub(super) fn hkdf_sha256_as_wycheproof() -> String {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let (mut ran, mut too_long) = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            // A shorter output is a prefix of a longer one; too long ones are refused when this crate is compiled.
            if test.result == TestResult::Invalid {
                assert!(test.size > 8160);
                too_long += 1;
                continue;
            }
            assert_eq!(
                hkdf::<8160>(&test.ikm, &test.salt, &[&test.info])[..test.size],
                test.okm[..],
                "{}",
                test.comment
            );
            ran += 1;
        }
    }
    assert_eq!(ran + too_long, 86);
    format!("Wycheproof HKDF: {ran} equal, {too_long} longer than HKDF gives")
}

/// The test that [`crate::KeyMaker`] puts to its candidates. Negative numbers are no candidates, and left out.
pub(super) fn primality_as_wycheproof() -> String {
    let set = wycheproof::primality::TestSet::load(wycheproof::primality::TestName::Primality).unwrap();
    let (mut prime, mut composite, mut negative) = (0, 0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        if test.value.first().is_some_and(|byte| *byte >= 0x80) {
            negative += 1;
            continue;
        }
        let value = BoxedUint::from_be_slice_vartime(&test.value);
        let said = is_prime(Flavor::Any, &value);
        assert_eq!(said, test.result != TestResult::Invalid, "{}: {}", test.tc_id, test.comment);
        if said { prime += 1 } else { composite += 1 }
    }
    assert_eq!(prime + composite + negative, 317);
    format!("Wycheproof primality: {prime} primes, {composite} composites, {negative} negative numbers left out")
}

pub(super) fn argon2id_as_rfc_9106_and_openssl() -> String {
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
    let mut ran = 0;
    for (_, case) in cases(include_str!("../../tests/vectors/argon2/argon2id.txt")) {
        let field = |name: &str| case.get(name).map(|text| hex::decode(text).unwrap()).unwrap_or_default();
        let number = |name: &str| case[name].parse::<u32>().unwrap();
        let mut params = ParamsBuilder::new();
        params.m_cost(number("memcost")).t_cost(number("iter")).p_cost(number("lanes"));
        params.data(AssociatedData::new(&field("ad")).unwrap());
        let (secret, mut out) = (field("secret"), vec![0; number("length") as usize]);
        Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params.build().unwrap())
            .unwrap()
            .hash_password_into(&field("pass"), &field("salt"), &mut out)
            .unwrap();
        assert_eq!(out, field("output"));
        ran += 1;
    }
    assert_eq!(ran, 6);
    format!("{ran} vectors of Argon2id")
}

/// The cases of a NIST-like file, each with whether it stands below `[ENCRYPT]`.
fn cases(file: &str) -> Vec<(bool, BTreeMap<String, String>)> {
    let (mut all, mut encrypt) = (Vec::new(), false);
    for line in file.lines() {
        match line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            _ if line.starts_with('#') => {}
            None if line.starts_with('[') => encrypt = line == "[ENCRYPT]",
            None => {}
            Some(("COUNT", _)) => all.push((encrypt, BTreeMap::new())),
            Some((name, value)) => {
                all.last_mut().unwrap().1.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    all
}
