use leptos::{html, prelude::*, task::spawn_local};
use signet_ask::{CancelSignUp, Status, Task, Trouble};
use signet_shared::{Username, UsernameError};

use super::recovery::Recovery;
use crate::{
    Route, browser,
    part::{Alert, Field, Shell, Strength, value_of},
    password,
    route::{self, Link, Step},
    state::{App, percent},
    text,
};

/// The form's fields and what is wrong with each.
#[derive(Clone, Copy)]
struct Form {
    username: NodeRef<html::Input>,
    password: NodeRef<html::Input>,
    repeat: NodeRef<html::Input>,
    stay: NodeRef<html::Input>,
    username_error: RwSignal<Option<String>>,
    password_error: RwSignal<Option<String>>,
    repeat_error: RwSignal<Option<String>>,
    error: RwSignal<Option<String>>,
    strength: RwSignal<u8>,
    busy: RwSignal<bool>,
    /// Shown once, then gone.
    key: RwSignal<Option<(String, String)>>,
}

#[component]
pub(crate) fn SignUp() -> impl IntoView {
    let app = App::here();
    let form = Form::new();
    // Whoever is signed in already has no use for this page.
    Effect::new(move || {
        let signed_in = matches!(app.status.get(), Some(Status::SignedIn { .. }));
        if signed_in && !form.busy.get() && form.key.with(Option::is_none) {
            route::go(app, Route::Chat, None, Step::Replace);
        }
    });
    move || match form.key.get() {
        Some((username, key)) => view! {
            <Shell class="narrow">
                <Recovery username=username key_text=key on_done=Callback::new(move |()| form.key.set(None))/>
            </Shell>
        }
        .into_any(),
        None => view! { <Shell class="narrow"><Fields form=form/></Shell> }.into_any(),
    }
}

#[component]
fn Fields(form: Form) -> impl IntoView {
    let app = App::here();
    let busy = form.busy;
    let judge = Callback::new(move |_: String| {
        form.strength.set(password::strength(&value_of(form.password), value_of(form.username).trim()));
    });
    view! {
        <form class="card form" method="post" novalidate aria-busy=move || busy.get().to_string() on:submit=move |event| {
            event.prevent_default();
            form.submit(app);
        }>
            <h1>{text::CREATE_ACCOUNT}</h1>
            <p class="lead">{text::SIGN_UP_LEAD}</p>
            <Alert says=form.error/>
            <Field id="username" label=text::USERNAME node=form.username autocomplete="username" hint=text::USERNAME_HINT
                error=form.username_error disabled=busy/>
            <Field id="password" label=text::PASSWORD node=form.password kind="password" autocomplete="new-password"
                hint=text::PASSWORD_HINT error=form.password_error disabled=busy on_input=judge/>
            <Strength score=form.strength/>
            <Field id="repeat" label=text::REPEAT_PASSWORD node=form.repeat kind="password" autocomplete="new-password"
                error=form.repeat_error disabled=busy/>
            <div class="check">
                <input type="checkbox" id="stay" node_ref=form.stay aria-describedby="stay-hint" disabled=move || busy.get()/>
                <div><label for="stay">{text::STAY}</label><p class="hint" id="stay-hint">{text::STAY_HINT}</p></div>
            </div>
            {move || busy.get().then(|| view! {
                <div class="working">
                    <div class="working-head"><span aria-hidden="true">{text::CREATING_KEYS}</span>
                        <button type="button" class="button small" on:click=move |_| app.tell(CancelSignUp {})>{text::CANCEL}</button>
                    </div>
                    <progress aria-label=text::CREATING_KEYS max="100"
                        value=move || app.progress_of(Task::SignUp).map_or(0, percent)></progress>
                    <p class="hint">{text::CREATING_TEXT}</p>
                </div>
            })}
            <button type="submit" class="button primary wide" disabled=move || busy.get() || !app.ready.get()>{text::CREATE_ACCOUNT}</button>
            <p class="aside">{text::HAVE_ACCOUNT}" "<Link to=Route::SignIn>{text::SIGN_IN}</Link></p>
        </form>
    }
}

impl Form {
    fn new() -> Self {
        Self {
            username: NodeRef::new(),
            password: NodeRef::new(),
            repeat: NodeRef::new(),
            stay: NodeRef::new(),
            username_error: RwSignal::new(None),
            password_error: RwSignal::new(None),
            repeat_error: RwSignal::new(None),
            error: RwSignal::new(None),
            strength: RwSignal::new(0),
            busy: RwSignal::new(false),
            key: RwSignal::new(None),
        }
    }

    fn submit(self, app: App) {
        if self.busy.get_untracked() || !app.ready.get_untracked() {
            return;
        }
        let username = value_of(self.username).trim().to_owned();
        let password = value_of(self.password);
        if !self.accepts(&username, &password) {
            return;
        }
        let stay = self.stay.get_untracked().is_some_and(|stay| stay.checked());
        self.busy.set(true);
        app.progress.set(None);
        spawn_local(async move {
            match app.ask(signet_ask::SignUp { username: username.clone(), password, stay }).await {
                Ok(key) => self.key.set(Some((username, key.0))),
                Err(trouble) => self.report(&trouble),
            }
            self.busy.set(false);
        });
    }

    /// Says what is wrong beside each field, and goes to the first.
    fn accepts(self, username: &str, password: &str) -> bool {
        let bad_name = username.parse::<Username>().err().map(|why| match why {
            UsernameError::TooShort => text::USERNAME_SHORT,
            UsernameError::TooLong => text::USERNAME_LONG,
            UsernameError::Start => text::USERNAME_START,
            UsernameError::Character => text::USERNAME_CHARACTER,
        });
        let bad_password = password::objection(password, username);
        let differs = (value_of(self.repeat) != password).then_some(text::PASSWORD_DIFFERS);
        self.error.set(None);
        self.username_error.set(bad_name.map(str::to_owned));
        self.password_error.set(bad_password.map(str::to_owned));
        self.repeat_error.set(differs.map(str::to_owned));
        let first = [(bad_name, "username"), (bad_password, "password"), (differs, "repeat")];
        match first.into_iter().find(|(bad, _)| bad.is_some()) {
            Some((_, field)) => {
                browser::focus(field);
                false
            }
            None => true,
        }
    }

    fn report(self, trouble: &Trouble) {
        let beside = match trouble {
            Trouble::BadUsername | Trouble::UsernameTaken => self.username_error,
            Trouble::BadPassword => self.password_error,
            _ => self.error,
        };
        beside.set(Some(text::trouble(trouble)));
    }
}
