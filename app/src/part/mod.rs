//! Pieces that several pages are made of.

mod alert;
mod avatar;
mod buttons;
mod check;
mod dialog;
mod field;
mod form;
pub(crate) mod icon;
mod shell;
mod sign_out;
mod strength;
mod working;

pub(crate) use alert::{alert, alert_as};
pub(crate) use avatar::avatar;
pub(crate) use buttons::{button, icon_button, idle_while, submit, unless};
pub(crate) use check::{check, tick};
pub(crate) use dialog::dialog;
pub(crate) use field::Field;
pub(crate) use form::form;
pub(crate) use shell::{brand, shell, shell_without_links};
pub(crate) use sign_out::SigningOut;
pub(crate) use strength::strength;
pub(crate) use working::{at_work, bar, progress, working};
