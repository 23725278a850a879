use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::user::User;

/// How the missing program is got; it is never passed over.
const MISSING: &str = "PostgreSQL is missing, on which the relay is tested too. `cargo xtask test` installs it; by hand: \
                       apt-get install -y postgresql";
const READY: &str = "database system is ready to accept connections";
const IN_USE: &str = "is still in use";

/// A PostgreSQL server with a cluster of its own, in a temporary folder, on a Unix socket in it.
pub struct Postgres {
    server: Option<Child>,
    programs: PathBuf,
    user: User,
    folder: PathBuf,
    /// Lines of the server's configuration, beside what every cluster here has.
    settings: Vec<(String, String)>,
    /// When this end of the pipe closes, the watchman stops the server and removes the folder.
    _watch: ChildStdin,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        Self::with(|_| Ok(Vec::new()))
    }

    /// With settings, which may name files that are put into the cluster's folder.
    pub fn with(settings: impl FnOnce(&Path) -> Result<Vec<(String, String)>>) -> Result<Self> {
        let programs = programs()?;
        let user = User::unprivileged()?;
        let folder = tempfile::Builder::new().prefix("signet-pg-").tempdir()?.keep();
        let watch = watchman(&folder)?;
        user.own(&folder)?;
        let mut init = Command::new(programs.join("initdb"));
        init.args(["--no-sync", "--auth=trust", "--username=signet", "--encoding=UTF8", "--no-locale", "-D"]);
        let made = user.run(init.arg(folder.join("data")).current_dir(&folder)).output().context(MISSING)?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }
        let settings = settings(&folder)?;
        for entry in fs::read_dir(&folder)? {
            user.own(&entry?.path())?;
        }
        let mut cluster = Self { server: None, programs, user, folder, settings, _watch: watch };
        cluster.begin()?;
        Ok(cluster)
    }

    /// The address of one of its databases, as the relay's `--database-url`.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://signet@localhost/{database}?host={}", self.folder.display())
    }

    /// A new database of this name.
    pub fn create(&self, name: &str) -> Result<()> {
        succeed(self.tool("createdb").arg(name))
    }

    /// The same of a server with settings, of which one is its port.
    pub fn create_at(&self, name: &str, port: u16) -> Result<()> {
        succeed(self.tool("createdb").args(["--port", &port.to_string(), name]))
    }

    /// Runs statements in one of its databases, as its superuser.
    pub fn run(&self, database: &str, sql: &str) -> Result<()> {
        succeed(self.tool("psql").args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "-d", database, "-c", sql]))
    }

    /// A client's program, to this server.
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(["--username=signet", "--host"]).arg(&self.folder);
        command
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The ids of its processes that there are now.
    pub fn processes(&self) -> Vec<u32> {
        let Some(server) = &self.server else { return Vec::new() };
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", server.id())).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        [server.id()].into_iter().chain(children).collect()
    }

    /// Ends every one of its processes at once, as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        let processes = self.processes();
        let Some(mut server) = self.server.take() else { return Ok(()) };
        server.kill()?;
        server.wait()?;
        // Those that have noticed already are no error.
        signal("-9", &processes[1..])
    }

    /// Stops its processes where they are, as a machine that hangs; or lets them go on.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        signal(if frozen { "-STOP" } else { "-CONT" }, &self.processes())
    }

    /// Starts it again on what is in its folder.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.begin()
    }

    fn begin(&mut self) -> Result<()> {
        loop {
            let mut command = Command::new(self.programs.join("postgres"));
            command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
            let fixed = [
                ("listen_addresses", ""),
                ("lc_messages", "C"),
                ("max_connections", "400"),
                ("shared_buffers", "64MB"),
                ("log_min_messages", "log"),
            ];
            for (name, value) in fixed.into_iter().chain(self.settings.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
                command.arg("-c").arg(format!("{name}={value}"));
            }
            // A group of its own: what ends the tests from the terminal does not end it in their midst.
            command.current_dir(&self.folder).process_group(0);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut server = self.user.run(&mut command).spawn().context(MISSING)?;
            let mut lines = BufReader::new(server.stderr.take().context("a server without a log")?).lines();
            let mut said = String::new();
            for line in lines.by_ref() {
                let line = line?;
                if line.contains(READY) {
                    // What it has to say from now on is of interest to nobody, but it must not wait for a reader.
                    std::thread::spawn(move || lines.for_each(drop));
                    self.server = Some(server);
                    return Ok(());
                }
                writeln!(said, "{line}")?;
            }
            server.wait()?;
            // Processes of the one that was killed are still ending: whoever asks again soon gets it.
            if !said.contains(IN_USE) {
                bail!("postgres did not start: {said}");
            }
        }
    }
}

fn signal(name: &str, processes: &[u32]) -> Result<()> {
    let mut kill = Command::new("kill");
    kill.arg(name).args(processes.iter().map(u32::to_string)).stderr(Stdio::null()).status()?;
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().context(MISSING)?;
    if !output.status.success() {
        bail!("{:?} failed: {}", command.get_program(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// The folder of its programs: on the PATH, or where Debian keeps them, the newest of them.
fn programs() -> Result<PathBuf> {
    let whole =
        |folder: &PathBuf| ["initdb", "postgres", "createdb", "psql"].iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((entry.as_ref().ok()?.file_name().to_str()?.parse().ok()?, entry.ok()?.path())))
        .map(|(version, folder)| (version, folder.join("bin")))
        .collect();
    debian.sort();
    let debian = debian.into_iter().rev().map(|(_, folder)| folder);
    std::env::split_paths(&path).chain(debian).find(whole).context(MISSING)
}

/// Waits until whoever started it is gone, by whatever way, and clears up behind him.
fn watchman(folder: &Path) -> Result<ChildStdin> {
    const WATCH: &str = r#"trap '' INT TERM HUP
        read -r _
        pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
        while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        rm -rf "$0""#;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", WATCH]).arg(folder).process_group(0);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    child.stdin.take().context("a watchman without a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_after_it_was_killed_and_leaves_nothing_behind() {
        let mut cluster = Postgres::start().unwrap();
        let folder = cluster.folder().to_owned();
        for _ in 0..2 {
            cluster.kill().unwrap();
            cluster.restart().unwrap();
        }
        drop(cluster);
        assert!(!folder.exists());
    }
}
