//! A small file with every kind of record, and every way of changing it. Argon2id runs once, in the last test.

use super::{
    BACKUP_HEADER as HEADER, BackupCost, BackupError, BackupHeader, BackupKey, BackupReader, BackupRecord,
    BackupSummary, CHUNK_HEAD, FOOTER, Flaw,
};
use crate::{
    Keyring, VerifiedAccount,
    self_test::backup::{BK, CHUNK, account, around, file, header, key, read, record_bytes, records, small, stream},
};

struct Sample {
    own: VerifiedAccount,
    keys: Keyring,
    contact: VerifiedAccount,
    header: BackupHeader,
    key: BackupKey,
    file: Vec<u8>,
}

impl Sample {
    fn new() -> Self {
        let rng = &mut rand::rng();
        let (own, keys) = account("Alice", [1, 2], rng);
        let (contact, _) = account("bob_2", [3, 4], rng);
        let (header, key) = (header(own.account_id()), key(BK));
        let file = file(&header, &key, &records(&own, &keys, &contact), &keys.ik, rng).unwrap();
        Self { own, keys, contact, header, key, file }
    }

    fn records(&self) -> Vec<BackupRecord> {
        records(&self.own, &self.keys, &self.contact)
    }

    /// What becomes of a record stream that is sealed and signed as it must be.
    fn around(&self, stream: &[u8]) -> Result<BackupSummary, BackupError> {
        let file = around(&self.header, &self.key, stream, &self.keys.ik, &mut rand::rng());
        read(&file, &self.key, 1 << 20).map(|(_, summary)| summary)
    }

    /// Each part of the file after the header (the chunks, then the footer), and the reader that has come so far.
    fn parts(&self) -> Vec<(BackupReader, usize, usize)> {
        let head = BackupHeader::parse(&self.file[..HEADER]).unwrap();
        let mut reader = BackupReader::new(&head, self.key.clone()).unwrap();
        let (mut at, mut parts) = (HEADER, Vec::new());
        while at < self.file.len() {
            let len = match self.file.len() - at {
                FOOTER => FOOTER,
                _ => CHUNK_HEAD + u32::from_be_bytes(self.file[at + 1..at + 5].try_into().unwrap()) as usize,
            };
            parts.push((reader.clone(), at, at + len));
            reader.feed(&self.file[at..at + len]).unwrap();
            at += len;
        }
        parts
    }
}

fn rest(reader: &BackupReader, bytes: &[u8]) -> Result<BackupSummary, BackupError> {
    let mut reader = reader.clone();
    reader.feed(bytes)?;
    reader.finish()
}

#[test]
fn what_is_written_is_read_in_pieces_of_any_size() {
    let sample = Sample::new();
    let wanted: Vec<_> = sample.records().iter().map(record_bytes).collect();
    for piece in [1, 7, 300, 4096, 1 << 20] {
        let (records, summary) = read(&sample.file, &sample.key, piece).unwrap();
        assert_eq!(records.iter().map(record_bytes).collect::<Vec<_>>(), wanted);
        assert_eq!((summary.account, summary.contacts, summary.messages), (sample.own.account_id(), 2, 2));
        assert!(summary.chunks > 20, "{summary:?}");
    }
    let large = small(sample.header.clone(), BackupHeader::CHUNK);
    let file = file(&large, &sample.key, &sample.records(), &sample.keys.ik, &mut rand::rng()).unwrap();
    assert_eq!(read(&file, &sample.key, 999).unwrap().1.chunks, 1);
}

#[test]
fn a_chunk_that_is_exactly_full_is_the_last_one() {
    let sample = Sample::new();
    let full = stream(&sample.records()).len() as u32;
    for (size, chunks) in [(full - 1, 2), (full, 1), (full + 1, 1)] {
        let header = small(sample.header.clone(), size);
        let file = file(&header, &sample.key, &sample.records(), &sample.keys.ik, &mut rand::rng()).unwrap();
        assert_eq!(read(&file, &sample.key, 4096).unwrap().1.chunks, chunks);
    }
}

