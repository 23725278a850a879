//! The relay as a process: started, asked what it has used, ended.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use signet_services::Postgres;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

/// Clock ticks of `/proc/PID/stat` in a second: USER_HZ, 100 on every Linux that Rust builds for.
const TICKS: f64 = 100.0;

/// The relay's limits for one account and one address, raised: here everyone comes from one address.
const LIMITS: [(&str, &str); 11] = [
    ("REGISTER_PER_ADDRESS_HOUR", "1000000"),
    ("LOGIN_PER_MINUTE", "1000000000"),
    ("LOGIN_PER_DAY", "1000000000"),
    ("LOGIN_PER_ADDRESS_MINUTE", "1000000000"),
    ("CONNECTIONS", "1000000"),
    ("CONNECTIONS_PER_ADDRESS", "1000000"),
    ("SOCKETS_PER_ADDRESS", "1000000"),
    ("SOCKETS_PER_MINUTE", "1000000"),
    ("SOCKETS_PER_ACCOUNT", "1000000"),
    ("MESSAGES_PER_SECOND", "1000000"),
    ("MESSAGES_BURST", "1000000"),
];

pub(crate) struct Relay {
    child: Child,
    data: TempDir,
    port: u16,
    database: Option<Postgres>,
}

impl Relay {
    /// With these limits besides.
    pub(crate) async fn start(program: &Path, limits: &[(&str, &str)]) -> Result<Self> {
        Self::start_on(program, limits, false).await
    }

    /// On a PostgreSQL server of its own, or on SQLite.
    pub(crate) async fn start_on(program: &Path, limits: &[(&str, &str)], postgres: bool) -> Result<Self> {
        let database = if postgres { Some(Postgres::start()?) } else { None };
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let data = TempDir::new()?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data.path());
        let limits = LIMITS.iter().chain(limits);
        command.envs(limits.map(|(key, value)| (format!("SIGNET_LIMITS_{key}"), value)));
        if let Some(server) = &database {
            server.create("signet")?;
            command.env("SIGNET_DATABASE_URL", server.url("signet"));
        }
        let child = command
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be run; `cargo xtask build` makes it", program.display()))?;
        let mut relay = Self { child, data, port, database };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(relay.address()).await.is_err() {
            if relay.child.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("the relay ended or did not listen; its own messages are above");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(relay)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What the relay takes for its own origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Processor seconds so far, user and system, of the relay and of its database.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let database = self.database.iter().flat_map(Postgres::processes);
        let mut ticks = ticks_of(self.child.id())?;
        for process in database {
            // One that has just ended counts no more.
            ticks += ticks_of(process).unwrap_or_default();
        }
        Ok(ticks / TICKS)
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        line.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")
    }
}

fn ticks_of(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Fields are counted after the name, which stands in brackets: utime and stime are the 12th and 13th from there.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |n: usize| rest.split_whitespace().nth(n).and_then(|field| field.parse::<f64>().ok());
    Ok(ticks(11).context("no utime")? + ticks(12).context("no stime")?)
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Nothing of it is needed any more: its folder goes too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The median time of an fdatasync after a write of 4 KiB, in the relay's own folder, in milliseconds.
pub(crate) fn fdatasync_ms(folder: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..51 {
        file.write_all(&[0x5a; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(crate::report::quantile(&mut times, 0.5))
}
