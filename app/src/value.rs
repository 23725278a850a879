//! Signals of every type in one form.
//!
//! Leptos compiles its signals anew for each type that they hold, some kilobytes a type. Here the part that depends on
//! the type is a downcast: a [`Value`] is a handle to a Leptos trigger with something beside it.

use core::{any::Any, marker::PhantomData};
use std::sync::{Arc, PoisonError, RwLock};

use leptos::{
    prelude::{GetValue, Notify, StoredValue, Track},
    reactive::signal::ArcTrigger,
};

/// What is held is a `T`, boxed so that all cells have one type.
struct Cell {
    changed: ArcTrigger,
    held: RwLock<Box<dyn Any + Send + Sync>>,
}

/// A signal that lives as long as anyone holds it.
pub(crate) struct Shared<T> {
    cell: Arc<Cell>,
    of: PhantomData<fn() -> T>,
}

/// A signal that lives as long as the component that made it. Copied freely.
pub(crate) struct Value<T> {
    cell: StoredValue<Arc<Cell>>,
    of: PhantomData<fn() -> T>,
}

impl Cell {
    fn new(held: Box<dyn Any + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { changed: ArcTrigger::new(), held: RwLock::new(held) })
    }

    fn read(&self, see: &mut dyn FnMut(&dyn Any)) {
        see(&**self.held.read().unwrap_or_else(PoisonError::into_inner));
    }

    fn write(&self, change: &mut dyn FnMut(&mut dyn Any)) {
        change(&mut **self.held.write().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify();
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    pub(crate) fn new(held: T) -> Self {
        Self { cell: Cell::new(Box::new(held)), of: PhantomData }
    }

    /// Runs again what reads it here whenever it changes.
    pub(crate) fn with<R>(&self, see: impl FnOnce(&T) -> R) -> R {
        self.cell.changed.track();
        self.with_untracked(see)
    }

    #[expect(clippy::expect_used, reason = "the type says what is inside")]
    pub(crate) fn with_untracked<R>(&self, see: impl FnOnce(&T) -> R) -> R {
        let (mut see, mut seen) = (Some(see), None);
        self.cell.read(&mut |held| {
            if let (Some(held), Some(see)) = (held.downcast_ref(), see.take()) {
                seen = Some(see(held));
            }
        });
        seen.expect("a cell holds the type of its handle")
    }

    pub(crate) fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub(crate) fn set(&self, to: T) {
        self.update(|held| *held = to);
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        let mut change = Some(change);
        self.cell.write(&mut |held| {
            if let (Some(held), Some(change)) = (held.downcast_mut(), change.take()) {
                change(held);
            }
        });
    }
}

impl<T: Send + Sync + 'static> Value<T> {
    pub(crate) fn new(held: T) -> Self {
        Self { cell: StoredValue::new(Cell::new(Box::new(held))), of: PhantomData }
    }

    /// `None` once its component is gone.
    fn shared(self) -> Option<Shared<T>> {
        Some(Shared { cell: self.cell.try_get_value()?, of: PhantomData })
    }

    #[expect(clippy::expect_used, reason = "what reads a value unasked is stopped with the component")]
    fn there(self) -> Shared<T> {
        self.shared().expect("the component is there")
    }

    pub(crate) fn is_gone(self) -> bool {
        self.shared().is_none()
    }

    /// Runs again what reads it here whenever it changes.
    pub(crate) fn with<R>(self, see: impl FnOnce(&T) -> R) -> R {
        self.there().with(see)
    }

    pub(crate) fn with_untracked<R>(self, see: impl FnOnce(&T) -> R) -> R {
        self.there().with_untracked(see)
    }

    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        self.there().get()
    }

    pub(crate) fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.there().with_untracked(T::clone)
    }

    /// Nothing, once its component is gone.
    pub(crate) fn set(self, to: T) {
        if let Some(shared) = self.shared() {
            shared.set(to);
        }
    }

    /// Nothing, once its component is gone.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        if let Some(shared) = self.shared() {
            shared.update(change);
        }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell), of: PhantomData }
    }
}

impl<T> Clone for Value<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Value<T> {}
