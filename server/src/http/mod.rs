//! What every request meets, whichever route it takes.

mod address;
mod agent;
mod body;
mod cookie;
mod guard;
mod headers;
mod log;
mod refuse;
mod session;

pub(crate) use address::Client;
pub(crate) use agent::Agent;
pub(crate) use body::{Brief, Bulky, Empty, Octets, Reply};
pub(crate) use cookie::{CLEAR, set as set_cookie};
pub(crate) use guard::{own_page, own_page_or_no_browser};
pub(crate) use headers::{Security, secure};
pub(crate) use log::{log, panicked};
pub(crate) use refuse::{Refused, no_such_method, no_such_route};
pub(crate) use session::{SignedIn, Token, check as check_session, horizon};
