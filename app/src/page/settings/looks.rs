use crate::{
    browser,
    el::{El, after, div, el},
    text,
};

pub(super) fn looks() -> El {
    // At build time nothing is remembered.
    after(|| {
        if let (Some(theme), Some(choice)) = (browser::remembered("signet.theme"), browser::select("theme")) {
            choice.set_value(&theme);
        }
    });
    let themes = [("system", text::THEME_SYSTEM), ("light", text::THEME_LIGHT), ("dark", text::THEME_DARK)];
    let choice =
        el("select").set("id", "theme").children(themes.map(|(id, name)| el("option").set("value", id).text(name)));
    let choice = choice.on("change", |_| {
        if let Some(choice) = browser::select("theme") {
            browser::remember("signet.theme", &choice.value());
            browser::set_theme(&choice.value());
        }
    });
    let field = div("field").child(el("label").set("for", "theme").text(text::THEME)).child(choice);
    super::section(text::APPEARANCE).child(field)
}
