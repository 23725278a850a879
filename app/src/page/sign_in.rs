use leptos::{prelude::untrack, task::spawn_local};
use signet_ask::{SignIn, SignInWithPasskey, SignInWithRecoveryKey, Status, Task, Trouble};

use crate::{
    Route, browser,
    el::{El, after, el, flag},
    lazy,
    part::{Field, alert, button, form, shell, submit, unless, working},
    route::link,
    state::App,
    text,
    value::Value,
    webauthn::Computed,
};

pub(crate) fn sign_in(app: App) -> El {
    // The password was right, and the account needs more.
    let asked = Value::new(None);
    let form = door(app, Secret::Password, asked).live("hidden", move || flag(asked.with(Option::is_some)));
    shell("narrow", |main| {
        main.child(form)
            .part(move || asked.with(Option::is_some).then(|| untrack(|| lazy::secret_key(app, asked))).flatten())
    })
}

/// What opens the account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    Password,
    RecoveryKey,
}

/// What is wrong with each field, and what is going on.
#[derive(Clone, Copy)]
struct Form {
    app: App,
    secret: Secret,
    username_error: Value<Option<String>>,
    secret_error: Value<Option<String>>,
    error: Value<Option<String>>,
    /// The error is that another account's messages would be lost.
    others: Value<bool>,
    /// What was asked last was a passkey.
    by_passkey: Value<bool>,
    busy: Value<bool>,
    asked: Value<Option<Trouble>>,
}

/// The form that signs in with either secret.
pub(super) fn door(app: App, secret: Secret, asked: Value<Option<Trouble>>) -> El {
    let form = Form {
        app,
        secret,
        username_error: Value::new(None),
        secret_error: Value::new(None),
        error: Value::new(None),
        others: Value::new(false),
        by_passkey: Value::new(false),
        busy: Value::new(false),
        asked,
    };
    // The name last used here, unless something has been typed already.
    after(move || {
        let Some(Status::SignedOut { username: Some(name), stay, locked }) = app.status.get() else { return };
        if let Some(field) = browser::input("username")
            && field.value().is_empty()
        {
            field.set_value(&name);
        }
        // Locking is no reason to choose anew.
        if let (true, Some(tick)) = (locked, browser::input("stay")) {
            tick.set_checked(stay);
        }
    });
    form.fields()
}

impl Form {
    fn fields(self) -> El {
        let Self { app, busy, .. } = self;
        let (title, lead, working_text) = match self.secret {
            Secret::Password => (text::SIGN_IN, text::SIGN_IN_LEAD, text::SIGNING_IN_TEXT),
            Secret::RecoveryKey => (text::RECOVER, text::RECOVER_LEAD, text::RECOVERING_TEXT),
        };
        let by_password = self.secret == Secret::Password;
        let locked = move || by_password && matches!(app.status.get(), Some(Status::SignedOut { locked: true, .. }));
        let title = move || if locked() { text::LOCKED } else { title }.into();
        let lead = move || if locked() { text::LOCKED_LEAD } else { lead }.into();
        let field = match self.secret {
            Secret::Password => Field::new("password", text::PASSWORD, "current-password", busy).secret(),
            // Read off paper, sign by sign: it can be seen while it is typed.
            Secret::RecoveryKey => {
                Field::new("recovery-key", text::RECOVERY_KEY_FIELD, "off", busy).hint(text::RECOVERY_KEY_HINT)
            }
        };
        let username = Field::new("username", text::USERNAME, "username", busy).error(self.username_error);
        let form = form("card form", busy, move || self.send())
            .child(el("h1").live_text(title))
            .child(el("p").class("lead").live_text(lead))
            .part(move || self.error.get().or_else(|| app.trouble_text()).map(alert))
            .part(move || {
                self.others.get().then(|| super::lose_others(app, self.error, self.others, move || self.again()))
            })
            .child(username.show(|line| line))
            .child(field.error(self.secret_error).show(|line| line))
            .child(super::stay(busy))
            .part(move || busy.get().then(|| working(app, Task::SignIn, text::SIGNING_IN, working_text)))
            .child(submit(app, text::SIGN_IN, busy));
        // The fixed page shows it too, and does nothing yet.
        let passkey = button("button wide", text::USE_PASSKEY).live("disabled", move || flag(!app.ready.get()));
        match self.secret {
            Secret::Password => form.children([
                unless(busy, passkey, move || self.use_passkey()),
                super::aside(text::FORGOTTEN, link(Route::Recover, "").text(text::USE_RECOVERY_KEY)),
                super::aside(text::NO_ACCOUNT, link(Route::SignUp, "").text(text::CREATE_ACCOUNT)),
                super::aside(text::HAVE_BACKUP, link(Route::Open, "").text(text::OPEN_BACKUP)),
            ]),
            Secret::RecoveryKey => form.children([
                super::aside(text::REMEMBERED, link(Route::SignIn, "").text(text::USE_PASSWORD)),
                super::aside(text::HAVE_BACKUP, link(Route::Open, "").text(text::OPEN_BACKUP)),
            ]),
        }
    }