#[test]
fn no_changed_bit_is_taken() {
    let sample = Sample::new();
    let mut refused = 0;
    for at in 0..HEADER * 8 {
        let mut head = sample.file[..HEADER].to_vec();
        head[at / 8] ^= 1 << (at % 8);
        let expected = match at / 8 {
            0..4 => BackupError::NotABackup,
            4..6 if head[4..6] == [0, 0] => BackupError::Altered,
            4..6 => BackupError::NewerVersion,
            _ => BackupError::Altered,
        };
        assert_eq!(BackupHeader::parse(&head), Err(expected), "bit {at}");
        refused += 1;
    }
    for (reader, from, to) in sample.parts() {
        for at in from * 8..to * 8 {
            let mut bytes = sample.file[from..].to_vec();
            bytes[at / 8 - from] ^= 1 << (at % 8);
            let expected =
                if at / 8 >= sample.file.len() - 384 { BackupError::Signature } else { BackupError::Altered };
            // A longer last chunk may swallow what is left of the file.
            let error = rest(&reader, &bytes).unwrap_err();
            assert!(error == expected || error == BackupError::CutShort && at / 8 < from + 5, "bit {at}: {error}");
            refused += 1;
        }
    }
    println!("{refused} changed bits refused");
    assert_eq!(refused, sample.file.len() * 8);
}

#[test]
fn nothing_shorter_or_longer_is_taken() {
    let sample = Sample::new();
    for len in 0..HEADER {
        let expected = if len < 4 { BackupError::NotABackup } else { BackupError::CutShort };
        assert_eq!(BackupHeader::parse(&sample.file[..len]), Err(expected), "{len} bytes");
    }
    for (reader, from, to) in sample.parts() {
        for len in from..to {
            assert_eq!(rest(&reader, &sample.file[from..len]), Err(BackupError::CutShort), "{len} bytes");
        }
    }
    for more in [&[0][..], &[1; 500], &sample.file] {
        let longer = [&sample.file, more].concat();
        assert_eq!(read(&longer, &sample.key, 1 << 20).unwrap_err(), BackupError::Altered);
        assert_eq!(read(&longer, &sample.key, 1).unwrap_err(), BackupError::Altered);
    }
}

#[test]
fn no_chunk_may_be_dropped_doubled_or_moved() {
    let sample = Sample::new();
    let parts = sample.parts();
    let (chunks, mut refused) = (parts.len() - 1, 0);
    let bytes = |n: usize| &sample.file[parts[n].1..parts[n].2];
    let mut check = |at: usize, order: &[usize]| {
        let changed: Vec<u8> = order.iter().flat_map(|n| bytes(*n)).copied().collect();
        let error = rest(&parts[at].0, &changed).unwrap_err();
        assert!([BackupError::Altered, BackupError::CutShort].contains(&error), "{order:?}: {error}");
        refused += 1;
    };
    for at in 0..chunks {
        let order: Vec<usize> = (at..parts.len()).collect();
        check(at, &order[1..]);
        check(at, &[&[at], &order[..]].concat());
        for other in 1..chunks - at {
            let mut order = order.clone();
            order.swap(0, other);
            check(at, &order);
        }
    }
    println!("{refused} files with a chunk dropped, doubled or moved refused");
    assert_eq!(refused, chunks * 2 + chunks * (chunks - 1) / 2);
}

#[test]
fn chunks_and_footers_of_other_files_do_not_fit() {
    let sample = Sample::new();
    let mut other = sample.header.clone();
    other.created_ms += 1;
    let other = file(&other, &sample.key, &sample.records(), &sample.keys.ik, &mut rand::rng()).unwrap();
    assert_eq!(other.len(), sample.file.len());
    let mixed = |at: usize| [&sample.file[..at], &other[at..]].concat();
    assert_eq!(read(&mixed(HEADER), &sample.key, 4096).unwrap_err(), BackupError::Altered);
    assert_eq!(read(&mixed(sample.file.len() - FOOTER), &sample.key, 4096).unwrap_err(), BackupError::Altered);
    assert_eq!(read(&mixed(sample.file.len() - 384), &sample.key, 4096).unwrap_err(), BackupError::Signature);
}

#[test]
fn only_the_accounts_own_identity_key_signs() {
    let sample = Sample::new();
    let (_, others) = account("bob_2", [3, 4], &mut rand::rng());
    let stream = stream(&sample.records());
    let forged = around(&sample.header, &sample.key, &stream, &others.ik, &mut rand::rng());
    assert_eq!(read(&forged, &sample.key, 4096).unwrap_err(), BackupError::Signature);
    let refused = file(&sample.header, &sample.key, &sample.records(), &others.ik, &mut rand::rng());
    assert_eq!(refused, Err(BackupError::Content(Flaw::Keys)));
}

