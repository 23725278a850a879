//! Pieces that several pages are made of.

mod alert;
mod avatar;
mod dialog;
mod field;
pub(crate) mod icon;
mod shell;
mod strength;

pub(crate) use alert::Alert;
pub(crate) use avatar::Avatar;
pub(crate) use dialog::Dialog;
pub(crate) use field::{Field, value_of};
pub(crate) use shell::{Brand, Shell};
pub(crate) use strength::Strength;
