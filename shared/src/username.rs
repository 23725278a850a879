use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A username: 3 to 32 of `a-z`, `0-9` and `_`, beginning with a letter. Capitals are kept for show and ignored when two
/// names are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username {
    shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UsernameError {
    #[error("a username has at least 3 characters")]
    TooShort,
    #[error("a username has at most 32 characters")]
    TooLong,
    #[error("a username begins with a letter")]
    Start,
    #[error("a username has only letters a-z, digits and underscores")]
    Character,
}

impl Username {
    pub const MIN: usize = 3;
    pub const MAX: usize = 32;

    /// As its owner typed it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// As it is compared, looked up and stored: in lower case.
    pub fn canonical(&self) -> String {
        self.shown.to_ascii_lowercase()
    }
}

impl FromStr for Username {
    type Err = UsernameError;

    fn from_str(text: &str) -> Result<Self, UsernameError> {
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(UsernameError::Character);
        }
        if text.len() < Self::MIN {
            return Err(UsernameError::TooShort);
        }
        if text.len() > Self::MAX {
            return Err(UsernameError::TooLong);
        }
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(UsernameError::Start);
        }
        Ok(Self { shown: text.to_owned() })
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.shown.eq_ignore_ascii_case(&other.shown)
    }
}

impl Eq for Username {}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl TryFrom<String> for Username {
    type Error = UsernameError;
    fn try_from(text: String) -> Result<Self, UsernameError> {
        text.parse()
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_held_at_both_ends() {
        for good in ["abc", "a_1", "Zoe", "a2345678901234567890123456789012"] {
            assert!(good.parse::<Username>().is_ok(), "{good}");
        }
        for (bad, why) in [
            ("ab", UsernameError::TooShort),
            ("a23456789012345678901234567890123", UsernameError::TooLong),
            ("1abc", UsernameError::Start),
            ("_abc", UsernameError::Start),
            ("a b", UsernameError::Character),
            ("аbc", UsernameError::Character), // Cyrillic а
            ("<script>", UsernameError::Character),
            ("", UsernameError::TooShort),
        ] {
            assert_eq!(bad.parse::<Username>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn capitals_are_shown_but_not_compared() {
        let (a, b): (Username, Username) = ("Alice".parse().unwrap(), "aLICE".parse().unwrap());
        assert_eq!(a, b);
        assert_eq!(a.canonical(), "alice");
        assert_eq!(a.shown(), "Alice");
    }
}
