//! What the tests need beyond Rust, installed where it is missing.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{
    place::Place,
    shell::{self, note, step},
};

/// Where Debian's package puts the browser. Ubuntu's package of this name only fetches a snap, which a container cannot
/// run; there Playwright brings a browser of its own.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Debian's packages, and what shows that each is there.
const PACKAGES: [(&str, Shown); 9] = [
    ("openssl", Shown::Program("openssl")),
    ("python3-cryptography", Shown::Python("cryptography")),
    ("nodejs", Shown::Program("node")),
    ("npm", Shown::Program("npm")),
    ("chromium", Shown::File(CHROMIUM)),
    ("fonts-noto-core", Shown::File("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")),
    ("fonts-noto-cjk", Shown::File("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")),
    ("postgresql", Shown::Versioned("/usr/lib/postgresql", "bin/initdb")),
    ("fonts-noto-color-emoji", Shown::File("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")),
];

#[derive(Clone, Copy)]
enum Shown {
    Program(&'static str),
    File(&'static str),
    /// A file in a folder for each version, within the first.
    Versioned(&'static str, &'static str),
    /// A module that `python3` can import.
    Python(&'static str),
}

impl Shown {
    fn there(self) -> bool {
        match self {
            Self::Program(name) => shell::find(name).is_some(),
            Self::File(path) => Path::new(path).is_file(),
            Self::Versioned(folder, file) => {
                fs::read_dir(folder).into_iter().flatten().flatten().any(|version| version.path().join(file).is_file())
            }
            Self::Python(module) => {
                let import = format!("import {module}");
                Command::new("python3").args(["-c", &import]).output().is_ok_and(|output| output.status.success())
            }
        }
    }
}

/// PostgreSQL, Node, Chromium, fonts for every script that the tests write, and the npm packages of end2end/.
pub(crate) fn all(place: &Place) -> Result<()> {
    step("Looking for what the tests need: PostgreSQL, a browser, Node, and fonts with CJK and emoji");
    let packaged = !is_ubuntu();
    let missing = missing(packaged);
    if missing.is_empty() {
        note("all there");
    } else {
        install(place, &missing)?;
    }
    npm(place)?;
    if packaged || Path::new(CHROMIUM).is_file() { Ok(()) } else { playwrights_own(place) }
}

fn missing(packaged: bool) -> Vec<&'static str> {
    let wanted = PACKAGES.iter().filter(|(package, _)| packaged || *package != "chromium");
    wanted.filter(|(_, shown)| !shown.there()).map(|(package, _)| *package).collect()
}

fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

fn playwrights_own(place: &Place) -> Result<()> {
    let folder = place.end2end();
    let mut command = shell::command(folder.join("node_modules/.bin/playwright"), &folder, &["install", "chromium"]);
    shell::run(&mut command, "Install Chromium by hand as /usr/bin/chromium, then try again.")
}

fn install(place: &Place, missing: &[&str]) -> Result<()> {
    let names = missing.join(" ");
    let line = format!("apt-get update && apt-get install -y --no-install-recommends {names}");
    note(&format!("missing: {names}"));
    if shell::find("apt-get").is_none() {
        bail!("these are missing, and this system has no apt-get to install them with: {names}");
    }
    let root = shell::read(Command::new("id").arg("-u"), "This system has no `id`.")?.trim() == "0";
    let shell_line = if root {
        line.clone()
    } else if shell::find("sudo").is_some() {
        format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}")
    } else {
        bail!("only root can install what is missing. Run this as root: {line}");
    };
    note(&shell_line);
    let mut command = shell::command("sh", &place.root, &["-c", &shell_line]);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(&mut command, &format!("Run this as root, then try again: {line}"))?;
    let still = self::missing(!is_ubuntu()).join(" ");
    if still.is_empty() {
        Ok(())
    } else {
        bail!("apt-get succeeded, but these are still not where they belong: {still}. Install them by hand.")
    }
}

/// `npm ci`, unless the packages are those of the lock file already.
fn npm(place: &Place) -> Result<()> {
    let folder = place.end2end();
    let lock = fs::read(folder.join("package-lock.json")).context("end2end/package-lock.json is missing")?;
    let wanted = hex::encode(Sha256::digest(lock));
    let stamp = folder.join("node_modules/.signet-lock");
    if fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        note("the npm packages of end2end/ are there");
        return Ok(());
    }
    step("Installing the npm packages of end2end/: Playwright, which drives the browser");
    let mut command = shell::command("npm", &folder, &["ci", "--no-audit", "--no-fund"]);
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    shell::run(&mut command, "Is the npm registry reachable?")?;
    fs::write(&stamp, wanted).with_context(|| format!("could not write {}", stamp.display()))
}
