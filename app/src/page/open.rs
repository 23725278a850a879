//! A backup, opened to be read: without an account, and without the server.

use signet_ask::{
    Backup, BackupGoal, BackupReport, BackupStep, OpenedConversation, OpenedConversations, OpenedMessage,
    OpenedMessages, Trouble,
};

use super::{
    backup_file::{self, Errors},
    run::Run,
};
use crate::{
    Route, browser,
    el::{El, Key, after, div, el, flag},
    part::{alert, button, form, shell, submit, unless},
    route::link,
    state::App,
    text::{self, backup, fill},
    value::Value,
};

/// Messages that are shown at once.
const PAGE: u16 = 200;

#[derive(Clone, Copy)]
struct Reader {
    run: Run,
    errors: Errors,
    report: Value<Option<BackupReport>>,
    conversations: Value<Vec<OpenedConversation>>,
    /// Which of them is shown.
    open: Value<Option<u32>>,
    /// What is shown of it, the oldest first, each with its number.
    lines: Value<Vec<(u32, OpenedMessage)>>,
    /// The vault is asked for more.
    asking: Value<bool>,
}

pub(crate) fn open(app: App) -> El {
    let busy = Value::new(false);
    let reader = Reader {
        run: Run::new(app, busy),
        errors: Errors::new(),
        report: Value::new(None),
        conversations: Value::new(Vec::new()),
        open: Value::new(None),
        lines: Value::new(Vec::new()),
        asking: Value::new(false),
    };
    // What reads the file is fetched now: from here on it goes without a network.
    after(move || {
        if app.ready.get() {
            app.tell(Backup { run: 0, step: BackupStep::Cancel.into() });
        }
    });
    // What was opened is the vault's until this page is left.
    leptos::prelude::on_cleanup(move || {
        if let Some(id) = reader.run.id.get_untracked() {
            app.tell(Backup { run: id, step: BackupStep::Cancel.into() });
        }
    });
    shell("prose", |main| {
        main.part(move || {
            let report = reader.report.get();
            leptos::prelude::untrack(|| match report {
                None => vec![reader.form()],
                Some(report) => reader.book(&report),
            })
        })
    })
}

impl Reader {
    fn form(self) -> El {
        let (app, busy, errors) = (self.run.app, self.run.busy, self.errors);
        let send =
            move || backup_file::read(self.run, errors, BackupGoal::Open, move |id, report| self.begin(id, report));
        let cancel = button("button wide", text::CANCEL).live("hidden", move || flag(!busy.get()));
        form("card form", busy, send)
            .child(el("h1").text(text::OPEN_BACKUP))
            .child(el("p").class("lead").text(backup::OPEN_BACKUP_TEXT))
            .part(move || errors.other.get().map(alert))
            .children(backup_file::fields(app, busy, errors))
            .part(move || busy.get().then(|| self.run.working(backup::OPENING_BACKUP, backup::READING_TEXT)))
            .child(submit(app, backup::OPEN, busy))
            .child(cancel.on("click", move |_| {
                self.run.cancel();
            }))
            .child(super::aside(backup::HAVE_ACCOUNT, link(Route::SignIn, "").text(text::SIGN_IN)))
    }

    fn begin(self, run: u64, report: BackupReport) {
        self.run.app.ask(OpenedConversations { run }, move |answer| match answer {
            _ if !self.run.is(run) => {}
            Ok(conversations) => {
                self.run.busy.set(false);
                let first = (!conversations.is_empty()).then_some(0);
                self.conversations.set(conversations);
                self.report.set(Some(report));
                browser::soon(browser::focus_heading);
                if let Some(first) = first {
                    self.choose(first);
                }
            }
            Err(trouble) => self.fail(&trouble),
        });
    }

