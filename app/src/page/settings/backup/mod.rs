//! Backups: a file of one's own, made, tested and imported in parts that the vault gives or takes one after the other.

mod export;
mod read;
mod words;

use signet_ask::{Backup, BackupDates, BackupPart, BackupStep, Trouble};

pub(super) use self::read::FILE;
use super::{Form, Settings, said, section};
use crate::{
    browser,
    el::{El, div, el},
    part::{at_work, bar, button},
    text::{self, backup, fill},
    value::Value,
};

const EXPORTER: &str = "export-backup";
const TESTER: &str = "test-backup";
const IMPORTER: &str = "import-backup";

impl Settings {
    pub(super) fn backups(self) -> El {
        let words = Value::new(String::new());
        let dates = move || self.account.with(|account| account.as_ref().map(|seen| facts(seen.backup)));
        let openers = div("pair").children([
            self.opener(Form::Export, EXPORTER, backup::EXPORT_BACKUP),
            self.opener(Form::TestBackup, TESTER, backup::TEST_BACKUP),
            self.opener(Form::Import, IMPORTER, backup::IMPORT_BACKUP),
        ]);
        let run = Run { page: self, id: Value::new(None), percent: Value::new(None), words };
        section(backup::BACKUPS)
            .child(el("p").class("hint").text(backup::BACKUPS_TEXT))
            .part(dates)
            .child(openers)
            .part(move || self.is_open(Form::Export).then(|| leptos::prelude::untrack(|| run.export())))
            .part(move || self.is_open(Form::TestBackup).then(|| leptos::prelude::untrack(|| run.read(false))))
            .part(move || self.is_open(Form::Import).then(|| leptos::prelude::untrack(|| run.read(true))))
            .child(said(words))
    }
}

fn facts(dates: BackupDates) -> El {
    let on = |ms: Option<u64>, when: &str, never: &str| match ms {
        Some(ms) => fill(when, &browser::calendar(ms)),
        None => never.to_owned(),
    };
    let made = on(dates.made_ms, backup::BACKUP_MADE, backup::BACKUP_NEVER_MADE);
    let tested = on(dates.tested_ms, backup::BACKUP_TESTED, backup::BACKUP_NEVER_TESTED);
    el("ul").class("dots").children([made, tested].map(|fact| el("li").text(fact)))
}

/// What is under way, if anything is.
#[derive(Clone, Copy)]
struct Run {
    page: Settings,
    /// The vault's name for it.
    id: Value<Option<u64>>,
    /// None while the backup password is tried.
    percent: Value<Option<u32>>,
    words: Value<String>,
}

impl Run {
    fn begin(self) -> Option<u64> {
        let id = browser::random_uuid()?.as_bytes().first_chunk().copied().map(u64::from_be_bytes)?;
        self.words.set(String::new());
        self.percent.set(None);
        self.id.set(Some(id));
        self.page.busy.set(true);
        Some(id)
    }

    /// The vault's next answer, unless nobody wants it any more.
    fn ask(self, id: u64, step: BackupStep, then: impl FnOnce(Result<BackupPart, Trouble>) + 'static) {
        self.page.app.ask(Backup { run: id, step }, move |answer| {
            if self.is(id) {
                then(answer);
            } else {
                self.stop(id);
            }
        });
    }

    fn is(self, id: u64) -> bool {
        !self.id.is_gone() && self.id.get_untracked() == Some(id)
    }

    fn stop(self, id: u64) {
        self.page.app.tell(Backup { run: id, step: BackupStep::Cancel });
    }

    /// Over, whatever came of it.
    fn end(self) {
        self.id.set(None);
        self.page.busy.set(false);
    }

    /// Done: the form gives way to what is said.
    fn done(self, says: String, opener: &'static str) {
        self.end();
        self.words.set(says);
        self.page.close(opener);
        self.page.read_account();
    }

    /// Ends what is running; where nothing is, closes the form.
    fn cancel(self, opener: &'static str) -> El {
        button("button wide", text::CANCEL).on("click", move |_| {
            if let Some(id) = self.id.get_untracked() {
                self.stop(id);
                self.end();
                self.words.set(backup::STOPPED.to_owned());
            }
            self.page.close(opener);
        })
    }

    fn working(self, label: &'static str, says: &'static str) -> El {
        at_work(bar(label, move || self.percent.get()), says)
    }
}
