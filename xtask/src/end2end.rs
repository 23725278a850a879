//! The tests in Chromium, and what else Playwright drives.

use anyhow::Result;

use crate::{
    build, certs, needs,
    place::Place,
    shell::{self, note, step},
};

/// Playwright's tests, all of them or those that the words choose. Returns how many passed and failed.
pub(crate) fn tests(place: &Place, words: &[String]) -> Result<Counted> {
    step("Testing end to end in Chromium: the built relay, and what a person does");
    let mut counted = Counted::default();
    let mut command = playwright(place, &["test"]);
    let good = shell::watch(command.args(words), |line| counted.see(line))?;
    counted.good = good;
    Ok(counted)
}

pub(crate) fn screenshots(place: &Place) -> Result<()> {
    ready(place)?;
    step("Taking a picture of each page, wide and narrow, light and dark");
    let mut command = playwright(place, &["test", "--config", "screenshots.config.ts"]);
    shell::run(&mut command, "The messages above say which page could not be shown.")?;
    note("end2end/screenshots/");
    Ok(())
}

pub(crate) fn bench(place: &Place, rounds: &str) -> Result<()> {
    ready(place)?;
    step("Measuring what a person waits for, in Chromium");
    let mut command = playwright(place, &["test", "--config", "bench.config.ts"]);
    command.env("SIGNET_BENCH_ROUNDS", rounds).env("SIGNET_BENCH_JSON", place.target.join("bench/web.json"));
    shell::run(&mut command, "The messages above say which figure could not be taken.")
}

/// Node, Chromium, fonts, npm packages, and with them the relay to be tested.
pub(crate) fn ready(place: &Place) -> Result<build::Sizes> {
    needs::all(place)?;
    let sizes = build::all(place)?;
    certs::ready(place)?;
    Ok(sizes)
}

/// The tests' own types: a slip in a test is better found before the browser starts.
pub(crate) fn types(place: &Place) -> Result<()> {
    step("Checking the types of the tests in Chromium");
    let mut command = shell::command(place.end2end().join("node_modules/.bin/tsc"), &place.end2end(), &["--noEmit"]);
    shell::run(&mut command, "Each message above names a file and a line.")
}

fn playwright(place: &Place, words: &[&str]) -> std::process::Command {
    let mut command = shell::command(place.end2end().join("node_modules/.bin/playwright"), &place.end2end(), words);
    command.env("SIGNET_RELAY", place.relay()).env("SIGNET_BUILT_SITE", place.site());
    command
}

/// What a test runner's closing lines say.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) good: bool,
}

impl Counted {
    /// Adds the counts of a line such as `test result: ok. 3 passed; 0 failed; ...` or `12 passed, 1 failed`.
    pub(crate) fn see(&mut self, line: &str) {
        let line = line.trim();
        let closing = line
            .strip_prefix("test result:")
            .or_else(|| line.split_once(" passed, ").filter(|(count, _)| count.parse::<usize>().is_ok()).map(|_| line));
        let Some(closing) = closing else { return };
        let words: Vec<&str> = closing.split([' ', ';', ',']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            if let Ok(count) = pair[0].parse::<usize>() {
                match pair[1] {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        let mut counted = Counted::default();
        counted.see("test result: ok. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        counted.see("12 passed, 2 failed");
        counted.see("a message that says 7 passed, which is no closing line");
        counted.see("  12 passed (2.3m)");
        assert_eq!((counted.passed, counted.failed), (15, 3));
    }
}
