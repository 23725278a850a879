//! What one person's screen shows another's camera: both accounts' keys, as the first of them knows both.

use thiserror::Error;

use crate::VerifiedAccount;

const PREFIX: &str = "SIGNET:";
const VERSION: &str = "1:";
/// RFC 4648, section 6. With the prefix, all of it is in the alphanumeric set of QR codes.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Two times account id, `ik_hash`, `statement_hash` of the newest.
const BYTES: usize = 2 * (16 + 32 + 32);

/// Why a code does not show that nobody stands between two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeError {
    #[error("not one of ours")]
    NotOurs,
    #[error("of another version")]
    OtherVersion,
    #[error("the reader's own, of this pair")]
    Own,
    #[error("of another pair of people")]
    OtherPair,
    #[error("the identity keys are not those that are known here")]
    OtherKeys,
    #[error("the same identities, but another state of their keys: one side has not seen the newest")]
    OtherState,
}

/// The text in `shower`'s code for `reader`.
///
/// ```text
/// "SIGNET:1:" || base32(part(shower) || part(reader)),   part(x) = account_id[16] || ik_hash[32] || head[32]
/// ```
/// `head` is the `statement_hash` of the newest. Each part is as `shower` knows it; base32 is that of RFC 4648, here without padding. 265 characters.
pub fn code_text(shower: &VerifiedAccount, reader: &VerifiedAccount) -> String {
    let bytes = [part(shower), part(reader)].concat();
    let symbols = bytes.chunks_exact(5).flat_map(|five| {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |n| char::from(ALPHABET[(bits >> (5 * n) & 31) as usize]))
    });
    PREFIX.chars().chain(VERSION.chars()).chain(symbols).collect()
}

/// Whether the code that `peer` shows to `me` is of the keys that are known here.
///
/// # Errors
/// The first thing that is not so, in the order of [`CodeError`].
pub fn check_code(text: &str, me: &VerifiedAccount, peer: &VerifiedAccount) -> Result<(), CodeError> {
    let rest = text.strip_prefix(PREFIX).ok_or(CodeError::NotOurs)?;
    let symbols = match rest.strip_prefix(VERSION) {
        Some(symbols) => symbols,
        None if rest.split_once(':').is_some_and(|(version, _)| is_version(version)) => {
            return Err(CodeError::OtherVersion);
        }
        None => return Err(CodeError::NotOurs),
    };
    let read = read(symbols).ok_or(CodeError::NotOurs)?;
    let (theirs, mine) = read.split_at(BYTES / 2);
    let (their_id, my_id) = (peer.account_id(), me.account_id());
    match (&theirs[..16] == their_id.as_bytes(), &mine[..16] == my_id.as_bytes()) {
        (true, true) => {}
        _ if theirs[..16] == my_id.as_bytes()[..] && mine[..16] == their_id.as_bytes()[..] => {
            return Err(CodeError::Own);
        }
        _ => return Err(CodeError::OtherPair),
    }
    if theirs[16..48] != peer.ik_hash().0 || mine[16..48] != me.ik_hash().0 {
        return Err(CodeError::OtherKeys);
    }
    if theirs[48..] != peer.head().0 || mine[48..] != me.head().0 {
        return Err(CodeError::OtherState);
    }
    Ok(())
}

fn part(account: &VerifiedAccount) -> Vec<u8> {
    [account.account_id().0.as_slice(), &account.ik_hash().0, &account.head().0].concat()
}

fn is_version(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0')
}

fn read(symbols: &str) -> Option<Vec<u8>> {
    if symbols.len() != BYTES / 5 * 8 {
        return None;
    }
    let mut bytes = Vec::with_capacity(BYTES);
    for eight in symbols.as_bytes().chunks_exact(8) {
        let mut bits = 0_u64;
        for symbol in eight {
            let value = ALPHABET.iter().position(|known| known == symbol)?;
            bits = bits << 5 | value as u64;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}
