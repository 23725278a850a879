use leptos::prelude::untrack;
use signet_ask::{ReadAccount, Status};

use super::{
    anew::Anew,
    change::PasswordChange,
    sign_in::{Secret, door},
};
use crate::{
    browser,
    el::{El, after, el, flag},
    part::{button, shell},
    route,
    state::App,
    text,
    value::Value,
};

/// Signs in with the recovery key, then asks for a new password. Whoever has that no more finds the way to start anew.
pub(crate) fn recover(app: App) -> El {
    let choosing = Value::new(false);
    let anew = Anew::new(app);
    after(move || match app.status.get() {
        None => {}
        Some(Status::SignedOut { .. }) => {
            // Only then: the form would be made anew, without what has been typed.
            if choosing.get_untracked() {
                choosing.set(false);
            }
            anew.look();
        }
        Some(Status::SignedIn { .. }) => came_in(app, choosing, anew),
    });
    let page = move |choosing: bool| {
        if choosing { choose(app) } else { door(app, Secret::RecoveryKey, Value::new(None)).child(anew.aside()) }
    };
    shell("narrow", |main| {
        main.part(move || {
            let (choosing, begun) = (choosing.get(), anew.page());
            [begun.unwrap_or_else(|| untrack(|| page(choosing)))]
        })
    })
}

fn came_in(app: App, choosing: Value<bool>, anew: Anew) {
    if anew.at_work.get_untracked() {
        // A new identity is being made: its recovery key is shown next.
        return;
    }
    anew.look_or(move || {
        app.ask(ReadAccount {}, move |account| {
            if choosing.is_gone() {
                return;
            }
            // Whoever came here signed in already has nothing to choose.
            if account.is_ok_and(|account| account.by_recovery_key) {
                choosing.set(true);
                browser::soon(browser::focus_heading);
            } else {
                route::lead_in(app);
            }
        });
    });
}

fn choose(app: App) -> El {
    let change = PasswordChange::new(app, Value::new(false), false);
    after(move || {
        if change.done.with(Option::is_some) {
            route::lead_in(app);
        }
    });
    let head = [el("h1").text(text::CHOOSE_PASSWORD), el("p").class("lead").text(text::CHOOSE_PASSWORD_LEAD)];
    let later = button("button wide", text::LATER).live("disabled", move || flag(change.busy.get()));
    change.form("card form", head, text::SET_PASSWORD).child(later.on("click", move |_| route::lead_in(app)))
}
