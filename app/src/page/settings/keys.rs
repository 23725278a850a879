use signet_ask::RenewKeys;

use super::{Settings, said, section};
use crate::{
    browser,
    el::{El, el, flag},
    part::{alert, button, unless},
    text::{self, fill},
    value::Value,
};

impl Settings {
    /// The key that others write for.
    pub(super) fn keys(self) -> El {
        let words = Value::new(String::new());
        let (busy, error) = (Value::new(false), Value::new(None::<String>));
        let app = self.app;
        let due = move || {
            let until = self.account.with(|account| account.as_ref().map(|seen| seen.keys_until_ms))?;
            Some(el("p").class("hint").text(fill(text::KEYS_UNTIL, &browser::calendar(until))))
        };
        let renew = button("button", text::RENEW_KEYS).live("disabled", move || flag(app.username().is_none()));
        let renew = unless(busy, renew, move || {
            busy.set(true);
            error.set(None);
            words.set(text::RENEWING_KEYS.to_owned());
            app.ask(RenewKeys {}, move |answer| {
                busy.set(false);
                words.set(if answer.is_ok() { text::KEYS_RENEWED.to_owned() } else { String::new() });
                error.set(answer.err().map(|trouble| text::trouble(&trouble)));
                self.read_account();
            });
        });
        section(text::KEYS_SECTION)
            .child(el("p").class("hint").text(text::KEYS_SECTION_TEXT))
            .part(due)
            .part(move || error.get().map(alert))
            .child(renew)
            .child(said(words))
    }
}
