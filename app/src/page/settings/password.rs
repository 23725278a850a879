use leptos::prelude::untrack;

use super::{super::change::PasswordChange, Form, Settings, said, section};
use crate::{
    el::{El, after, el},
    text::{self, count},
    value::Value,
};

const OPENER: &str = "change-password";

impl Settings {
    pub(super) fn password(self) -> El {
        let words = Value::new(String::new());
        let opener = self.opener(Form::Password, OPENER, text::CHANGE_PASSWORD);
        section(text::PASSWORD)
            .part(move || self.by_key.get().then(|| el("p").class("hint").text(text::CHOOSE_PASSWORD_LEAD)))
            .child(opener)
            .part(move || self.is_open(Form::Password).then(|| untrack(|| self.password_form(words))))
            .child(said(words))
    }

    fn password_form(self, words: Value<String>) -> El {
        words.set(String::new());
        let change = PasswordChange::new(self.app, self.busy, !self.by_key.get_untracked());
        after(move || {
            let Some(ended) = change.done.get() else { return };
            words.set(changed(ended));
            self.close(OPENER);
            self.read();
        });
        change.form("form", [], text::SAVE_PASSWORD).child(self.cancel(OPENER))
    }
}

fn changed(ended: u32) -> String {
    match ended {
        0 => text::PASSWORD_CHANGED.to_owned(),
        ended => [text::PASSWORD_CHANGED, " ", &count(text::ENDED_ONE, text::ENDED_MANY, ended)].concat(),
    }
}
