//! SECURITY.md names a test for each attack: that test exists, and no attack is left out.

use std::{collections::BTreeSet, fs, path::Path};

const PAPER: &str = include_str!("../../../SECURITY.md");

/// `file.rs::function` or `file.rs::module::function`, in backticks.
fn named() -> BTreeSet<(String, String)> {
    let quoted = PAPER.split('`').skip(1).step_by(2);
    let names = quoted.filter_map(|quoted| {
        let (file, name) = quoted.split_once("::")?;
        (file.ends_with(".rs") || file.ends_with(".ts")).then(|| (file.to_owned(), name.to_owned()))
    });
    names.collect()
}

/// Whether this source has such a test: a function under `#[test]`, one that a macro of the relay's runs on both stores, or
/// one that Playwright calls by this title.
fn has(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {name}(");
    let marked = |at: usize| lines[..at].iter().rev().take(3).any(|l| ["#[test]", "#[tokio::test]"].contains(l));
    let is = |at: usize| lines[at].trim_start_matches("async ").starts_with(&function) && marked(at);
    let both = ["store", "on"].map(|store| format!("async fn {name}({store}) {{"));
    let run = lines.contains(&"both! {") || lines.contains(&"on_every_store! {");
    (0..lines.len()).any(is)
        || run && lines.iter().any(|line| both.iter().any(|both| both == line))
        || lines.iter().any(|line| line.starts_with("test(") && line.contains(name))
}

#[test]
fn every_test_that_the_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = named();
    assert!(named.len() > 40, "{}", named.len());
    for (file, name) in named {
        let source = fs::read_to_string(root.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(has(&source, &name), "SECURITY.md names {name}, which {file} does not have");
    }
    assert!(!has("#[test]\nfn one() {}", "two") && !has("fn one() {}", "one") && has("#[test]\nfn one() {}", "one"));
}

#[test]
fn every_attack_and_every_case_has_its_row() {
    let rows: Vec<&str> = PAPER.lines().filter(|line| line.starts_with("| ")).collect();
    let row = |name: &str| rows.iter().find(|row| row.starts_with(&format!("| {name} |")));
    for n in 1..=18 {
        assert!(row(&format!("A{n}")).is_some_and(|row| row.contains("::")), "A{n}");
    }
    for n in 1..=32 {
        let row = row(&format!("EV-{n:02}")).unwrap_or_else(|| panic!("EV-{n:02} has no row"));
        assert!(row.contains("::") || row.contains("comes with"), "{row}");
    }
}

#[test]
fn every_case_here_is_in_the_document() {
    let named: BTreeSet<String> = named().into_iter().map(|(_, name)| name).collect();
    let sources = [
        include_str!("account.rs"),
        include_str!("backup.rs"),
        include_str!("keys.rs"),
        include_str!("message.rs"),
        include_str!("order.rs"),
    ];
    let lines = sources.iter().flat_map(|source| source.lines());
    let cases = lines.filter_map(|line| line.strip_prefix("fn ev_").and_then(|rest| rest.split('(').next()));
    let cases: Vec<String> = cases.map(|case| format!("ev_{case}")).collect();
    assert!(cases.len() > 30, "{}", cases.len());
    for case in cases {
        assert!(named.contains(&case), "{case} is not in SECURITY.md");
    }
}
