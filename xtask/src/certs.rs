//! Development certificates: a local authority, and one certificate of it for this machine.
//!
//! The authority's own key is forgotten as soon as it has signed, and it may vouch for nothing but this machine: whoever
//! trusts `ca.pem` trusts no one with anything else. The price is a new authority when the certificate runs out.

use std::{
    fs,
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256,
};
use time::{Duration, OffsetDateTime};

use crate::{
    place::Place,
    shell::{note, step},
};

/// Browsers refuse more than 398 days.
const VALID: Duration = Duration::days(397);
/// Made anew when less than this is left.
const SPARE: Duration = Duration::days(14);
const AUTHORITY: &str = "Signet development authority";

/// Makes `ca.pem`, `cert.pem` and `key.pem` in `certs/`, unless they are there and good for a while yet.
pub(crate) fn ready(place: &Place) -> Result<()> {
    step("Looking for development certificates: browsers want HTTPS");
    let folder = place.certs();
    let state = State::of(&folder, OffsetDateTime::now_utc());
    match state {
        State::Good => {
            note("certs/cert.pem and certs/key.pem are there and good");
            return Ok(());
        }
        State::Foreign => {
            note("certs/ holds a certificate that this command did not make; it is used as it is");
            return Ok(());
        }
        State::Missing => note("there are none, so an authority and a certificate for localhost are made"),
        State::Expiring => note("they are about to run out, so new ones are made: trust the new certs/ca.pem instead"),
    }
    make(&folder, OffsetDateTime::now_utc())
}

#[derive(Debug, PartialEq)]
enum State {
    Missing,
    Good,
    Expiring,
    Foreign,
}

impl State {
    fn of(folder: &Path, now: OffsetDateTime) -> Self {
        let (Ok(pem), Ok(_)) = (fs::read_to_string(folder.join("cert.pem")), fs::metadata(folder.join("key.pem")))
        else {
            return Self::Missing;
        };
        let Some(der) = der(&pem).filter(|der| contains(der, AUTHORITY.as_bytes())) else {
            return Self::Foreign;
        };
        match not_after(&der) {
            Some(end) if end > utc_time(now + SPARE) => Self::Good,
            _ => Self::Expiring,
        }
    }
}

fn make(folder: &Path, now: OffsetDateTime) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let authority = CertifiedIssuer::self_signed(authority(now)?, key()?).context("could not sign the authority")?;
    let own = key()?;
    let certificate = leaf(now)?.signed_by(&own, &authority).context("could not sign the certificate")?;
    write(&folder.join("ca.pem"), &authority.pem(), false)?;
    write(&folder.join("key.pem"), &own.serialize_pem(), true)?;
    write(&folder.join("cert.pem"), &(certificate.pem() + &authority.pem()), false)
}

fn key() -> Result<KeyPair> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("could not make a key: is the system's randomness there?")
}

fn authority(now: OffsetDateTime) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    // A name of its own for each, so that a browser that trusts an older one is not confused.
    params.distinguished_name = name(&format!("{AUTHORITY} {}", now.date()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".into()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(IpAddr::V4(Ipv4Addr::LOCALHOST), 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(IpAddr::V6(Ipv6Addr::LOCALHOST), 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    Ok(dated(params, now))
}

fn leaf(now: OffsetDateTime) -> Result<CertificateParams> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = name("localhost");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(dated(params, now))
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Signet development");
    name.push(DnType::CommonName, common);
    name
}

/// An hour of grace for a clock that was set back.
fn dated(mut params: CertificateParams, now: OffsetDateTime) -> CertificateParams {
    params.not_before = now - Duration::HOUR;
    params.not_after = params.not_before + VALID;
    params
}

fn write(path: &Path, text: &str, secret: bool) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if secret {
        // The mode below is given to new files only.
        if path.exists() {
            fs::remove_file(path).with_context(|| format!("could not replace {}", path.display()))?;
        }
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("could not write {}", path.display()))
}

/// The first certificate of a PEM file.
fn der(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----")?.1.split_once("-----END CERTIFICATE-----")?.0;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

/// The end of a certificate's validity as written in it: `YYMMDDHHMMSSZ`, which sorts as time does until 2050.
fn not_after(der: &[u8]) -> Option<String> {
    // SEQUENCE of thirty bytes: two UTCTimes of thirteen.
    let at = der.windows(4).position(|window| window == [0x30, 0x1e, 0x17, 0x0d])?;
    let end = der.get(at + 2 + 15..at + 2 + 30)?;
    (end[..2] == [0x17, 0x0d]).then(|| String::from_utf8_lossy(&end[2..]).into_owned())
}

fn utc_time(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    let (year, month, day) = (date.year() % 100, u8::from(date.month()), date.day());
    format!("{year:02}{month:02}{day:02}{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second())
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_made_once_renewed_in_time_and_foreign_ones_left_alone() {
        let folder = std::env::temp_dir().join(format!("signet-xtask-certs-{}", std::process::id()));
        let now = OffsetDateTime::now_utc();
        assert_eq!(State::of(&folder, now), State::Missing);
        make(&folder, now).unwrap();
        assert_eq!(State::of(&folder, now), State::Good);
        assert_eq!(State::of(&folder, now + Duration::days(382)), State::Good);
        assert_eq!(State::of(&folder, now + Duration::days(384)), State::Expiring);
        make(&folder, now).unwrap();
        #[cfg(unix)]
        {
            let key = fs::metadata(folder.join("key.pem")).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
        }
        fs::write(folder.join("cert.pem"), "someone's own").unwrap();
        assert_eq!(State::of(&folder, now + Duration::days(384)), State::Foreign);
        fs::remove_dir_all(folder).unwrap();
    }
}
