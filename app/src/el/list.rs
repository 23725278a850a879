//! Lists whose elements outlive a change of the list.

use leptos::prelude::{Owner, untrack};
use web_sys::Node;

use super::{
    El,
    build::{Built, follow},
};

/// Tells rows apart: an id and a letter for what it is the id of.
pub(crate) type Key = (u8, [u8; 32]);

pub(super) trait Rows {
    /// Reads the rows as they are now.
    fn read(&mut self) -> Vec<Key>;

    /// One of those just read, once.
    fn show(&mut self, at: usize) -> El;
}

struct Of<T, R, S> {
    rows: R,
    show: S,
    now: Vec<Option<T>>,
}

pub(super) fn rows<T: Send + 'static>(
    rows: impl Fn() -> Vec<(Key, T)> + Send + 'static,
    show: impl Fn(T) -> El + Send + 'static,
) -> Box<dyn Rows + Send> {
    Box::new(Of { rows, show, now: Vec::new() })
}

impl<T, R: Fn() -> Vec<(Key, T)>, S: Fn(T) -> El> Rows for Of<T, R, S> {
    fn read(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        self.now.clear();
        for (key, row) in (self.rows)() {
            keys.push(key);
            self.now.push(Some(row));
        }
        keys
    }

    fn show(&mut self, at: usize) -> El {
        match self.now.get_mut(at).and_then(Option::take) {
            Some(row) => (self.show)(row),
            None => super::el("i"),
        }
    }
}

struct Shown {
    key: Key,
    built: Built,
    owner: Owner,
}

/// Keeps the elements before `end` as the rows say.
pub(super) fn keep(mut rows: Box<dyn Rows + Send>, end: Node) -> super::build::Following {
    let home = Owner::current();
    let mut shown: Vec<Shown> = Vec::new();
    follow(move || {
        let keys = rows.read();
        untrack(|| {
            let same_before = shown.iter().zip(&keys).take_while(|(old, key)| old.key == **key).count();
            let most = shown.len().min(keys.len()) - same_before;
            let same_after =
                shown.iter().rev().zip(keys.iter().rev()).take(most).take_while(|(old, key)| old.key == **key).count();

            let after = shown.split_off(shown.len() - same_after);
            let mut old: Vec<Option<Shown>> = shown.drain(same_before..).map(Some).collect();
            for (at, key) in keys.iter().enumerate().take(keys.len() - same_after).skip(same_before) {
                let known = old.iter_mut().find(|old| old.as_ref().is_some_and(|old| old.key == *key));
                shown.push(known.and_then(Option::take).unwrap_or_else(|| {
                    let owner = home.as_ref().map(Owner::child).unwrap_or_default();
                    let built = owner.with(|| rows.show(at).build());
                    Shown { key: *key, built, owner }
                }));
            }
            for gone in old.into_iter().flatten() {
                gone.built.node.remove();
                gone.owner.cleanup();
            }

            // From the end, so that what follows each is already in its place.
            let mut next = after.first().map_or_else(|| end.clone(), |shown| Node::clone(&shown.built.node));
            for entry in shown.iter().skip(same_before).rev() {
                let node: &Node = &entry.built.node;
                if node.next_sibling().as_ref() != Some(&next)
                    && let Some(parent) = end.parent_node()
                {
                    let _ = parent.insert_before(node, Some(&next));
                }
                next = node.clone();
            }
            shown.extend(after);
        });
    })
}
