use signet_ask::SetReadReceipts;

use super::{Settings, section};
use crate::{
    browser,
    el::{El, after, flag},
    part::{alert, check, tick},
    text,
    value::Value,
};

const TICK: &str = "read-receipts";

impl Settings {
    /// Whether others hear what has been read.
    pub(super) fn receipts(self) -> El {
        let app = self.app;
        let error = Value::new(None::<String>);
        after(move || {
            if let (Some(account), Some(tick)) = (self.account.get(), browser::input(TICK)) {
                tick.set_checked(account.read_receipts);
            }
        });
        let save = move || {
            error.set(None);
            app.ask(SetReadReceipts { on: browser::is_checked(TICK) }, move |answer| {
                if let Err(trouble) = answer {
                    error.set(Some(text::trouble(&trouble)));
                    self.read_account();
                }
            });
        };
        let tick = tick().live("disabled", move || flag(self.account.with(Option::is_none)));
        let tick = tick.on("change", move |_| save());
        section(text::READ_RECEIPTS).part(move || error.get().map(alert)).child(check(
            tick,
            TICK,
            text::READ_RECEIPTS_SWITCH,
            Some(text::READ_RECEIPTS_TEXT),
        ))
    }
}
