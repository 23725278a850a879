use leptos::prelude::*;

/// The first letter on one of eight colours, the same for a name everywhere. Decoration: the name stands beside it.
#[component]
pub(crate) fn Avatar(#[prop(into)] name: String) -> impl IntoView {
    let hue = name.to_lowercase().bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 8;
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    view! { <span class="avatar" data-hue=hue.to_string() aria-hidden="true">{initial}</span> }
}
