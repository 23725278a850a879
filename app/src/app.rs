//! The whole interface: the page of the current address.

use leptos::{
    prelude::{provide_context, untrack},
    task::spawn_local,
};
use signet_ask::Status;

use crate::{
    Route, browser,
    el::{El, after, el},
    lazy, page,
    route::{self, Step},
    state::App,
};

pub(crate) fn app(first: Route) -> El {
    let app = App::new(first);
    provide_context(app);

    // Effects run only in the browser, once the page stands in the place of its fixed HTML.
    after(move || start(app));
    after(move || browser::document().set_title(app.route.get().title()));
    after(move || guard(app));
    follow_by_page(app);
    fetch_ahead(app);
    follow_by_focus(app);
    after(move || say_at_home(app));

    el("div").set("id", "app").part(move || {
        let page = match (app.recovery.get(), app.page.get()) {
            (Some((username, key)), _) => untrack(|| page::recovery(app, username, key)),
            // What stood before must not take what is typed for the next.
            (None, route) if app.route.get() != route => lazy::on_its_way(),
            (None, route) => untrack(|| lazy::page(app, route)),
        };
        [page]
    })
}

/// The page of an address is built once its code is here.
fn follow_by_page(app: App) {
    after(move || {
        let route = app.route.get();
        spawn_local(async move {
            let _ = lazy::fetch(route).await;
            if app.route.get_untracked() == route && app.page.get_untracked() != route {
                app.page.set(route);
                browser::scroll_to_top();
            }
        });
    });
}

/// Whoever is signed in finds the settings without a network too.
fn fetch_ahead(app: App) {
    after(move || {
        if app.username().is_some() && app.route.get() == Route::Chat {
            spawn_local(async {
                let _ = lazy::fetch(Route::Settings).await;
            });
        }
    });
}

/// What had the focus went with the page or the conversation that was left.
fn follow_by_focus(app: App) {
    let mut shown = None;
    after(move || {
        // A recovery key takes the place of the page, and gives it back.
        let page = (app.page.get(), app.recovery.with(Option::is_some));
        // Also where the page before was only left and taken again: it was built anew.
        let stands = app.route.get() == page.0;
        let now = (page, stands, app.chats.open.with(Option::is_some));
        let before = shown.replace(now);
        if stands && before.is_some_and(|before| before != now) && !(now.0 == (Route::Chat, false) && now.2) {
            // The new page may not stand yet: what it is made of follows the same signals.
            browser::soon(browser::focus_heading);
        }
    });
}

/// The first page is fixed HTML with a place for what went wrong.
fn say_at_home(app: App) {
    if let (Some(says), Some(place)) = (app.trouble_text(), browser::by_id("home-trouble")) {
        place.set_text_content(Some(&says));
        let _ = place.remove_attribute("hidden");
    }
}

fn start(app: App) {
    browser::set_theme(&browser::remembered("signet.theme").unwrap_or_default());
    if app.route.get_untracked() == Route::Chat {
        app.chats.open.set(route::conv_in_address());
    }
    app.visible.set(browser::is_visible());
    browser::on_document("visibilitychange", move || app.visible.set(browser::is_visible()));
    browser::on_window("pagehide", move || app.visible.set(false));
    browser::on_window("pageshow", move || app.visible.set(browser::is_visible()));
    route::follow_history(app);
    browser::ask_before_leaving(move || app.recovery.with_untracked(Option::is_some));
    app.watch_use();
    app.connect();
    app.ready.set(true);
}

/// Pages of an account lead through sign-in and back; whoever is signed in need not see the doors again.
fn guard(app: App) {
    let route = app.route.get();
    if app.recovery.with(Option::is_some) {
        return;
    }
    match app.status.get() {
        Some(Status::SignedOut { .. }) if route.needs_account() => {
            app.wanted.set(Some(route));
            route::go(app, Route::SignIn, None, Step::Replace);
        }
        Some(Status::SignedIn { .. }) if matches!(route, Route::Home | Route::SignIn) => {
            route::lead_in(app);
        }
        _ => {}
    }
}
