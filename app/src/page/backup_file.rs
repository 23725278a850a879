//! A backup file and its backup password, chosen in a form and handed to the vault piece by piece.

use signet_ask::{BACKUP_HEAD, BACKUP_PIECE, BackupGoal, BackupReport, BackupStep, BackupTrouble, Trouble};
use web_sys::Blob;

use super::run::Run;
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{Field, alert},
    state::App,
    text::{self, backup},
    value::Value,
};

pub(super) const FILE: &str = "backup-file";
const PASSWORD: &str = "backup-password";

/// Where it is said what is wrong.
#[derive(Clone, Copy)]
pub(super) struct Errors {
    file: Value<Option<String>>,
    password: Value<Option<String>>,
    /// With neither of them.
    pub(super) other: Value<Option<String>>,
}

impl Errors {
    pub(super) fn new() -> Self {
        Self { file: Value::new(None), password: Value::new(None), other: Value::new(None) }
    }

    fn report(self, trouble: &Trouble) {
        let says = refusal(trouble);
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

/// Both fields of a form. A file that was chosen in the fixed page would be lost with it: only the living one takes any.
pub(super) fn fields(app: App, busy: Value<bool>, errors: Errors) -> [El; 2] {
    const HINT: &str = "backup-file-hint";
    const ERROR: &str = "backup-file-error";
    let error = errors.file;
    let input = el("input")
        .set("id", FILE)
        .set("type", "file")
        .live("disabled", move || flag(busy.get() || !app.ready.get()))
        .live("aria-invalid", move || error.with(Option::is_some).then_some("true".into()))
        .live("aria-describedby", move || Some(if error.with(Option::is_some) { ERROR } else { HINT }.into()));
    let file = div("field")
        .child(el("label").set("for", FILE).text(backup::BACKUP_FILE))
        .child(input)
        .child(el("p").class("hint").set("id", HINT).text(backup::BACKUP_FILE_HINT))
        .part(move || error.get().map(|says| alert(says).set("id", ERROR)));
    let password = Field::new(PASSWORD, backup::BACKUP_PASSWORD, "off", busy).secret().error(errors.password);
    [file, password.show(|line| line)]
}

/// A file that is being read.
struct Source {
    run: Run,
    errors: Errors,
    id: u64,
    blob: Blob,
    size: u64,
    then: Box<dyn FnOnce(u64, BackupReport)>,
}

/// Hands the chosen file over, whole. `then` is told the run's name and what the vault says of the file.
pub(super) fn read(run: Run, errors: Errors, goal: BackupGoal, then: impl FnOnce(u64, BackupReport) + 'static) {
    let (file, password) = (browser::chosen_file(FILE), browser::typed(PASSWORD));
    errors.other.set(None);
    errors.file.set(file.is_none().then(|| backup::BACKUP_FILE_EMPTY.to_owned()));
    errors.password.set(password.is_empty().then(|| backup::BACKUP_PASSWORD_EMPTY.to_owned()));
    match (file, password.is_empty()) {
        (None, _) => browser::focus(FILE),
        (_, true) => browser::focus(PASSWORD),
        (Some(blob), false) => {
            let size = blob.size() as u64;
            let Some(id) = run.begin() else { return };
            Source { run, errors, id, blob, size, then: Box::new(then) }.begin(password, goal);
        }
    }
}

impl Source {
    fn begin(self, password: String, goal: BackupGoal) {
        let head = self.size.min(BACKUP_HEAD);
        self.piece(0, head, move |from, head_bytes| {
            let step = BackupStep::Read { password, head: head_bytes, goal };
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
                Ok(Some(report)) => (from.then)(id, report),
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

    fn fail(self, trouble: &Trouble) {
        self.run.end();
        self.errors.report(trouble);
    }
}

/// Why a file was not taken, with cause and cure.
pub(super) fn refusal(trouble: &Trouble) -> String {
    let Trouble::Backup(because) = trouble else { return text::trouble(trouble) };
    let sentence = match because {
        BackupTrouble::NotABackup => backup::NOT_A_BACKUP,
        BackupTrouble::NewerVersion => backup::NEWER_BACKUP,
        BackupTrouble::CutShort => backup::BACKUP_CUT_SHORT,
        BackupTrouble::Altered => backup::BACKUP_ALTERED,
        BackupTrouble::TooWeak => backup::BACKUP_TOO_WEAK,
        BackupTrouble::TooCostly => backup::BACKUP_TOO_COSTLY,
        BackupTrouble::NoMemory => backup::BACKUP_NO_MEMORY,
        BackupTrouble::WrongPassword => backup::BACKUP_WRONG_PASSWORD,
        BackupTrouble::Content => backup::BACKUP_CONTENT,
        BackupTrouble::Unsigned => backup::BACKUP_UNSIGNED,
        BackupTrouble::OtherAccount => backup::OTHER_ACCOUNT,
        BackupTrouble::Interrupted => backup::INTERRUPTED,
    };
    sentence.to_owned()
}
