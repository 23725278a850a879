use signet_ask::{BACKUP_HEAD, BACKUP_PIECE, BackupReport, BackupStep, BackupTrouble, Trouble};
use web_sys::Blob;

use super::{IMPORTER, Run, TESTER, words};
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{Field, alert, form, submit},
    text::backup,
    value::Value,
};

pub(in super::super) const FILE: &str = "backup-file";
const PASSWORD: &str = "backup-password";

/// Where it is said what is wrong.
#[derive(Clone, Copy)]
struct Errors {
    file: Value<Option<String>>,
    password: Value<Option<String>>,
    /// With neither of them.
    other: Value<Option<String>>,
}

impl Errors {
    fn new() -> Self {
        Self { file: Value::new(None), password: Value::new(None), other: Value::new(None) }
    }

    fn report(self, trouble: &Trouble) {
        let says = words::refusal(trouble);
        match trouble {
            Trouble::Backup(BackupTrouble::WrongPassword) => say(self.password, says, PASSWORD),
            Trouble::Backup(BackupTrouble::NoMemory | BackupTrouble::Interrupted) => self.other.set(Some(says)),
            Trouble::Backup(_) => say(self.file, says, FILE),
            _ => self.other.set(Some(says)),
        }
    }
}

fn say(beside: Value<Option<String>>, says: String, field: &'static str) {
    beside.set(Some(says));
    browser::soon(move || browser::focus(field));
}

/// A file that is being read.
#[derive(Clone)]
struct Source {
    run: Run,
    id: u64,
    blob: Blob,
    size: u64,
    import: bool,
    errors: Errors,
}

impl Run {
    /// The form that tests a backup, or imports it.
    pub(super) fn read(self, import: bool) -> El {
        let (app, busy) = (self.page.app, self.page.busy);
        let errors = Errors::new();
        self.words.set(String::new());
        let send = move || {
            let (file, password) = (browser::chosen_file(FILE), browser::typed(PASSWORD));
            errors.other.set(None);
            errors.file.set(file.is_none().then(|| backup::BACKUP_FILE_EMPTY.to_owned()));
            errors.password.set(password.is_empty().then(|| backup::BACKUP_PASSWORD_EMPTY.to_owned()));
            match (file, password.is_empty()) {
                (None, _) => browser::focus(FILE),
                (_, true) => browser::focus(PASSWORD),
                (Some(blob), false) => {
                    let size = blob.size() as u64;
                    let Some(id) = self.begin() else { return };
                    Source { run: self, id, blob, size, import, errors }.begin(password);
                }
            }
        };
        let [says, working, label, opener] = match import {
            true => [backup::IMPORT_TEXT, backup::IMPORTING, backup::IMPORT, IMPORTER],
            false => [backup::TEST_BACKUP_TEXT, backup::TESTING_BACKUP, crate::text::TEST, TESTER],
        };
        let field = Field::new(PASSWORD, backup::BACKUP_PASSWORD, "off", busy).secret().error(errors.password);
        form("form", busy, send)
            .child(el("p").class("hint").text(says))
            .part(move || errors.other.get().map(alert))
            .child(file_field(busy, errors.file))
            .child(field.show(|line| line))
            .part(move || busy.get().then(|| self.working(working, backup::READING_TEXT)))
            .child(submit(app, label, busy))
            .child(self.cancel(opener))
    }
}

fn file_field(busy: Value<bool>, error: Value<Option<String>>) -> El {
    const HINT: &str = "backup-file-hint";
    const ERROR: &str = "backup-file-error";
    let input = el("input")
        .set("id", FILE)
        .set("type", "file")
        .live("disabled", move || flag(busy.get()))
        .live("aria-invalid", move || error.with(Option::is_some).then_some("true".into()))
        .live("aria-describedby", move || Some(if error.with(Option::is_some) { ERROR } else { HINT }.into()));
    div("field")
        .child(el("label").set("for", FILE).text(backup::BACKUP_FILE))
        .child(input)
        .child(el("p").class("hint").set("id", HINT).text(backup::BACKUP_FILE_HINT))
        .part(move || error.get().map(|says| alert(says).set("id", ERROR)))
}

impl Source {
    fn begin(self, password: String) {
        let head = self.size.min(BACKUP_HEAD);
        self.piece(0, head, move |from, head_bytes| {
            let step = BackupStep::Read { password, head: head_bytes, import: from.import };
            let (run, id) = (from.run, from.id);
            run.ask(id, step, move |answer| match answer {
                Ok(_) => from.feed(head),
                Err(trouble) => from.fail(&trouble),
            });
        });
    }

    fn feed(self, at: u64) {
        let end = at.saturating_add(BACKUP_PIECE).min(self.size);
        // All that is left to say where nothing follows is that nothing follows.
        self.piece(at, end, move |from, bytes| {
            let (run, id) = (from.run, from.id);
            let hundredths = end.saturating_mul(100).checked_div(from.size).unwrap_or(0);
            run.percent.set(u32::try_from(hundredths).ok());
            run.ask(id, BackupStep::Feed { at, bytes }, move |answer| match answer.map(|part| part.report) {
                Ok(None) => from.feed(end),
                Ok(Some(report)) => from.done(&report),
                Err(trouble) => from.fail(&trouble),
            });
        });
    }

    /// Bytes of the file.
    fn piece(self, at: u64, end: u64, then: impl FnOnce(Self, Vec<u8>) + 'static) {
        let piece = self.blob.slice_with_f64_and_f64(at as f64, end as f64);
        browser::read(piece.ok(), move |bytes| match bytes {
            _ if !self.run.is(self.id) => self.run.stop(self.id),
            Some(bytes) if bytes.len() as u64 == end.saturating_sub(at) => then(self, bytes),
            _ => {
                self.run.stop(self.id);
                self.run.end();
                say(self.errors.file, backup::FILE_UNREADABLE.to_owned(), FILE);
            }
        });
    }

    fn done(self, report: &BackupReport) {
        let (says, opener) =
            if self.import { (words::imported(report), IMPORTER) } else { (words::tested(report), TESTER) };
        self.run.done(says, opener);
    }

    fn fail(self, trouble: &Trouble) {
        self.run.end();
        self.errors.report(trouble);
    }
}
