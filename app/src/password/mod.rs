//! How well a password stands against guessing, judged in the page.

mod common;

use signet_shared::limits::{PASSWORD_MAX as MAX, PASSWORD_MIN as MIN};

use crate::text;

/// What is wrong with a new password, as a sentence; `None` if it may be used.
pub(crate) fn objection(password: &str, username: &str) -> Option<&'static str> {
    let length = password.chars().count();
    if length < MIN {
        return Some(text::PASSWORD_SHORT);
    }
    if length > MAX {
        return Some(text::PASSWORD_LONG);
    }
    // Usernames, words and rows of keys are ASCII; other letters need no table of their small forms.
    let lower = password.to_ascii_lowercase();
    if username.len() >= 3 && lower.contains(&username.to_ascii_lowercase()) {
        return Some(text::PASSWORD_USERNAME);
    }
    if repeats(&lower) {
        return Some(text::PASSWORD_REPEATS);
    }
    if is_sequence(&lower) {
        return Some(text::PASSWORD_SEQUENCE);
    }
    common::is_common(&lower).then_some(text::PASSWORD_COMMON)
}

/// 0 (may not be used) to 4 (strong).
pub(crate) fn strength(password: &str, username: &str) -> u8 {
    if password.chars().count() < MIN {
        return 0;
    }
    if objection(password, username).is_some() {
        return 1;
    }
    let chars: Vec<char> = password.chars().collect();
    let kind = |c: &char| match c {
        'a'..='z' => 1,
        'A'..='Z' => 2,
        '0'..='9' => 4,
        _ => 8_u8,
    };
    let kinds = chars.iter().fold(0, |kinds, c| kinds | kind(c)).count_ones() as usize;
    match chars.len() + distinct(&chars) / 2 + 2 * kinds {
        0..=23 => 2,
        24..=31 => 3,
        _ => 4,
    }
}

/// How many different characters there are.
fn distinct(chars: &[char]) -> usize {
    chars.iter().enumerate().filter(|(at, c)| chars.iter().take(*at).all(|before| before != *c)).count()
}

/// A short piece over and over, or very few different characters.
fn repeats(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    distinct(&chars) < 5 || (1..=chars.len() / 3).any(|period| chars.iter().zip(&chars[period..]).all(|(a, b)| a == b))
}

/// Nothing but a walk along the alphabet, the digits or the keyboard.
fn is_sequence(lower: &str) -> bool {
    const ROWS: [&str; 6] = [
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
        "qwertzuiopasdfghjklyxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn",
    ];
    let steps = lower.as_bytes().windows(2);
    let all = steps.len();
    let along = steps
        .filter(|pair| {
            let back = [pair[1], pair[0]];
            pair[0] == pair[1]
                || ROWS.iter().any(|row| row.as_bytes().windows(2).any(|step| step == *pair || step == back.as_slice()))
        })
        .count();
    along * 5 >= all * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessable_passwords_are_refused() {
        for bad in [
            "short",
            "password1234",
            "Password123!!!",
            "qwertyuiop123",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "abcdefghijklm",
            "123456789012",
            "letmein2024!!",
            "P@ssw0rd1234",
            "iloveyou1234",
            "anna-anna-x9z",
            "trustno1trustno1",
        ] {
            assert!(objection(bad, "anna").is_some(), "{bad}");
        }
    }

    #[test]
    fn the_sentences_name_the_limits() {
        for sentence in
            [text::PASSWORD_SHORT, text::PASSWORD_HINT, text::trouble(&signet_ask::Trouble::BadPassword).as_str()]
        {
            assert!(sentence.contains(&MIN.to_string()), "{sentence}");
        }
        for sentence in [text::PASSWORD_LONG, text::trouble(&signet_ask::Trouble::BadPassword).as_str()] {
            assert!(sentence.contains(&MAX.to_string()), "{sentence}");
        }
        // Letters without a period, from a linear congruential generator.
        let next = |x: &u32| Some(x.wrapping_mul(1_103_515_245).wrapping_add(12_345));
        let letters = core::iter::successors(Some(1_u32), next).map(|x| char::from(b'a' + (x >> 16) as u8 % 26));
        let longest: String = letters.take(MAX).collect();
        assert_eq!(objection(&longest, "anna"), None);
        assert_eq!(objection(&[&longest, "x"].concat(), "anna"), Some(text::PASSWORD_LONG));
    }

    #[test]
    fn others_are_taken_and_ranked() {
        for good in
            ["correct horse battery staple", "ziegel-mond-tasse-77", "ä quite ünusual sentence", "v9#kQ2mLx!8tR"]
        {
            assert_eq!(objection(good, "anna"), None, "{good}");
            assert!(strength(good, "anna") >= 3, "{good}");
        }
        assert!(strength("tablechairsun", "anna") < strength("correct horse battery staple", "anna"));
    }
}
