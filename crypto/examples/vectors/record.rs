//! The shape of the files: a JSON array with one record a line, whose values are strings (hexadecimal, decimal or text),
//! lists of them, or records.

use std::{collections::BTreeMap, fmt::Display, fs, path::Path, process::ExitCode, str::FromStr};

use serde_json::{Map, Value};

#[derive(Clone, Default)]
pub(crate) struct Record(Map<String, Value>);

impl Record {
    pub(crate) fn hex(&mut self, name: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.text(name, hex::encode(bytes))
    }

    /// Text, or a number in decimal.
    pub(crate) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.0.insert(name.to_owned(), Value::String(value.to_string()));
        self
    }

    pub(crate) fn texts(&mut self, name: &str, values: impl IntoIterator<Item: Display>) -> &mut Self {
        let values = values.into_iter().map(|value| Value::String(value.to_string())).collect();
        self.0.insert(name.to_owned(), Value::Array(values));
        self
    }

    pub(crate) fn records(&mut self, name: &str, records: Vec<Record>) -> &mut Self {
        let records = records.into_iter().map(|record| Value::Object(record.0)).collect();
        self.0.insert(name.to_owned(), Value::Array(records));
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("a record lacks {name}"))
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> T {
        self.get(name).parse().unwrap_or_else(|_| panic!("{name} is no number"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        hex::decode(self.get(name)).unwrap_or_else(|_| panic!("{name} is not hexadecimal"))
    }

    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap_or_else(|_| panic!("{name} is not of {N} bytes"))
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(Value::as_array).unwrap_or_else(|| panic!("a record lacks {name}"));
        list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn indices(&self, name: &str) -> Vec<usize> {
        self.list(name).iter().map(|index| index.parse().unwrap()).collect()
    }

    pub(crate) fn inner(&self, name: &str) -> Vec<Record> {
        let list = self.0.get(name).and_then(Value::as_array).unwrap_or_else(|| panic!("a record lacks {name}"));
        list.iter().map(|value| Record(value.as_object().unwrap().clone())).collect()
    }
}

pub(crate) fn write(folder: &Path, name: &str, records: &[Record]) {
    let lines: Vec<String> = records.iter().map(|record| serde_json::to_string(&record.0).unwrap()).collect();
    fs::write(folder.join(format!("{name}.json")), format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
}

pub(crate) fn read(folder: &Path, name: &str) -> Vec<Record> {
    let path = folder.join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let values: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    values.into_iter().map(Record).collect()
}

/// What was opened, by kind, and what was not as the writer says.
#[derive(Default)]
pub(crate) struct Tally {
    opened: BTreeMap<&'static str, usize>,
    mismatches: usize,
}

impl Tally {
    pub(crate) fn opened(&mut self, kind: &'static str) {
        *self.opened.entry(kind).or_default() += 1;
    }

    pub(crate) fn mismatch(&mut self, kind: &str, at: usize, what: &str) {
        println!("mismatch: {kind} {at}: {what}");
        self.mismatches += 1;
    }

    /// Compares what the record says with what was computed.
    pub(crate) fn same(&mut self, kind: &str, at: usize, record: &Record, name: &str, bytes: impl AsRef<[u8]>) {
        if record.get(name) != hex::encode(bytes) {
            self.mismatch(kind, at, name);
        }
    }

    pub(crate) fn report(&self, who: &str) -> ExitCode {
        let opened: Vec<String> = self.opened.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        println!("{who} opened {}: {} mismatches", opened.join(", "), self.mismatches);
        if self.mismatches == 0 && !self.opened.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
