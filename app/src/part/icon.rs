//! Icons, drawn on a 24 by 24 grid in the colour of the text. Decoration: a name stands beside or above each.

use crate::el::{El, el};

fn draw(path: &'static str) -> El {
    const ALL: [(&str, &str); 10] = [
        ("class", "icon"),
        ("viewBox", "0 0 24 24"),
        ("width", "20"),
        ("height", "20"),
        ("fill", "none"),
        ("stroke", "currentColor"),
        ("stroke-width", "1.8"),
        ("stroke-linecap", "round"),
        ("stroke-linejoin", "round"),
        ("aria-hidden", "true"),
    ];
    let drawn = ALL.into_iter().fold(el("svg"), |svg, (name, value)| svg.set(name, value));
    drawn.child(el("path").set("d", path))
}

macro_rules! icons {
    ($($name:ident = $path:literal;)*) => {
        $(pub(crate) fn $name() -> El { draw($path) })*
    };
}

icons! {
    plus = "M12 5v14M5 12h14";
    cross = "M6 6l12 12M18 6L6 18";
    back = "M15 5l-7 7 7 7";
    send = "M4 12l16-8-6 16-3-7-7-1z";
    shield = "M12 3l7 3v5c0 4.6-3 8.2-7 10-4-1.8-7-5.4-7-10V6l7-3zM9 12l2.2 2.2L15.5 10";
    gear = "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4";
    leave = "M14 4H6v16h8M11 12h10M18 9l3 3-3 3";
    warning = "M12 4l9 16H3L12 4zM12 10v4M12 17v.01";
    copy = "M9 9h11v11H9zM5 15H4V4h11v1";
    download = "M12 4v11M7 11l5 5 5-5M5 20h14";
    print = "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z";
    chat = "M4 5h16v11H9l-5 4V5z";
    more = "M6 12h.01M12 12h.01M18 12h.01";
    lock = "M6 11h12v9H6zM9 11V8a3 3 0 016 0v3";
}

/// Only pages that are never built in the browser show it.
#[cfg(feature = "ssr")]
pub(crate) fn eye() -> El {
    draw("M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z")
}
