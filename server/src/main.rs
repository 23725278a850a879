use std::{
    io::{self, IsTerminal},
    net::TcpListener,
    process::ExitCode,
};

use clap::Parser;
use signet::{Clock, Command, ConfigError, LogFormat, Options, ServeOptions, admin, serve};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Serve(options) => run(options).await,
        Command::Admin(command) => admin(command, Clock::system().now()).await.map(|said| println!("{said}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signet: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: ServeOptions) -> Result<(), ConfigError> {
    let options = options.with_file()?;
    log(options.log());
    let listen = options.listen();
    let config = options.config()?;
    let listener = TcpListener::bind(listen).map_err(|error| busy(&listen.to_string(), &error))?;
    serve(config, listener, stopped()).await
}

fn busy(listen: &str, error: &io::Error) -> ConfigError {
    match error.kind() {
        io::ErrorKind::AddrInUse => ConfigError(format!("{listen} is taken. Choose another address with --listen.")),
        _ => ConfigError(format!("cannot listen on {listen} ({error}). Choose another address with --listen.")),
    }
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

/// Ctrl-C, or what a service manager sends.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    tokio::signal::ctrl_c().await.ok();
}
