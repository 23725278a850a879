//! This browser's database: one object store per table, and one for the key that never leaves the browser.

use std::cell::RefCell;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CryptoKey, Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::js;
use crate::machine::{Change, Row, Table};

const NAME: &str = "signet";
const VERSION: u32 = 3;
const KEY_STORE: &str = "key";
/// The one row of the key's store.
const KEY: &str = "browser";

/// Opened at the first use, and again after the browser closed it or everything was forgotten.
#[derive(Default)]
pub(super) struct Db {
    open: RefCell<Option<IdbDatabase>>,
}

/// What the browser said, in its words.
type Failed = String;

impl Db {
    /// All changes or none, and on disk when this returns.
    pub(super) async fn store(&self, changes: &[Change]) -> Result<(), Failed> {
        if changes.is_empty() {
            return Ok(());
        }
        // A connection that the browser has closed behind our back refuses the transaction: one more try with a new one.
        let transaction = match self.write(changes).await {
            Ok(transaction) => transaction,
            Err(_) => {
                self.close();
                self.write(changes).await?
            }
        };
        finished(&transaction).await
    }

    async fn write(&self, changes: &[Change]) -> Result<IdbTransaction, Failed> {
        let transaction = writing(&self.database().await?, &table_names())?;
        let wanted = changes.iter().try_for_each(|change| want(&transaction, change));
        if let Err(error) = wanted {
            let _ = transaction.abort();
            return Err(js::words(&error));
        }
        Ok(transaction)
    }

    pub(super) async fn load(&self, table: Table) -> Result<Vec<Row>, Failed> {
        let database = self.database().await?;
        let transaction = match reading(&database, table.name()) {
            Ok(transaction) => transaction,
            Err(_) => {
                self.close();
                reading(&self.database().await?, table.name())?
            }
        };
        let ask = || {
            let store = transaction.object_store(table.name())?;
            Ok((store.get_all_keys()?, store.get_all()?))
        };
        let (keys, values) = ask().map_err(|error: JsValue| js::words(&error))?;
        finished(&transaction).await?;
        let (keys, values) = (list(&keys)?, list(&values)?);
        let row = |(key, value)| Some(Row { key: js::bytes(&key)?, value: js::bytes(&value)? });
        Ok(keys.iter().zip(values.iter()).filter_map(row).collect())
    }

    /// `HMAC-SHA-256(key, salt)` under this browser's key, which is made here if there is none.
    pub(super) async fn browser_share(&self, salt: &[u8; 32]) -> Result<[u8; 32], Failed> {
        let subtle = js::scope().crypto().map_err(|error| js::words(&error))?.subtle();
        let key = match self.read_key().await? {
            Some(key) => key,
            None => self.make_key(&subtle).await?,
        };
        let tag = subtle.sign_with_str_and_js_u8_array("HMAC", &key, &Uint8Array::from(&salt[..]));
        let tag = settled(tag).await?;
        js::bytes(&tag).and_then(|tag| tag.try_into().ok()).ok_or_else(|| "the tag has another length".to_owned())
    }

    async fn read_key(&self) -> Result<Option<CryptoKey>, Failed> {
        let transaction = reading(&self.database().await?, KEY_STORE)?;
        let request = transaction.object_store(KEY_STORE).and_then(|store| store.get(&KEY.into()));
        let request = request.map_err(|error| js::words(&error))?;
        finished(&transaction).await?;
        Ok(request.result().map_err(|error| js::words(&error))?.dyn_into().ok())
    }

    async fn make_key(&self, subtle: &web_sys::SubtleCrypto) -> Result<CryptoKey, Failed> {
        let algorithm = Object::new();
        for (name, value) in
            [("name", JsValue::from("HMAC")), ("hash", JsValue::from("SHA-256")), ("length", JsValue::from(256))]
        {
            Reflect::set(&algorithm, &name.into(), &value).map_err(|error| js::words(&error))?;
        }
        // Not extractable: a script may use the key, but no script can carry it away.
        let made = subtle.generate_key_with_object(&algorithm, false, &Array::of1(&"sign".into()));
        let key: CryptoKey = settled(made).await?.unchecked_into();
        let transaction = writing(&self.database().await?, &Array::of1(&KEY_STORE.into()))?;
        let put = transaction.object_store(KEY_STORE).and_then(|store| store.put_with_key(&key, &KEY.into()));
        put.map_err(|error| js::words(&error))?;
        finished(&transaction).await?;
        Ok(key)
    }

