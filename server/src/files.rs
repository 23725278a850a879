//! The relay's own files: for their owner alone, and for one process at a time.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::config::{ConfigError, Database};

/// The locks of everything that this process alone may write, held until it is dropped.
pub(crate) struct Claim(Vec<fs::File>);

impl Claim {
    /// Makes what is not there yet and locks it. The writer remembers what the database holds, so that a second process on
    /// the same files would be wrong; and the database may lie outside of the data folder, whose lock then says nothing.
    pub(crate) fn of(data: Option<&Path>, database: &Database) -> Result<Self, ConfigError> {
        let mut locks = match data {
            Some(folder) => Self::folder(folder)?.0,
            None => Vec::new(),
        };
        if let Database::Sqlite(file) = database {
            let what = format!("the database {}", file.display());
            let real = make_database(file).map_err(|e| ConfigError(format!("{what} cannot be opened or made: {e}")))?;
            locks.push(lock(&with_suffix(&real, ".lock"), &what, "a database")?);
        }
        Ok(Self(locks))
    }

    /// The lock of a relay's folder, which is made if it is not there.
    pub(crate) fn folder(folder: &Path) -> Result<Self, ConfigError> {
        let what = format!("--data {}", folder.display());
        make_folder(folder).map_err(|e| ConfigError(format!("the folder {what} cannot be used: {e}")))?;
        Ok(Self(vec![lock(&folder.join("lock"), &what, "a folder")?]))
    }
}

/// Whole or not at all, and readable by its owner alone.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let new = file.with_extension("new");
    // What an earlier try left may be open to others.
    fs::remove_file(&new).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    private().truncate(true).open(&new)?.write_all(bytes)?;
    settle(&new, file)
}

/// Gives a file its name once all of it is on the disk.
pub(crate) fn settle(part: &Path, file: &Path) -> io::Result<()> {
    fs::File::open(part)?.sync_all()?;
    fs::rename(part, file)?;
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Not the file itself: SQLite's own locks on it would be lost when this one is closed.
fn lock(file: &Path, what: &str, own: &str) -> Result<fs::File, ConfigError> {
    let trouble = |error: io::Error| ConfigError(format!("{} cannot be used: {error}", file.display()));
    let opened = private().truncate(false).open(file).map_err(trouble)?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(fs::TryLockError::WouldBlock) => {
            Err(ConfigError(format!("another relay is running on {what}. Stop it, or give this one {own} of its own.")))
        }
        Err(fs::TryLockError::Error(error)) => Err(trouble(error)),
    }
}

/// Answers the file's real name, so that a link to it is locked as the same.
fn make_database(file: &Path) -> io::Result<PathBuf> {
    private().truncate(false).open(file)?;
    let real = fs::canonicalize(file)?;
    // SQLite gives the files that it adds the mode of the first; those from before may be open to others.
    for suffix in ["", "-wal", "-shm"] {
        close_to_others(&with_suffix(&real, suffix))?;
    }
    Ok(real)
}

/// To write a file that, if it is made here, nobody else can read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file that is there already, from before or from a backup.
#[cfg(unix)]
pub(crate) fn close_to_others(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(file) {
        Ok(there) if there.permissions().mode() & 0o077 != 0 => {
            fs::set_permissions(file, fs::Permissions::from_mode(0o600))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
pub(crate) fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

/// For its owner alone, if it is made here.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

pub(crate) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
