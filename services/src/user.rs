//! Whose processes these are. PostgreSQL refuses to run as root, so that where root runs the tests, another does it.

use std::{fs, os::unix::fs::chown, os::unix::process::CommandExt, path::Path, process::Command};

use anyhow::{Context, Result};

/// The user that a service runs as, if not whoever runs the tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User(Option<(u32, u32)>);

impl User {
    pub(crate) fn unprivileged() -> Result<Self> {
        // Of this process: a temporary file belongs to it.
        use std::os::unix::fs::MetadataExt;
        if tempfile::tempfile()?.metadata()?.uid() != 0 {
            return Ok(Self(None));
        }
        let known = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let named = |name: &str| {
            let line = known.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut ids = line.split(':').skip(2).map(str::parse);
            Some((ids.next()?.ok()?, ids.next()?.ok()?))
        };
        let user = named("postgres").or_else(|| named("nobody"));
        Ok(Self(Some(user.context("this is root, for whom PostgreSQL does not run, and there is no user `nobody`")?)))
    }

    pub(crate) fn own(self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.0 else { return Ok(()) };
        chown(path, Some(user), Some(group)).with_context(|| format!("{} cannot be given away", path.display()))
    }

    pub(crate) fn run(self, command: &mut Command) -> &mut Command {
        match self.0 {
            Some((user, group)) => command.uid(user).gid(group),
            None => command,
        }
    }
}
