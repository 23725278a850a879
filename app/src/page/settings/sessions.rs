use signet_ask::{EndOtherSessions, EndSession, ReadSessions, SessionView, Trouble};
use signet_shared::api::{BrowserFamily, SystemFamily};

use super::said;
use crate::{
    browser,
    el::{El, Key, div, el, flag},
    part::{alert, button, unless},
    state::App,
    text::{self, count, fill},
    value::Value,
};

/// Where the focus goes when the button that had it is gone with its session.
const HEADING: &str = "sessions";

#[derive(Clone, Copy)]
pub(super) struct Sessions {
    app: App,
    /// `None` until first told.
    list: Value<Option<Vec<SessionView>>>,
    error: Value<Option<String>>,
    words: Value<String>,
    busy: Value<bool>,
}

impl Sessions {
    pub(super) fn new(app: App) -> Self {
        Self {
            app,
            list: Value::new(None),
            error: Value::new(None),
            words: Value::new(String::new()),
            busy: Value::new(false),
        }
    }

    pub(super) fn read(self) {
        self.app.ask(ReadSessions {}, move |answer| match answer {
            Ok(list) => {
                self.error.set(None);
                self.list.set(Some(list));
            }
            Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
        });
    }

    pub(super) fn section(self) -> El {
        let list = self.list;
        let others = move || list.with(|list| list.iter().flatten().any(|session| !session.current));
        let rows = el("ul").class("sessions").list(
            move || list.get().unwrap_or_default().into_iter().map(|session| (key(&session), session)).collect(),
            move |session| self.row(session),
        );
        let all = button("button", text::END_OTHERS).live("disabled", move || flag(!others()));
        let failed = move |says| {
            let again = button("button small", text::RETRY).on("click", move |_| self.read());
            div("form").child(alert(says)).child(el("p").child(again))
        };
        let state = move || match list.with(Option::is_some) {
            false if self.error.with(Option::is_none) => Some(text::LOADING),
            true if !others() => Some(text::NO_OTHERS),
            _ => None,
        };
        el("section")
            .class("card")
            .child(el("h2").set("id", HEADING).set("tabindex", "-1").text(text::SESSIONS))
            .child(el("p").class("hint").text(text::SESSIONS_TEXT))
            .part(move || self.error.get().map(failed))
            .child(rows)
            .part(move || state().map(|says| el("p").class("hint").text(says)))
            .child(unless(self.busy, all, move || self.end_others()))
            .child(said(self.words))
    }

    fn row(self, session: SessionView) -> El {
        let name = name(&session);
        let begun = fill(text::SESSION_BEGUN, &browser::moment(session.created_ms));
        let used = fill(text::SESSION_USED, &browser::moment(session.used_ms));
        let mut what = div("session-what").child(el("strong").text(name.clone()));
        if session.current {
            what = what.text(" ").child(el("span").class("here").text(text::THIS_BROWSER));
        }
        let what = what.child(el("p").class("hint").text(begun.clone())).child(el("p").class("hint").text(used));
        let row = el("li").class("session").child(what);
        if session.current {
            return row;
        }
        // Two browsers of a kind are told apart by when they were signed in.
        let which = [" ", &name, ", ", &begun].concat();
        let end = button("button small", text::SIGN_OUT).child(el("span").class("unseen").text(which));
        row.child(unless(self.busy, end, move || self.end(session)))
    }

    fn end(self, session: SessionView) {
        self.busy.set(true);
        self.app.ask(EndSession { handle: session.handle }, move |answer| {
            self.ended(answer.map(|()| fill(text::SESSION_ENDED_NOW, &name(&session))), |other| {
                other.handle != session.handle
            });
        });
    }

    fn end_others(self) {
        self.busy.set(true);
        self.app.ask(EndOtherSessions {}, move |answer| {
            let answer = answer.map(|ended| count(text::ENDED_ONE, text::ENDED_MANY, ended));
            self.ended(answer, |other| other.current);
        });
    }

    fn ended(self, answer: Result<String, Trouble>, stays: impl Fn(&SessionView) -> bool) {
        self.busy.set(false);
        match answer {
            Ok(says) => {
                self.error.set(None);
                self.words.set(says);
                self.list.update(|list| list.iter_mut().for_each(|list| list.retain(|session| stays(session))));
                browser::focus(HEADING);
            }
            Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
        }
    }
}

/// A row is made anew when the session has been used meanwhile.
fn key(session: &SessionView) -> Key {
    let mut bytes = [0; 32];
    let (handle, rest) = bytes.split_at_mut(16);
    handle.copy_from_slice(&session.handle);
    if let Some(used) = rest.first_chunk_mut() {
        *used = session.used_ms.to_be_bytes();
    }
    (b's', bytes)
}

fn name(session: &SessionView) -> String {
    let browser = match session.browser {
        BrowserFamily::Firefox => "Firefox",
        BrowserFamily::Chrome => "Chrome",
        BrowserFamily::Edge => "Edge",
        BrowserFamily::Safari => "Safari",
        BrowserFamily::SamsungInternet => "Samsung Internet",
        BrowserFamily::Other => text::OTHER_BROWSER,
    };
    let system = match session.system {
        SystemFamily::Windows => "Windows",
        SystemFamily::MacOs => "macOS",
        SystemFamily::Linux => "Linux",
        SystemFamily::Android => "Android",
        SystemFamily::Ios => "iOS",
        SystemFamily::Other => text::OTHER_SYSTEM,
    };
    [browser, text::ON_SYSTEM, system].concat()
}
