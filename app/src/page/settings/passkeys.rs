use leptos::{prelude::untrack, task::spawn_local};
use signet_ask::{AddPasskey, PasskeyView, ReadPasskeys, RemovePasskey, Task, Trouble};
use signet_shared::opaque::PasskeyPlace;

use super::{
    super::change::{Proof, name},
    Form, Settings, said, section,
};
use crate::{
    browser,
    el::{El, Key, div, el, flag},
    lazy,
    part::{alert, button, form, submit, working},
    text::{self, fill},
    value::Value,
};

const ADDER: &str = "add-passkey";
const REMOVED: &str = "passkeys";

#[derive(Clone, Copy)]
struct Passkeys {
    page: Settings,
    /// `None` until first told.
    list: Value<Option<Vec<PasskeyView>>>,
    error: Value<Option<String>>,
    words: Value<String>,
    /// Which one is to be removed.
    chosen: Value<u8>,
    /// One that has been made, and that the account does not know yet.
    made: Value<Option<(u8, [u8; 32])>>,
}

impl Settings {
    pub(super) fn passkeys(self) -> El {
        let passkeys = Passkeys {
            page: self,
            list: Value::new(None),
            error: Value::new(None),
            words: Value::new(String::new()),
            chosen: Value::new(0),
            made: Value::new(None),
        };
        crate::el::after(move || {
            if self.app.visible.get() && self.app.username().is_some() {
                passkeys.read();
            }
        });
        passkeys.section()
    }
}

impl Passkeys {
    fn read(self) {
        self.page.app.ask(ReadPasskeys {}, move |answer| {
            if self.list.is_gone() {
                return;
            }
            self.error.set(answer.as_ref().err().map(text::trouble));
            if let Ok(list) = answer {
                self.list.set(Some(list));
            }
        });
    }

    fn section(self) -> El {
        let Self { page, list, .. } = self;
        let rows = el("ul").class("sessions").list(
            move || list.get().unwrap_or_default().into_iter().map(|passkey| (key(passkey), passkey)).collect(),
            move |passkey| self.row(passkey),
        );
        let full = move || list.with(|list| list.as_ref().is_some_and(|list| free(list).is_none()));
        section(text::PASSKEYS)
            .child(el("p").class("hint").set("id", REMOVED).set("tabindex", "-1").text(text::PASSKEYS_TEXT))
            // What keeps the list from being read is told loudly by that of the sessions, which is read at the same time.
            .part(move || self.error.get().map(|says| el("p").class("hint").text(says)))
            .child(rows)
            .part(move || full().then(|| el("p").class("hint").text(text::PASSKEYS_FULL)))
            .child(page.opener(Form::AddPasskey, ADDER, text::PASSKEY_ADD))
            .part(move || page.is_open(Form::AddPasskey).then(|| untrack(|| self.add())))
            .part(move || page.is_open(Form::RemovePasskey).then(|| untrack(|| self.remove())))
            .child(said(self.words))
    }

    fn row(self, passkey: PasskeyView) -> El {
        let page = self.page;
        let added = fill(text::PASSKEY_ADDED_ON, &browser::moment(passkey.added_ms));
        let which = [" ", &added].concat();
        let what = div("session-what").child(el("strong").text(added));
        let remove = button("button small", text::PASSKEY_REMOVE).child(el("span").class("unseen").text(which));
        let remove = remove.live("disabled", move || flag(page.busy.get())).on("click", move |_| {
            self.chosen.set(passkey.place);
            page.open.set(Some(Form::RemovePasskey));
            browser::soon(move || browser::focus(page.first_field(Form::RemovePasskey)));
        });
        el("li").class("session").child(what).child(remove)
    }

    fn add(self) -> El {
        let Self { page, words, .. } = self;
        let (app, busy, proof) = (page.app, page.busy, Proof::new());
        words.set(String::new());
        let send = move || {
            let Some(current) = proof.typed() else { return };
            let place = match self.list.with_untracked(|list| list.as_deref().map(free)) {
                Some(Some(place)) => place,
                Some(None) => return proof.other.set(Some(text::PASSKEYS_FULL.to_owned())),
                // Which places are free is not known yet.
                None => {
                    self.read();
                    let why = self.error.get_untracked().unwrap_or_else(|| text::LOADING.to_owned());
                    return proof.other.set(Some(why));
                }
            };
            busy.set(true);
            app.progress.set(None);
            spawn_local(async move {
                // One that was made before the password was mistyped is not made again.
                let made = match self.made.get_untracked().filter(|(made_for, _)| *made_for == place) {
                    Some((_, computed)) => Ok(computed),
                    None => match lazy::make_passkey(name(app), place).await {
                        Ok(made) => made.map_err(text::no_passkey),
                        Err(lazy::NotFetched) => Err(text::NOT_FETCHED),
                    },
                };
                let computed = match made {
                    Ok(computed) => computed,
                    Err(says) => {
                        busy.set(false);
                        return proof.other.set(Some(says.to_owned()));
                    }
                };
                self.made.set(Some((place, computed)));
                app.ask(AddPasskey { current, place, computed }, move |answer| {
                    busy.set(false);
                    match answer {
                        Ok(()) => {
                            self.made.set(None);
                            self.done(text::PASSKEY_ADDED, ADDER);
                        }
                        Err(trouble) => {
                            if trouble == Trouble::ChangedElsewhere {
                                self.made.set(None);
                                self.read();
                            }
                            proof.report(&trouble);
                        }
                    }
                });
            });
        };
        form("form", busy, send)
            .part(move || proof.other.get().map(alert))
            .child(proof.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, text::CONTINUE, busy))
            .child(page.cancel(ADDER))
    }

    fn remove(self) -> El {
        let Self { page, words, .. } = self;
        let (app, busy, proof, place) = (page.app, page.busy, Proof::new(), self.chosen.get_untracked());
        words.set(String::new());
        let send = move || {
            let Some(current) = proof.typed() else { return };
            busy.set(true);
            app.progress.set(None);
            app.ask(RemovePasskey { current, place }, move |answer| {
                busy.set(false);
                match answer {
                    Ok(()) => self.done(text::PASSKEY_REMOVED, REMOVED),
                    Err(trouble) => proof.report(&trouble),
                }
            });
        };
        form("form", busy, send)
            .child(el("p").class("hint").text(text::PASSKEY_REMOVE_TEXT))
            .part(move || proof.other.get().map(alert))
            .child(proof.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, text::PASSKEY_REMOVE_THIS, busy))
            .child(page.cancel(ADDER))
    }

    fn done(self, says: &str, focus: &'static str) {
        self.words.set(says.to_owned());
        self.page.close(focus);
        self.read();
        self.page.read();
    }
}

fn key(passkey: PasskeyView) -> Key {
    let mut bytes = [0; 32];
    if let Some(added) = bytes.first_chunk_mut() {
        *added = passkey.added_ms.to_be_bytes();
    }
    (passkey.place, bytes)
}

fn free(list: &[PasskeyView]) -> Option<u8> {
    (0..PasskeyPlace::COUNT).find(|place| !list.iter().any(|passkey| passkey.place == *place))
}
