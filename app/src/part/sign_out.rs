use signet_ask::{SignOut, Trouble};

use super::{button, dialog};
use crate::{
    el::{El, div, el},
    state::App,
    text,
    value::Value,
};

/// What stands in the way of signing out.
#[derive(Clone, PartialEq, Eq)]
enum Doubt {
    /// In this browser alone.
    Unsent {
        messages: u32,
        drafts: u32,
    },
    /// Something else would be lost, or nobody can tell while the account is not open.
    Other(Trouble),
    Failed(Trouble),
}

/// Signs out, unless something would be lost: then it asks first.
#[derive(Clone, Copy)]
pub(crate) struct SigningOut {
    app: App,
    asking: Value<bool>,
    doubt: Value<Option<Doubt>>,
}

impl SigningOut {
    pub(crate) fn new(app: App) -> Self {
        Self { app, asking: Value::new(false), doubt: Value::new(None) }
    }

    pub(crate) fn start(self) {
        // What was typed a moment ago counts too.
        self.app.keep_draft();
        self.ask(false);
    }

    fn ask(self, anyway: bool) {
        self.app.ask(SignOut { anyway }, move |answer| {
            let doubt = match answer {
                Ok(()) => None,
                Err(Trouble::Unsent { messages, drafts }) => Some(Doubt::Unsent { messages, drafts }),
                Err(trouble @ (Trouble::MaybeUnsent | Trouble::AnewWaits)) => Some(Doubt::Other(trouble)),
                Err(trouble) => Some(Doubt::Failed(trouble)),
            };
            self.asking.set(doubt.is_some());
            self.doubt.set(doubt);
        });
    }

    pub(crate) fn dialog(self) -> El {
        dialog(self.asking, text::SIGN_OUT, "sign-out", |dialog| {
            dialog.part(move || self.doubt.get().map(|doubt| self.content(&doubt)))
        })
    }

    fn content(self, doubt: &Doubt) -> El {
        let stay = button("button", text::STAY_SIGNED_IN).on("click", move |_| self.asking.set(false));
        let says = match doubt {
            Doubt::Unsent { messages, drafts } => text::unsent(*messages, *drafts),
            Doubt::Other(trouble) => text::trouble(trouble),
            Doubt::Failed(trouble) => return div("form").child(super::alert(text::trouble(trouble))).child(stay),
        };
        let go = button("button danger", text::SIGN_OUT_ANYWAY).on("click", move |_| self.ask(true));
        div("form").children([el("p").text(says), el("p").class("pair").children([stay, go])])
    }
}
