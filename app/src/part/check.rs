use crate::el::{El, div, el};

/// The box alone. Whether it is ticked is read by its id ([`browser::is_checked`]).
///
/// [`browser::is_checked`]: crate::browser::is_checked
pub(crate) fn tick() -> El {
    el("input").set("type", "checkbox")
}

/// A box to tick with its label and, if it has one, its hint.
pub(crate) fn check(tick: El, id: &'static str, label: &'static str, hint: Option<&'static str>) -> El {
    let mut tick = tick.set("id", id);
    let mut words = el("div").child(el("label").set("for", id).text(label));
    if let Some(hint) = hint {
        let hint_id = [id, "-hint"].concat();
        tick = tick.set("aria-describedby", hint_id.clone());
        words = words.child(el("p").class("hint").set("id", hint_id).text(hint));
    }
    div("check").children([tick, words])
}
