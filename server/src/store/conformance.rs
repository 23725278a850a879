//! One test for each method of each trait, on every store.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::FutureExt;
use signet_shared::{
    AccountId, ConvId, EkId, EnvId, MembersHash, StatementHash, StreamId,
    api::{BrowserFamily, SystemFamily, Who},
    envelope::{Body, Delivery, Envelope, Header, Kind, Leaf, Suite},
    opaque::SecretKind,
};

use super::{
    Committed, Created, FIRST_VERSION, Item, Letter, Mailbox, Memory, NewAccess, NewAccount, NewKeys, NewSession,
    OnCommit, Sqlite, Store, StoreError, TokenHash, Vault, Versions,
};

/// What was announced: reader and number, in order.
#[derive(Default)]
struct Heard(Mutex<Vec<(AccountId, u64)>>, AtomicUsize);

impl OnCommit for Heard {
    fn committed(&self, batch: Vec<Committed>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut heard = self.0.lock().unwrap();
        for committed in batch {
            heard.extend(committed.letter.readers().zip(committed.seqs));
        }
    }
}

struct Fixture {
    store: Arc<dyn Store>,
    heard: Arc<Heard>,
    folder: Option<tempfile::TempDir>,
}

macro_rules! on_every_store {
    ($($(#[$doc:meta])* async fn $name:ident($fixture:ident) $body:block)+) => {
        $(mod $name {
            use super::*;
            async fn holds($fixture: Fixture) $body

            #[tokio::test]
            async fn in_memory() {
                let heard = Arc::<Heard>::default();
                holds(Fixture { store: Arc::new(Memory::new(heard.clone())), heard, folder: None }).await;
            }

            #[tokio::test]
            async fn in_sqlite() {
                let (heard, folder) = (Arc::<Heard>::default(), tempfile::tempdir().unwrap());
                let store = Sqlite::open(&folder.path().join("test.db"), heard.clone()).await.unwrap();
                holds(Fixture { store: Arc::new(store), heard, folder: Some(folder) }).await;
            }
        })+
    };
}

mod anew;
mod delete;
mod passkeys;
mod rescue;
mod secrets;
mod sessions;
mod upgrade;

const ANN: AccountId = AccountId([1; 16]);
const BEN: AccountId = AccountId([2; 16]);
const CAT: AccountId = AccountId([3; 16]);
const NOBODY: AccountId = AccountId([9; 16]);

fn new(account: AccountId, username: &str) -> NewAccount {
    let access = |word: &str| NewAccess {
        record: format!("{word} record of {username}").into(),
        slot: format!("{word} slot of {username}").into(),
    };
    NewAccount {
        account,
        username: username.to_owned(),
        mark: mark(username),
        profile: 1,
        password: access("password"),
        recovery: access("recovery"),
        statement: format!("statement of {username}").into(),
        keystore: format!("keystore of {username}").into(),
        state: format!("state of {username}").into(),
        now: 5,
    }
}

fn mark(username: &str) -> String {
    format!("#mark of {username}")
}

/// Opened with the password, by a login.
fn opened(token: u8, account: AccountId, now: u64) -> NewSession {
    NewSession {
        token: [token; 32],
        account,
        handle: [token; 16],
        now,
        secret: SecretKind::Password,
        version: FIRST_VERSION,
        by_login: true,
        browser: BrowserFamily::Firefox,
        system: SystemFamily::Linux,
    }
}

impl Fixture {
    /// As a new session with the password finds it.
    async fn vault(&self, account: AccountId) -> Vault {
        let new = opened(200, account, 1);
        self.store.open(new, Some(new.token)).await.unwrap();
        self.store.vault(new.token).await.unwrap()
    }

    async fn slot(&self, token: TokenHash) -> String {
        String::from_utf8(self.store.vault(token).await.unwrap().slot).unwrap()
    }

    async fn peopled(self) -> Self {
        for (account, name) in [(ANN, "ann"), (BEN, "ben"), (CAT, "cat")] {
            self.store.create(new(account, name)).await.unwrap();
        }
        self
    }

    async fn append(&self, letter: Letter, now: u64) -> Result<(u64, u64), StoreError> {
        self.store.append(Arc::new(letter), now).await.map(|placed| (placed.seq, placed.received))
    }

    async fn items(&self, account: AccountId, after: u64) -> Vec<(u64, Item)> {
        let page = self.store.page(account, after).await.unwrap();
        page.into_iter().map(|(seq, item)| (seq, item.unwrap())).collect()
    }
}

fn envelope(readers: &[AccountId], stream: u8, seq: u64, text: &[u8]) -> Envelope {
    let mut readers = readers.to_vec();
    let sender = readers[0];
    readers.sort_unstable();
    let leaf = |account| Leaf {
        account_id: account,
        ek_id: EkId([4; 32]),
        rcpt_stmt: StatementHash([5; 32]),
        wrap: vec![6; Suite::Rsa3072.wrap_len()],
    };
    Envelope {
        header: Header {
            suite: Suite::Rsa3072,
            kind: Kind::Chained,
            flags: 0,
            conv_id: ConvId([7; 32]),
            group_epoch: 0,
            members_hash: MembersHash([8; 32]),
            sender_id: sender,
            sender_stmt: StatementHash([9; 32]),
            stream_id: StreamId([stream; 16]),
            seq,
            prev: EnvId([0; 32]),
            iv: [1; 16],
            n_recipients: u16::try_from(readers.len()).unwrap(),
        },
        leaves: readers.into_iter().map(leaf).collect(),
        body: Body { ct: text.to_vec(), tag: [2; 32], sig: vec![3; 384] },
    }
}

fn letter(readers: &[AccountId], stream: u8, seq: u64, text: &[u8]) -> Letter {
    Letter::parse(Bytes::from(envelope(readers, stream, seq, text).to_bytes())).unwrap()
}

on_every_store! {
    async fn create_takes_a_name_and_an_id_once(on) {
        assert!(!on.store.any().await.unwrap());
        on.store.create(new(ANN, "ann")).await.unwrap();
        assert!(on.store.any().await.unwrap());
        assert_eq!(on.store.create(new(BEN, "ann")).await, Err(StoreError::UsernameTaken));
        assert_eq!(on.store.create(new(ANN, "ben")).await, Err(StoreError::UsernameTaken));
        assert!(on.store.is_free("ben").await.unwrap(), "a refused account leaves nothing behind");
        assert!(!on.store.is_free("ann").await.unwrap());
        assert_eq!(on.store.head(BEN).await, Err(StoreError::NoSuchAccount));
    }

    async fn create_again_is_no_error_while_it_is_the_same(on) {
        assert_eq!(on.store.create(new(ANN, "ann")).await, Ok(Created::Now));
        let hour = 60 * 60 * 1000;
        for late in [0, 1, hour - 1] {
            assert_eq!(on.store.create(NewAccount { now: 5 + late, ..new(ANN, "ann") }).await, Ok(Created::Before));
        }
        let tweaks: [fn(&mut NewAccount); 11] = [
            |a| a.account = BEN,
            |a| a.username = "Ann".into(),
            |a| a.profile = 2,
            |a| a.password.record[0] ^= 1,
            |a| a.password.slot.push(0),
            |a| a.recovery.record.clear(),
            |a| a.recovery.slot[0] ^= 1,
            |a| a.statement[0] ^= 1,
            |a| a.keystore[0] ^= 1,
            |a| a.state[0] ^= 1,
            // What is one byte less here is one more there.
            |a| a.state.insert(0, a.keystore.pop().unwrap()),
        ];
        for tweak in tweaks {
            let mut other = new(ANN, "ann");
            tweak(&mut other);
            assert_eq!(on.store.create(other).await, Err(StoreError::UsernameTaken));
        }
        let late = NewAccount { now: 5 + hour, ..new(ANN, "ann") };
        assert_eq!(on.store.create(late).await, Err(StoreError::UsernameTaken), "an hour later");
        on.store.put_state(ANN, 1, new(ANN, "ann").state).await.unwrap();
        assert_eq!(on.store.create(new(ANN, "ann")).await, Err(StoreError::UsernameTaken), "once something was stored");
        assert_eq!(on.vault(ANN).await.keystore.bytes, new(ANN, "ann").keystore);
    }

    async fn credential_is_that_of_the_secret(on) {
        let on = on.peopled().await;
        for (kind, record) in [(SecretKind::Password, "password record of ann"), (SecretKind::RecoveryKey, "recovery record of ann")] {
            let found = on.store.credential("ann", kind).await.unwrap().unwrap();
            assert_eq!((found.account, found.profile, found.record), (ANN, 1, record.into()));
        }
        assert_eq!(on.store.credential("nobody", SecretKind::Password).await, Ok(None));
    }

    async fn statements_are_found_by_name_and_by_id(on) {
        let on = on.peopled().await;
        let ann: Vec<Vec<u8>> = vec!["statement of ann".into()];
        let name = |name: &str| Who::Name(name.parse().unwrap());
        assert_eq!(on.store.statements(name("ann"), 0).await, Ok(ann.clone()));
        assert_eq!(on.store.statements(name("ANN"), 0).await, Ok(ann.clone()));
        assert_eq!(on.store.statements(Who::Id(ANN), 0).await, Ok(ann));
        assert_eq!(on.store.statements(Who::Id(ANN), 1).await, Ok(vec![]));
        assert_eq!(on.store.statements(Who::Id(ANN), u64::MAX).await, Ok(vec![]));
        assert_eq!(on.store.statements(name("nobody"), 0).await, Err(StoreError::NoSuchAccount));
        assert_eq!(on.store.statements(Who::Id(NOBODY), 0).await, Err(StoreError::NoSuchAccount));
    }

    async fn put_state_swaps_only_what_it_was_made_from(on) {
        let on = on.peopled().await;
        assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Ok(2));
        for wrong in [0, 1, 3, u64::MAX] {
            assert_eq!(on.store.put_state(ANN, wrong, b"no".to_vec()).await, Err(StoreError::VersionConflict), "{wrong}");
        }
        let state = on.vault(ANN).await.state;
        assert_eq!((state.version, state.bytes), (2, b"two".to_vec()));
        assert_eq!(on.store.versions(ANN).await, Ok(Versions { keystore: 1, state: 2 }));
        assert_eq!(on.store.versions(NOBODY).await, Err(StoreError::NoSuchAccount));
        assert_eq!(on.vault(BEN).await.state.version, 1);
        assert_eq!(on.store.put_state(NOBODY, 1, b"no".to_vec()).await, Err(StoreError::NoSuchAccount));
    }

    async fn put_keys_puts_keystore_and_statement_or_neither(on) {
        let on = on.peopled().await;
        let keys = |expected, seq, word: &str| NewKeys {
            expected,
            keystore: format!("keystore {word}").into(),
            seq,
            statement: format!("statement {word}").into(),
        };
        let stored = async || {
            let vault = on.vault(ANN).await;
            let statements = vault.statements.into_iter().map(|said| String::from_utf8(said).unwrap());
            (vault.keystore.version, String::from_utf8(vault.keystore.bytes).unwrap(), statements.collect::<Vec<_>>())
        };
        let before = stored().await;
        for (expected, seq) in [(0, 2), (2, 2), (1, 1), (1, 3), (u64::MAX, 2), (1, u64::MAX)] {
            let refused = on.store.put_keys(ANN, keys(expected, seq, "no")).await;
            assert_eq!(refused, Err(StoreError::VersionConflict), "{expected} {seq}");
        }
        assert_eq!(stored().await, before);
        assert_eq!(on.store.put_keys(ANN, keys(1, 2, "two")).await, Ok(2));
        assert_eq!(on.store.put_keys(ANN, keys(1, 2, "two")).await, Ok(2), "the same again");
        let two = (2, "keystore two".to_owned(), vec!["statement of ann".to_owned(), "statement two".to_owned()]);
        assert_eq!(stored().await, two);
        assert_eq!(on.store.put_keys(ANN, keys(1, 2, "other")).await, Err(StoreError::VersionConflict));
        assert_eq!(stored().await, two);
        assert_eq!(on.store.put_keys(ANN, keys(2, 3, "three")).await, Ok(3));
        assert_eq!(on.store.put_keys(ANN, keys(1, 2, "two")).await, Err(StoreError::VersionConflict), "too late");
        assert_eq!(on.store.versions(ANN).await, Ok(Versions { keystore: 3, state: 1 }));
        assert_eq!(on.vault(BEN).await.statements.len(), 1);
        assert_eq!(on.store.put_keys(NOBODY, keys(1, 2, "two")).await, Err(StoreError::NoSuchAccount));
    }

    async fn append_numbers_each_mailbox_without_gaps(on) {
        let on = on.peopled().await;
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"a"), 100).await, Ok((1, 100)));
        assert_eq!(on.append(letter(&[BEN, CAT], 1, 1, b"b"), 101).await, Ok((2, 101)));
        assert_eq!(on.append(letter(&[BEN, ANN, CAT], 1, 2, b"c"), 102).await, Ok((3, 102)));
        assert_eq!(on.append(letter(&[CAT], 1, 1, b"d"), 103).await, Ok((3, 103)));
        for (account, head) in [(ANN, 2), (BEN, 3), (CAT, 3)] {
            assert_eq!(on.store.head(account).await, Ok(head));
        }
        let heard = on.heard.0.lock().unwrap().clone();
        assert_eq!(heard, [(ANN, 1), (BEN, 1), (BEN, 2), (CAT, 1), (ANN, 2), (BEN, 3), (CAT, 2), (CAT, 3)]);
    }

    async fn appending_again_changes_nothing_and_is_answered_as_before(on) {
        let on = on.peopled().await;
        on.append(letter(&[BEN, ANN], 9, 1, b"before"), 99).await.unwrap();
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"a"), 100).await, Ok((2, 100)));
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"a"), 200).await, Ok((2, 100)));
        assert_eq!((on.store.head(ANN).await, on.store.head(BEN).await), (Ok(2), Ok(2)));
        assert_eq!(on.heard.0.lock().unwrap().len(), 4);
    }

    async fn a_place_belongs_to_one_envelope(on) {
        let on = on.peopled().await;
        on.append(letter(&[ANN, BEN], 1, 1, b"a"), 100).await.unwrap();
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"other"), 101).await, Err(StoreError::PlaceTaken));
        assert_eq!(on.append(letter(&[ANN, CAT], 1, 1, b"a"), 101).await, Err(StoreError::PlaceTaken));
        // Another account's stream of the same name is another place.
        assert_eq!(on.append(letter(&[BEN, ANN], 1, 1, b"other"), 102).await, Ok((2, 102)));
        assert_eq!(on.append(letter(&[ANN, BEN], 1, u64::MAX, b"last"), 103).await, Ok((3, 103)));
        assert_eq!(on.append(letter(&[ANN, BEN], 1, u64::MAX, b"last"), 104).await, Ok((3, 103)));
    }

    async fn an_unknown_reader_refuses_the_whole_envelope(on) {
        let on = on.peopled().await;
        assert_eq!(on.append(letter(&[ANN, BEN, NOBODY], 1, 1, b"a"), 100).await, Err(StoreError::NoSuchAccount));
        assert_eq!(on.append(letter(&[NOBODY, BEN], 1, 1, b"a"), 100).await, Err(StoreError::NoSuchAccount));
        assert_eq!((on.store.head(ANN).await, on.store.head(BEN).await), (Ok(0), Ok(0)));
        assert!(on.heard.0.lock().unwrap().is_empty());
        // Its place is free.
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"b"), 101).await, Ok((1, 101)));
    }

    async fn many_at_once_are_all_there_once_and_in_the_order_of_each_sender(on) {
        let on = on.peopled().await;
        let sends = (1..=300_u64).flat_map(|seq| {
            let from = |readers: &[AccountId], stream| (letter(readers, stream, seq, &seq.to_be_bytes()), seq);
            // One in three is sent twice, and one in five has an unknown reader.
            [
                from(&[ANN, BEN], 1),
                from(&[BEN, ANN], 2),
                from(&[ANN, BEN], if seq % 3 == 0 { 1 } else { 3 }),
                from(if seq % 5 == 0 { &[CAT, NOBODY] } else { &[CAT] }, 4),
            ]
        });
        let on = &on;
        let answers = sends.map(|(letter, now)| async move { on.append(letter, now).await }.boxed());
        let answers = futures_util::future::join_all(answers).await;
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!(refused, 60);
        assert_eq!(on.store.head(ANN).await, Ok(300 + 300 + 200));
        assert_eq!(on.store.head(CAT).await, Ok(240));
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page = on.items(BEN, after).await;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            seen.extend(page);
        }
        let numbers: Vec<u64> = seen.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(numbers, (1..=800).collect::<Vec<u64>>());
        for (index, (_, item)) in seen.iter().enumerate() {
            let delivery = Delivery::parse(&Delivery::join(&item.header, &item.slip, &item.body)).unwrap();
            let earlier = seen[..index].iter().filter_map(|(_, item)| {
                let header = Header::read(&mut signet_shared::Reader::new(&item.header)).unwrap();
                (header.stream_id == delivery.header.stream_id).then_some(header.seq)
            });
            assert!(earlier.max().is_none_or(|before| before < delivery.header.seq));
        }
        let mut heard: Vec<u64> = on.heard.0.lock().unwrap().iter().filter(|(who, _)| *who == BEN).map(|(_, n)| *n).collect();
        assert!(heard.is_sorted(), "announced in the order of the mailbox");
        heard.dedup();
        assert_eq!(heard.len(), 800);
    }

    async fn page_gives_each_reader_a_delivery_that_leads_to_the_signed_root(on) {
        let on = on.peopled().await;
        let sent = envelope(&[BEN, ANN, CAT], 1, 1, b"text");
        on.append(Letter::parse(sent.to_bytes().into()).unwrap(), 7).await.unwrap();
        for (account, expected) in sent.deliveries() {
            let items = on.items(account, 0).await;
            let [(1, item)] = items.as_slice() else { panic!("{}", items.len()) };
            assert_eq!((item.received, &item.record), (7, &None));
            let delivery = Delivery::parse(&Delivery::join(&item.header, &item.slip, &item.body)).unwrap();
            assert_eq!(delivery, expected);
            assert_eq!(delivery.env_id(), Some(sent.env_id()));
        }
        assert!(on.items(ANN, 1).await.is_empty());
        assert!(on.items(ANN, u64::MAX).await.is_empty());
    }

    async fn page_is_bounded_and_never_empty_before_the_end(on) {
        let on = on.peopled().await;
        let large = vec![0; 100_000];
        for seq in 1..=6 {
            on.append(letter(&[ANN], 1, seq, &large), seq).await.unwrap();
        }
        let page = on.items(ANN, 0).await;
        assert!((1..6).contains(&page.len()), "{}", page.len());
        let (mut after, mut seen) = (0, 0);
        while let Some((last, _)) = on.items(ANN, after).await.last() {
            seen += last - after;
            after = *last;
        }
        assert_eq!((after, seen), (6, 6));
    }

    async fn keep_stores_the_first_record_of_a_message_that_is_there(on) {
        let on = on.peopled().await;
        on.append(letter(&[ANN, BEN], 1, 1, b"a"), 1).await.unwrap();
        on.append(letter(&[ANN, BEN], 1, 2, b"b"), 2).await.unwrap();
        assert_eq!(on.store.keep(ANN, 1, b"first".to_vec()).await, Ok(()));
        assert_eq!(on.store.keep(ANN, 1, b"second".to_vec()).await, Ok(()));
        for none in [0, 3, u64::MAX] {
            assert_eq!(on.store.keep(ANN, none, b"x".to_vec()).await, Err(StoreError::NotFound), "{none}");
        }
        assert_eq!(on.store.keep(NOBODY, 1, b"x".to_vec()).await, Err(StoreError::NoSuchAccount));
        let records: Vec<_> = on.items(ANN, 0).await.into_iter().map(|(_, item)| item.record).collect();
        assert_eq!(records, [Some(b"first".to_vec()), None]);
        assert!(on.items(BEN, 0).await.iter().all(|(_, item)| item.record.is_none()), "its reader's alone");
        let both = futures_util::future::join_all((0..40).map(|_| on.store.keep(ANN, 2, b"same".to_vec()))).await;
        assert!(both.iter().all(Result::is_ok));
        assert_eq!(on.items(ANN, 1).await[0].1.record, Some(b"same".to_vec()));
    }

    async fn after_close_nothing_is_taken(on) {
        let on = on.peopled().await;
        assert_eq!(on.store.check().await, Ok(()));
        on.append(letter(&[ANN], 1, 1, b"a"), 1).await.unwrap();
        on.store.close().await;
        assert_eq!(on.store.check().await, Err(StoreError::Unavailable));
        assert_eq!(on.append(letter(&[ANN], 1, 2, b"b"), 1).await, Err(StoreError::Unavailable));
        assert_eq!(on.store.end([1; 32]).await, Err(StoreError::Unavailable));
        // What was there before is there after.
        if let Some(folder) = &on.folder {
            let store = Sqlite::open(&folder.path().join("test.db"), on.heard.clone()).await.unwrap();
            assert_eq!(store.head(ANN).await, Ok(1));
            assert_eq!(store.append(Arc::new(letter(&[ANN], 1, 1, b"a")), 9).await.unwrap().received, 1);
            assert_eq!(store.append(Arc::new(letter(&[ANN], 1, 2, b"b")), 9).await.unwrap().seq, 2);
        }
    }
}

