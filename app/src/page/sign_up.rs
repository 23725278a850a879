use signet_ask::{CancelSignUp, Status, Task, Trouble};
use signet_shared::{Username, UsernameError};

use super::NewPassword;
use crate::{
    Route, browser,
    el::{El, after, div, el, flag},
    part::{Field, alert, button, form, progress, shell, submit},
    route::{self, Step, link},
    state::App,
    text,
    value::Value,
};

/// What is wrong with each field, and what is going on.
#[derive(Clone, Copy)]
struct Form {
    username_error: Value<Option<String>>,
    password: NewPassword,
    error: Value<Option<String>>,
    /// The error is that another account's messages would be lost.
    others: Value<bool>,
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
            password: NewPassword::new(),
            error: Value::new(None),
            others: Value::new(false),
            busy: Value::new(false),
        }
    }

    fn fields(self, app: App) -> El {
        let busy = self.busy;
        let username = Field::new("username", text::USERNAME, "username", busy).hint(text::USERNAME_HINT);
        let labels = [text::PASSWORD, text::REPEAT_PASSWORD];
        form("card form", busy, move || self.submit(app))
            .child(el("h1").text(text::CREATE_ACCOUNT))
            .child(el("p").class("lead").text(text::SIGN_UP_LEAD))
            .part(move || self.error.get().map(alert))
            .part(move || {
                self.others.get().then(|| super::lose_others(app, self.error, self.others, move || self.submit(app)))
            })
            .child(username.error(self.username_error).show(|line| line))
            .children(self.password.fields(labels, busy, || browser::typed("username")))
            .child(super::stay(busy))
            .part(move || busy.get().then(|| working(app)))
            .child(submit(app, text::CREATE_ACCOUNT, busy))
            .child(super::aside(text::HAVE_ACCOUNT, link(Route::SignIn, "").text(text::SIGN_IN)))
    }

    fn submit(self, app: App) {
        let username = browser::typed("username").trim().to_owned();
        if !app.ready.get_untracked() || !self.accepts(&username) {
            return;
        }
        let password = browser::typed(NewPassword::FIELD);
        let stay = browser::is_checked("stay");
        self.busy.set(true);
        app.progress.set(None);
        let question = signet_ask::SignUp { username: username.clone(), password, stay, ticket: None };
        app.ask(question, move |answer| {
            match answer {
                Ok(key) => app.recovery.set(Some((username, key.0))),
                Err(trouble) => self.report(&trouble),
            }
            self.busy.set(false);
        });
    }

    /// Says what is wrong beside each field, and goes to the first.
    fn accepts(self, username: &str) -> bool {
        let bad_name = username.parse::<Username>().err().map(|why| match why {
            UsernameError::TooShort => text::USERNAME_SHORT,
            UsernameError::TooLong => text::USERNAME_LONG,
            UsernameError::Start => text::USERNAME_START,
            UsernameError::Character => text::USERNAME_CHARACTER,
        });
        let bad_password = self.password.objection(username);
        self.error.set(None);
        self.others.set(false);
        self.username_error.set(bad_name.map(str::to_owned));
        match bad_name.and(Some("username")).or(bad_password) {
            Some(field) => {
                browser::focus(field);
                false
            }
            None => true,
        }
    }

    fn report(self, trouble: &Trouble) {
        let beside = match trouble {
            Trouble::BadUsername | Trouble::UsernameTaken => self.username_error,
            Trouble::BadPassword => self.password.error,
            _ => self.error,
        };
        beside.set(Some(text::trouble(trouble)));
        self.others.set(matches!(trouble, Trouble::OthersUnsent { .. }));
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
