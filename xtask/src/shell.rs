//! Running other programs, and saying so.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    time::Instant,
};

use anyhow::{Context, Result, bail};

/// The cargo that runs this command, so that the toolchain stays the same.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo run` tells its program which package it is; build scripts further down would take that for news and build anew.
pub(crate) fn clean(mut command: Command) -> Command {
    const OWN: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OWN.iter().any(|own| name.starts_with(own))) {
            command.env_remove(&name);
        }
    }
    command
}

/// A command in a folder, with its arguments given one by one.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = clean(Command::new(program));
    command.current_dir(folder).args(arguments);
    command
}

/// What was done, and since when.
static STEPS: Mutex<Vec<(Instant, String)>> = Mutex::new(Vec::new());

/// Prints what is about to be done, and why.
pub(crate) fn step(what: &str) {
    println!("\n==> {what}");
    if let Ok(mut steps) = STEPS.lock() {
        steps.push((Instant::now(), what.to_owned()));
    }
}

/// Prints how long each step took: a check that grows too long is cut where it takes long.
pub(crate) fn times() {
    let Ok(mut steps) = STEPS.lock() else { return };
    let (began, ended) = (steps.first().map(|(at, _)| *at), Instant::now());
    println!();
    steps.push((ended, "all of it".to_owned()));
    for pair in steps.windows(2) {
        if let [(from, what), (to, _)] = pair {
            note(&format!("{:>5} s  {what}", (*to - *from).as_secs()));
        }
    }
    note(&format!("{:>5} s  all of it", began.map_or(0, |began| (ended - began).as_secs())));
}

/// A remark under a step.
pub(crate) fn note(what: &str) {
    println!("    {what}");
}

/// Runs to the end; `cure` is the sentence for when it fails.
pub(crate) fn run(command: &mut Command, cure: &str) -> Result<()> {
    let program = shown(command);
    let status = command.status().with_context(|| format!("could not start `{program}`. {cure}"))?;
    if !status.success() {
        bail!("`{program}` failed ({status}). {cure}");
    }
    Ok(())
}

/// Runs to the end and returns what it printed; its complaints go to the terminal.
pub(crate) fn read(command: &mut Command, cure: &str) -> Result<String> {
    let program = shown(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start `{program}`. {cure}"))?;
    if !output.status.success() {
        bail!("`{program}` failed ({}). {cure}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{program}` printed something that is not text"))
}

/// Runs to the end, passing on each line that it prints and showing it to `look` as well. Returns whether it succeeded.
pub(crate) fn watch(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let program = shown(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("could not start `{program}`"))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.with_context(|| format!("could not read what `{program}` prints"))?;
            println!("{line}");
            look(&line);
        }
    }
    Ok(child.wait().with_context(|| format!("lost sight of `{program}`"))?.success())
}

/// The first program of this name on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