    /// Deletes the database, the key with it. The next use opens an empty one.
    pub(super) async fn forget(&self) -> Result<(), Failed> {
        self.close();
        let request = factory()?.delete_database(NAME).map_err(|error| js::words(&error))?;
        answered(&request).await.map(drop)
    }

    fn close(&self) {
        if let Some(database) = self.open.take() {
            database.close();
        }
    }

    async fn database(&self) -> Result<IdbDatabase, Failed> {
        if let Some(database) = self.open.borrow().clone() {
            return Ok(database);
        }
        let request = factory()?.open_with_u32(NAME, VERSION).map_err(|error| js::words(&error))?;
        let making = request.clone();
        let make = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
            // A store that cannot be made shows itself at once: opening fails, or the first transaction does.
            make_stores(&making);
        });
        request.set_onupgradeneeded(Some(make.as_ref().unchecked_ref()));
        let database: IdbDatabase = answered(&request).await?.unchecked_into();
        request.set_onupgradeneeded(None);
        self.open.replace(Some(database.clone()));
        Ok(database)
    }
}

fn factory() -> Result<IdbFactory, Failed> {
    let factory = js::scope().indexed_db().map_err(|error| js::words(&error))?;
    factory.ok_or_else(|| "the browser offers no IndexedDB here".to_owned())
}

fn make_stores(request: &IdbOpenDbRequest) {
    let Ok(database) = request.result() else { return };
    let database: IdbDatabase = database.unchecked_into();
    for name in Table::ALL.iter().map(|table| table.name()).chain([KEY_STORE]) {
        // Refused for those of an earlier version of this site, which stay as they are.
        let _ = database.create_object_store(name);
    }
}

fn table_names() -> Array {
    Table::ALL.iter().map(|table| JsValue::from(table.name())).collect()
}

fn want(transaction: &IdbTransaction, change: &Change) -> Result<(), JsValue> {
    match change {
        Change::Put { table, row } => {
            let store = transaction.object_store(table.name())?;
            store.put_with_key(&js::buffer(&row.value), &js::buffer(&row.key))?;
        }
        Change::Delete { table, key } => {
            transaction.object_store(table.name())?.delete(&js::buffer(key))?;
        }
        Change::Clear { table } => {
            transaction.object_store(table.name())?.clear()?;
        }
    }
    Ok(())
}

fn reading(database: &IdbDatabase, store: &str) -> Result<IdbTransaction, Failed> {
    let transaction = database.transaction_with_str_and_mode(store, IdbTransactionMode::Readonly);
    transaction.map_err(|error| js::words(&error))
}

/// Written through to the disk, not only to the system's cache, before it counts as done.
fn writing(database: &IdbDatabase, stores: &Array) -> Result<IdbTransaction, Failed> {
    let options = Object::new();
    let transaction = Reflect::set(&options, &"durability".into(), &"strict".into())
        .and_then(|_| database.unchecked_ref::<js::Database>().transaction(stores, "readwrite", &options));
    transaction.map_err(|error| js::words(&error))
}

fn list(request: &IdbRequest) -> Result<Array, Failed> {
    request.result().map(|list| Array::from(&list)).map_err(|error| js::words(&error))
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, Failed> {
    JsFuture::from(promise.map_err(|error| js::words(&error))?).await.map_err(|error| js::words(&error))
}

/// A request outside any transaction of ours: opening or deleting.
async fn answered(request: &IdbRequest) -> Result<JsValue, Failed> {
    // A promise's own `resolve` serves as the handler of both endings; which it was, the event says.
    let event = JsFuture::from(Promise::new(&mut |resolve, _| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&resolve));
    }))
    .await
    .map_err(|error| js::words(&error))?;
    if event.unchecked_into::<Event>().type_() == "success" {
        return request.result().map_err(|error| js::words(&error));
    }
    Err(reason(request.error().ok().flatten()))
}

async fn finished(transaction: &IdbTransaction) -> Result<(), Failed> {
    let event = JsFuture::from(Promise::new(&mut |resolve, _| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&resolve));
    }))
    .await
    .map_err(|error| js::words(&error))?;
    if event.unchecked_into::<Event>().type_() == "complete" {
        return Ok(());
    }
    Err(reason(transaction.error()))
}

/// In plain words where the cause is one that a person can do something about.
fn reason(error: Option<web_sys::DomException>) -> String {
    match error {
        Some(error) if error.name() == "QuotaExceededError" => "the disk or this site's share of it is full".to_owned(),
        Some(error) if !error.message().is_empty() => error.message(),
        Some(error) => error.name(),
        None => "the browser ended the write without a reason".to_owned(),
    }
}
