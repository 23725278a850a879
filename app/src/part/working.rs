use signet_ask::Task;

use crate::{
    el::{El, div, el},
    state::{App, percent},
};

/// The bar of a task; without a number until there is one, unless it begins at `start`.
pub(crate) fn progress(app: App, task: Task, label: &'static str, start: Option<u32>) -> El {
    el("progress").set("aria-label", label).set("max", "100").live("value", move || {
        let done = app.progress_of(task).map(percent).or(start);
        done.map(|done| done.to_string().into())
    })
}

/// The bar of a task with a sentence below it.
pub(crate) fn working(app: App, task: Task, label: &'static str, says: &'static str) -> El {
    let bar = progress(app, task, label, None);
    div("working").set("role", "status").child(bar).child(el("p").class("hint").text(says))
}
