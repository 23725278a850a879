use leptos::task::spawn_local;
use signet_ask::{Status, Task};

use crate::{
    Route, browser,
    el::{El, after, div, el},
    part::{Field, alert, progress, shell, submit},
    route::link,
    state::App,
    text,
    value::Value,
};

pub(crate) fn sign_in(app: App) -> El {
    let busy = Value::new(false);
    let error = Value::new(None::<String>);

    // The name last used here, unless something has been typed already.
    after(move || {
        if let Some(Status::SignedOut { username: Some(name) }) = app.status.get()
            && let Some(field) = browser::input("username")
            && field.value().is_empty()
        {
            field.set_value(&name);
        }
    });

    let form = el("form").class("card form").set("method", "post").set("novalidate", "");
    let form = form.live("aria-busy", move || Some(busy.get().to_string().into())).on("submit", move |event| {
        event.prevent_default();
        if !busy.get_untracked() && app.ready.get_untracked() {
            send(app, busy, error);
        }
    });
    let form = form
        .child(el("h1").text(text::SIGN_IN))
        .child(el("p").class("lead").text(text::SIGN_IN_LEAD))
        .part(move || error.get().or_else(|| app.trouble_text()).map(alert))
        .child(Field::new("username", text::USERNAME, "username", busy).show(|line| line))
        .child(Field::new("password", text::PASSWORD, "current-password", busy).secret().show(|line| line))
        .child(super::stay(busy))
        .part(move || {
            let working = div("working").set("role", "status");
            busy.get().then(|| {
                working
                    .child(progress(app, Task::SignIn, text::SIGNING_IN, None))
                    .child(el("p").class("hint").text(text::SIGNING_IN_TEXT))
            })
        })
        .child(submit(app, text::SIGN_IN, busy))
        .child(super::aside(text::NO_ACCOUNT, link(Route::SignUp, "").text(text::CREATE_ACCOUNT)));
    shell("narrow", |main| main.child(form))
}

fn send(app: App, busy: Value<bool>, error: Value<Option<String>>) {
    let question = signet_ask::SignIn {
        username: browser::typed("username").trim().to_owned(),
        password: browser::typed("password"),
        stay: browser::is_checked("stay"),
    };
    let empty = if question.username.is_empty() {
        Some((text::USERNAME_EMPTY, "username"))
    } else {
        question.password.is_empty().then_some((text::PASSWORD_EMPTY, "password"))
    };
    app.trouble.set(None);
    error.set(empty.map(|(sentence, _)| sentence.to_owned()));
    if let Some((_, field)) = empty {
        return browser::focus(field);
    }
    busy.set(true);
    app.progress.set(None);
    spawn_local(async move {
        match app.ask(question).await {
            Ok(status) => app.set_status(status),
            Err(trouble) => {
                error.set(Some(text::trouble(&trouble)));
                busy.set(false);
                browser::focus("password");
            }
        }
    });
}
