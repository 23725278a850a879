use leptos::prelude::*;

use crate::{part::Shell, text};

#[component]
pub(crate) fn Privacy() -> impl IntoView {
    view! {
        <Shell class="prose">
            <h1>{text::PRIVACY}</h1>
            <p class="lead">{text::PRIVACY_LEAD}</p>
            {part(
                text::PRIVACY_SERVER,
                &[text::PRIVACY_SERVER_1, text::PRIVACY_SERVER_2, text::PRIVACY_SERVER_3, text::PRIVACY_SERVER_4],
            )}
            {part(text::PRIVACY_BROWSER, &[text::PRIVACY_BROWSER_1, text::PRIVACY_BROWSER_2])}
            {part(text::PRIVACY_NOT, &[text::PRIVACY_NOT_1, text::PRIVACY_NOT_2, text::PRIVACY_NOT_3])}
            {part(
                text::PRIVACY_LIMITS,
                &[
                    text::PRIVACY_LIMITS_1,
                    text::PRIVACY_LIMITS_2,
                    text::PRIVACY_LIMITS_3,
                    text::PRIVACY_LIMITS_4,
                    text::PRIVACY_LIMITS_5,
                ],
            )}
        </Shell>
    }
}

fn part(title: &'static str, lines: &'static [&'static str]) -> impl IntoView {
    view! {
        <section class="card">
            <h2>{title}</h2>
            <ul class="dots">{lines.iter().map(|line| view! { <li>{*line}</li> }).collect_view()}</ul>
        </section>
    }
}
