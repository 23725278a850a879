//! A copy of one's own conversations that anybody can read, made in parts that the vault gives.

use js_sys::{Array, Uint8Array};
use signet_ask::{Archive, ArchiveEnd, Backup, BackupStep};

use super::{Form, Settings, said, section};
use crate::{
    browser,
    el::{El, el},
    page::backup_file::refusal,
    part::{alert, at_work, bar, button, check, form, submit, tick},
    text::{archive, count},
    value::Value,
};

const OPENER: &str = "export-data";
const UNDERSTOOD: &str = "data-understood";
/// Where one begins in the form.
pub(super) const FIRST: &str = UNDERSTOOD;

#[derive(Clone, Copy)]
struct Export {
    page: Settings,
    /// The vault's name for what is under way, if anything is.
    run: Value<Option<u64>>,
    percent: Value<u32>,
    error: Value<Option<String>>,
    words: Value<String>,
}

/// Both files so far. What has come is the browser's to keep, on disk where it likes.
#[derive(Clone, Default)]
struct Files {
    html: Array,
    json: Array,
}

impl Settings {
    pub(super) fn data(self) -> El {
        let (run, percent) = (Value::new(None), Value::new(0));
        let export = Export { page: self, run, percent, error: Value::new(None), words: Value::new(String::new()) };
        section(archive::DATA)
            .child(el("p").class("hint").text(archive::DATA_TEXT))
            .child(self.opener(Form::Data, OPENER, archive::EXPORT_DATA))
            .part(move || self.is_open(Form::Data).then(|| leptos::prelude::untrack(|| export.form())))
            .child(said(export.words))
    }
}

impl Export {
    fn form(self) -> El {
        let (app, busy) = (self.page.app, self.page.busy);
        self.words.set(String::new());
        self.error.set(None);
        let working = move || {
            let bar = bar(archive::MAKING_DATA, move || Some(self.percent.get()));
            busy.get().then(|| at_work(bar, archive::MAKING_DATA_TEXT))
        };
        let cancel = button("button wide", crate::text::CANCEL).on("click", move |_| self.cancel());
        form("form", busy, move || self.send())
            .child(alert(archive::DATA_WARNING.to_owned()))
            .child(check(tick(), UNDERSTOOD, archive::DATA_UNDERSTOOD, None))
            .part(move || self.error.get().map(alert))
            .part(working)
            .child(submit(app, archive::MAKE_DATA, busy))
            .child(cancel)
    }

    fn send(self) {
        if !browser::is_checked(UNDERSTOOD) {
            self.error.set(Some(archive::DATA_NOT_UNDERSTOOD.to_owned()));
            return browser::focus(UNDERSTOOD);
        }
        let Some(run) = browser::random_run() else { return };
        self.error.set(None);
        self.percent.set(0);
        self.run.set(Some(run));
        self.page.busy.set(true);
        self.part(run, 0, Files::default());
    }

    /// Asks for part after part.
    fn part(self, run: u64, part: u32, files: Files) {
        self.page.app.ask(Archive { run, part }, move |answer| {
            if self.run.is_gone() || self.run.get_untracked() != Some(run) {
                return self.page.app.tell(Backup { run, step: BackupStep::Cancel.into() });
            }
            let made = match answer {
                Ok(made) => made,
                Err(trouble) => return self.fail(&refusal(&trouble)),
            };
            if files.put(&made.html, &made.json).is_none() {
                self.page.app.tell(Backup { run, step: BackupStep::Cancel.into() });
                return self.fail(crate::text::backup::NOT_SAVED_FILE);
            }
            match made.end {
                None => {
                    self.percent.set(made.percent.into());
                    self.part(run, part.wrapping_add(1), files);
                }
                Some(end) if files.save(&end).is_some() => self.done(&end),
                Some(_) => self.fail(crate::text::backup::NOT_SAVED_FILE),
            }
        });
    }

    fn end(self) {
        self.run.set(None);
        self.page.busy.set(false);
    }

    fn fail(self, says: &str) {
        self.end();
        self.error.set(Some(says.to_owned()));
    }

    fn done(self, end: &ArchiveEnd) {
        self.end();
        let convs = count(archive::DATA_CONVERSATIONS_ONE, archive::DATA_CONVERSATIONS_MANY, end.conversations);
        let messages = count(archive::DATA_MESSAGES_ONE, archive::DATA_MESSAGES_MANY, end.messages);
        let mut says = vec![archive::DATA_MADE, &convs, &messages];
        says.extend(end.behind.then_some(archive::DATA_BEHIND));
        self.words.set(says.join(" "));
        self.page.close(OPENER);
    }

    /// Ends what is running; where nothing is, closes the form.
    fn cancel(self) {
        if let Some(run) = self.run.get_untracked() {
            self.page.app.tell(Backup { run, step: BackupStep::Cancel.into() });
            self.end();
            self.words.set(archive::DATA_STOPPED.to_owned());
        }
        self.page.close(OPENER);
    }
}

impl Files {
    fn put(&self, html: &[u8], json: &[u8]) -> Option<()> {
        for (file, bytes) in [(&self.html, html), (&self.json, json)] {
            let part = browser::blob(&Array::of1(&Uint8Array::from(bytes)))?;
            file.push(&part);
        }
        Some(())
    }

    fn save(&self, end: &ArchiveEnd) -> Option<()> {
        let all = Array::of1(&Uint8Array::from(&end.before_html[..]));
        let all = all.concat(&self.html).concat(&Array::of1(&Uint8Array::from(&end.before_json[..])));
        let all = all.concat(&self.json).concat(&Array::of1(&Uint8Array::from(&end.after[..])));
        let day = browser::iso_day(end.created_ms);
        let name = ["signet-data-", &end.username.to_lowercase(), "-", &day, ".zip"].concat();
        browser::save(&name, &browser::blob(&all)?)
    }
}
