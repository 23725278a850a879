//! Keys as people write them down: symbols of Crockford's base32 in groups of four.

use core::fmt;

use zeroize::Zeroizing;

/// No I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
pub(crate) const GROUP: usize = 4;

pub(crate) enum Unreadable {
    Length,
    Character,
}

/// As many symbols as there is room for, no more and no less. Case, spaces and hyphens do not matter; O is read as 0, I and L
/// as 1.
pub(crate) fn read(text: &str, symbols: &mut [u8]) -> Result<(), Unreadable> {
    let mut places = symbols.iter_mut();
    for c in text.chars().filter(|c| !is_separator(*c)) {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let value = ALPHABET.iter().position(|a| char::from(*a) == c).ok_or(Unreadable::Character)?;
        *places.next().ok_or(Unreadable::Length)? = value as u8;
    }
    if places.next().is_none() { Ok(()) } else { Err(Unreadable::Length) }
}

/// Five bytes of eight symbols.
pub(crate) fn to_bytes(symbols: &[u8], bytes: &mut [u8]) {
    for (out, eight) in bytes.chunks_exact_mut(5).zip(symbols.chunks_exact(8)) {
        let bits = eight.iter().fold(0_u64, |bits, symbol| bits << 5 | u64::from(*symbol));
        out.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
}

/// Eight symbols of five bytes, with a hyphen between groups.
pub(crate) fn write(bytes: &Zeroizing<Vec<u8>>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, five) in bytes.chunks_exact(5).enumerate() {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for symbol in 0..8 {
            if symbol % GROUP == 0 && i + symbol > 0 {
                f.write_str("-")?;
            }
            let value = (bits >> (35 - 5 * symbol)) & 31;
            write!(f, "{}", char::from(ALPHABET[value as usize]))?;
        }
    }
    Ok(())
}

pub(crate) fn separators(text: &str) -> usize {
    text.trim().chars().filter(|c| is_separator(*c)).count()
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
pub(crate) fn all() -> &'static [u8] {
    ALPHABET
}
