use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

use crate::{
    Route, browser,
    el::{El, after, div, el, flag},
    part::{SigningOut, avatar, button, shell},
    route::link,
    state::App,
    text,
};

pub(crate) fn settings(app: App) -> El {
    // At build time nothing is remembered.
    after(|| {
        if let (Some(theme), Some(choice)) = (browser::remembered("signet.theme"), theme_choice()) {
            choice.set_value(&theme);
        }
    });
    let who = move || {
        let name = app.username()?;
        let says = el("span").text(text::SIGNED_IN_AS).text(" ").child(el("strong").text(name.clone()));
        Some(el("p").class("who").child(avatar(&name)).child(says))
    };
    let signing_out = SigningOut::new(app);
    let sign_out = button("button", text::SIGN_OUT).live("disabled", move || flag(app.username().is_none()));
    let account = el("section")
        .class("card")
        .child(el("h2").text(text::ACCOUNT))
        .part(who)
        .child(el("p").class("hint").text(text::SIGN_OUT_TEXT))
        .child(sign_out.on("click", move |_| signing_out.start()))
        .child(signing_out.dialog());

    let themes = [("system", text::THEME_SYSTEM), ("light", text::THEME_LIGHT), ("dark", text::THEME_DARK)];
    let choice =
        el("select").set("id", "theme").children(themes.map(|(id, name)| el("option").set("value", id).text(name)));
    let choice = choice.on("change", |_| {
        if let Some(choice) = theme_choice() {
            browser::remember("signet.theme", &choice.value());
            browser::set_theme(&choice.value());
        }
    });
    let field = div("field").child(el("label").set("for", "theme").text(text::THEME)).child(choice);
    let looks = el("section").class("card").child(el("h2").text(text::APPEARANCE)).child(field);

    let up = el("p").class("up").child(link(Route::Chat, "").text(text::BACK_TO_CHAT));
    shell("prose settings", |main| main.children([up, el("h1").text(text::SETTINGS), account, looks]))
}

fn theme_choice() -> Option<HtmlSelectElement> {
    browser::by_id("theme")?.dyn_into().ok()
}
