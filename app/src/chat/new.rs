use signet_ask::StartConversation;

use crate::{
    Route, browser,
    el::{El, after},
    part::{Field, dialog, form, submit},
    route::{self, Step},
    state::App,
    text,
    value::Value,
};

const FIELD: &str = "new-username";

/// Asks for an exact username and opens the conversation with its owner.
pub(super) fn new_conversation(app: App, open: Value<bool>) -> El {
    let busy = Value::new(false);
    let error = Value::new(None::<String>);
    let form = form("form", busy, move || start(app, open, busy, error))
        .child(
            Field::new(FIELD, text::USERNAME, "off", busy)
                .hint(text::NEW_CONVERSATION_TEXT)
                .error(error)
                .show(|line| line),
        )
        .child(submit(app, text::START_CONVERSATION, busy));
    let dialog = dialog(open, text::NEW_CONVERSATION, "new", |dialog| dialog.child(form));
    // After the dialog's own effect: it must be open before something in it can have the focus.
    after(move || {
        if let (true, Some(field)) = (open.get(), browser::input(FIELD)) {
            field.set_value("");
            error.set(None);
            let _ = field.focus();
        }
    });
    dialog
}

fn start(app: App, open: Value<bool>, busy: Value<bool>, error: Value<Option<String>>) {
    let name = browser::typed(FIELD).trim().trim_start_matches('@').to_owned();
    if name.is_empty() {
        return error.set(Some(text::NEW_CONVERSATION_TEXT.to_owned()));
    }
    busy.set(true);
    error.set(None);
    app.ask(StartConversation { username: name }, move |answer| {
        match answer {
            Ok(conv) => {
                open.set(false);
                route::go(app, Route::Chat, Some(conv), Step::Push);
            }
            Err(trouble) => {
                error.set(Some(text::trouble(&trouble)));
                browser::focus(FIELD);
            }
        }
        busy.set(false);
    });
}
