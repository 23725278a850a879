//! A Leptos view for elements of every kind in one type.
//!
//! The view macro gives each combination of tag, attributes and children a type of its own, which the compiler builds,
//! changes and drops by code of its own: thousands of small functions that every visitor fetches. An [`El`] says the same
//! as data, and one function builds it.

mod build;
mod html;
mod list;
mod view;

use std::borrow::Cow;

use leptos::prelude::Effect;
pub(crate) use list::Key;
use list::Rows;

/// Mostly constants; the rest is made on the way.
pub(crate) type Words = Cow<'static, str>;

type Live<T> = Box<dyn Fn() -> T + Send>;
type Heard = Box<dyn FnMut(web_sys::Event) + Send>;

pub(crate) struct El {
    tag: &'static str,
    attrs: Vec<(&'static str, Words)>,
    live: Vec<(&'static str, Live<Option<Words>>)>,
    events: Vec<(&'static str, Heard)>,
    kids: Vec<Kid>,
}

enum Kid {
    Words(Words),
    LiveWords(Live<Words>),
    El(El),
    Part(Live<Vec<El>>),
    List(Box<dyn Rows + Send>),
}

pub(crate) fn el(tag: &'static str) -> El {
    El { tag, attrs: Vec::new(), live: Vec::new(), events: Vec::new(), kids: Vec::new() }
}

/// The page that the browser has already, as it is. Only a page without signals can be taken over in this way.
#[cfg(not(feature = "ssr"))]
pub(crate) fn there() -> El {
    el(THERE)
}

#[cfg(not(feature = "ssr"))]
const THERE: &str = "";

/// As `el` and its class.
pub(crate) fn div(class: &'static str) -> El {
    el("div").class(class)
}

/// The value of an attribute that is there or not.
pub(crate) fn flag(on: bool) -> Option<Words> {
    on.then_some(Cow::Borrowed(""))
}

/// Runs once the page stands, and again whenever a signal changes that was read.
pub(crate) fn after(then: impl FnMut() + 'static) {
    let then: Box<dyn FnMut()> = Box::new(then);
    Effect::new(then);
}

impl El {
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<Words>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    pub(crate) fn class(self, class: &'static str) -> Self {
        self.set("class", class)
    }

    /// An attribute that follows the signals read in `value`.
    pub(crate) fn live(mut self, name: &'static str, value: impl Fn() -> Option<Words> + Send + 'static) -> Self {
        self.live.push((name, Box::new(value)));
        self
    }

    pub(crate) fn on(mut self, event: &'static str, then: impl FnMut(web_sys::Event) + Send + 'static) -> Self {
        self.events.push((event, Box::new(then)));
        self
    }

    pub(crate) fn text(mut self, words: impl Into<Words>) -> Self {
        self.kids.push(Kid::Words(words.into()));
        self
    }

    /// A text that follows the signals read in `words`.
    pub(crate) fn live_text(mut self, words: impl Fn() -> Words + Send + 'static) -> Self {
        self.kids.push(Kid::LiveWords(Box::new(words)));
        self
    }

    pub(crate) fn child(mut self, child: El) -> Self {
        self.kids.push(Kid::El(child));
        self
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = El>) -> Self {
        self.kids.extend(children.into_iter().map(Kid::El));
        self
    }

    /// Elements that come, go and are made anew with the signals read in `part`.
    pub(crate) fn part<P: IntoIterator<Item = El>>(mut self, part: impl Fn() -> P + Send + 'static) -> Self {
        self.kids.push(Kid::Part(Box::new(move || part().into_iter().collect())));
        self
    }

    /// One element for each row. An element stays as it is while its row's key does.
    pub(crate) fn list<T: Send + 'static>(
        mut self,
        rows: impl Fn() -> Vec<(Key, T)> + Send + 'static,
        show: impl Fn(T) -> El + Send + 'static,
    ) -> Self {
        self.kids.push(Kid::List(list::rows(rows, show)));
        self
    }
}
