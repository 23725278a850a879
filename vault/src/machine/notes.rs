//! What later messages say about earlier ones: reactions, other texts, and that a message is to be shown no more. It is kept
//! by the envelope that it is about, whether that has come or not, so that nothing depends on the order in which they come;
//! and of what is kept, all readers choose alike (`crypto/FORMAT.md`, section 6).

use serde::{Deserialize, Serialize};
use signet_crypto::Content;
use signet_shared::{AccountId, EnvId};

use crate::{
    hashed::Index,
    sorted::{first_bytes, in_order},
};

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) target: EnvId,
    pub(super) says: Says,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Says {
    /// Empty: taken back.
    Reaction(String),
    Edit(String),
    Delete,
}

impl Says {
    pub(super) fn about(&self, target: EnvId) -> Content {
        match self {
            Self::Reaction(emoji) => Content::Reaction { target, emoji: emoji.clone() },
            Self::Edit(text) => Content::Edit { target, text: text.clone() },
            Self::Delete => Content::Delete { target },
        }
    }
}

/// By whom, and when: of two, the one with the greater time and envelope counts.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) by: AccountId,
    pub(super) sent_ms: u64,
    pub(super) env_id: EnvId,
    pub(super) says: Says,
}

#[derive(Default)]
pub(super) struct Notes {
    at: Index<EnvId>,
    of: Vec<About>,
}

/// What there is about one message.
#[derive(Default)]
struct About {
    said: Vec<Said>,
    /// Messages that answer it.
    answers: Vec<EnvId>,
}

/// What a message has become.
#[derive(Default)]
pub(super) struct Noted {
    pub(super) deleted: bool,
    /// What took the place of its text, and when; the last one is shown.
    pub(super) texts: Vec<(u64, String)>,
    /// One of each person at most.
    pub(super) reactions: Vec<(AccountId, String)>,
}

impl Notes {
    pub(super) fn add(&mut self, target: &EnvId, said: Said) {
        self.about(target, |about| about.said.push(said));
    }

    pub(super) fn answer(&mut self, target: &EnvId, by: EnvId) {
        self.about(target, |about| about.answers.push(by));
    }

    fn about(&mut self, target: &EnvId, note: impl FnOnce(&mut About)) {
        let at = self.at.get(target).unwrap_or_else(|| {
            let at = self.of.len() as u64;
            self.at.insert(target, at);
            self.of.push(About::default());
            at
        });
        if let Some(about) = usize::try_from(at).ok().and_then(|at| self.of.get_mut(at)) {
            note(about);
        }
    }

    fn find(&self, target: &EnvId) -> Option<&About> {
        self.of.get(usize::try_from(self.at.get(target)?).ok()?)
    }

    pub(super) fn of(&self, target: &EnvId) -> &[Said] {
        self.find(target).map_or(&[], |about| &about.said)
    }

    pub(super) fn answers(&self, target: &EnvId) -> &[EnvId] {
        self.find(target).map_or(&[], |about| &about.answers)
    }
}

impl Noted {
    /// `said` in any order.
    pub(super) fn new(author: AccountId, said: Vec<Said>) -> Self {
        let said = in_order(said, |said| first_bytes(said.env_id.as_bytes()));
        let mut noted = Self::default();
        for Said { by, sent_ms, says, .. } in in_order(said, |said| said.sent_ms) {
            match says {
                Says::Reaction(emoji) => {
                    noted.reactions.retain(|(person, _)| *person != by);
                    if !emoji.is_empty() {
                        noted.reactions.push((by, emoji));
                    }
                }
                Says::Edit(text) if by == author => noted.texts.push((sent_ms, text)),
                Says::Delete if by == author => noted.deleted = true,
                // Nobody changes what another person wrote.
                Says::Edit(_) | Says::Delete => {}
            }
        }
        if noted.deleted {
            return Self { deleted: true, ..Self::default() };
        }
        noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: AccountId = AccountId([1; 16]);
    const BRUNO: AccountId = AccountId([2; 16]);
    const TARGET: EnvId = EnvId([9; 32]);

    fn said(by: AccountId, sent_ms: u64, env: u8, says: Says) -> Said {
        Said { by, sent_ms, env_id: EnvId([env; 32]), says }
    }

    fn edit(text: &str) -> Says {
        Says::Edit(text.into())
    }

    fn smile(text: &str) -> Says {
        Says::Reaction(text.into())
    }

    #[test]
    fn every_order_of_coming_ends_in_the_same() {
        let all = [
            said(ANNA, 5, 1, edit("second")),
            said(ANNA, 5, 2, edit("third")),
            said(ANNA, 3, 9, edit("first")),
            said(BRUNO, 9, 3, edit("not Bruno's to say")),
            said(BRUNO, 2, 4, smile("👍")),
            said(BRUNO, 4, 5, smile("🎉")),
            said(ANNA, 7, 6, smile("👀")),
            said(ANNA, 8, 7, smile("")),
        ];
        for turn in 0..all.len() {
            let mut notes = Notes::default();
            for at in 0..all.len() {
                notes.add(&TARGET, all[(at * 3 + turn) % all.len()].clone());
            }
            let noted = Noted::new(ANNA, notes.of(&TARGET).to_vec());
            let texts: Vec<&str> = noted.texts.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, ["first", "second", "third"]);
            assert_eq!(noted.reactions, [(BRUNO, "🎉".to_owned())]);
            assert!(!noted.deleted);
        }
    }

    #[test]
    fn a_deleted_message_stays_deleted_and_only_its_author_deletes_it() {
        let by_another = vec![said(BRUNO, 5, 1, Says::Delete), said(BRUNO, 6, 2, edit("mine now"))];
        let noted = Noted::new(ANNA, by_another);
        assert!(!noted.deleted && noted.texts.is_empty());
        // An edit of before, of after, and one whose clock is ahead.
        let gone =
            vec![said(ANNA, 4, 1, edit("a")), said(ANNA, 5, 2, Says::Delete), said(ANNA, u64::MAX, 3, edit("b"))];
        let noted = Noted::new(ANNA, gone);
        assert!(noted.deleted && noted.texts.is_empty() && noted.reactions.is_empty());
        assert!(Notes::default().of(&TARGET).is_empty());
    }
}
