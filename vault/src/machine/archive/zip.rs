//! A ZIP archive of files that are stored as they are (APPNOTE.TXT 4.3), whose bytes come before their heads can be written.

/// A file whose bytes have all been seen.
pub(super) struct Entry {
    name: &'static str,
    sum: u32,
    /// The format's older form, which every program reads, has room for no more.
    len: u32,
}

/// Of a file's bytes, as they come.
#[derive(Default)]
pub(super) struct Tally {
    sum: Sum,
    len: u64,
}

/// CRC-32, of which the bits are kept turned over.
#[derive(Default)]
struct Sum(u32);

/// What each byte does to the sum.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

impl Tally {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.len = self.len.saturating_add(bytes.len() as u64);
        self.sum.0 = !bytes.iter().fold(!self.sum.0, |sum, byte| sum >> 8 ^ TABLE[usize::from(sum as u8 ^ byte)]);
    }

    /// None if there were too many.
    pub(super) fn finish(self, name: &'static str) -> Option<Entry> {
        Some(Entry { name, sum: self.sum.0, len: u32::try_from(self.len).ok()? })
    }
}

/// What comes before each file, and after the last. None if all together are too long.
pub(super) fn around(entries: [&Entry; 2], created_ms: u64) -> Option<([Vec<u8>; 2], Vec<u8>)> {
    let when = when(created_ms);
    let (mut heads, mut list, mut at) = ([Vec::new(), Vec::new()], Vec::new(), 0_u32);
    for (entry, head) in entries.into_iter().zip(&mut heads) {
        head.extend(b"PK\x03\x04");
        head.extend(entry.describe(when));
        head.extend([0, 0]);
        head.extend(entry.name.as_bytes());

        list.extend(b"PK\x01\x02");
        list.extend(VERSION);
        list.extend(entry.describe(when));
        // No more about the file, no comment, first disk, attributes.
        list.extend([0; 2 + 2 + 2 + 2 + 4]);
        list.extend(at.to_le_bytes());
        list.extend(entry.name.as_bytes());
        at = at.checked_add(u32::try_from(head.len()).ok()?)?.checked_add(entry.len)?;
    }
    let mut after = list;
    let size = u32::try_from(after.len()).ok()?;
    after.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    after.extend(size.to_le_bytes());
    after.extend(at.to_le_bytes());
    after.extend([0, 0]);
    Some((heads, after))
}

/// 1.0, which knows files that are stored.
const VERSION: [u8; 2] = [10, 0];

impl Entry {
    /// What a file's own head and the list at the end say in the same words, up to the length of the name.
    fn describe(&self, when: [u8; 4]) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        out.extend(VERSION);
        // No flags, stored.
        out.extend([0; 4]);
        out.extend(when);
        for number in [self.sum, self.len, self.len] {
            out.extend(number.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out
    }
}

/// Time and date as MS-DOS had them, by the clock of Greenwich: two seconds are the smallest step, 1980 the first year.
fn when(ms: u64) -> [u8; 4] {
    let super::time::Moment { year, month, day, hour, minute, second, .. } = super::time::moment(ms);
    let years = year.saturating_sub(1980).min(127) as u16;
    let date = years << 9 | u16::from(month) << 5 | u16::from(day);
    let time = u16::from(hour) << 11 | u16::from(minute) << 5 | (u16::from(second) / 2);
    let ([t0, t1], [d0, d1]) = (time.to_le_bytes(), date.to_le_bytes());
    [t0, t1, d0, d1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_standard() {
        let mut tally = Tally::default();
        tally.take(b"1234");
        tally.take(b"56789");
        assert_eq!(tally.finish("").map(|entry| (entry.sum, entry.len)), Some((0xcbf4_3926, 9)));
    }

    #[test]
    fn too_long_is_said() {
        let of = |len| Tally { sum: Sum(0), len }.finish("a");
        assert!(of(u64::from(u32::MAX) + 1).is_none());
        let (big, small) = (of(u64::from(u32::MAX)).unwrap(), of(1).unwrap());
        assert!(around([&big, &small], 0).is_none());
        assert!(around([&small, &small], 0).is_some());
    }
}
