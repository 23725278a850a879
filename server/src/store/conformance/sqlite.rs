//! What is only true of SQLite: its trouble.

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
    (Fixture { store: Arc::new(store), heard, kept: Kept::Nothing }.peopled().await, folder)
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
            assert_eq!((found.record.as_slice(), found.version), (&b"password record of ann"[..], 1), "{when} {how}");
            assert_eq!(on.slot([2; 32]).await, "password slot of ann", "{when} {how}");
            assert_eq!(on.store.pending([1; 32], kind).await, Ok(Some(pending)), "{when} {how}");
            run(&folder, "DROP TRIGGER full").await;
            assert_eq!(on.store.replace(asked).await.unwrap().count, 1, "{when} {how}");
            assert_eq!(on.slot([1; 32]).await, "slot 7", "{when} {how}");
        }
    }
}

/// Whatever is on the page that holds this text is written over.
fn spoil(folder: &tempfile::TempDir, text: &str) {
    const PAGE: usize = 4096;
    let file = folder.path().join("test.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap() / PAGE * PAGE;
    assert!(at > 0, "not the first page");
    bytes[at..at + PAGE].fill(0x5a);
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_database_is_read_and_not_written() {
    let (on, folder) = fixture().await;
    let text = b"text of a message ".repeat(20);
    for seq in 1..=40 {
        on.append(letter(&[ANN, BEN], 1, seq, &text), seq).await.unwrap();
    }
    on.store.open(opened(1, ANN, 10), None).await.unwrap();
    on.store.close().await;
    spoil(&folder, "text of a message ");
    let before = std::fs::read(folder.path().join("test.db")).unwrap();
    let store = Sqlite::open(&folder.path().join("test.db"), on.heard.clone()).await.unwrap();
    let on = Fixture { store: Arc::new(store), heard: on.heard, kept: Kept::Nothing };
    assert_eq!(on.store.head(ANN).await, Ok(40));
    assert!(on.store.session([1; 32]).await.unwrap().is_some());
    assert_eq!(on.slot([1; 32]).await, "password slot of ann");
    assert_eq!(on.append(letter(&[ANN, BEN], 1, 41, &text), 41).await, Err(StoreError::Unavailable));
    assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Err(StoreError::Unavailable));
    assert_eq!(on.store.keep(ANN, 1, b"record".to_vec()).await, Err(StoreError::Unavailable));
    assert_eq!(on.store.check().await, Err(StoreError::Unavailable));
    on.store.close().await;
    assert!(std::fs::read(folder.path().join("test.db")).unwrap() == before, "not a byte was written");
}

#[tokio::test]
async fn damage_that_a_commit_meets_ends_the_writing() {
    let (on, folder) = fixture().await;
    run(&folder, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    spoil(&folder, "statement of ann");
    let keys = NewKeys { expected: 1, keystore: b"new".to_vec(), seq: 2, statement: b"new".to_vec() };
    assert_eq!(on.store.put_keys(ANN, keys).await, Err(StoreError::Unavailable));
    assert_eq!(on.append(letter(&[BEN], 1, 1, b"text"), 1).await, Err(StoreError::Unavailable));
    assert_eq!(on.store.head(BEN).await, Ok(0), "what can be read is read");
}

/// The database may not grow any more: SQLite's own SQLITE_FULL, and its own end of the transaction.
#[tokio::test]
async fn a_full_database_takes_again_once_there_is_room() {
    for large in [1, 2_000, 50_000] {
        let (heard, folder) = (Arc::<Heard>::default(), tempfile::tempdir().unwrap());
        let store = Arc::new(Sqlite::open(&folder.path().join("test.db"), heard.clone()).await.unwrap());
        let on = Fixture { store: store.clone(), heard, kept: Kept::Nothing }.peopled().await;
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
