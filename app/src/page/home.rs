use leptos::prelude::*;

use crate::{
    Route,
    part::{Alert, Shell, icon},
    route::Link,
    state::App,
    text,
};

#[component]
pub(crate) fn Home() -> impl IntoView {
    let app = App::here();
    let trouble = Signal::derive(move || app.trouble.get().as_ref().map(text::trouble));
    view! {
        <Shell class="home">
            <section class="hero">
                <h1>{text::HOME_LEAD}</h1>
                <p class="lead">{text::HOME_TEXT}</p>
                <Alert says=trouble/>
                <p class="hero-actions">
                    <Link to=Route::SignUp class="button primary">{text::CREATE_ACCOUNT}</Link>
                    <Link to=Route::SignIn class="button">{text::SIGN_IN}</Link>
                </p>
            </section>
            <div class="columns">
                <section class="card">
                    <h2>{icon::shield()}{text::HOME_PROTECTS}</h2>
                    <ul class="ticks">
                        <li>{text::HOME_PROTECTS_1}</li>
                        <li>{text::HOME_PROTECTS_2}</li>
                        <li>{text::HOME_PROTECTS_3}</li>
                    </ul>
                </section>
                <section class="card">
                    <h2>{icon::eye()}{text::HOME_LIMITS}</h2>
                    <ul class="dots">
                        <li>{text::HOME_LIMITS_1}</li>
                        <li>{text::HOME_LIMITS_2}</li>
                        <li>{text::HOME_LIMITS_3}</li>
                    </ul>
                </section>
            </div>
            <p class="more"><Link to=Route::Privacy>{text::HOME_MORE}</Link></p>
        </Shell>
    }
}
