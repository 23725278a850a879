//! The whole interface: the page of the current address.

use leptos::prelude::*;
use signet_ask::Status;

use crate::{
    Route, browser,
    page::{Home, Privacy, Settings, SignIn, SignUp},
    route::{self, Step},
    state::App,
};

pub(crate) fn app(first: Route) -> impl IntoView {
    let app = App::new(first);
    provide_context(app);

    // Effects run only in the browser, once the page stands in the place of its fixed HTML.
    Effect::new(move || start(app));
    Effect::new(move || browser::document().set_title(app.route.get().title()));
    Effect::new(move || guard(app));

    move || match app.route.get() {
        Route::Home => view! { <Home/> }.into_any(),
        Route::SignUp => view! { <SignUp/> }.into_any(),
        Route::SignIn => view! { <SignIn/> }.into_any(),
        Route::Chat => view! { <crate::chat::Chat/> }.into_any(),
        Route::Settings => view! { <Settings/> }.into_any(),
        Route::Privacy => view! { <Privacy/> }.into_any(),
    }
}

fn start(app: App) {
    browser::set_theme(&browser::remembered("signet.theme").unwrap_or_default());
    if app.route.get_untracked() == Route::Chat {
        app.chats.open.set(route::conv_in_address());
    }
    app.visible.set(browser::is_visible());
    browser::on_document("visibilitychange", move || app.visible.set(browser::is_visible()));
    route::follow_history(app);
    app.connect();
    app.ready.set(true);
}

/// Pages of an account lead through sign-in and back; whoever is signed in need not see the doors again.
fn guard(app: App) {
    let route = app.route.get();
    match app.status.get() {
        Some(Status::SignedOut { .. }) if route.needs_account() => {
            app.wanted.set(Some(route));
            route::go(app, Route::SignIn, None, Step::Replace);
        }
        Some(Status::SignedIn { .. }) if matches!(route, Route::Home | Route::SignIn) => {
            let wanted = app.wanted.get_untracked().unwrap_or(Route::Chat);
            app.wanted.set(None);
            route::go(app, wanted, app.chats.open.get_untracked(), Step::Replace);
        }
        _ => {}
    }
}
