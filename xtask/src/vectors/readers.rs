//! The implementations of the formats: this project's own, and those of `crypto/interop/`.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{place::Place, shell};

pub(super) struct Party {
    pub(super) name: &'static str,
    pub(super) writes: bool,
    /// The program and its first words, from the root of the repository.
    command: &'static [&'static str],
    /// Says whether it can run, by running: a program and words that succeed quietly.
    probe: &'static [&'static str],
    cure: &'static str,
}

pub(super) const RUST: Party = Party {
    name: "rust",
    writes: true,
    command: &[
        "cargo",
        "run",
        "--quiet",
        "--locked",
        "--package",
        "signet-crypto",
        "--features",
        "self-test",
        "--example",
        "vectors",
        "--",
    ],
    probe: &[],
    cure: "The messages above say what is wrong with the crate `signet-crypto`.",
};

const OTHERS: [Party; 3] = [
    Party {
        name: "python",
        writes: true,
        command: &["python3", "-B", "crypto/interop/python/interop.py"],
        probe: &["python3", "-c", "import cryptography"],
        cure: "Python's `cryptography` is missing: install Debian's python3-cryptography, or `pip install cryptography`.",
    },
    Party {
        name: "node",
        writes: true,
        command: &["node", "crypto/interop/node/interop.mjs"],
        probe: &["node", "--version"],
        cure: "Node is missing: install Debian's nodejs.",
    },
    Party {
        name: "openssl",
        writes: false,
        command: &["bash", "crypto/interop/openssl/interop.sh"],
        probe: &["openssl", "kdf", "-keylen", "1", "-kdfopt", "digest:SHA256", "-kdfopt", "hexkey:00", "HKDF"],
        cure: "The `openssl` command is missing or older than 3.0: install Debian's openssl.",
    },
];

/// Who can run here, and a sentence for each who cannot.
pub(super) fn present(place: &Place) -> Result<(Vec<&'static Party>, Vec<&'static str>)> {
    let (mut parties, mut missing) = (vec![&RUST], Vec::new());
    for party in &OTHERS {
        let mut probe = shell::command(party.probe[0], &place.root, &party.probe[1..]);
        if probe.output().is_ok_and(|output| output.status.success()) {
            parties.push(party);
        } else {
            shell::note(party.cure);
            missing.push(party.cure);
        }
    }
    Ok((parties, missing))
}

impl Party {
    pub(super) fn write(&self, place: &Place, count: usize, folder: &Path) -> Result<()> {
        let mut command = self.command(place);
        command.args(["write", &count.to_string()]).arg(folder);
        shell::run(&mut command, self.cure)
    }

    /// Whether everything in the folder is as its writer says; what is not is printed.
    pub(super) fn open(&self, place: &Place, folder: &Path) -> Result<bool> {
        Ok(self.command(place).arg("open").arg(folder).status()?.success())
    }

    /// As `open`, without a word.
    pub(super) fn look(&self, place: &Place, folder: &Path) -> Result<bool> {
        Ok(self.command(place).arg("open").arg(folder).output()?.status.success())
    }

    pub(super) fn command(&self, place: &Place) -> Command {
        let (program, words) = (self.command[0], &self.command[1..]);
        let program = if program == "cargo" { shell::cargo() } else { program.into() };
        shell::command(program, &place.root, words)
    }
}
