//! The load driver. It starts the built relay as a process of its own, on an empty folder and without TLS, makes accounts
//! by the public API, and drives it over real sockets.

mod account;
mod idle;
mod load;
mod login;
mod message;
mod process;
mod report;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::process::Relay;

#[derive(Parser)]
#[command(about = "Signet's load driver")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Whether the time of a login's first step tells if anybody has the name.
    Login {
        #[arg(long, default_value_t = 1_000_000)]
        samples: usize,
        /// The relay's program.
        #[arg(long, default_value = "target/release/signet")]
        program: PathBuf,
    },
    /// Durable and delivered messages a second, their latency, and the memory of an idle connection.
    Relay {
        /// Fewer people, fewer and shorter rounds: for a look, not for a figure to quote.
        #[arg(long)]
        quick: bool,
        /// The relay's program.
        #[arg(long, default_value = "target/release/signet")]
        program: PathBuf,
        /// Also write the figures here.
        #[arg(long)]
        json: Option<PathBuf>,
        /// On a PostgreSQL server that is started for it, in place of SQLite. Its processor time counts too.
        #[arg(long)]
        postgres: bool,
    },
}

/// How much is measured.
struct Plan {
    pairs: usize,
    rounds: usize,
    warm_up_s: u64,
    seconds: u64,
    idle: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let (quick, program, json, postgres) = match Cli::parse().command {
        Command::Relay { quick, program, json, postgres } => (quick, program, json, postgres),
        Command::Login { samples, program } => return login::run(&program, samples).await,
    };
    let plan = if quick {
        Plan { pairs: 8, rounds: 2, warm_up_s: 1, seconds: 3, idle: 200 }
    } else {
        Plan { pairs: 50, rounds: 5, warm_up_s: 5, seconds: 15, idle: 2000 }
    };
    let relay = Relay::start_on(&program, &[], postgres).await.context("the relay to be measured did not start")?;
    let mut report = report::Report::new(&plan);
    println!("making {} accounts", 2 * plan.pairs);
    let people = account::make(&relay, 2 * plan.pairs).await?;
    // First, while the relay holds no memory that a load has left it.
    report.idle(plan.idle, idle::run(&relay, &people, plan.idle).await?);
    report.head();
    for round in 0..plan.rounds {
        for window in [1, 4, 16] {
            let probe = process::fdatasync_ms(relay.data())?;
            let measured = load::run(&relay, &people, window, &plan).await?;
            report.load(round, window, probe, &measured);
        }
    }
    report.finish(json.as_deref())
}
