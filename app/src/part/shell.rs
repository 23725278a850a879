use crate::{
    Route,
    el::{El, div, el},
    route::link,
    text,
};

/// The frame of every page but the conversations.
pub(crate) fn shell(class: &'static str, fill: impl FnOnce(El) -> El) -> El {
    let foot = el("footer").class("shell-foot").child(link(Route::Privacy, "").text(text::PRIVACY));
    frame(link(Route::Home, "brand-link").child(brand()), class, fill).child(foot)
}

/// The same for a page that is not to be left by the way.
pub(crate) fn shell_without_links(class: &'static str, fill: impl FnOnce(El) -> El) -> El {
    frame(brand(), class, fill)
}

fn frame(mark: El, class: &'static str, fill: impl FnOnce(El) -> El) -> El {
    let main = fill(el("main").set("class", ["shell-main ", class].concat()));
    div("shell").child(el("header").class("shell-head").child(mark)).child(main)
}

/// The mark, a seal pressed into wax, and the name.
pub(crate) fn brand() -> El {
    const WAX: &str = "M16 1.5l4 2.6 4.7-.4 1.9 4.3 4 2.5-1 4.6 1.6 4.4-3.7 2.9-1.2 4.6-4.8.2L18 30.4l-4-2.2-4.6.9-2.4-4.1\
        -4.3-1.9.6-4.7L1.3 14.3l3.3-3.4.5-4.7 4.6-1.1z";
    const RING: &str = "M16 8a8 8 0 100 16 8 8 0 000-16zM12.5 16.2l2.5 2.5 4.6-5";
    let mark = el("svg").class("brand-mark").set("viewBox", "0 0 32 32").set("width", "28").set("height", "28");
    let mark = mark
        .set("aria-hidden", "true")
        .children([el("path").class("brand-wax").set("d", WAX), el("path").class("brand-ring").set("d", RING)]);
    el("span").class("brand").child(mark).child(el("span").class("brand-name").text(text::BRAND))
}
