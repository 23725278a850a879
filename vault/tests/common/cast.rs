//! People who sign up once in a process, really, and whose browsers come back in every world that needs them by a
//! reload: an account's keys take seconds to make, and a test of something else need not wait for them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, Mutex},
};

use signet_ask::{Attach, Status, TabShare};
use signet_shared::AccountId;

use super::{
    World,
    relay::{Account, Session},
};

#[derive(Clone)]
struct Kept {
    id: AccountId,
    account: Account,
    session: Session,
    database: HashMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>,
    secret: [u8; 32],
    tab: Option<TabShare>,
}

static KEPT: LazyLock<Mutex<BTreeMap<String, Kept>>> = LazyLock::new(Mutex::default);

impl World {
    /// Somebody with an account, at a browser that is signed in to it.
    pub fn person(&mut self, name: &str) -> usize {
        let kept = KEPT.lock().unwrap().entry(name.to_owned()).or_insert_with(|| sign_up(name)).clone();
        let id = self.empty_browser();
        self.relay.accounts.insert(kept.id, kept.account);
        self.relay.sessions.insert(id, kept.session);
        let browser = &mut self.browsers[id];
        (browser.database, browser.secret, browser.tab) = (kept.database, kept.secret, kept.tab);
        self.start(id);
        let status = self.ask(id, Attach { share: kept.tab });
        assert!(matches!(status, Ok(Status::SignedIn { .. })), "{status:?}");
        id
    }
}

/// The same keys in every process: the name is the seed.
fn sign_up(name: &str) -> Kept {
    let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(257).wrapping_add(byte.into()));
    let mut w = World::seeded(seed);
    let browser = w.sign_up(name);
    w.pass(5000);
    let id = w.account(name);
    let account = w.relay.accounts[&id].clone();
    let session = w.relay.sessions[&browser].clone();
    let browser = &w.browsers[browser];
    Kept { id, account, session, database: browser.database.clone(), secret: browser.secret, tab: browser.tab }
}
