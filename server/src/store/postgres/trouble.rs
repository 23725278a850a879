//! The database's trouble: what of it passes, and how it is told.

use sqlx::Error;

/// Whether the same may work in a moment: another transaction was in the way, the connection is gone, or the server is
/// starting or stopping.
pub(super) fn passes(error: &Error) -> bool {
    is_in_the_way(error) || is_gone(error)
}

/// Another transaction was in the way. Nothing of this one was stored.
pub(super) fn is_in_the_way(error: &Error) -> bool {
    // Serialization failure, deadlock, a lock that was not to be had in time; and what had just been looked for has gone, or
    // come, while it was written: the next try finds that.
    matches!(code(error).as_deref(), Some("40001" | "40P01" | "55P03" | "23503" | "23505"))
}

/// The connection is of no use any more.
fn is_gone(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::WorkerCrashed | Error::Protocol(_) => true,
        _ => code(error).is_some_and(|code| {
            // A connection's own failure, an administrator's word, a crash, a start, a session that idled too long, and
            // all places taken.
            code.starts_with("08") || ["57P01", "57P02", "57P03", "57P05", "25P03", "53300"].contains(&code.as_str())
        }),
    }
}

fn code(error: &Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}

/// PostgreSQL's messages repeat values in some cases, such as a text that it cannot take. Those of these classes tell of the
/// server, and are told on; of any other the code and the table are enough.
pub(super) fn log(error: &Error) {
    const SERVER: [&str; 8] = ["08", "28", "3D", "40", "53", "55", "57", "58"];
    let Some(told) = error.as_database_error() else {
        tracing::error!(cause = %error, "store.database");
        return;
    };
    let (code, table) = (told.code().unwrap_or_default().into_owned(), told.table().unwrap_or_default());
    if SERVER.iter().any(|class| code.starts_with(class)) || code.starts_with("XX") {
        tracing::error!(code, table, cause = %told.message(), "store.database");
    } else {
        tracing::error!(code, table, "store.database");
    }
}
