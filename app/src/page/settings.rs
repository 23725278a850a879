use leptos::prelude::*;
use signet_ask::SignOut;

use crate::{
    Route, browser,
    part::{Avatar, Shell},
    route::Link,
    state::App,
    text,
};

#[component]
pub(crate) fn Settings() -> impl IntoView {
    let app = App::here();
    let theme = RwSignal::new(String::new());
    Effect::new(move || theme.set(browser::remembered("signet.theme").unwrap_or_else(|| "system".into())));
    view! {
        <Shell class="prose settings">
            <p class="up"><Link to=Route::Chat>{text::BACK_TO_CHAT}</Link></p>
            <h1>{text::SETTINGS}</h1>
            <section class="card">
                <h2>{text::ACCOUNT}</h2>
                {move || app.username().map(|name| view! {
                    <p class="who"><Avatar name=name.clone()/><span>{text::SIGNED_IN_AS}" "<strong>{name}</strong></span></p>
                })}
                <p class="hint">{text::SIGN_OUT_TEXT}</p>
                <button type="button" class="button" disabled=move || app.username().is_none() on:click=move |_| app.tell(SignOut {})>
                    {text::SIGN_OUT}
                </button>
            </section>
            <section class="card">
                <h2>{text::APPEARANCE}</h2>
                <div class="field">
                    <label for="theme">{text::THEME}</label>
                    <select id="theme" prop:value=move || theme.get() on:change:target=move |event| {
                        let chosen = event.target().value();
                        browser::remember("signet.theme", &chosen);
                        browser::set_theme(&chosen);
                        theme.set(chosen);
                    }>
                        <option value="system">{text::THEME_SYSTEM}</option>
                        <option value="light">{text::THEME_LIGHT}</option>
                        <option value="dark">{text::THEME_DARK}</option>
                    </select>
                </div>
            </section>
        </Shell>
    }
}
