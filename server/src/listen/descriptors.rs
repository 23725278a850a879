//! Each connection is an open file of this process, of which the system allows so many.

use crate::config::ConfigError;

/// Open files beside the connections: the database's connections with their logs, locks, the listener, the runtime, pages
/// that are read from a folder.
const RESERVED: u64 = 128;
/// With fewer connections than this a relay is of no use.
const FEWEST: u64 = 64;

/// Asks for all that the system gives, and answers how many connections of `wanted` that is enough for. Were they to use up
/// the last one, the database could not open its files.
pub(crate) fn room(wanted: u64) -> Result<u64, ConfigError> {
    match raise() {
        Some(files) => share(wanted, files),
        None => Ok(wanted),
    }
}

fn share(wanted: u64, files: u64) -> Result<u64, ConfigError> {
    if files < RESERVED + FEWEST {
        return Err(ConfigError(format!(
            "this process may hold {files} files and connections open, and needs {} at least. Raise the limit with `ulimit \
             -n`, or with LimitNOFILE= in a service's unit.",
            RESERVED + FEWEST
        )));
    }
    let room = files - RESERVED;
    if room < wanted {
        tracing::warn!(connections = room, wanted, "the limit of open files leaves room for fewer connections");
    }
    Ok(wanted.min(room))
}

#[cfg(unix)]
fn raise() -> Option<u64> {
    use rlimit::Resource;
    let (soft, hard) = Resource::NOFILE.get().ok()?;
    if soft < hard && Resource::NOFILE.set(hard, hard).is_ok() {
        return Some(hard);
    }
    Some(soft)
}

#[cfg(not(unix))]
fn raise() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_stay_for_the_database() {
        assert_eq!(share(1000, 10_000).unwrap(), 1000);
        assert_eq!(share(1000, 1128).unwrap(), 1000);
        assert_eq!(share(1000, 1127).unwrap(), 999);
        assert_eq!(share(1000, 192).unwrap(), 64);
        let said = share(1000, 191).unwrap_err().to_string();
        assert!(said.contains("191") && said.contains("192") && said.contains("ulimit -n"), "{said}");
    }
}
