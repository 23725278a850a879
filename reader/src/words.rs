use signet_crypto::BackupError;

/// With cause and cure.
pub(super) fn refusal(error: BackupError) -> &'static str {
    match error {
        BackupError::NotABackup => "There is no Signet backup in this page. Take another copy of the file.",
        BackupError::NewerVersion => "This page holds a backup of a newer version than its reader. Export it again.",
        BackupError::CutShort => "This file ends too early: it was not saved or copied whole. Take another copy of it.",
        BackupError::Altered => {
            "This backup is damaged or was changed, so nothing of it is shown. Take another copy of it."
        }
        BackupError::TooWeak => {
            "This file protects its backup password too weakly. Signet does not write such files: do not trust it."
        }
        BackupError::TooCostly => {
            "This file asks for more work than Signet would ever ask for, so your backup password was not used. Take \
             another copy of it."
        }
        BackupError::NoMemory => {
            "There is not enough memory to try the backup password. Close other tabs, then try again."
        }
        BackupError::WrongBackupPassword => {
            "The backup password does not fit. Check it and try again; it is the one chosen when the file was made."
        }
        BackupError::Content(_) => "What this backup holds does not fit together, so nothing of it is shown.",
        BackupError::Signature => "This backup is not signed by its account, so nothing of it is shown.",
    }
}
