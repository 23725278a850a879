//! Backups: a file of one's own, made, tested and imported in parts that the vault gives or takes one after the other.

mod export;
mod read;
mod words;

use signet_ask::{BackupDates, BackupGoal};

use super::{Form, Settings, said, section};
use crate::{
    browser,
    el::{El, div, el},
    page::run::Run,
    part::button,
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
        let here = Backups { page: self, run: Run::new(self.app, self.busy), words };
        section(backup::BACKUPS)
            .child(el("p").class("hint").text(backup::BACKUPS_TEXT))
            .part(dates)
            .child(openers)
            .part(move || self.is_open(Form::Export).then(|| leptos::prelude::untrack(|| here.export())))
            .part(move || {
                self.is_open(Form::TestBackup).then(|| leptos::prelude::untrack(|| here.read(BackupGoal::Test)))
            })
            .part(move || {
                self.is_open(Form::Import).then(|| leptos::prelude::untrack(|| here.read(BackupGoal::Import)))
            })
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

/// The forms of this part of the page, one of which may be at work.
#[derive(Clone, Copy)]
struct Backups {
    page: Settings,
    run: Run,
    words: Value<String>,
}

impl Backups {
    /// Done: the form gives way to what is said.
    fn done(self, says: String, opener: &'static str) {
        self.run.end();
        self.words.set(says);
        self.page.close(opener);
        self.page.read_account();
    }

    /// Ends what is running; where nothing is, closes the form.
    fn cancel(self, opener: &'static str) -> El {
        button("button wide", text::CANCEL).on("click", move |_| {
            if self.run.cancel() {
                self.words.set(backup::STOPPED.to_owned());
            }
            self.page.close(opener);
        })
    }
}
