use js_sys::{Array, Uint8Array};
use leptos::prelude::untrack;
use signet_ask::{BackupReport, BackupStep, Trouble};
use wasm_bindgen::JsValue;

use super::{EXPORTER, Run, words};
use crate::{
    browser,
    el::{El, div, el},
    page::NewPassword,
    part::{alert, form, submit},
    text::{self, backup},
    value::Value,
};

const MESSAGES: &str = "backup-messages";
const PAGE: &str = "backup-page";

/// The file so far.
#[derive(Clone)]
struct File {
    parts: Array,
    /// A page around the sealed bytes, which stand in it as text.
    page: bool,
}

impl Run {
    pub(super) fn export(self) -> El {
        let (app, busy) = (self.page.app, self.page.busy);
        let (new, error) = (NewPassword::new(), Value::new(None::<String>));
        self.words.set(String::new());
        let name = move || untrack(|| app.username()).unwrap_or_default();
        let report = move |trouble: &Trouble| match trouble {
            Trouble::BadPassword => new.error.set(Some(text::trouble(trouble))),
            Trouble::IsRecoveryKey => new.error.set(Some(text::NEW_IS_RECOVERY_KEY.to_owned())),
            trouble => error.set(Some(words::refusal(trouble))),
        };
        let send = move || {
            error.set(None);
            if let Some(field) = new.objection(&name()) {
                return browser::focus(field);
            }
            let Some(id) = self.begin() else { return };
            let (password, messages) = (browser::typed(NewPassword::FIELD), browser::is_checked(MESSAGES));
            let (first, file) = (BackupStep::Write { password, messages }, File { parts: Array::new(), page: false });
            if !browser::is_checked(PAGE) {
                return self.write(id, 0, first, file, report);
            }
            browser::fetch_reader(move |reader| match reader {
                _ if !self.is(id) => {}
                Some(reader) => {
                    file.parts.push(&reader.into());
                    self.write(id, 0, first, File { page: true, ..file }, report);
                }
                None => {
                    self.end();
                    error.set(Some(backup::NO_READER.to_owned()));
                }
            });
        };
        let tick = |id: &'static str, label, hint| {
            let label = el("div").child(el("label").set("for", id).text(label)).child(el("p").class("hint").text(hint));
            (el("input").set("type", "checkbox").set("id", id), label)
        };
        let (with, with_label) = tick(MESSAGES, backup::WITH_MESSAGES, backup::WITH_MESSAGES_TEXT);
        let (page, page_label) = tick(PAGE, backup::AS_PAGE, backup::AS_PAGE_TEXT);
        form("form", busy, send)
            .child(el("p").class("hint").text(backup::BACKUP_PASSWORD_TEXT))
            .part(move || error.get().map(alert))
            .children(new.fields([backup::BACKUP_PASSWORD, backup::REPEAT_BACKUP_PASSWORD], busy, name))
            .child(div("check").child(with.set("checked", "")).child(with_label))
            .child(div("check").child(page).child(page_label))
            .part(move || busy.get().then(|| self.working(backup::MAKING_BACKUP, backup::MAKING_BACKUP_TEXT)))
            .child(submit(app, backup::MAKE_BACKUP, busy))
            .child(self.cancel(EXPORTER))
    }

    /// Asks for part after part. What has come is the browser's to keep, on disk where it likes.
    fn write(self, id: u64, at: u64, step: BackupStep, file: File, report: impl Fn(&Trouble) + Copy + 'static) {
        self.ask(id, step, move |answer| match answer {
            Ok(part) => {
                let at = at.saturating_add(part.bytes.len() as u64);
                if file.put(&part.bytes).is_none() {
                    self.stop(id);
                    return self.done(backup::NOT_SAVED_FILE.to_owned(), EXPORTER);
                }
                match part.report {
                    None => {
                        // Nothing can be said of how far it is before the first messages.
                        self.percent.set((part.percent > 0).then_some(part.percent.into()));
                        self.write(id, at, BackupStep::More { at }, file, report);
                    }
                    Some(made) if file.save(&made).is_some() => self.done(words::written(&made), EXPORTER),
                    Some(_) => self.done(backup::NOT_SAVED_FILE.to_owned(), EXPORTER),
                }
            }
            Err(trouble) => {
                self.end();
                report(&trouble);
            }
        });
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
