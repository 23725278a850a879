//! Elements in the browser.

use leptos::prelude::{RenderEffect, document};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, Node};

use super::{El, Kid, list};

pub(super) type Following = RenderEffect<()>;

/// An element, and what makes it follow its signals for as long as it is kept.
pub(crate) struct Built {
    pub(super) node: Element,
    #[expect(dead_code, reason = "dropping it ends the following")]
    following: Vec<Following>,
}

/// Runs at once, and again whenever a signal changes that was read.
pub(super) fn follow(then: impl FnMut() + 'static) -> Following {
    let mut then: Box<dyn FnMut()> = Box::new(then);
    RenderEffect::new(move |_| then())
}

impl El {
    pub(super) fn build(self) -> Built {
        let mut following = Vec::new();
        let node = self.make(&mut following);
        Built { node, following }
    }

    fn make(self, following: &mut Vec<Following>) -> Element {
        let node = create(self.tag);
        for (name, value) in self.attrs {
            let _ = node.set_attribute(name, &value);
        }
        for (name, value) in self.live {
            let node = node.clone();
            following.push(follow(move || {
                let _ = match value() {
                    Some(value) => node.set_attribute(name, &value),
                    None => node.remove_attribute(name),
                };
            }));
        }
        for (event, then) in self.events {
            let then: Box<dyn FnMut(Event)> = then;
            let then = Closure::wrap(then).into_js_value();
            let _ = node.add_event_listener_with_callback(event, then.unchecked_ref());
        }
        for kid in self.kids {
            match kid {
                Kid::Words(words) => drop(text(&node, &words)),
                Kid::LiveWords(words) => {
                    let text = text(&node, "");
                    following.push(follow(move || text.set_node_value(Some(&words()))));
                }
                Kid::El(child) => drop(node.append_child(&child.make(following))),
                Kid::Part(part) => {
                    let end = text(&node, "");
                    let mut now: Vec<Built> = Vec::new();
                    following.push(follow(move || {
                        for old in now.drain(..) {
                            old.node.remove();
                        }
                        for new in part() {
                            let new = new.build();
                            if let Some(parent) = end.parent_node() {
                                let _ = parent.insert_before(&new.node, Some(&end));
                            }
                            now.push(new);
                        }
                    }));
                }
                Kid::List(rows) => following.push(list::keep(rows, text(&node, ""))),
            }
        }
        node
    }
}

/// A text at the end of an element. An empty one marks the place of what comes and goes.
fn text(parent: &Element, words: &str) -> Node {
    let text: Node = document().create_text_node(words).into();
    let _ = parent.append_child(&text);
    text
}

#[expect(clippy::expect_used, reason = "the tags are constants, and all are names")]
fn create(tag: &str) -> Element {
    const SVG: &str = "http://www.w3.org/2000/svg";
    let made = match tag {
        #[cfg(not(feature = "ssr"))]
        super::THERE => document().query_selector("#app > *").map(|there| there.unwrap_or_else(|| create("div"))),
        "svg" | "path" => document().create_element_ns(Some(SVG), tag),
        _ => document().create_element(tag),
    };
    made.expect("the tag is a name")
}
