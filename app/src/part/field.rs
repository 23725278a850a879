use super::alert;
use crate::{
    el::{El, div, el, flag},
    value::Value,
};

/// A labelled line of input with its hint and its error. What is typed in it is read by its id ([`browser::typed`]).
///
/// [`browser::typed`]: crate::browser::typed
pub(crate) struct Field {
    id: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    hint: Option<&'static str>,
    error: Option<Value<Option<String>>>,
    /// Nothing can be typed meanwhile. Not disabled, which would lose the focus.
    busy: Value<bool>,
}

impl Field {
    pub(crate) fn new(id: &'static str, label: &'static str, autocomplete: &'static str, busy: Value<bool>) -> Self {
        Self { id, label, kind: "text", autocomplete, hint: None, error: None, busy }
    }

    pub(crate) fn secret(self) -> Self {
        Self { kind: "password", ..self }
    }

    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(crate) fn error(self, error: Value<Option<String>>) -> Self {
        Self { error: Some(error), ..self }
    }

    /// The field and, within it, the line of input as `input` makes it.
    pub(crate) fn show(self, input: impl FnOnce(El) -> El) -> El {
        let Self { id, label, kind, autocomplete, hint, error, busy } = self;
        let hint_id = [id, "-hint"].concat();
        let mut line = el("input")
            .set("id", id)
            .set("name", id)
            .set("type", kind)
            .set("autocomplete", autocomplete)
            .set("autocapitalize", "none")
            .set("spellcheck", "false")
            .set("required", "")
            .live("readonly", move || flag(busy.get()));
        // The error takes the hint's place as what a screen reader says of the field, for as long as there is one.
        let error_id = [id, "-error"].concat();
        let described = (hint.map(|_| hint_id.clone()), error_id.clone());
        match error {
            Some(error) => {
                line = line.live("aria-invalid", move || error.with(Option::is_some).then_some("true".into())).live(
                    "aria-describedby",
                    move || match error.with(Option::is_some) {
                        true => Some(described.1.clone().into()),
                        false => described.0.clone().map(Into::into),
                    },
                );
            }
            None => {
                if let Some(hint) = described.0 {
                    line = line.set("aria-describedby", hint);
                }
            }
        }
        let mut field = div("field").child(el("label").set("for", id).text(label)).child(input(line));
        if let Some(hint) = hint {
            field = field.child(el("p").class("hint").set("id", hint_id).text(hint));
        }
        match error {
            Some(error) => field.part(move || error.get().map(|says| alert(says).set("id", error_id.clone()))),
            None => field,
        }
    }
}