    fn book(self, report: &BackupReport) -> Vec<El> {
        let title = el("h1").text(fill(backup::BACKUP_TITLE, &report.username));
        let made =
            [fill(backup::BACKUP_OF, &browser::moment(report.created_ms)), backup::READ_ONLY.to_owned()].join(" ");
        let close = button("button", backup::CLOSE_BACKUP).on("click", move |_| self.close());
        let head = div("book-head").children([title, el("p").class("hint").text(made), close]);
        let none = self.conversations.with(Vec::is_empty);
        if none {
            return vec![head, el("p").text(backup::EMPTY_BACKUP)];
        }
        let entries = move || {
            let of = |(at, conv): (u32, &OpenedConversation)| (key(0, at), (at, conv.clone()));
            self.conversations.with(|all| (0..).zip(all).map(of).collect::<Vec<_>>())
        };
        let nav = el("nav").set("aria-label", text::CONVERSATIONS).list(entries, move |(at, conv)| {
            let entry = el("button").set("type", "button").class("button");
            entry
                .live("aria-current", move || (self.open.get() == Some(at)).then_some("true".into()))
                .text(name(&conv.title))
                .on("click", move |_| self.choose(at))
        });
        let older = move || {
            let first = self.lines.with(|lines| lines.first().map_or(0, |(at, _)| *at));
            (first > 0).then(|| unless(self.asking, button("button small", backup::SHOW_OLDER), move || self.older()))
        };
        let rows = move || {
            let of = self.open.get().unwrap_or(0);
            self.lines.with(|lines| lines.iter().map(|(at, line)| (key(of, *at), line.clone())).collect())
        };
        let log = div("book-log").set("role", "log").set("aria-label", text::MESSAGES).set("tabindex", "0");
        let log = log.part(older).list(rows, move |line| self.line(line));
        vec![head, div("book").child(nav).child(log)]
    }

    /// What was written is only ever a text node.
    fn line(self, line: OpenedMessage) -> El {
        let body = match line.text {
            Some(text) => el("p").class("message-text").set("dir", "auto").text(text),
            None => el("p").class("message-text unsupported").text(text::UNSUPPORTED),
        };
        let other = || {
            let title = self.open.get_untracked().and_then(|at| {
                self.conversations.with_untracked(|all| all.get(at as usize).map(|conv| conv.title.clone()))
            });
            name(&title.unwrap_or_default())
        };
        let by = if line.mine { text::BY_YOU.to_owned() } else { other() };
        let foot = el("p").class("message-foot").child(el("time").text(browser::moment(line.sent_ms)));
        el("article")
            .class(if line.mine { "message mine" } else { "message" })
            .child(el("span").class("unseen").text(by))
            .child(div("bubble").child(body).child(foot))
    }

    fn choose(self, conversation: u32) {
        if self.open.get_untracked() == Some(conversation) {
            return;
        }
        let all = self.conversations.with_untracked(|all| all.get(conversation as usize).map_or(0, |of| of.messages));
        self.open.set(Some(conversation));
        self.lines.set(Vec::new());
        self.fetch(conversation, all);
    }

    fn older(self) {
        let first = self.lines.with_untracked(|lines| lines.first().map(|(at, _)| *at));
        if let (Some(conversation), Some(first)) = (self.open.get_untracked(), first) {
            self.fetch(conversation, first);
        }
    }

    fn fetch(self, conversation: u32, before: u32) {
        let Some(run) = self.run.id.get_untracked() else { return };
        self.asking.set(true);
        self.run.app.ask(OpenedMessages { run, conversation, before, limit: PAGE }, move |answer| {
            if !self.run.is(run) {
                return;
            }
            self.asking.set(false);
            match answer {
                _ if self.open.get_untracked() != Some(conversation) => {}
                Ok(messages) => {
                    let from = before.saturating_sub(messages.len() as u32);
                    let shown = self.lines.with_untracked(Clone::clone);
                    self.lines.set((from..).zip(messages).chain(shown).collect());
                }
                Err(trouble) => self.fail(&trouble),
            }
        });
    }

    fn close(self) {
        self.run.cancel();
        self.forget();
        browser::soon(browser::focus_heading);
    }

    fn forget(self) {
        self.report.set(None);
        self.open.set(None);
        self.lines.set(Vec::new());
        self.conversations.set(Vec::new());
    }

    /// The vault has it no more: another tab took over, or another backup was begun.
    fn fail(self, trouble: &Trouble) {
        self.run.end();
        self.forget();
        self.errors.other.set(Some(backup_file::refusal(trouble)));
    }
}

fn name(title: &str) -> String {
    if title.is_empty() { backup::SOMEBODY.to_owned() } else { title.to_owned() }
}

fn key(conversation: u32, at: u32) -> Key {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&conversation.to_be_bytes());
    bytes[4..8].copy_from_slice(&at.to_be_bytes());
    (b'o', bytes)
}
