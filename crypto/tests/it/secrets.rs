//! What may be written to a log by mistake says nothing.

use signet_crypto::{
    Authentic, Content, Incoming, KeyMaker, LocalShares, Login, MasterKey, ObjectKey, RecoveryKey, Registration,
    SecretKey, UnlockKey,
};
use signet_shared::{
    envelope::Suite,
    opaque::{KdfProfile, SecretKind},
};

use crate::{
    opaque::export_key,
    people::{alice, bob, delivery, inner, view},
};

#[test]
fn debug_of_secret_types_is_silent() {
    let (a, b, rng) = (alice(), bob(), &mut rand::rng());
    let sealed = a.seal(&[a, b], "hush");
    let (ids, bytes) = (b.ek_ids(), delivery(&sealed, b).to_bytes());
    let incoming = Incoming::parse(&bytes).unwrap();
    let id = sealed.env_id;
    let shown_incoming = format!("{incoming:?}");
    let authentic: Authentic = incoming.verify(&view(b, a, &[a, b], &ids)).unwrap();
    let shown_authentic = format!("{authentic:?}");
    let (message, _) = authentic.open(&b.keys).unwrap();
    for (shown, wanted) in [
        (format!("{:?}", a.keys), "Keyring(..)".to_owned()),
        (format!("{:?}", a.keys.ik), "IdentityKey(..)".to_owned()),
        (format!("{:?}", a.keys.eks[0]), "DecryptionKey(..)".to_owned()),
        (format!("{:?}", sealed.content_key), "ContentKey(..)".to_owned()),
        (format!("{:?}", ObjectKey::from_bytes([1; 32])), "ObjectKey(..)".to_owned()),
        (format!("{:?}", MasterKey::make(rng)), "MasterKey(epoch 1, ..)".to_owned()),
        (
            format!("{:?}", UnlockKey::derive(export_key(), SecretKind::Password, None, a.id(), KdfProfile::One)),
            "UnlockKey(..)".to_owned(),
        ),
        (format!("{:?}", LocalShares { browser: [1; 32], relay: [2; 32], tab: None }), "LocalShares(..)".to_owned()),
        (format!("{:?}", export_key()), "ExportKey(..)".to_owned()),
        (format!("{:?}", Registration::start(b"x", rng).unwrap().0), "Registration(..)".to_owned()),
        (format!("{:?}", Login::start(b"x", rng).unwrap().0), "Login(..)".to_owned()),
        (format!("{:?}", RecoveryKey::make(rng)), "RecoveryKey(..)".to_owned()),
        (format!("{:?}", SecretKey::make(rng)), "SecretKey(..)".to_owned()),
        (format!("{:?}", KeyMaker::new(Suite::Rsa3072)), "KeyMaker(..)".to_owned()),
        (format!("{:?}", inner("hush")), "Inner(..)".to_owned()),
        (format!("{:?}", Content::Text("hush".to_owned())), "Text(..)".to_owned()),
        (shown_incoming, format!("Incoming({id:?})").replace("EnvId(", "").replace("))", ")")),
        (shown_authentic, format!("Authentic({id})")),
    ] {
        assert_eq!(shown, wanted);
    }
    assert!(!format!("{message:?}").contains("hush"));
    assert_eq!(format!("{:?}", Incoming::parse(b"").unwrap_err()), "Refused");
    assert_eq!(Incoming::parse(b"").unwrap_err().to_string(), "the message is refused");
}
