use leptos::{html, prelude::*, task::spawn_local};
use signet_ask::{Status, Task};

use crate::{
    Route, browser,
    part::{Alert, Field, Shell, value_of},
    route::Link,
    state::{App, percent},
    text,
};

#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let app = App::here();
    let (username, password, stay) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let says = Signal::derive(move || error.get().or_else(|| app.trouble.get().as_ref().map(text::trouble)));

    // The name last used here, unless something has been typed already.
    Effect::new(move || {
        if let (Some(Status::SignedOut { username: Some(name) }), Some(field)) = (app.status.get(), username.get())
            && field.value().is_empty()
        {
            field.set_value(&name);
        }
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || !app.ready.get_untracked() {
            return;
        }
        let question = signet_ask::SignIn {
            username: value_of(username).trim().to_owned(),
            password: value_of(password),
            stay: stay.get_untracked().is_some_and(|stay| stay.checked()),
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
                    if let Some(field) = password.get_untracked() {
                        let _ = field.focus();
                    }
                }
            }
        });
    };

    view! {
        <Shell class="narrow">
            <form class="card form" method="post" novalidate on:submit=submit aria-busy=move || busy.get().to_string()>
                <h1>{text::SIGN_IN}</h1>
                <p class="lead">{text::SIGN_IN_LEAD}</p>
                <Alert says=says/>
                <Field id="username" label=text::USERNAME node=username autocomplete="username" disabled=busy/>
                <Field id="password" label=text::PASSWORD node=password kind="password" autocomplete="current-password" disabled=busy/>
                <div class="check">
                    <input type="checkbox" id="stay" node_ref=stay aria-describedby="stay-hint" disabled=move || busy.get()/>
                    <div><label for="stay">{text::STAY}</label><p class="hint" id="stay-hint">{text::STAY_HINT}</p></div>
                </div>
                {move || busy.get().then(|| view! {
                    <div class="working" role="status">
                        <progress aria-label=text::SIGNING_IN max="100"
                            value=move || app.progress_of(Task::SignIn).map(percent)></progress>
                        <p class="hint">{text::SIGNING_IN_TEXT}</p>
                    </div>
                })}
                <button type="submit" class="button primary wide" disabled=move || busy.get() || !app.ready.get()>{text::SIGN_IN}</button>
                <p class="aside">{text::NO_ACCOUNT}" "<Link to=Route::SignUp>{text::CREATE_ACCOUNT}</Link></p>
            </form>
        </Shell>
    }
}
