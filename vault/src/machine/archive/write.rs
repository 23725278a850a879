//! The two files' words. What people wrote is text in both, whatever it looks like.

use core::fmt::Write;

use signet_ask::{BodyView, ConversationView, MessageState, MessageView};
use signet_shared::AccountId;

use super::time;

/// No script, picture or font, from here or anywhere, whatever a message says; the one style stands below.
const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"referrer\" content=\"no-referrer\">\n";
const STYLE: &str = "<style>\n\
    :root { color-scheme: light dark; }\n\
    body { max-inline-size: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }\n\
    h3 { font-size: 0.9rem; text-align: center; opacity: 0.7; }\n\
    article { inline-size: fit-content; max-inline-size: 40rem; margin-block: 0.5rem; padding: 0.4rem 0.8rem; \
    border: 1px solid #8886; border-radius: 0.8rem; content-visibility: auto; contain-intrinsic-size: auto 4rem; }\n\
    article.mine { margin-inline-start: auto; background: #46a2; }\n\
    article p { margin: 0; overflow-wrap: anywhere; }\n\
    article .who { font-size: 0.8rem; opacity: 0.7; }\n\
    article .text { white-space: pre-wrap; }\n\
    </style>\n";
const NOT_SEALED: &str = "This file is not sealed: whoever has it can read everything in it. All times are UTC, as the \
    writers' clocks told them.";

/// Whose archive it is, and of when.
pub(super) struct Title<'a> {
    pub(super) username: &'a str,
    pub(super) account: AccountId,
    pub(super) created_ms: u64,
}

impl Title<'_> {
    /// `convs`: each with how many messages it has.
    pub(super) fn html(&self, convs: &[(ConversationView, usize)]) -> String {
        let Self { username, created_ms, .. } = self;
        let title = format!("Conversations of {}", html(username));
        let made = time::whole(*created_ms);
        let mut out = format!(
            "{HEAD}<title>{title}</title>\n{STYLE}</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
             <p>Exported from Signet on <time datetime=\"{made}\">{} at {} UTC</time>. {NOT_SEALED}</p>\n</header>\n\
             <nav aria-label=\"Conversations\">\n<ul>\n",
            time::day(*created_ms),
            time::clock(*created_ms),
        );
        for (at, (view, messages)) in convs.iter().enumerate() {
            let _ = writeln!(out, "<li><a href=\"#c{at}\">{}</a> ({messages})</li>", html(&view.title));
        }
        out.push_str("</ul>\n</nav>\n<main>\n");
        out
    }

    pub(super) fn json(&self) -> String {
        let Self { username, account, created_ms } = self;
        format!(
            "{{\"format\":\"signet-archive\",\"version\":1,\"username\":{},\"account\":\"{account}\",\"exported\":\"{}\",\
             \"exported_ms\":{created_ms},\"conversations\":[",
            json(username),
            time::whole(*created_ms),
        )
    }
}

pub(super) const HTML_END: &str = "</main>\n</body>\n</html>\n";
pub(super) const JSON_END: &str = "\n]}\n";
pub(super) const HTML_CONVERSATION_END: &str = "</section>\n";
pub(super) const JSON_CONVERSATION_END: &str = "\n]}";

pub(super) fn html_conversation(at: usize, view: &ConversationView) -> String {
    let verified = if view.verified { "<p>verified</p>\n" } else { "" };
    format!("<section id=\"c{at}\">\n<h2>{}</h2>\n{verified}", html(&view.title))
}

pub(super) fn json_conversation(at: usize, view: &ConversationView, peer: AccountId) -> String {
    let comma = if at > 0 { "," } else { "" };
    format!(
        "{comma}\n{{\"with\":{},\"account\":\"{peer}\",\"verified\":{},\"messages\":[",
        json(&view.title),
        view.verified
    )
}

/// `before_ms`: when the one above it was written.
pub(super) fn html_message(view: &MessageView, before_ms: Option<u64>) -> String {
    let day = time::day(view.sent_ms);
    let mut out = String::new();
    if before_ms.is_none_or(|before| time::day(before) != day) {
        let _ = writeln!(out, "<h3>{day}</h3>");
    }
    let class = if view.mine { " class=\"mine\"" } else { "" };
    let state = if view.mine { [", ", word(&view.state)].concat() } else { String::new() };
    let (whole, clock) = (time::whole(view.sent_ms), time::clock(view.sent_ms));
    let _ = write!(
        out,
        "<article{class}>\n<p class=\"who\">{}, <time datetime=\"{whole}\">{clock}</time>{state}</p>\n",
        html(&view.author)
    );
    out.push_str(&match &view.body {
        BodyView::Text(text) => ["<p class=\"text\" dir=\"auto\">", &html(text), "</p>\n</article>\n"].concat(),
        BodyView::Deleted => "<p>(deleted by its author)</p>\n</article>\n".to_owned(),
        BodyView::Unsupported => "<p>(of a kind that this version of Signet cannot show)</p>\n</article>\n".to_owned(),
    });
    out
}

pub(super) fn json_message(view: &MessageView, first: bool) -> String {
    let comma = if first { "" } else { "," };
    let text = match &view.body {
        BodyView::Text(text) => json(text),
        BodyView::Deleted | BodyView::Unsupported => "null".to_owned(),
    };
    format!(
        "{comma}\n{{\"from\":{},\"mine\":{},\"sent\":\"{}\",\"sent_ms\":{},\"state\":\"{}\",\"text\":{text}}}",
        json(&view.author),
        view.mine,
        time::whole(view.sent_ms),
        view.sent_ms,
        word(&view.state),
    )
}

fn word(state: &MessageState) -> &'static str {
    match state {
        MessageState::Sending => "not sent yet",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
        MessageState::Read => "read",
        MessageState::Failed(_) => "not sent",
        MessageState::Received => "received",
    }
}

/// As text between tags or in a quoted attribute. Characters that HTML has no place for are shown as such.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// As a JSON string (RFC 8259, section 7).
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Nor may it end a script, wherever somebody may paste it.
            c if c.is_control() || matches!(c, '<' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
