//! Pages whose code is fetched when they are first wanted: the page to sign in waits for none of it.
//!
//! What only a marked function reaches is moved to a file of its own by the build (`xtask/src/build/split.rs`). At build time
//! and in tests all of it is here.

use core::{future::Future, pin::Pin};

use futures_util::FutureExt;
use leptos::task::spawn_local;
use signet_ask::{AnewNotice, Trouble};
use signet_shared::ConvId;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::{
    Route, browser,
    chat::{self, code::Comparing},
    el::{El, el},
    page,
    part::{alert, alert_as, button, shell},
    state::{App, Row},
    text,
    value::Value,
    webauthn::{self, Computed, Refused},
};

/// The line broke on the way, or the relay has a newer client by now and no longer this one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

#[wasm_split(join, fallible, preload(fetch_join))]
fn sign_up_page(app: App) -> Result<El, NotFetched> {
    Ok(page::sign_up(app))
}

#[wasm_split(account, fallible, preload(fetch_account))]
fn settings_page(app: App) -> Result<El, NotFetched> {
    Ok(page::settings(app))
}

#[wasm_split(account, fallible, preload(fetch_recover))]
fn recover_page(app: App) -> Result<El, NotFetched> {
    Ok(page::recover(app))
}

#[wasm_split(account, fallible, preload(fetch_asked))]
fn asked_there(app: App, notice: AnewNotice) -> Result<El, NotFetched> {
    Ok(page::asked(app, notice))
}

#[cfg(feature = "browser")]
pub(crate) async fn fetch_for_asked() -> Result<(), NotFetched> {
    fetch_asked().await?;
    Ok(())
}

/// Somebody asks to start this account anew.
pub(crate) fn asked(app: App, notice: AnewNotice) -> El {
    let there = asked_there(app, notice).now_or_never().and_then(Result::ok);
    there.unwrap_or_else(|| alert_as("alert banner", text::ANEW_ASKED.to_owned()))
}

type Later<T> = Pin<Box<dyn Future<Output = T>>>;

#[wasm_split(account, fallible, preload(fetch_use_passkey))]
fn use_passkey_there() -> Result<Later<Result<Computed, Refused>>, NotFetched> {
    Ok(Box::pin(webauthn::compute()))
}

#[wasm_split(account, fallible, preload(fetch_make_passkey))]
fn make_passkey_there(username: String, place: u8) -> Result<Later<Result<[u8; 32], Refused>>, NotFetched> {
    Ok(Box::pin(webauthn::make(username, place)))
}

/// Lets the person use a passkey, whose code is fetched for that.
pub(crate) async fn use_passkey() -> Result<Result<Computed, Refused>, NotFetched> {
    fetch_use_passkey().await?;
    Ok(use_passkey_there().now_or_never().ok_or(NotFetched)??.await)
}

pub(crate) async fn make_passkey(username: String, place: u8) -> Result<Result<[u8; 32], Refused>, NotFetched> {
    fetch_make_passkey().await?;
    Ok(make_passkey_there(username, place).now_or_never().ok_or(NotFetched)??.await)
}

#[wasm_split(account, fallible, preload(fetch_details_part))]
fn details_part(app: App, conv: ConvId, open: Value<bool>) -> Result<El, NotFetched> {
    Ok(chat::details(app, conv, open))
}

/// Whether a conversation's details can be shown now.
pub(crate) async fn fetch_details() -> bool {
    fetch_details_part().await.is_ok()
}

/// They, if their part has been fetched.
pub(crate) fn details(app: App, conv: ConvId, open: Value<bool>) -> Option<El> {
    details_part(app, conv, open).now_or_never()?.ok()
}

#[wasm_split(account, fallible, preload(fetch_actions_part))]
fn actions_part(app: App, row: Row) -> Result<El, NotFetched> {
    Ok(chat::actions(app, row))
}

/// Whether what can be done with a message can be shown now.
pub(crate) async fn fetch_actions() -> bool {
    fetch_actions_part().await.is_ok()
}

/// That, if its part has been fetched.
pub(crate) fn actions(app: App, row: Row) -> Option<El> {
    actions_part(app, row).now_or_never()?.ok()
}

#[wasm_split(code, fallible, preload(fetch_code_part))]
fn code_part(of: Comparing, shown: String) -> Result<El, NotFetched> {
    Ok(chat::code::code(of, &shown))
}

/// Whether the code for a camera can be drawn and read now.
pub(crate) async fn fetch_code() -> bool {
    fetch_code_part().await.is_ok()
}

/// That code, if its part has been fetched.
pub(crate) fn code(of: Comparing, shown: &str) -> Option<El> {
    code_part(of, shown.to_owned()).now_or_never()?.ok()
}

#[wasm_split(account, fallible, preload(fetch_secret_key_part))]
fn secret_key_part(app: App, asked: Value<Option<Trouble>>) -> Result<El, NotFetched> {
    Ok(page::secret_key_step(app, asked))
}

/// Whether the step that asks for the secret key can be shown now.
pub(crate) async fn fetch_secret_key() -> bool {
    fetch_secret_key_part().await.is_ok()
}

/// That step, if its part has been fetched.
pub(crate) fn secret_key(app: App, asked: Value<Option<Trouble>>) -> Option<El> {
    secret_key_part(app, asked).now_or_never()?.ok()
}

#[wasm_split(account, fallible, preload(fetch_open))]
fn open_page(app: App) -> Result<El, NotFetched> {
    Ok(page::open(app))
}

/// Fetches what the page of a route needs, unless it is here. Each marked function knows of itself alone whether it is here,
/// though those of one part come together.
pub(crate) async fn fetch(route: Route) -> Result<(), NotFetched> {
    match route {
        Route::SignUp => fetch_join().await?,
        Route::Settings => fetch_account().await?,
        Route::Recover => fetch_recover().await?,
        Route::Open => fetch_open().await?,
        Route::Home | Route::Privacy | Route::SignIn | Route::Chat => {}
    }
    Ok(())
}

/// A page that is fetched. One that is not says so.
pub(crate) fn page(app: App, route: Route) -> El {
    let page = match route {
        Route::Chat => Some(Ok(chat::chat(app))),
        Route::SignUp => sign_up_page(app).now_or_never(),
        Route::Settings => settings_page(app).now_or_never(),
        Route::Recover => recover_page(app).now_or_never(),
        Route::Open => open_page(app).now_or_never(),
        Route::SignIn => Some(Ok(page::sign_in(app))),
        #[cfg(feature = "ssr")]
        Route::Home => Some(Ok(page::home())),
        #[cfg(feature = "ssr")]
        Route::Privacy => Some(Ok(page::privacy())),
        #[cfg(not(feature = "ssr"))]
        Route::Home | Route::Privacy => Some(Ok(crate::el::there())),
    };
    page.and_then(Result::ok).unwrap_or_else(|| missing(app, route))
}

/// In the place of a page whose code is being fetched.
pub(crate) fn on_its_way() -> El {
    shell("narrow", |main| main.child(el("p").class("hint").set("role", "status").text(text::LOADING)))
}

fn missing(app: App, route: Route) -> El {
    let again = button("button", text::RETRY).on("click", move |_| {
        spawn_local(async move {
            if fetch(route).await.is_ok() && app.route.get_untracked() == route {
                app.page.set(route);
            }
        });
    });
    // If the server has a newer version, its page has other parts.
    let reload = button("button", text::RELOAD).on("click", |_| browser::reload());
    let says = [el("h1").text(route.title()), alert(text::NOT_FETCHED.to_owned()), again, reload];
    shell("prose", |main| main.children(says))
}