    fn again(self) {
        if self.by_passkey.get_untracked() { self.use_passkey() } else { self.send() }
    }

    fn send(self) {
        let app = self.app;
        self.by_passkey.set(false);
        if !app.ready.get_untracked() {
            return;
        }
        let (field, nothing) = match self.secret {
            Secret::Password => ("password", text::PASSWORD_EMPTY),
            Secret::RecoveryKey => ("recovery-key", text::RECOVERY_KEY_EMPTY),
        };
        let username = browser::typed("username").trim().to_owned();
        let secret = browser::typed(field);
        let stay = browser::is_checked("stay");
        app.trouble.set(None);
        self.error.set(None);
        self.others.set(false);
        self.username_error.set(username.is_empty().then(|| text::USERNAME_EMPTY.to_owned()));
        self.secret_error.set(secret.is_empty().then(|| nothing.to_owned()));
        if username.is_empty() || secret.is_empty() {
            return browser::focus(if username.is_empty() { "username" } else { field });
        }
        self.busy.set(true);
        app.progress.set(None);
        let then = move |answer| match answer {
            Ok(status) => app.set_status(status),
            Err(trouble) => self.report(&trouble, field),
        };
        match self.secret {
            Secret::Password => app.ask(SignIn { username, password: secret, stay }, then),
            Secret::RecoveryKey => app.ask(SignInWithRecoveryKey { username, key: secret, stay }, then),
        }
    }

    /// A passkey says itself whose it is.
    fn use_passkey(self) {
        let (app, stay) = (self.app, browser::is_checked("stay"));
        if !app.ready.get_untracked() {
            return;
        }
        app.trouble.set(None);
        self.by_passkey.set(true);
        self.others.set(false);
        for error in [self.error, self.username_error, self.secret_error] {
            error.set(None);
        }
        self.busy.set(true);
        app.progress.set(None);
        spawn_local(async move {
            let says = match lazy::use_passkey().await {
                Ok(Ok(Computed { username, place, value })) => {
                    let question = SignInWithPasskey { username, place, computed: value, stay };
                    return app.ask(question, move |answer| match answer {
                        Ok(status) => app.set_status(status),
                        Err(trouble) => self.report(&trouble, "password"),
                    });
                }
                Ok(Err(refused)) => text::no_passkey(refused),
                Err(lazy::NotFetched) => text::NOT_FETCHED,
            };
            self.busy.set(false);
            self.error.set(Some(says.to_owned()));
        });
    }

    fn report(self, trouble: &Trouble, field: &'static str) {
        if matches!(trouble, Trouble::SecretKey(_)) {
            let trouble = trouble.clone();
            return spawn_local(async move {
                if lazy::fetch_secret_key().await {
                    self.asked.set(Some(trouble));
                    browser::soon(|| browser::focus("secret-key-asked"));
                } else {
                    self.error.set(Some(text::NOT_FETCHED.to_owned()));
                }
                self.busy.set(false);
            });
        }
        let beside = match trouble {
            Trouble::BadUsername => self.username_error,
            Trouble::BadRecoveryKey | Trouble::IsRecoveryKey => self.secret_error,
            _ => self.error,
        };
        beside.set(Some(text::trouble(trouble)));
        self.others.set(matches!(trouble, Trouble::OthersUnsent { .. }));
        self.busy.set(false);
        browser::focus(field);
    }
}
