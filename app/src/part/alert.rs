use super::icon;
use crate::el::{El, div, el};

/// What went wrong, near what it concerns.
pub(crate) fn alert(sentence: String) -> El {
    alert_as("alert", sentence)
}

pub(crate) fn alert_as(class: &'static str, sentence: String) -> El {
    div(class).set("role", "alert").child(icon::warning()).child(el("span").text(sentence))
}
