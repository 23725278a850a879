//! The project's own commands. One file for each verb; `cargo xtask --help` lists them.

mod bench;
mod build;
mod certs;
mod check;
mod end2end;
mod needs;
mod place;
mod serve;
mod shell;
mod simulate;
mod test;
mod toolchain;
mod vectors;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::place::Place;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Signet's own commands", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the WebAssembly modules, the pages and the relay: leaves target/release/signet with the site inside.
    Build,
    /// Build, make development certificates in certs/, and serve https://localhost:8443 with its data in data/.
    Run {
        /// Options of `signet serve`; they replace what this command would choose.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Every test: native ones, then the built relay end to end in Chromium. Installs what it needs.
    Test {
        /// Passed to Playwright: file names, `--grep`, and the like. With any, the native tests are left out.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        playwright: Vec<String>,
    },
    /// Formatting, lints, licences, the walls between rooms and the size budgets, then every test: what CI runs.
    Check,
    /// Random objects of every format, with all keys and intermediate values, as JSON (crypto/interop/README.md).
    Vectors {
        #[arg(long, default_value_t = 100)]
        count: usize,
        #[arg(long)]
        out: PathBuf,
    },
    /// Opens what another implementation wrote in that shape; prints counts and mismatches.
    Open { folder: PathBuf },
    /// Python, Node and OpenSSL open what this writes, and this what they write.
    Interop {
        #[arg(long, default_value_t = 1000)]
        count: usize,
    },
    /// Every vector of the formats and their primitives, natively and in Chromium; prints the counts.
    SelfTest,
    /// Two and three people with several browsers each, on a line that breaks: no false alarm, everything shown once.
    Simulate {
        #[arg(long, default_value_t = 100_000)]
        messages: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to begin, to tell one of them again: each is a story of its own.
        #[arg(long, default_value_t = 0)]
        chapter: u64,
    },
    /// A picture of each page, wide and narrow, light and dark, in end2end/screenshots/.
    Screenshots,
    /// Benchmarks: a table on the terminal and JSON in target/bench/.
    Bench {
        what: Bench,
        /// Fewer rounds: for a look, not for a figure to quote.
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// What a person waits for, in Chromium.
    Web,
    /// What the relay carries.
    Relay,
    /// The same on a PostgreSQL server that is started for it, in place of SQLite.
    RelayOnPostgres,
    /// Whether the time of an operation tells what it worked on (dudect): natively, in Chromium, and a relay's login.
    Timing,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let place = Place::find()?;
    match command {
        Command::Build => build::all(&place).map(drop),
        Command::Run { options } => serve::run(&place, options),
        Command::Test { playwright } if playwright.is_empty() => test::all(&place),
        Command::Test { playwright } => test::end_to_end(&place, &playwright),
        Command::Check => check::all(&place),
        Command::Vectors { count, out } => vectors::write(&place, count, &out),
        Command::Open { folder } => vectors::open(&place, &folder),
        Command::Interop { count } => vectors::interop(&place, count),
        Command::SelfTest => vectors::self_test(&place),
        Command::Simulate { messages, seed, chapter } => simulate::run(&place, messages, seed, chapter),
        Command::Screenshots => end2end::screenshots(&place),
        Command::Bench { what: Bench::Web, quick } => bench::web(&place, quick),
        Command::Bench { what: Bench::Relay, quick } => bench::relay(&place, quick, false),
        Command::Bench { what: Bench::RelayOnPostgres, quick } => {
            needs::all(&place)?;
            bench::relay(&place, quick, true)
        }
        Command::Bench { what: Bench::Timing, quick } => bench::timing(&place, quick),
    }
}
