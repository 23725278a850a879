use signet_ask::Task;

use crate::{
    el::{El, div, el},
    state::{App, percent},
};

/// A bar, in hundredths; without a number until there is one.
pub(crate) fn bar(label: &'static str, done: impl Fn() -> Option<u32> + Send + 'static) -> El {
    let bar = el("progress").set("aria-label", label).set("max", "100");
    bar.live("value", move || done().map(|done| done.to_string().into()))
}

/// The bar of a task, which may begin at `start`.
pub(crate) fn progress(app: App, task: Task, label: &'static str, start: Option<u32>) -> El {
    bar(label, move || app.progress_of(task).map(percent).or(start))
}

/// A bar with a sentence below it.
pub(crate) fn at_work(bar: El, says: &'static str) -> El {
    div("working").set("role", "status").child(bar).child(el("p").class("hint").text(says))
}

/// The bar of a task with a sentence below it.
pub(crate) fn working(app: App, task: Task, label: &'static str, says: &'static str) -> El {
    at_work(progress(app, task, label, None), says)
}
