//! The code for a camera: shown, and read off the other person's screen. What it says is the vault's to judge.
//!
//! | part | what it does |
//! |---|---|
//! | `draw` | a text -> a QR code on the page |
//! | `eye` | a camera or a picture file -> pixels |
//! | `find` | pixels -> the text of a code in them |

mod draw;
mod eye;
mod find;

use signet_ask::{CheckCode, Verified};
use signet_shared::ConvId;

use crate::{
    browser,
    el::{El, after, div, el, flag},
    part::alert,
    state::App,
    text::{self, code},
    value::Value,
};

const VIDEO: &str = "code-video";
const PICTURE: &str = "code-picture";

/// The conversation's details, in which the code stands.
#[derive(Clone, Copy)]
pub(crate) struct Comparing {
    pub(crate) app: App,
    pub(crate) conv: ConvId,
    /// They are on the screen.
    pub(crate) open: Value<bool>,
    pub(crate) verified: Value<Verified>,
    /// The button that marks the person as verified.
    pub(crate) mark: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Eye {
    Closed,
    Asked,
    Looks,
    Reads,
}

#[derive(Clone, Copy)]
struct Scan {
    of: Comparing,
    eye: Value<Eye>,
    /// Counts the times that somebody began or stopped: what belongs to an earlier one is over.
    turn: Value<u32>,
    error: Value<Option<String>>,
    said: Value<&'static str>,
}

pub(crate) fn code(of: Comparing, shown: &str) -> El {
    let (eye, turn) = (Value::new(Eye::Closed), Value::new(0));
    let scan = Scan { of, eye, turn, error: Value::new(None), said: Value::new("") };
    after(move || {
        if !of.open.get() {
            scan.stop();
            scan.error.set(None);
            scan.said.set("");
        }
    });
    // Not taken out while it is hidden: the camera has to find it.
    let video = el("video")
        .set("id", VIDEO)
        .set("aria-label", code::CAMERA)
        .set("muted", "")
        .set("playsinline", "")
        .live("hidden", move || flag(eye.get() != Eye::Looks));
    let says = move || match eye.get() {
        Eye::Closed => scan.said.get(),
        Eye::Asked => code::CAMERA_ASKED,
        Eye::Looks => code::CAMERA_LOOKS,
        Eye::Reads => code::PICTURE_READ,
    };
    let label = move || if scan.is_at_work() { code::STOP_SCANNING } else { code::SCAN };
    let toggle = el("button").set("type", "button").class("button").live_text(move || label().into());
    div("code")
        .children(draw::draw(shown, code::QR_CODE))
        .child(el("p").class("hint").text(code::CODE_TEXT))
        .part(move || scan.error.get().map(alert))
        .child(video)
        .child(el("p").set("role", "status").live_text(move || says().into()))
        .child(toggle.on("click", move |_| match scan.is_at_work() {
            true => scan.stop(),
            false => scan.watch(),
        }))
        .child(scan.picture())
}

impl Scan {
    fn is_at_work(self) -> bool {
        self.eye.get() != Eye::Closed
    }

    /// Begins or ends something, after which nothing that ran before is wanted any more.
    fn turn(self, eye: Eye) -> impl Fn() -> bool + Copy {
        let turn = self.turn.get_untracked().wrapping_add(1);
        self.turn.set(turn);
        self.eye.set(eye);
        // The conversation may be closed by then, and its signals gone.
        move || !self.turn.is_gone() && self.turn.get_untracked() == turn
    }

    fn stop(self) {
        let _ = self.turn(Eye::Closed);
    }

    fn begin(self, eye: Eye) -> impl Fn() -> bool + Copy {
        self.error.set(None);
        self.said.set("");
        self.turn(eye)
    }

    fn watch(self) {
        let wanted = self.begin(Eye::Asked);
        eye::watch(VIDEO, wanted, move || self.eye.set(Eye::Looks), move |seen| self.seen(seen));
    }

    fn picture(self) -> El {
        const HINT: &str = "code-picture-hint";
        let input = el("input").set("id", PICTURE).set("type", "file").set("accept", "image/*");
        let input = input.set("aria-describedby", HINT).on("change", move |_| {
            let Some(picture) = browser::chosen_file(PICTURE) else { return };
            let wanted = self.begin(Eye::Reads);
            eye::read(picture, move |seen| {
                if wanted() {
                    self.seen(seen);
                }
            });
            // So that the same file can be chosen again.
            if let Some(input) = browser::input(PICTURE) {
                input.set_value("");
            }
        });
        let label = el("label").set("for", PICTURE).text(code::PICTURE);
        let hint = el("p").class("hint").set("id", HINT).text(code::PICTURE_HINT);
        div("field").children([label, input, hint])
    }

    fn seen(self, seen: Result<String, &'static str>) {
        let wanted = self.turn(Eye::Closed);
        let text = match seen {
            Ok(text) => text,
            Err(says) => return self.error.set(Some(says.to_owned())),
        };
        let Comparing { app, conv, verified, mark, .. } = self.of;
        app.ask(CheckCode { conv, text }, move |answer| match answer {
            _ if !wanted() => {}
            Ok(()) if verified.with_untracked(|now| matches!(now, Verified::Yes { .. })) => {
                self.said.set(code::CODE_FITS_AGAIN);
            }
            Ok(()) => {
                self.said.set(code::CODE_FITS);
                browser::focus(mark);
            }
            Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
        });
    }
}
