use js_sys::{Array, Uint8Array};
use signet_ask::{BackupReport, BackupStep, Trouble};
use wasm_bindgen::JsValue;

use super::{Backups, EXPORTER, words};
use crate::{
    browser,
    el::{El, el},
    page::{NewPassword, backup_file::refusal, change::name},
    part::{alert, check, form, submit, tick},
    text::{self, backup},
    value::Value,
};

const MESSAGES: &str = "backup-messages";
const PAGE: &str = "backup-page";

/// The form that makes a backup.
#[derive(Clone, Copy)]
struct Export {
    here: Backups,
    new: NewPassword,
    error: Value<Option<String>>,
}

/// The file so far.
#[derive(Clone)]
struct File {
    parts: Array,
    /// A page around the sealed bytes, which stand in it as text.
    page: bool,
}

impl Backups {
    pub(super) fn export(self) -> El {
        let (app, busy) = (self.page.app, self.page.busy);
        let export = Export { here: self, new: NewPassword::new(), error: Value::new(None) };
        self.words.set(String::new());
        let with = tick().set("checked", "");
        let with = check(with, MESSAGES, backup::WITH_MESSAGES, Some(backup::WITH_MESSAGES_TEXT));
        let page = check(tick(), PAGE, backup::AS_PAGE, Some(backup::AS_PAGE_TEXT));
        let labels = [backup::BACKUP_PASSWORD, backup::REPEAT_BACKUP_PASSWORD];
        form("form", busy, move || export.send())
            .child(el("p").class("hint").text(backup::BACKUP_PASSWORD_TEXT))
            .part(move || export.error.get().map(alert))
            .children(export.new.fields(labels, busy, move || name(app)))
            .children([with, page])
            .part(move || busy.get().then(|| self.run.working(backup::MAKING_BACKUP, backup::MAKING_BACKUP_TEXT)))
            .child(submit(app, backup::MAKE_BACKUP, busy))
            .child(self.cancel(EXPORTER))
    }
}

impl Export {
    fn send(self) {
        self.error.set(None);
        if let Some(field) = self.new.objection(&name(self.here.page.app)) {
            return browser::focus(field);
        }
        self.here.words.set(String::new());
        let Some(id) = self.here.run.begin() else { return };
        let (password, messages) = (browser::typed(NewPassword::FIELD), browser::is_checked(MESSAGES));
        let (first, file) = (BackupStep::Write { password, messages }, File { parts: Array::new(), page: false });
        if !browser::is_checked(PAGE) {
            return self.write(id, 0, first, file);
        }
        browser::fetch_reader(move |reader| match reader {
            _ if !self.here.run.is(id) => {}
            Some(reader) => {
                file.parts.push(&reader.into());
                self.write(id, 0, first, File { page: true, ..file });
            }
            None => self.fail(backup::NO_READER),
        });
    }

    /// Asks for part after part. What has come is the browser's to keep, on disk where it likes.
    fn write(self, id: u64, at: u64, step: BackupStep, file: File) {
        let run = self.here.run;
        run.ask(id, step, move |answer| match answer {
            Ok(part) => {
                let at = at.saturating_add(part.bytes.len() as u64);
                if file.put(&part.bytes).is_none() {
                    run.stop(id);
                    return self.fail(backup::NOT_SAVED_FILE);
                }
                match part.report {
                    None => {
                        // Nothing can be said of how far it is before the first messages.
                        run.percent.set((part.percent > 0).then_some(part.percent.into()));
                        self.write(id, at, BackupStep::More { at }, file);
                    }
                    Some(made) if file.save(&made).is_some() => self.here.done(words::written(&made), EXPORTER),
                    Some(_) => self.fail(backup::NOT_SAVED_FILE),
                }
            }
            Err(trouble) => self.report(&trouble),
        });
    }

    fn fail(self, says: &str) {
        self.here.run.end();
        self.error.set(Some(says.to_owned()));
    }

    fn report(self, trouble: &Trouble) {
        self.here.run.end();
        let (beside, says) = match trouble {
            Trouble::BadPassword => (self.new.error, text::trouble(trouble)),
            Trouble::IsRecoveryKey => (self.new.error, text::NEW_IS_RECOVERY_KEY.to_owned()),
            trouble => (self.error, refusal(trouble)),
        };
        beside.set(Some(says));
    }
}

impl File {
    fn put(&self, bytes: &[u8]) -> Option<()> {
        let part: JsValue = match self.page {
            true => {
                let text = browser::base64(bytes)?;
                ["<script type=\"text/plain\" class=\"part\">", &text, "</script>\n"].concat().into()
            }
            false => Uint8Array::from(bytes).into(),
        };
        let part = browser::blob(&Array::of1(&part))?;
        self.parts.push(&part);
        Some(())
    }

    fn save(&self, made: &BackupReport) -> Option<()> {
        let ending = if self.page { ".html" } else { ".signet" };
        let day = browser::iso_day(made.created_ms);
        let name = ["signet-", &made.username.to_lowercase(), "-", &day, ending].concat();
        browser::save(&name, &browser::blob(&self.parts)?)
    }
}
