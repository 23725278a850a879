//! Writes messages and objects for `tests/vectors/own.py check`, which opens them with another implementation.

#![allow(clippy::unwrap_used, reason = "published test keys, and nobody to tell but the person at the terminal")]

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use signet_crypto::{
    Address, Content, DecryptionKey, IdentityKey, Inner, Keyring, LocalShares, MasterKey, RecoveryKey, Sender,
    VerifiedAccount, make_first_statement, seal_keystore, seal_message,
};
use signet_shared::{
    ClientUuid, ConvId, StreamId,
    envelope::{Envelope, Header, Suite},
};

fn main() {
    let rng = &mut rand::rng();
    let (a, a_keys) =
        person("anna", include_str!("../tests/data/test-key-1.pem"), include_str!("../tests/data/test-key-2.pem"));
    let (b, _) =
        person("bert", include_str!("../tests/data/test-key-3.pem"), include_str!("../tests/data/test-key-4.pem"));
    let messages = 100;
    println!("messages = {messages}");
    for n in 0..messages {
        let text: String = "Grüße aus Rust, 🦀! ".chars().cycle().take(n * n * 2).collect();
        let (conv_id, stream_id) = (ConvId::direct(a.account_id(), b.account_id()), StreamId([3; 16]));
        let prev = Header::first_prev(conv_id, a.account_id(), stream_id);
        let address = Address { flags: 0, conv_id, group_epoch: 0, stream_id, seq: 1, prev };
        let sender = Sender { account: &a, key: &a_keys.ik };
        let sealed = seal_message(&address, &sender, &[&a, &b], &inner(&text), rng).unwrap();
        let deliveries = Envelope::parse(&sealed.envelope).unwrap().deliveries();
        let (_, delivery) = deliveries.into_iter().find(|(id, _)| *id == b.account_id()).unwrap();
        println!("text_{n} = {}", hex::encode(&text));
        println!("env_id_{n} = {}", sealed.env_id);
        println!("delivery_{n} = {}", hex::encode(delivery.to_bytes()));
    }
    let amk = MasterKey::make(rng);
    let shares = LocalShares { browser: [1; 32], relay: [2; 32], tab: Some([3; 32]) };
    println!("account_id = {}", a.account_id());
    println!("local = {}", hex::encode(amk.seal_local(&shares, a.account_id(), a.ik_hash(), rng)));
    println!("keystore = {}", hex::encode(seal_keystore(&a_keys, &amk, a.account_id(), 1, [0; 32], rng)));
    let recovery = RecoveryKey::make(rng);
    println!("recovery_secret = {}", hex::encode(recovery.secret().as_slice()));
    println!("recovery_text = {recovery}");
}

fn person(name: &str, ik: &str, ek: &str) -> (VerifiedAccount, Keyring) {
    let der = |pem| PrivateKey::from_pkcs8_pem(pem).unwrap().to_pkcs8_der().unwrap();
    let ik = IdentityKey::from_pkcs8(der(ik).as_bytes()).unwrap();
    let keys = Keyring { ik, eks: vec![DecryptionKey::from_pkcs8(Suite::Rsa3072, der(ek).as_bytes()).unwrap()] };
    let first = make_first_statement(&name.parse().unwrap(), [5; 32], &keys, 0, &mut rand::rng());
    (VerifiedAccount::verify(&[first]).unwrap(), keys)
}

fn inner(text: &str) -> Inner {
    Inner {
        content: Content::Text(text.to_owned()),
        sent_ms: 0,
        client_uuid: ClientUuid([9; 16]),
        reply_to: None,
        expires_s: 0,
        seen: Vec::new(),
        abandoned: None,
        group_head: [0; 32],
        keystore_version: 1,
        keystore_hash: [1; 32],
        state_version: 2,
        state_hash: [2; 32],
    }
}
