//! The program itself, as a process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::Browser;

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    pub(crate) fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
        command.env_clear().arg("serve").stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts it and waits for the line that says where it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_as(Self::command(), data)
    }

    pub(crate) fn start_as(mut command: Command, data: &Path) -> Self {
        command.args(["--listen", "127.0.0.1:0", "--log", "json", "--data"]).arg(data);
        command.env("SIGNET_LIMITS_MESSAGES_BURST", "1000000").env("SIGNET_LIMITS_REGISTER_PER_ADDRESS_HOUR", "100");
        for logins in
            ["LOGIN_PER_MINUTE", "LOGIN_PER_DAY", "LOGIN_PER_ADDRESS_MINUTE", "SECRET_PER_MINUTE", "SECRET_PER_DAY"]
        {
            command.env(format!("SIGNET_LIMITS_{logins}"), "1000");
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("a listening relay").unwrap();
            if let Some((_, rest)) = line.split_once("\"address\":\"") {
                break rest.split_once('"').unwrap().0.parse().unwrap();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, format!("http://localhost:{}", self.address.port()))
    }

    pub(crate) fn origin(&self) -> String {
        self.browser().origin
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What it says before it ends, where it does not start.
pub(crate) fn said(command: &mut Command) -> String {
    let mut child = command.spawn().unwrap();
    let mut text = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        text += &line.unwrap();
        if text.contains("relay.listening") {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(!text.contains("relay.listening"), "it started");
    text
}
