use crate::el::{El, el};

/// The first letter on one of eight colours, the same for a name everywhere. Decoration: the name stands beside it.
pub(crate) fn avatar(name: &str) -> El {
    let hue = name.bytes().fold(7_u32, |sum, byte| {
        let small = byte.to_ascii_lowercase();
        sum.wrapping_mul(31).wrapping_add(small.into())
    });
    let initial: String = name.chars().take(1).map(|c| c.to_ascii_uppercase()).collect();
    el("span").class("avatar").set("data-hue", (hue % 8).to_string()).set("aria-hidden", "true").text(initial)
}
