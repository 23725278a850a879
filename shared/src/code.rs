//! The operator's one-time code, by which somebody who has lost both secrets may ask to start anew: 120 random bits, which
//! nobody guesses, so that the relay needs to keep no more than their SHA-256.

use core::fmt;

pub const BYTES: usize = 15;
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 4;

/// As text: 24 symbols, six groups of four. A recovery key has fourteen groups.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(pub [u8; BYTES]);

impl OneTimeCode {
    /// As a person types it: case, white space and hyphens do not matter, O is 0, I and L are 1.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut bytes, mut n) = ([0; BYTES], 0);
        for symbol in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let symbol = match symbol.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = SYMBOLS.iter().position(|known| char::from(*known) == symbol)?;
            for bit in (0..5).rev() {
                let byte = bytes.get_mut(n / 8)?;
                *byte = *byte << 1 | u8::from(value >> bit & 1 == 1);
                n += 1;
            }
        }
        (n == BYTES * 8).then_some(Self(bytes))
    }
}

impl fmt::Display for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for at in 0..BYTES * 8 / 5 {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            let value =
                (0..5).map(|bit| at * 5 + bit).fold(0, |value, bit| value << 1 | self.0[bit / 8] >> (7 - bit % 8) & 1);
            write!(f, "{}", char::from(SYMBOLS[usize::from(value)]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("OneTimeCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written_and_as_people_type_it() {
        let mut bytes = [0; BYTES];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(at * 37 % 256).unwrap();
        }
        let code = OneTimeCode(bytes);
        let text = code.to_string();
        assert_eq!((text.len(), text.matches('-').count()), (29, 5));
        assert_eq!(OneTimeCode::parse(&text).as_ref(), Some(&code));
        assert_eq!(OneTimeCode::parse(&text.to_lowercase().replace('-', " ").replace('0', "o")).as_ref(), Some(&code));
        assert_eq!(OneTimeCode::parse(&text[1..]), None);
        assert_eq!(OneTimeCode::parse(&format!("{text}0")), None);
        assert_eq!(OneTimeCode::parse(&text.replacen(text.chars().next().unwrap(), "U", 1)), None);
        assert_eq!(OneTimeCode::parse(""), None);
    }
}
