use leptos::task::spawn_local;
use signet_ask::{CancelSignUp, Status, Task, Trouble};
use signet_shared::{Username, UsernameError};

use crate::{
    Route, browser,
    el::{El, after, div, el, flag},
    part::{Field, alert, button, progress, shell, strength, submit},
    password,
    route::{self, Step, link},
    state::App,
    text,
    value::Value,
};

/// What is wrong with each field, and what is going on.
#[derive(Clone, Copy)]
struct Form {
    username_error: Value<Option<String>>,
    password_error: Value<Option<String>>,
    repeat_error: Value<Option<String>>,
    error: Value<Option<String>>,
    strength: Value<u8>,
    busy: Value<bool>,
}

pub(crate) fn sign_up(app: App) -> El {
    let form = Form::new();
    // Whoever is signed in already has no use for this page.
    after(move || {
        let signed_in = matches!(app.status.get(), Some(Status::SignedIn { .. }));
        if signed_in && !form.busy.get() && app.recovery.with(Option::is_none) {
            route::go(app, Route::Chat, None, Step::Replace);
        }
    });
    shell("narrow", |main| main.child(form.fields(app)))
}

impl Form {
    fn new() -> Self {
        Self {
            username_error: Value::new(None),
            password_error: Value::new(None),
            repeat_error: Value::new(None),
            error: Value::new(None),
            strength: Value::new(0),
            busy: Value::new(false),
        }
    }

    fn fields(self, app: App) -> El {
        let busy = self.busy;
        let judge = move |_| {
            let username = browser::typed("username");
            self.strength.set(password::strength(&browser::typed("password"), username.trim()));
        };
        let form = el("form").class("card form").set("method", "post").set("novalidate", "");
        form.live("aria-busy", move || Some(busy.get().to_string().into()))
            .on("submit", move |event| {
                event.prevent_default();
                self.submit(app);
            })
            .child(el("h1").text(text::CREATE_ACCOUNT))
            .child(el("p").class("lead").text(text::SIGN_UP_LEAD))
            .part(move || self.error.get().map(alert))
            .child(
                Field::new("username", text::USERNAME, "username", busy)
                    .hint(text::USERNAME_HINT)
                    .error(self.username_error)
                    .show(|line| line),
            )
            .child(
                Field::new("password", text::PASSWORD, "new-password", busy)
                    .secret()
                    .hint(text::PASSWORD_HINT)
                    .error(self.password_error)
                    .show(|line| line.on("input", judge)),
            )
            .child(strength(self.strength))
            .child(
                Field::new("repeat", text::REPEAT_PASSWORD, "new-password", busy)
                    .secret()
                    .error(self.repeat_error)
                    .show(|line| line),
            )
            .child(super::stay(busy))
            .part(move || busy.get().then(|| working(app)))
            .child(submit(app, text::CREATE_ACCOUNT, busy))
            .child(super::aside(text::HAVE_ACCOUNT, link(Route::SignIn, "").text(text::SIGN_IN)))
    }

    fn submit(self, app: App) {
        if self.busy.get_untracked() || !app.ready.get_untracked() {
            return;
        }
        let username = browser::typed("username").trim().to_owned();
        let password = browser::typed("password");
        if !self.accepts(&username, &password) {
            return;
        }
        let stay = browser::is_checked("stay");
        self.busy.set(true);
        app.progress.set(None);
        spawn_local(async move {
            match app.ask(signet_ask::SignUp { username: username.clone(), password, stay, ticket: None }).await {
                Ok(key) => app.recovery.set(Some((username, key.0))),
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
        let differs = (browser::typed("repeat") != password).then_some(text::PASSWORD_DIFFERS);
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

fn working(app: App) -> El {
    let cancel = button("button small", text::CANCEL).on("click", move |_| app.tell(CancelSignUp {}));
    // From here on the account may exist, and its recovery key has to be shown.
    let cancel =
        cancel.live("disabled", move || flag(app.progress_of(Task::SignUp).is_some_and(|now| now.done >= 0.95)));
    let head = div("working-head").child(el("span").set("aria-hidden", "true").text(text::CREATING_KEYS)).child(cancel);
    div("working").children([
        head,
        progress(app, Task::SignUp, text::CREATING_KEYS, Some(0)),
        el("p").class("hint").text(text::CREATING_TEXT),
    ])
}
