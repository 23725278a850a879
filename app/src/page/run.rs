use signet_ask::{Backup, BackupPart, BackupStep, Trouble};

use crate::{
    browser,
    el::El,
    part::{at_work, bar},
    state::App,
    value::Value,
};

/// A backup that the vault writes or reads for this page, step by step, if any is under way.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) app: App,
    /// Whatever else of the page waits meanwhile.
    pub(super) busy: Value<bool>,
    /// The vault's name for it.
    pub(super) id: Value<Option<u64>>,
    /// None while the backup password is tried.
    pub(super) percent: Value<Option<u32>>,
}

impl Run {
    pub(super) fn new(app: App, busy: Value<bool>) -> Self {
        Self { app, busy, id: Value::new(None), percent: Value::new(None) }
    }

    pub(super) fn begin(self) -> Option<u64> {
        let id = browser::random_run()?;
        self.percent.set(None);
        self.id.set(Some(id));
        self.busy.set(true);
        Some(id)
    }

    /// The vault's next answer, unless nobody wants it any more.
    pub(super) fn ask(self, id: u64, step: BackupStep, then: impl FnOnce(Result<BackupPart, Trouble>) + 'static) {
        self.app.ask(Backup { run: id, step: step.into() }, move |answer| {
            if self.is(id) {
                then(answer);
            } else {
                self.stop(id);
            }
        });
    }

    pub(super) fn is(self, id: u64) -> bool {
        !self.id.is_gone() && self.id.get_untracked() == Some(id)
    }

    pub(super) fn stop(self, id: u64) {
        self.app.tell(Backup { run: id, step: BackupStep::Cancel.into() });
    }

    /// Over, whatever came of it.
    pub(super) fn end(self) {
        self.id.set(None);
        self.busy.set(false);
    }

    /// Ends what is running; whether anything was.
    pub(super) fn cancel(self) -> bool {
        let id = self.id.get_untracked();
        if let Some(id) = id {
            self.stop(id);
            self.end();
        }
        id.is_some()
    }

    pub(super) fn working(self, label: &'static str, says: &'static str) -> El {
        at_work(bar(label, move || self.percent.get()), says)
    }
}
