//! Values that are computed and not sealed: paddings, trees, ids, numbers for people.

use signet_shared::{
    AccountId, ConvId, EnvId, IkHash, MembersHash, StreamId,
    envelope::{Header, leaf_hash, path, root, root_of_path},
    opaque::{KdfProfile, SecretKind, context, credential_id},
    statement::{StatedEk, derive_account_id, derive_ik_hash},
};

use super::Vector;
use crate::{
    CodeError, RecoveryKey, RecoveryKeyError, SecretKey, SecretKeyError, check_code, code_text,
    opaque::stretch as argon2id,
    padding::{pad, unpad},
    safety_number,
};

pub(super) fn recovery(vector: &Vector<'_>) -> &'static str {
    match vector.text("text").parse::<RecoveryKey>() {
        Ok(key) => {
            assert_eq!(*key.secret(), vector.bytes("secret"), "{}", vector.name);
            assert_eq!(key.to_string(), vector.find("shown").unwrap_or(vector.text("text")), "{}", vector.name);
            "opens"
        }
        Err(RecoveryKeyError::Length) => "length",
        Err(RecoveryKeyError::Character) => "character",
        Err(RecoveryKeyError::Check) => "check",
    }
}

pub(super) fn secret_key(vector: &Vector<'_>) -> &'static str {
    match vector.text("text").parse::<SecretKey>() {
        Ok(key) => {
            assert_eq!(key.as_bytes(), &vector.array("secret"), "{}", vector.name);
            assert_eq!(key.to_string(), vector.find("shown").unwrap_or(vector.text("text")), "{}", vector.name);
            assert_eq!(key.id(AccountId(vector.array("account_id"))).0, vector.array("key_id"), "{}", vector.name);
            "opens"
        }
        Err(SecretKeyError::Form) => "form",
        Err(SecretKeyError::Check) => "check",
    }
}

pub(super) fn safety(vector: &Vector<'_>) -> &'static str {
    let (one, other) = (vector.account("one"), vector.account("other"));
    let same = [(&one, &other), (&other, &one)].map(|(one, other)| safety_number(one, other) == vector.text("number"));
    if same == [true; 2] { "opens" } else { "another number" }
}

/// A person's code, as the other reads it. What opens is also made.
pub(super) fn code(vector: &Vector<'_>) -> &'static str {
    let (me, peer) = (vector.account("me"), vector.account("peer"));
    let text = vector.text("text");
    match check_code(text, &me, &peer) {
        Ok(()) if code_text(&peer, &me) == text => "opens",
        Ok(()) => "another text",
        Err(CodeError::NotOurs) => "not ours",
        Err(CodeError::OtherVersion) => "version",
        Err(CodeError::Own) => "own",
        Err(CodeError::OtherPair) => "pair",
        Err(CodeError::OtherKeys) => "keys",
        Err(CodeError::OtherState) => "state",
    }
}

/// Length hiding, forwards where a plaintext is given.
pub(super) fn hide(vector: &Vector<'_>) -> &'static str {
    let hidden = vector.bytes("hidden");
    if let Some(plaintext) = vector.find("plaintext")
        && *pad(&hex::decode(plaintext).unwrap()) != hidden
    {
        return "another padding";
    }
    if unpad(&hidden).is_some() { "opens" } else { "padding" }
}

/// The root over `leaf_0` ... and the path of each.
pub(super) fn merkle(vector: &Vector<'_>) -> &'static str {
    let leaves: Vec<_> = vector.list("leaf").iter().map(|leaf| leaf_hash(leaf)).collect();
    let (size, wanted) = (leaves.len(), vector.array("root"));
    for (at, nodes) in vector.list("path").into_iter().enumerate() {
        let nodes: Vec<[u8; 32]> = nodes.chunks_exact(32).map(|node| node.try_into().unwrap()).collect();
        if path(&leaves, at) != nodes || root_of_path(leaves[at], at, size, &nodes) != Some(wanted) {
            return "another path";
        }
    }
    if root(&leaves) == wanted { "opens" } else { "another root" }
}

/// One derived id, by its name in FORMAT.md, from the fields that it is made of.
pub(super) fn id(vector: &Vector<'_>) -> &'static str {
    let account = |name| AccountId(vector.array(name));
    let computed = match vector.text("name") {
        "ik_hash" => derive_ik_hash(&vector.bytes("spki")).as_bytes().to_vec(),
        "ek_id" => {
            let ek = StatedEk { suite: vector.number("suite"), not_after: 0, spki: vector.bytes("spki") };
            ek.id().as_bytes().to_vec()
        }
        "account_id" => {
            let username = vector.text("username").parse().unwrap();
            derive_account_id(&username, &vector.bytes("spki"), &vector.array("nonce")).as_bytes().to_vec()
        }
        "conv_id" => ConvId::direct(account("one"), account("other")).as_bytes().to_vec(),
        "members_hash" => {
            let member =
                |bytes: Vec<u8>| (AccountId(bytes[..16].try_into().unwrap()), IkHash(bytes[16..].try_into().unwrap()));
            let members: Vec<_> = vector.list("member").into_iter().map(member).collect();
            MembersHash::of(&members).as_bytes().to_vec()
        }
        "first prev" => {
            let (conv, stream) = (ConvId(vector.array("conv_id")), StreamId(vector.array("stream_id")));
            let EnvId(prev) = Header::first_prev(conv, account("sender_id"), stream);
            prev.to_vec()
        }
        "context" => context(KdfProfile::One, vector.text("origin")),
        "credential identifier" => {
            let kind = SecretKind::from_number(vector.number("secret_kind")).unwrap();
            credential_id(kind, vector.text("username"))
        }
        name => panic!("{}: no such id: {name}", vector.name),
    };
    if computed == vector.bytes("value") { "opens" } else { "another value" }
}

/// The key stretching function.
pub(super) fn stretch(vector: &Vector<'_>) -> &'static str {
    let Some(profile) = KdfProfile::from_number(vector.number("profile")) else { return "profile" };
    let stretched = argon2id(profile, vector.array("input")).unwrap();
    if stretched == vector.array::<64>("output") { "opens" } else { "another output" }
}
