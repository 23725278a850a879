//! Every parser of `signet-shared` and of this crate, with what must hold of it: it does not panic, and what it accepts is
//! written again as the very bytes that were read, so that nothing has two encodings. `crypto/fuzz/` feeds them; an
//! ordinary test replays its corpora.

use std::sync::LazyLock;

use signet_shared::{
    Username,
    api::{self, Body},
    code::OneTimeCode,
    envelope::{Delivery, Envelope, Suite},
    statement::SignedStatement,
    wire::{ClientFrame, ServerFrame},
};

use super::backup;
use crate::{
    BACKUP_HEADER, BackupHeader, EncryptionPublic, IdentityKey, IdentityPublic, Incoming, Inner, MasterKey,
    RecoveryKey, VerifiedAccount, check_code, code_text, keystore, looks_like_recovery_key,
    opaque::{read_ke2, read_registration_response},
    padding::{pad, unpad},
};

/// A parser by the name of its fuzz target; it says whether it accepted.
pub type Parser = (&'static str, fn(&[u8]) -> bool);

pub const PARSERS: [Parser; 20] = [
    ("backup", backup),
    ("delivery", delivery),
    ("envelope", envelope),
    ("statement", statement),
    ("pin", pin),
    ("inner", inner),
    ("hidden", hidden),
    ("slot", slot),
    ("keystore", keystore),
    ("public_key", public_key),
    ("private_key", private_key),
    ("recovery_key", recovery_key),
    ("one_time_code", one_time_code),
    ("safety_code", safety_code),
    ("username", username),
    ("client_frame", client_frame),
    ("server_frame", server_frame),
    ("api", api),
    ("registration_response", registration_response),
    ("ke2", ke2),
];

/// The first byte chooses: a header, a file under a known key, or the record stream of a file that is sealed rightly.
pub fn backup(data: &[u8]) -> bool {
    match data.split_first() {
        Some((0, head)) => {
            let header = BackupHeader::parse(head);
            header.as_ref().is_ok_and(|header| head.starts_with(&header.fields()) && head.len() == BACKUP_HEADER)
        }
        Some((1, file)) => {
            let key = backup::key(backup::BK);
            let [whole, pieces] = [1 << 20, 3].map(|piece| backup::read(file, &key, piece).map(|(_, summary)| summary));
            assert_eq!(whole, pieces);
            whole.is_ok()
        }
        Some((2, stream)) => {
            let records = backup::read_stream(stream);
            if let Ok(records) = &records {
                assert_eq!(backup::stream(records), stream);
            }
            records.is_ok()
        }
        _ => false,
    }
}

pub fn delivery(data: &[u8]) -> bool {
    let parsed = Delivery::parse(data);
    let rooted = parsed.as_ref().is_ok_and(|delivery| delivery.root().is_some());
    assert_eq!(Incoming::parse(data).is_ok(), rooted);
    same(parsed, data, Delivery::to_bytes)
}

pub fn envelope(data: &[u8]) -> bool {
    let parsed = Envelope::parse(data);
    if let Ok(envelope) = &parsed {
        let env_id = envelope.env_id();
        for (account, delivery) in envelope.deliveries() {
            assert_eq!(delivery.leaf.account_id, account);
            assert_eq!(delivery.env_id(), Some(env_id));
            assert!(Incoming::parse(&delivery.to_bytes()).is_ok_and(|incoming| incoming.env_id() == env_id));
        }
    }
    same(parsed, data, Envelope::to_bytes)
}

pub fn statement(data: &[u8]) -> bool {
    let parsed = SignedStatement::parse(data);
    if let Ok(signed) = &parsed {
        let _ = VerifiedAccount::verify(std::slice::from_ref(signed));
    }
    same(parsed, data, SignedStatement::to_bytes)
}

pub fn pin(data: &[u8]) -> bool {
    same(VerifiedAccount::from_pinned(data), data, VerifiedAccount::to_bytes)
}

pub fn inner(data: &[u8]) -> bool {
    same(Inner::parse(data), data, |inner| inner.to_bytes().unwrap().to_vec())
}

pub fn hidden(data: &[u8]) -> bool {
    assert_eq!(unpad(&pad(data)), Some(data));
    same(unpad(data).ok_or(()), data, |text| pad(text).to_vec())
}

pub fn slot(data: &[u8]) -> bool {
    same(MasterKey::parse(data), data, |master| master.to_bytes().to_vec())
}

pub fn keystore(data: &[u8]) -> bool {
    same(keystore::parse(data), data, |(keys, prev)| keystore::plaintext(keys, *prev).to_vec())
}

pub fn public_key(data: &[u8]) -> bool {
    let parsed = EncryptionPublic::from_spki(Suite::Rsa3072, data);
    assert_eq!(parsed.is_ok(), IdentityPublic::from_spki(data).is_ok());
    same(parsed, data, |key| key.spki().to_vec())
}

pub fn private_key(data: &[u8]) -> bool {
    same(IdentityKey::from_pkcs8(data), data, |key| key.pkcs8().to_vec())
}

/// May be typed in many ways, and is shown in one.
pub fn recovery_key(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else { return false };
    let Ok(key) = text.parse::<RecoveryKey>() else { return false };
    assert!(looks_like_recovery_key(text));
    assert!(key.to_string().parse() == Ok(key), "what is shown is read as the same key");
    true
}

/// May be typed in many ways, and is shown in one.
pub fn one_time_code(data: &[u8]) -> bool {
    let Some(code) = core::str::from_utf8(data).ok().and_then(OneTimeCode::parse) else { return false };
    assert!(OneTimeCode::parse(&code.to_string()) == Some(code), "what is shown is read as the same code");
    true
}

/// What a camera reads, for two people who know each other.
pub fn safety_code(data: &[u8]) -> bool {
    static PEOPLE: LazyLock<[VerifiedAccount; 2]> = LazyLock::new(|| {
        let mut rng = super::seeded::Seeded::new(b"safety code");
        [("Anna", [1, 2]), ("bob_2", [3, 4])].map(|(name, keys)| backup::account(name, keys, &mut rng).0)
    });
    let Ok(text) = core::str::from_utf8(data) else { return false };
    let [me, peer] = &*PEOPLE;
    let fits = check_code(text, me, peer).is_ok();
    assert_eq!(fits, text == code_text(peer, me));
    fits
}

pub fn username(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else { return false };
    let Ok(name) = text.parse::<Username>() else { return false };
    assert_eq!(name.shown(), text);
    let canonical: Username = name.canonical().parse().unwrap();
    assert!(canonical == name && canonical.shown() == name.canonical());
    true
}

pub fn client_frame(data: &[u8]) -> bool {
    same(ClientFrame::parse(data), data, ClientFrame::to_bytes)
}

pub fn server_frame(data: &[u8]) -> bool {
    same(ServerFrame::parse(data), data, ServerFrame::to_bytes)
}

/// The first byte chooses the body.
pub fn api(data: &[u8]) -> bool {
    const BODIES: [fn(&[u8]) -> bool; 37] = [
        body::<api::About>,
        body::<api::RegisterStart>,
        body::<api::RegisterStarted>,
        body::<api::RegisterFinish>,
        body::<api::LoginStart>,
        body::<api::LoginStarted>,
        body::<api::LoginFinish>,
        body::<api::Vault>,
        body::<api::PutState>,
        body::<api::Stored>,
        body::<api::TakeShare>,
        body::<api::Shares>,
        body::<api::Lookup>,
        body::<api::Statements>,
        body::<api::Access>,
        body::<api::SecretStart>,
        body::<api::SecretStarted>,
        body::<api::SecretPending>,
        body::<api::SecretTry>,
        body::<api::SecretTried>,
        body::<api::SecretFinish>,
        body::<api::Sessions>,
        body::<api::EndSessions>,
        body::<api::Ended>,
        body::<api::AnewAsk>,
        body::<api::AnewClaim>,
        body::<api::AnewFinish>,
        body::<api::AnewRefuse>,
        body::<api::AnewStand>,
        body::<api::AnewStart>,
        body::<api::AnewStarted>,
        body::<api::EarlierStart>,
        body::<api::EarlierVault>,
        body::<api::Passkeys>,
        body::<api::PutKeys>,
        body::<api::RemovePasskey>,
        body::<api::Rescue>,
    ];
    data.split_first().is_some_and(|(which, data)| BODIES[usize::from(*which) % BODIES.len()](data))
}

fn body<B: Body>(data: &[u8]) -> bool {
    same(B::parse(data), data, B::to_bytes)
}

pub fn registration_response(data: &[u8]) -> bool {
    same(read_registration_response(data), data, |response| response.serialize().to_vec())
}

pub fn ke2(data: &[u8]) -> bool {
    same(read_ke2(data), data, |response| response.serialize().to_vec())
}

/// Whether it was accepted; if so, it must be written as it was read.
fn same<T, E>(parsed: Result<T, E>, data: &[u8], write: impl FnOnce(&T) -> Vec<u8>) -> bool {
    if let Ok(parsed) = &parsed {
        assert_eq!(write(parsed), data);
    }
    parsed.is_ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::PARSERS;

    #[test]
    fn corpora_are_replayed() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let mut replayed = 0;
        for (name, parse) in PARSERS {
            assert!(fuzz.join(format!("targets/{name}.rs")).is_file(), "{name} has a fuzz target");
            let mut accepted = 0;
            for entry in fs::read_dir(fuzz.join("corpus").join(name)).unwrap() {
                accepted += usize::from(parse(&fs::read(entry.unwrap().path()).unwrap()));
                replayed += 1;
            }
            assert!(accepted > 0, "nothing in the corpus of {name} is accepted: the target sees only refusals");
        }
        println!("{replayed} inputs of {} corpora replayed", PARSERS.len());
    }
}
