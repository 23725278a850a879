use leptos::prelude::untrack;
use signet_ask::{DeleteAccount, Task};

use super::{super::change::Proof, Form, Settings, section};
use crate::{
    browser,
    el::{El, el},
    part::{alert, form, idle_while, working},
    text,
};

const OPENER: &str = "delete-account";

impl Settings {
    pub(super) fn delete(self) -> El {
        section(text::DELETE_ACCOUNT)
            .child(el("p").class("hint").text(text::DELETE_TEXT))
            .child(self.opener(Form::Delete, OPENER, text::DELETE_ACCOUNT))
            .part(move || self.is_open(Form::Delete).then(|| untrack(|| self.delete_form())))
    }

    fn delete_form(self) -> El {
        let (app, busy) = (self.app, self.busy);
        let proof = Proof::new();
        let send = move || {
            let Some(current) = proof.typed() else { return };
            busy.set(true);
            app.progress.set(None);
            app.ask(DeleteAccount { current }, move |answer| {
                busy.set(false);
                match answer {
                    Ok(()) => browser::forget_everything(),
                    Err(trouble) => proof.report(&trouble),
                }
            });
        };
        let says = [text::DELETE_GOES, text::DELETE_STAYS, text::DELETE_OTHERS];
        let go = el("button").set("type", "submit").class("button danger wide").text(text::DELETE_FOR_EVER);
        form("form", busy, send)
            .child(el("ul").class("dots").children(says.map(|says| el("li").text(says))))
            .part(move || proof.other.get().map(alert))
            .child(proof.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::DELETING_TEXT)))
            .child(idle_while(busy, go))
            .child(self.cancel(OPENER))
    }
}
