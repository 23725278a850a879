//! Backups: read whole, and whatever the file says compared.

use super::Vector;
use crate::{
    BACKUP_HEADER, BackupError, BackupHeader, Flaw,
    self_test::backup::{bk, key, read, record_bytes, values},
};

/// The file under its `password` or, so that Argon2id need not run, under the `BK` that is given.
pub(super) fn backup(vector: &Vector<'_>) -> &'static str {
    match open(vector) {
        Ok(()) => "opens",
        Err(error) => code(error),
    }
}

fn open(vector: &Vector<'_>) -> Result<(), BackupError> {
    let file = vector.bytes("file");
    let header = BackupHeader::parse(&file[..file.len().min(BACKUP_HEADER)])?;
    let key = match vector.find("password") {
        Some(password) => {
            let key = header.unlock(password)?;
            assert_eq!(bk(&header, password)?, vector.array("BK"), "{}", vector.name);
            key
        }
        None => key(vector.array("BK")),
    };
    let (records, summary) = read(&file, &key, 4096)?;
    assert_eq!(read(&file, &key, 1)?.1, summary, "{}", vector.name);
    let records: Vec<_> = records.iter().map(record_bytes).collect();
    let listed = vector.list("record");
    assert!(listed.is_empty() || listed == records, "{}", vector.name);
    if vector.find("root").is_some() {
        assert_eq!(summary.account.as_bytes().to_vec(), vector.bytes("account_id"), "{}", vector.name);
        assert_eq!(header.account, summary.account, "{}", vector.name);
        assert_eq!(header.created_ms, vector.number::<u64>("created_ms"), "{}", vector.name);
        assert_eq!(summary.contacts, vector.number::<u32>("contacts"), "{}", vector.name);
        assert_eq!(summary.messages, vector.number::<u64>("messages"), "{}", vector.name);
        assert_eq!(summary.chunks, vector.number::<u64>("n_chunks"), "{}", vector.name);
        assert_eq!(summary.root.to_vec(), vector.bytes("root"), "{}", vector.name);
        for (name, value) in values(&header, &key).into_iter().filter(|(name, _)| *name != "header") {
            assert_eq!(value, vector.bytes(name), "{}: {name}", vector.name);
        }
    }
    Ok(())
}

fn code(error: BackupError) -> &'static str {
    match error {
        BackupError::NotABackup => "no backup",
        BackupError::NewerVersion => "newer",
        BackupError::CutShort => "cut short",
        BackupError::Altered => "altered",
        BackupError::TooWeak => "too weak",
        BackupError::TooCostly => "too costly",
        BackupError::NoMemory => "no memory",
        BackupError::WrongBackupPassword => "wrong password",
        BackupError::Signature => "signature",
        BackupError::Content(Flaw::Record) => "record",
        BackupError::Content(Flaw::Order) => "order",
        BackupError::Content(Flaw::Account) => "account",
        BackupError::Content(Flaw::Statements) => "statements",
        BackupError::Content(Flaw::Keys) => "keys",
        BackupError::Content(Flaw::Count) => "count",
    }
}