mod trouble {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

    use super::*;

    async fn run(folder: &tempfile::TempDir, sql: &str) {
        let options = SqliteConnectOptions::new().filename(folder.path().join("test.db"));
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn fixture() -> (Fixture, tempfile::TempDir) {
        let (heard, folder) = (Arc::<Heard>::default(), tempfile::tempdir().unwrap());
        let store = Sqlite::open(&folder.path().join("test.db"), heard.clone()).await.unwrap();
        (Fixture { store: Arc::new(store), heard, folder: None }.peopled().await, folder)
    }

    #[tokio::test]
    async fn a_corrupt_row_is_passed_over_and_the_rest_delivered() {
        let (on, folder) = fixture().await;
        for seq in 1..=5 {
            on.append(letter(&[ANN, BEN], 1, seq, b"text"), seq).await.unwrap();
        }
        run(&folder, "UPDATE envelopes SET header = x'00' WHERE id = 2").await;
        run(&folder, "UPDATE slips SET slip = substr(slip, 1, 100) WHERE envelope = 3 AND reader = 1").await;
        run(&folder, "PRAGMA foreign_keys = off; DELETE FROM envelopes WHERE id = 4").await;
        let good = |page: Vec<super::super::Row>| -> Vec<(u64, bool)> {
            page.into_iter().map(|(seq, item)| (seq, item.is_some())).collect()
        };
        let page = on.store.page(ANN, 0).await.unwrap();
        assert_eq!(good(page), [(1, true), (2, false), (3, false), (4, false), (5, true)]);
        let page = on.store.page(BEN, 0).await.unwrap();
        assert_eq!(good(page), [(1, true), (2, false), (3, true), (4, false), (5, true)]);
    }

    #[tokio::test]
    async fn trouble_in_a_commit_refuses_and_stores_nothing_and_does_not_outlast_itself() {
        // ABORT undoes a statement and leaves the transaction. ROLLBACK ends it, as SQLite itself does when the disk is full.
        for (how, trigger) in [
            (
                "ABORT",
                "CREATE TRIGGER full BEFORE INSERT ON mailbox WHEN new.account = 2 BEGIN SELECT raise(ABORT, 'full'); END",
            ),
            (
                "ROLLBACK",
                "CREATE TRIGGER full BEFORE INSERT ON mailbox WHEN new.account = 2 BEGIN SELECT raise(ROLLBACK, 'full'); END",
            ),
        ] {
            let (on, folder) = fixture().await;
            on.append(letter(&[ANN, BEN], 1, 1, b"first"), 1).await.unwrap();
            // It fails in the middle of the transaction, after other rows were written.
            run(&folder, trigger).await;
            assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"second"), 2).await, Err(StoreError::Unavailable), "{how}");
            assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"second"), 2).await, Err(StoreError::Unavailable), "{how}");
            assert_eq!((on.store.head(ANN).await, on.store.head(BEN).await), (Ok(1), Ok(1)));
            assert_eq!(on.items(ANN, 0).await.len(), 1);
            assert_eq!(on.heard.0.lock().unwrap().len(), 2, "what was not stored is not announced");
            // What the trigger does not meet is taken all the same, and so is a change, and the store says that it can be used.
            assert_eq!(on.append(letter(&[CAT], 1, 1, b"other"), 3).await, Ok((1, 3)), "{how}");
            assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Ok(2), "{how}");
            assert_eq!(on.store.check().await, Ok(()), "{how}");
            run(&folder, "DROP TRIGGER full").await;
            assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"second"), 4).await, Ok((2, 4)), "{how}");
            assert_eq!(on.store.head(BEN).await, Ok(2));
        }
    }

    #[tokio::test]
    async fn trouble_in_a_change_does_not_outlast_itself() {
        let (on, folder) = fixture().await;
        run(&folder, "CREATE TRIGGER full BEFORE UPDATE ON objects BEGIN SELECT raise(ROLLBACK, 'full'); END").await;
        assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Err(StoreError::Unavailable));
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"first"), 1).await, Ok((1, 1)));
        run(&folder, "DROP TRIGGER full").await;
        assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Ok(2));
    }

    /// At each of its steps.
    #[tokio::test]
    async fn trouble_while_a_secret_is_replaced_leaves_the_old_one() {
        for when in [
            "BEFORE UPDATE OF record ON access",
            "AFTER UPDATE OF record ON access",
            "AFTER DELETE ON pending",
            "AFTER UPDATE OF secret ON sessions",
            "AFTER DELETE ON sessions",
            "AFTER UPDATE OF replaced_by ON sessions",
        ] {
            for how in ["ABORT", "ROLLBACK"] {
                let (on, folder) = fixture().await;
                for token in [1, 2] {
                    on.store.open(opened(token, ANN, 1), None).await.unwrap();
                }
                let (kind, pending) = (SecretKind::Password, secrets::pending(7, 5));
                on.store.put_pending([1; 32], kind, pending.clone()).await.unwrap();
                let asked = super::super::Replace { end_others: true, ..secrets::replace(1, kind, 7) };
                run(&folder, &format!("CREATE TRIGGER full {when} BEGIN SELECT raise({how}, 'full'); END")).await;
                assert_eq!(on.store.replace(asked.clone()).await, Err(StoreError::Unavailable), "{when} {how}");
                let found = on.store.credential("ann", kind).await.unwrap().unwrap();
                assert_eq!(
                    (found.record.as_slice(), found.version),
                    (&b"password record of ann"[..], 1),
                    "{when} {how}"
                );
                assert_eq!(on.slot([2; 32]).await, "password slot of ann", "{when} {how}");
                assert_eq!(on.store.pending([1; 32], kind).await, Ok(Some(pending)), "{when} {how}");
                run(&folder, "DROP TRIGGER full").await;
                assert_eq!(on.store.replace(asked).await.unwrap().count, 1, "{when} {how}");
                assert_eq!(on.slot([1; 32]).await, "slot 7", "{when} {how}");
            }
        }
    }

    /// The database may not grow any more: SQLite's own SQLITE_FULL, and its own end of the transaction.
    #[tokio::test]
    async fn a_full_database_takes_again_once_there_is_room() {
        for large in [1, 2_000, 50_000] {
            let (heard, folder) = (Arc::<Heard>::default(), tempfile::tempdir().unwrap());
            let store = Arc::new(Sqlite::open(&folder.path().join("test.db"), heard.clone()).await.unwrap());
            let on = Fixture { store: store.clone(), heard, folder: None }.peopled().await;
            on.append(letter(&[ANN, BEN], 1, 1, b"first"), 1).await.unwrap();
            store.stop_growing().await.unwrap();
            let mut seq = 2;
            let text = vec![7; large];
            while let Ok(placed) = on.append(letter(&[ANN, BEN], 1, seq, &text), seq).await {
                assert_eq!(placed, (seq, seq));
                seq += 1;
                assert!(seq < 1000, "it is full at some time");
            }
            // Not one of its rows is there, and the same again is taken: it was the connection's limit.
            assert_eq!((on.store.head(ANN).await, on.store.head(BEN).await), (Ok(seq - 1), Ok(seq - 1)), "{large}");
            for seq in seq..seq + 3 {
                assert_eq!(on.append(letter(&[ANN, BEN], 1, seq, &text), seq).await, Ok((seq, seq)), "{large}");
            }
            assert_eq!(on.store.check().await, Ok(()));
            store.stop_growing().await.unwrap();
            let large = vec![1; 200_000];
            assert_eq!(on.store.put_state(ANN, 1, large.clone()).await, Err(StoreError::Unavailable), "a change");
            assert_eq!(on.store.put_state(ANN, 1, large).await, Ok(2));
        }
    }

    #[tokio::test]
    async fn a_change_that_nobody_waits_for_any_more_is_not_made() {
        let (on, _folder) = fixture().await;
        // Both are in the queue when called, and the second one's asker goes away before the writer comes to it.
        let first = on.store.put_state(ANN, 1, b"first".to_vec());
        drop(on.store.put_state(BEN, 1, b"second".to_vec()));
        assert_eq!(first.await, Ok(2));
        assert_eq!(on.store.put_state(BEN, 1, b"third".to_vec()).await, Ok(2));
    }

    /// Each change has an fsync of its own. However many wait, a message waits for a few of them.
    #[tokio::test]
    async fn messages_do_not_wait_for_all_changes() {
        let (on, _folder) = fixture().await;
        let mut changes: Vec<_> = (0..200).map(|n| on.store.touch([7; 32], n)).collect();
        // Behind all of them in time, but in a queue of its own.
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"text"), 1).await, Ok((1, 1)));
        let before = changes.iter_mut().filter_map(|change| change.now_or_never()).count();
        assert!(before <= 64, "{before} changes went before the message");
        futures_util::future::join_all(changes.into_iter().skip(before)).await;
    }

    #[tokio::test]
    async fn what_is_asked_at_once_shares_a_commit() {
        let (on, _folder) = fixture().await;
        let sends = (1..=300).map(|seq| on.append(letter(&[ANN, BEN], 1, seq, b"text"), seq));
        let answers = futures_util::future::join_all(sends).await;
        assert!(answers.iter().all(Result::is_ok));
        let commits = on.heard.1.load(Ordering::SeqCst);
        assert!(commits <= 30, "{commits} commits for 300 messages");
    }

    #[tokio::test]
    async fn every_commit_is_synced() {
        let folder = tempfile::tempdir().unwrap();
        let options = Sqlite::options(&folder.path().join("test.db"));
        let mut connection = options.create_if_missing(true).connect().await.unwrap();
        for (pragma, value) in [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1)] {
            let found: i64 = sqlx::query_scalar(pragma).fetch_one(&mut connection).await.unwrap();
            assert_eq!(found, value, "{pragma}");
        }
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
        assert_eq!(mode, "wal");
    }
}
