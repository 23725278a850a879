//! Every sentence that a person reads. Three words name the three secrets: password, recovery key and, for whoever turns it on,
//! secret key.

pub(crate) mod anew;
pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod code;
pub(crate) mod secret_key;
mod table;
mod trouble;

use crate::webauthn::Refused;

pub use table::*;
pub(crate) use trouble::{failed, trouble, warning};

/// A sentence with its one gap filled.
pub(crate) fn fill(sentence: &str, value: &str) -> String {
    let (before, after) = sentence.split_once("{}").unwrap_or((sentence, ""));
    [before, value, after].concat()
}

/// `{}` as a number; the first sentence for exactly one.
pub(crate) fn count(one: &str, many: &str, n: u32) -> String {
    if n == 1 { one.to_owned() } else { fill(many, &n.to_string()) }
}

/// Why a passkey was not used, or not made.
pub(crate) fn no_passkey(refused: Refused) -> &'static str {
    match refused {
        Refused::Unsupported => PASSKEY_UNSUPPORTED,
        Refused::Stopped => PASSKEY_STOPPED,
    }
}

/// What would be lost by signing out.
pub(crate) fn unsent(messages: u32, drafts: u32) -> String {
    let messages = (messages > 0).then(|| count(UNSENT_ONE, UNSENT_MANY, messages));
    let drafts = (drafts > 0).then(|| count(DRAFTS_ONE, DRAFTS_MANY, drafts));
    let parts: Vec<String> = messages.into_iter().chain(drafts).chain([UNSENT_TEXT.to_owned()]).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_for_each_secret() {
        const NEVER: [&str; 7] =
            ["passphrase", "security key", "pin ", "phrase", "encryption key", "master password", "backup key"];
        let more = backup::ALL.iter().chain(code::ALL).chain(archive::ALL).chain(anew::ALL).chain(secret_key::ALL);
        for (name, sentence) in ALL.iter().chain(trouble::ALL).chain(more) {
            let lower = [&sentence.to_lowercase(), " "].concat();
            for word in NEVER {
                let at_start_of_word =
                    lower.match_indices(word).any(|(at, _)| !lower[..at].ends_with(|c: char| c.is_ascii_alphabetic()));
                assert!(!at_start_of_word, "{name} says {word:?}: {sentence}");
            }
        }
    }

    #[test]
    fn no_sentence_is_empty_or_has_two_gaps() {
        let more = backup::ALL.iter().chain(code::ALL).chain(archive::ALL).chain(anew::ALL).chain(secret_key::ALL);
        for (name, sentence) in ALL.iter().chain(trouble::ALL).chain(more) {
            assert!(!sentence.trim().is_empty(), "{name}");
            assert!(sentence.matches("{}").count() <= 1, "{name}");
        }
    }
}
