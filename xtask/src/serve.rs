//! `cargo xtask run`: from sources to a page that a browser can open.

use std::{net::TcpListener, path::PathBuf, process::Command};

use anyhow::{Context, Result, anyhow};

use crate::{
    build, certs,
    place::Place,
    shell::{self, note, step},
};

const LISTEN: &str = "127.0.0.1:8443";

pub(crate) fn run(place: &Place, mut options: Vec<String>) -> Result<()> {
    // `cargo xtask run -- --listen ...` and `cargo xtask run --listen ...` mean the same.
    options.retain(|option| option != "--");
    let listen = chosen(&options, "--listen", "SIGNET_LISTEN").unwrap_or_else(|| LISTEN.to_owned());
    if !asks(&options) {
        free(&listen)?;
        build::all(place)?;
    } else if !place.relay().is_file() {
        build::all(place)?;
    }

    let mut command = shell::command(place.relay(), &place.root, &["serve"]);
    let own = chosen(&options, "--tls-cert", "SIGNET_TLS_CERT").is_some();
    if !own {
        certs::ready(place)?;
        path(&mut command, "--tls-cert", place.certs().join("cert.pem"));
        path(&mut command, "--tls-key", place.certs().join("key.pem"));
    }
    if chosen(&options, "--listen", "SIGNET_LISTEN").is_none() {
        command.args(["--listen", LISTEN]);
    }
    if chosen(&options, "--data", "SIGNET_DATA").is_none() {
        path(&mut command, "--data", place.root.join("data"));
    }
    command.args(&options);

    step(&format!("Serving https://{}", address(&listen)));
    if !own {
        note("browsers warn of an unknown authority until certs/ca.pem is trusted: certs/README.md says how");
    }
    note("Ctrl-C ends it; accounts and sealed messages stay in data/\n");
    become_it(&mut command)
}

/// What the person chose for an option, on the command line or in the environment.
fn chosen(options: &[String], option: &str, variable: &str) -> Option<String> {
    let mut words = options.iter();
    while let Some(word) = words.next() {
        if word == option {
            return words.next().cloned();
        }
        if let Some(value) = word.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    std::env::var(variable).ok()
}

/// Asked for help only: nothing is served, so nothing need be free or new.
fn asks(options: &[String]) -> bool {
    options.iter().any(|option| option == "--help" || option == "-h")
}

/// Better known before a build of several minutes than after it.
fn free(listen: &str) -> Result<()> {
    TcpListener::bind(listen).map(drop).map_err(|error| {
        anyhow!(
            "cannot listen on {listen}: {error}. Choose another address with `cargo xtask run --listen 127.0.0.1:9443`."
        )
    })
}

/// Loopback by the name that the certificate and the browser's storage go by.
fn address(listen: &str) -> String {
    let loopback = ["127.0.0.1:", "[::1]:"].iter().find_map(|prefix| listen.strip_prefix(prefix));
    loopback.map_or_else(|| listen.to_owned(), |port| format!("localhost:{port}"))
}

fn path(command: &mut Command, option: &str, path: PathBuf) {
    command.arg(option).arg(path);
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    let error = std::os::unix::process::CommandExt::exec(command);
    Err(error).context("could not start target/release/signet")
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    shell::run(command, "Its own messages above say why.").context("could not keep target/release/signet running")
}

#[cfg(test)]
mod tests {
    use super::{address, chosen};

    #[test]
    fn options_are_found_in_both_forms() {
        let options = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let none = "SIGNET_XTASK_TEST_NONE";
        assert_eq!(chosen(&options(&["--listen", "a:1"]), "--listen", none).as_deref(), Some("a:1"));
        assert_eq!(chosen(&options(&["--data=d", "--listen=a:1"]), "--listen", none).as_deref(), Some("a:1"));
        assert_eq!(chosen(&options(&["--listener=a:1"]), "--listen", none), None);
    }

    #[test]
    fn loopback_is_called_localhost() {
        assert_eq!(address("127.0.0.1:8443"), "localhost:8443");
        assert_eq!(address("192.168.1.2:443"), "192.168.1.2:443");
    }
}
