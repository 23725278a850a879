use crate::{
    el::{El, div, el},
    text,
    value::Value,
};

/// How hard a password is to guess, as a bar and a word.
pub(crate) fn strength(score: Value<u8>) -> El {
    let word = move || match score.get() {
        0 => text::STRENGTH_NONE,
        1 => text::STRENGTH_WEAK,
        2 => text::STRENGTH_FAIR,
        3 => text::STRENGTH_GOOD,
        _ => text::STRENGTH_STRONG,
    };
    let bar = div("strength-bar").set("aria-hidden", "true").children((0..4).map(|_| el("i")));
    let words = el("p").class("strength-word").set("aria-live", "polite").text(text::STRENGTH).text(": ");
    div("strength")
        .live("data-score", move || Some(score.get().to_string().into()))
        .child(bar)
        .child(words.live_text(move || word().into()))
}
