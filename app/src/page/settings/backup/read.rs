use signet_ask::BackupGoal;

use super::{Backups, IMPORTER, TESTER, words};
use crate::{
    el::{El, el},
    page::backup_file::{self, Errors},
    part::{alert, form, submit},
    text::backup,
};

impl Backups {
    /// The form that tests a backup, or imports it.
    pub(super) fn read(self, goal: BackupGoal) -> El {
        let (app, busy) = (self.page.app, self.page.busy);
        let errors = Errors::new();
        self.words.set(String::new());
        let import = goal == BackupGoal::Import;
        let [says, working, label, opener] = match import {
            true => [backup::IMPORT_TEXT, backup::IMPORTING, backup::IMPORT, IMPORTER],
            false => [backup::TEST_BACKUP_TEXT, backup::TESTING_BACKUP, crate::text::TEST, TESTER],
        };
        let send = move || {
            self.words.set(String::new());
            backup_file::read(self.run, errors, goal, move |_, report| {
                self.done(if import { words::imported(&report) } else { words::tested(&report) }, opener);
            });
        };
        form("form", busy, send)
            .child(el("p").class("hint").text(says))
            .part(move || errors.other.get().map(alert))
            .children(backup_file::fields(app, busy, errors))
            .part(move || busy.get().then(|| self.run.working(working, backup::READING_TEXT)))
            .child(submit(app, label, busy))
            .child(self.cancel(opener))
    }
}
