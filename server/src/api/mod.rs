//! The HTTP API, one verb a file; bodies and paths are `signet_shared::api`'s.

mod about;
mod account;
mod anew;
mod delete;
mod earlier;
mod health;
mod keys;
mod login;
mod lookup;
mod passkeys;
mod register;
mod rescue;
mod secret;
mod sessions;
mod share;
mod sign_out;

pub(crate) use about::about;
pub(crate) use account::{put_state, vault};
pub(crate) use anew::{
    ask as anew_ask, ask_here as anew_ask_here, finish as anew_finish, look as anew_look, notice as anew_notice,
    refuse as anew_refuse, start as anew_start,
};
pub(crate) use delete::delete as delete_account;
pub(crate) use earlier::{finish as earlier_finish, start as earlier_start};
pub(crate) use health::{LastCheck, healthz, readyz};
pub(crate) use keys::put_keys;
pub(crate) use login::{finish as login_finish, start as login_start};
pub(crate) use lookup::lookup;
pub(crate) use passkeys::{list as passkeys, remove as passkeys_remove};
pub(crate) use register::{finish as register_finish, start as register_start};
pub(crate) use rescue::rescue;
pub(crate) use secret::{
    finish as secret_finish, pending as secret_pending, start as secret_start, try_it as secret_try,
};
pub(crate) use sessions::{end as sessions_end, list as sessions};
pub(crate) use share::{confirm as share_confirm, take as share_take};
pub(crate) use sign_out::sign_out;
