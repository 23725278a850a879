use crate::{
    Route,
    el::{El, div, el},
    part::{icon, shell},
    route::link,
    text,
};

pub(crate) fn home() -> El {
    // Filled by `app::say_at_home`.
    let trouble = div("alert").set("id", "home-trouble").set("role", "alert").set("hidden", "");
    let ways = el("p").class("hero-actions").children([
        link(Route::SignUp, "button primary").text(text::CREATE_ACCOUNT),
        link(Route::SignIn, "button").text(text::SIGN_IN),
    ]);
    let hero = el("section").class("hero").children([
        el("h1").text(text::HOME_LEAD),
        el("p").class("lead").text(text::HOME_TEXT),
        trouble,
        ways,
    ]);
    let columns = div("columns").children([
        card(
            icon::shield(),
            text::HOME_PROTECTS,
            "ticks",
            [text::HOME_PROTECTS_1, text::HOME_PROTECTS_2, text::HOME_PROTECTS_3],
        ),
        card(icon::eye(), text::HOME_LIMITS, "dots", [text::HOME_LIMITS_1, text::HOME_LIMITS_2, text::HOME_LIMITS_3]),
    ]);
    let more = el("p").class("more").child(link(Route::Privacy, "").text(text::HOME_MORE));
    shell("home", |main| main.children([hero, columns, more]))
}

fn card(icon: El, title: &'static str, marks: &'static str, lines: [&'static str; 3]) -> El {
    let lines = el("ul").class(marks).children(lines.map(|line| el("li").text(line)));
    el("section").class("card").child(el("h2").child(icon).text(title)).child(lines)
}