/// Each stream is sealed and signed by who knows everything; the reader and the writer still refuse it.
#[test]
fn records_have_one_order_and_agree() {
    let sample = Sample::new();
    let all = sample.records();
    assert!(sample.around(&stream(&all)).is_ok_and(|read| (read.contacts, read.messages) == (2, 2)));
    let bytes: Vec<Vec<u8>> = all.iter().map(record_bytes).collect();
    let end = stream(&all)[bytes.concat().len()..].to_vec();
    let content = |flaw| Err(BackupError::Content(flaw));
    for left_out in 0..all.len() {
        let kept: Vec<_> = bytes.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, b)| &b[..]).collect();
        let expected = if left_out < 3 { Flaw::Order } else { Flaw::Count };
        assert_eq!(sample.around(&[&kept.concat(), &end[..]].concat()), content(expected), "without {left_out}");
        let mut twice = bytes.clone();
        twice.insert(left_out, bytes[left_out].clone());
        assert_eq!(sample.around(&[&twice.concat(), &end[..]].concat()), content(Flaw::Order), "twice {left_out}");
        for other in left_out + 1..all.len() {
            let mut swapped = bytes.clone();
            swapped.swap(left_out, other);
            assert_eq!(sample.around(&[&swapped.concat(), &end[..]].concat()), content(Flaw::Order));
        }
    }
    assert_eq!(sample.around(&bytes.concat()), content(Flaw::Order), "no end");
    assert_eq!(sample.around(&[&bytes.concat(), &end[..], &end[..]].concat()), content(Flaw::Order), "two ends");
    assert_eq!(sample.around(&[&bytes.concat(), &end[..], &[6]].concat()), content(Flaw::Order), "more after the end");
    for kind in [0, 5, 7, 254] {
        let unknown = [&bytes.concat(), &[kind, 0, 0, 0, 0][..], &end[..]].concat();
        assert_eq!(sample.around(&unknown), content(Flaw::Record), "type {kind}");
    }
}

#[test]
fn a_cost_out_of_bounds_is_refused_before_it_is_paid() {
    let sample = Sample::new();
    let usual = BackupCost::USUAL;
    let costs = [
        (BackupCost { m_kib: 65_535, ..usual }, Err(BackupError::TooWeak)),
        (BackupCost { m_kib: 65_536, ..usual }, Ok(())),
        (BackupCost { m_kib: 1_048_576, ..usual }, Ok(())),
        (BackupCost { m_kib: 1_048_577, ..usual }, Err(BackupError::TooCostly)),
        (BackupCost { m_kib: u32::MAX, t: u32::MAX, p: 255 }, Err(BackupError::TooCostly)),
        (BackupCost { t: 2, ..usual }, Err(BackupError::TooWeak)),
        (BackupCost { t: 3, ..usual }, Ok(())),
        (BackupCost { t: 10, ..usual }, Ok(())),
        (BackupCost { t: 11, ..usual }, Err(BackupError::TooCostly)),
        (BackupCost { p: 0, ..usual }, Err(BackupError::TooWeak)),
        (BackupCost { p: 4, ..usual }, Ok(())),
        (BackupCost { p: 5, ..usual }, Err(BackupError::TooCostly)),
    ];
    for (cost, expected) in costs {
        let mut header = sample.header.clone();
        header.cost = cost;
        assert_eq!(BackupHeader::parse(&header.to_bytes(&sample.key)).map(drop), expected, "{cost:?}");
        let made = BackupHeader::make(sample.own.account_id(), 0, cost, &mut rand::rng());
        assert_eq!(made.map(drop), expected, "{cost:?}");
    }
    for (size, expected) in [(254, Err(BackupError::Altered)), (255, Ok(())), (1 << 20, Err(BackupError::Altered))] {
        let header = small(sample.header.clone(), size);
        assert_eq!(BackupHeader::parse(&header.to_bytes(&sample.key)).map(drop), expected, "{size}");
    }
}

#[test]
fn the_backup_password_alone_opens() {
    let sample = Sample::new();
    let made =
        BackupHeader::make(sample.own.account_id(), 5, BackupCost { t: 3, ..BackupCost::USUAL }, &mut rand::rng());
    let made = small(made.unwrap(), CHUNK);
    let key = made.unlock("correct horse").unwrap();
    let file = file(&made, &key, &sample.records(), &sample.keys.ik, &mut rand::rng()).unwrap();
    let head = BackupHeader::parse(&file[..HEADER]).unwrap();
    assert_eq!((head.account, head.created_ms, head.cost), (made.account, 5, made.cost));
    assert_eq!(head.unlock("Correct horse").unwrap_err(), BackupError::WrongBackupPassword);
    let key = head.unlock("correct horse").unwrap();
    assert!(read(&file, &key, 4096).is_ok());
    assert_eq!(BackupReader::new(&head, sample.key.clone()).map(drop), Err(BackupError::WrongBackupPassword));
}
