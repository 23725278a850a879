use js_sys::{Array, Uint8Array};
use leptos::prelude::untrack;
use signet_ask::{BackupReport, BackupStep, Trouble};

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
            self.ask(id, BackupStep::Write { password, messages }, move |answer| match answer {
                Ok(first) => {
                    let parts = Array::new();
                    let at = put(&parts, &first.bytes);
                    self.write_on(id, at, parts, report);
                }
                Err(trouble) => {
                    self.end();
                    report(&trouble);
                }
            });
        };
        let tick = el("input").set("type", "checkbox").set("id", MESSAGES).set("checked", "");
        let label = el("div").child(el("label").set("for", MESSAGES).text(backup::WITH_MESSAGES));
        let label = label.child(el("p").class("hint").text(backup::WITH_MESSAGES_TEXT));
        form("form", busy, send)
            .child(el("p").class("hint").text(backup::BACKUP_PASSWORD_TEXT))
            .part(move || error.get().map(alert))
            .children(new.fields([backup::BACKUP_PASSWORD, backup::REPEAT_BACKUP_PASSWORD], busy, name))
            .child(div("check").child(tick).child(label))
            .part(move || busy.get().then(|| self.working(backup::MAKING_BACKUP, backup::MAKING_BACKUP_TEXT)))
            .child(submit(app, backup::MAKE_BACKUP, busy))
            .child(self.cancel(EXPORTER))
    }

    /// Asks for part after part. What has come is the browser's to keep, on disk where it likes.
    fn write_on(self, id: u64, at: u64, parts: Array, report: impl Fn(&Trouble) + Copy + 'static) {
        self.ask(id, BackupStep::More { at }, move |answer| match answer {
            Ok(part) => {
                let at = at.saturating_add(put(&parts, &part.bytes));
                self.percent.set(Some(part.percent.into()));
                match part.report {
                    None => self.write_on(id, at, parts, report),
                    Some(made) if save(&parts, &made).is_some() => self.done(words::written(&made), EXPORTER),
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

/// Returns how many bytes that was.
fn put(parts: &Array, bytes: &[u8]) -> u64 {
    if let Some(blob) = browser::blob(&Array::of1(&Uint8Array::from(bytes))) {
        parts.push(&blob);
    }
    bytes.len() as u64
}

fn save(parts: &Array, made: &BackupReport) -> Option<()> {
    let name = ["signet-", &made.username.to_lowercase(), "-", &browser::iso_day(made.created_ms), ".signet"].concat();
    browser::save(&name, &browser::blob(parts)?)
}
