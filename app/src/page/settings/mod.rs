//! One's account, secret by secret and session by session, and how the pages look.

mod anew;
mod backup;
mod data;
mod delete;
mod keys;
mod lock;
mod looks;
mod passkeys;
mod password;
mod receipts;
mod recovery;
mod rescue;
mod secret_key;
mod sessions;

use leptos::prelude::untrack;
use signet_ask::{AccountView, ReadAccount};

use self::sessions::Sessions;
use super::{NewPassword, asked, backup_file, change::CURRENT};
use crate::{
    Route, browser,
    el::{El, after, el, flag},
    part::{SigningOut, alert, avatar, button, shell},
    route::link,
    state::App,
    text,
    value::Value,
};

/// The forms of this page. One at a time is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Password,
    Test,
    Replace,
    Delete,
    Rescue,
    AddPasskey,
    RemovePasskey,
    UseSecretKey,
    DropSecretKey,
    Export,
    TestBackup,
    Import,
    Data,
}

#[derive(Clone, Copy)]
struct Settings {
    app: App,
    open: Value<Option<Form>>,
    /// The open form waits for its answer.
    busy: Value<bool>,
    account: Value<Option<AccountView>>,
    /// Why the account could not be read.
    trouble: Value<Option<String>>,
    /// Signed in with the recovery key, and the password not replaced since.
    by_key: Value<bool>,
    /// Whether the password needs a secret key beside it, once that is known.
    uses_key: Value<Option<bool>>,
    sessions: Sessions,
}

pub(crate) fn settings(app: App) -> El {
    let page = Settings {
        app,
        open: Value::new(None),
        busy: Value::new(false),
        account: Value::new(None),
        trouble: Value::new(None),
        by_key: Value::new(false),
        uses_key: Value::new(None),
        sessions: Sessions::new(app),
    };
    // Again when one comes back to this tab: other browsers come and go meanwhile.
    after(move || {
        if app.visible.get() && app.username().is_some() {
            page.read();
        }
    });
    let up = el("p").class("up").child(link(Route::Chat, "").text(text::BACK_TO_CHAT));
    let sections = [
        page.who(),
        page.password(),
        page.recovery(),
        page.secret_key(),
        page.passkeys(),
        page.backups(),
        page.earlier(),
        page.data(),
        page.keys(),
        page.sessions.section(),
        page.rescue(),
        page.receipts(),
        lock::lock(app),
        looks::looks(),
        page.anew(),
        page.delete(),
    ];
    shell("prose settings", |main| {
        let main = main.children([up, el("h1").text(text::SETTINGS)]);
        main.part(move || app.anew.get().map(|notice| untrack(|| asked(app, notice))))
            .part(move || page.trouble.get().map(alert))
            .children(sections)
    })
}

impl Settings {
    fn read(self) {
        self.read_account();
        self.sessions.read();
    }

    fn read_account(self) {
        // It asks this browser's vault alone: what keeps that from answering concerns the whole page, and stands above it.
        self.app.ask(ReadAccount {}, move |answer| {
            if self.account.is_gone() {
                return;
            }
            self.trouble.set(answer.as_ref().err().map(text::trouble));
            if let Ok(account) = answer {
                if self.by_key.get_untracked() != account.by_recovery_key {
                    self.by_key.set(account.by_recovery_key);
                }
                if self.uses_key.get_untracked() != Some(account.secret_key) {
                    self.uses_key.set(Some(account.secret_key));
                }
                self.account.set(Some(account));
            }
        });
    }

    /// The button that opens a form, in whose place the form stands then.
    fn opener(self, form: Form, id: &'static str, label: &'static str) -> El {
        let app = self.app;
        button("button", label)
            .set("id", id)
            .live("hidden", move || flag(self.open.get() == Some(form)))
            .live("disabled", move || flag(self.busy.get() || app.username().is_none()))
            .on("click", move |_| {
                self.open.set(Some(form));
                browser::soon(move || browser::focus(self.first_field(form)));
            })
    }

    fn first_field(self, form: Form) -> &'static str {
        match form {
            Form::Password if self.by_key.get_untracked() => NewPassword::FIELD,
            Form::Password | Form::Replace | Form::Delete => CURRENT,
            Form::Rescue | Form::AddPasskey | Form::RemovePasskey | Form::DropSecretKey => CURRENT,
            Form::UseSecretKey => "",
            Form::Test => recovery::KEY,
            Form::Export => NewPassword::FIELD,
            Form::TestBackup | Form::Import => backup_file::FILE,
            Form::Data => data::FIRST,
        }
    }

    fn is_open(self, form: Form) -> bool {
        self.open.get() == Some(form)
    }

    /// Closes what is open; the focus goes back to what opened it.
    fn close(self, opener: &'static str) {
        self.open.set(None);
        browser::soon(move || browser::focus(opener));
    }

    fn cancel(self, opener: &'static str) -> El {
        let cancel = button("button wide", text::CANCEL).live("disabled", move || flag(self.busy.get()));
        cancel.on("click", move |_| self.close(opener))
    }

    fn who(self) -> El {
        let app = self.app;
        let who = move || {
            let name = app.username()?;
            let says = el("span").text(text::SIGNED_IN_AS).text(" ").child(el("strong").text(name.clone()));
            Some(el("p").class("who").child(avatar(&name)).child(says))
        };
        let signing_out = SigningOut::new(app);
        let sign_out = button("button", text::SIGN_OUT).live("disabled", move || flag(app.username().is_none()));
        let says = move || match self
            .account
            .with(|account| account.as_ref().map(|seen| (seen.secret_key, seen.secret_key_stays)))
        {
            Some((true, false)) => text::secret_key::SIGN_OUT,
            Some((true, true)) => text::secret_key::SIGN_OUT_STAYS,
            _ => text::SIGN_OUT_TEXT,
        };
        section(text::ACCOUNT)
            .part(who)
            .child(el("p").class("hint").live_text(move || says().into()))
            .child(sign_out.on("click", move |_| signing_out.start()))
            .child(signing_out.dialog())
    }
}

fn section(title: &'static str) -> El {
    el("section").class("card").child(el("h2").text(title))
}

/// What has been done, told to those who hear the page too.
fn said(words: Value<String>) -> El {
    el("p").class("said").set("role", "status").live_text(move || words.get().into())
}
