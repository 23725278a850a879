//! What is only true of PostgreSQL: several nodes on one database, and its trouble.

use std::time::Duration;

use super::*;

async fn node(lease: &signet_services::Lease) -> Fixture {
    let heard = Arc::<Heard>::default();
    let store = Postgres::open(&lease.url().parse().unwrap(), heard.clone()).await.unwrap();
    Fixture { store: Arc::new(store), heard, kept: Kept::Nothing }
}

fn lease() -> signet_services::Lease {
    signet_services::Lease::take().unwrap()
}

/// The mailbox of an account from its beginning: numbers, and each message's stream and place in it.
async fn all(on: &Fixture, account: AccountId) -> Vec<(u64, (u8, u64))> {
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = on.items(account, after).await;
        let Some((last, _)) = page.last() else { return all };
        after = *last;
        all.extend(page.into_iter().map(|(seq, item)| {
            let header = Delivery::parse(&Delivery::join(&item.header, &item.slip, &item.body)).unwrap().header;
            (seq, (header.stream_id.0[0], header.seq))
        }));
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_make_the_tables_once() {
    let lease = signet_services::Lease::bare().unwrap();
    let nodes = futures_util::future::join_all((0..4).map(|_| node(&lease))).await;
    for (index, on) in nodes.iter().enumerate() {
        assert_eq!(on.store.check().await, Ok(()));
        let account = AccountId([u8::try_from(index).unwrap(); 16]);
        assert_eq!(on.store.create(new(account, &format!("name{index}"))).await, Ok(Created::Now));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_to_the_same_mailboxes_in_one_order() {
    let lease = lease();
    let nodes = [node(&lease).await.peopled().await, node(&lease).await];
    let sends = (1..=60_u64).flat_map(|seq| {
        nodes.iter().enumerate().flat_map(move |(index, on)| {
            let own = u8::try_from(index).unwrap() * 10;
            // Crosswise, so that locks in the order of the letters would end in a deadlock; and one of them on both nodes.
            [
                (vec![ANN, BEN, CAT], own),
                (vec![CAT, BEN, ANN], own + 1),
                (vec![BEN, ANN], own + 2),
                (vec![ANN, CAT], 50),
            ]
            .map(|(readers, stream)| (on, letter(&readers, stream, seq, b"text"), stream))
        })
    });
    let answers = sends.map(|(on, letter, stream)| async move { (stream, on.append(letter, 1).await.unwrap()) });
    let answers = futures_util::future::join_all(answers).await;
    for (account, count) in [(ANN, 7 * 60), (BEN, 6 * 60), (CAT, 5 * 60)] {
        let mailbox = all(&nodes[0], account).await;
        assert_eq!(mailbox.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=count).collect::<Vec<_>>());
        for stream in 0..=50 {
            let places = mailbox.iter().filter(|(_, (of, _))| *of == stream).map(|(_, (_, place))| *place);
            let places: Vec<u64> = places.collect();
            // Two nodes that are sent the same stream at once may meet in it; each other one is in its order.
            assert!(stream == 50 || places.is_sorted(), "{stream}: {places:?}");
            let mut once = places.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), places.len(), "{stream}: each once");
        }
    }
    // What both nodes were sent has one number, by whichever of them it was stored.
    let mut both: Vec<(u64, u64)> = answers.iter().filter(|(stream, _)| *stream == 50).map(|(_, seq)| *seq).collect();
    assert_eq!(both.len(), 120);
    both.sort_unstable();
    both.dedup();
    assert_eq!(both.len(), 60);
    // And each message was announced by one node.
    let heard: Vec<_> = nodes.iter().flat_map(|on| on.heard.0.lock().unwrap().clone()).collect();
    assert_eq!(heard.len(), (7 + 6 + 5) * 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_change_one_account_do_it_one_after_the_other() {
    let lease = lease();
    let nodes = [node(&lease).await.peopled().await, node(&lease).await];
    let puts = (0..40).map(|n: u8| nodes[usize::from(n % 2)].store.put_state(ANN, 1, vec![n]));
    let done = futures_util::future::join_all(puts).await;
    assert_eq!(done.iter().filter(|done| **done == Ok(2)).count(), 1, "{done:?}");
    assert_eq!(done.iter().filter(|done| **done == Err(StoreError::VersionConflict)).count(), 39, "{done:?}");
    // A login and the replacement of its secret: either is first, and no session of the old secret is left.
    for round in 0..10_u64 {
        let version = FIRST_VERSION + round;
        let [a, b] = [20, 60].map(|base| base + u8::try_from(round).unwrap());
        let session = NewSession { version, ..opened(a, ANN, 10) };
        nodes[0].store.open(session, None).await.unwrap();
        nodes[0].store.put_pending([a; 32], SecretKind::Password, secrets::pending(7, 5)).await.unwrap();
        let replace =
            super::super::Replace { end_others: true, login: [a; 32], ..secrets::replace(a, SecretKind::Password, 7) };
        let login = NewSession { version, ..opened(b, ANN, 10) };
        let (replaced, opened) =
            futures_util::future::join(nodes[0].store.replace(replace), nodes[1].store.open(login, None)).await;
        let ended = replaced.unwrap();
        let left = nodes[1].store.session([b; 32]).await.unwrap();
        assert!(left.is_none(), "round {round}: {opened:?}");
        assert_eq!(opened.is_ok(), ended.tokens.contains(&[b; 32]), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_while_others_write_to_him_leaves_no_row() {
    let lease = lease();
    let nodes = [node(&lease).await.peopled().await, node(&lease).await];
    nodes[0].store.open(opened(1, BEN, 10), None).await.unwrap();
    let sends = (1..=100).map(|seq| nodes[1].append(letter(&[ANN, BEN], 1, seq, b"text"), seq));
    let keeps = (1..=100).map(|seq| nodes[1].store.keep(BEN, seq, b"record".to_vec()));
    let deleted = nodes[0].store.delete([1; 32], mark("ben"));
    let sends =
        futures_util::future::join(futures_util::future::join_all(sends), futures_util::future::join_all(keeps));
    let ((sent, _), deleted) = futures_util::future::join(sends, deleted).await;
    assert_eq!(deleted, Ok(vec![[1; 32]]));
    let stored = sent.iter().filter(|sent| sent.is_ok()).count();
    assert_eq!(all(&nodes[0], ANN).await.len(), stored);
    for table in ["mailbox", "records", "heads", "objects", "access"] {
        let sql = format!(
            "DO $$ BEGIN ASSERT (SELECT count(*) FROM {table} t JOIN accounts a ON a.id = t.account \
             WHERE a.username LIKE '#%') = 0, 'rows are left'; END $$"
        );
        lease.run(&sql).unwrap();
    }
}

#[tokio::test]
async fn trouble_in_a_commit_refuses_and_stores_nothing_and_does_not_outlast_itself() {
    let lease = lease();
    let on = node(&lease).await.peopled().await;
    on.append(letter(&[ANN, BEN], 1, 1, b"first"), 1).await.unwrap();
    let full = |table: &str, when: &str| {
        let make = "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;";
        lease
            .run(&format!("{make} CREATE TRIGGER no_room {when} ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()"))
            .unwrap();
    };
    let room = || lease.run("DROP FUNCTION no_room CASCADE").unwrap();
    full("mailbox", "BEFORE INSERT");
    for _ in 0..2 {
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"second"), 2).await, Err(StoreError::Unavailable));
    }
    assert_eq!((on.store.head(ANN).await, on.store.head(BEN).await), (Ok(1), Ok(1)));
    assert_eq!(on.items(ANN, 0).await.len(), 1);
    assert_eq!(on.heard.0.lock().unwrap().len(), 2, "what was not stored is not announced");
    // What the trigger does not meet is done all the same.
    assert_eq!(on.store.keep(ANN, 1, b"record".to_vec()).await, Ok(()));
    assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Ok(2));
    room();
    assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"second"), 4).await, Ok((2, 4)));
    full("objects", "BEFORE UPDATE");
    assert_eq!(on.store.put_state(ANN, 2, b"three".to_vec()).await, Err(StoreError::Unavailable));
    room();
    assert_eq!(on.store.put_state(ANN, 2, b"three".to_vec()).await, Ok(3));
    full("probe", "BEFORE UPDATE");
    assert_eq!(on.store.check().await, Err(StoreError::Unavailable));
    room();
    assert_eq!(on.store.check().await, Ok(()));
}

#[tokio::test]
async fn what_another_transaction_was_in_the_way_of_is_tried_again() {
    let lease = lease();
    let on = node(&lease).await.peopled().await;
    for (code, table, when) in [
        ("serialization_failure", "mailbox", "BEFORE INSERT"),
        ("deadlock_detected", "heads", "BEFORE UPDATE"),
        ("serialization_failure", "objects", "BEFORE UPDATE"),
    ] {
        // A sequence counts on, also for what is rolled back.
        let make = format!(
            "CREATE SEQUENCE met; CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('met') <= 3 THEN RAISE EXCEPTION 'met' USING ERRCODE = '{code}'; END IF; RETURN new; END $$; \
             CREATE TRIGGER meet {when} ON {table} FOR EACH ROW EXECUTE FUNCTION meet()"
        );
        lease.run(&make).unwrap();
        let before = on.store.head(ANN).await.unwrap();
        if table == "objects" {
            assert_eq!(on.store.put_state(ANN, 1, b"two".to_vec()).await, Ok(2));
        } else {
            assert_eq!(on.append(letter(&[ANN], 1, before + 1, b"text"), 1).await, Ok((before + 1, 1)), "{code}");
        }
        lease.run("DROP FUNCTION meet CASCADE; DROP SEQUENCE met").unwrap();
    }
    assert_eq!(on.heard.0.lock().unwrap().len(), 2);
}

/// Whatever the database says of it, the connection is cut while the commit is under way.
#[tokio::test]
async fn a_commit_that_breaks_off_is_made_again_and_announced_once() {
    let lease = lease();
    let on = node(&lease).await.peopled().await;
    // Deferred to the commit itself, which ends its own connection the first time.
    lease
        .run(
            "CREATE SEQUENCE met; CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('met') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$; \
             CREATE CONSTRAINT TRIGGER meet AFTER UPDATE ON heads DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION meet()",
        )
        .unwrap();
    assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"text"), 1).await, Ok((1, 1)));
    lease.run("DROP FUNCTION meet CASCADE; DROP SEQUENCE met").unwrap();
    assert_eq!(*on.heard.0.lock().unwrap(), [(ANN, 1), (BEN, 1)]);
    assert_eq!(all(&on, BEN).await, [(1, (1, 1))]);
}

/// The way to a database that cuts the line, once it is told to, when the answer to a commit comes along.
struct Line {
    folder: tempfile::TempDir,
    cut: Arc<std::sync::atomic::AtomicBool>,
}

impl Line {
    const SOCKET: &str = ".s.PGSQL.5432";

    fn to(lease: &signet_services::Lease) -> (Self, String) {
        let (address, server) = lease.url().split_once("host=").unwrap();
        let server = std::path::Path::new(server).join(Self::SOCKET);
        let line = Self { folder: tempfile::tempdir().unwrap(), cut: Arc::default() };
        let listener = tokio::net::UnixListener::bind(line.folder.path().join(Self::SOCKET)).unwrap();
        let cut = line.cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Self::carry(client, server.clone(), cut.clone()));
            }
        });
        let url = format!("{address}host={}", line.folder.path().display());
        (line, url)
    }

    async fn carry(
        mut client: tokio::net::UnixStream,
        server: std::path::PathBuf,
        cut: Arc<std::sync::atomic::AtomicBool>,
    ) -> std::io::Result<()> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut server = tokio::net::UnixStream::connect(server).await?;
        let (mut asked, mut told, mut commits) = (vec![0; 65536], vec![0; 65536], false);
        loop {
            tokio::select! {
                n = client.read(&mut asked) => {
                    let n = n?;
                    if n == 0 {
                        return Ok(());
                    }
                    commits = asked[..n].windows(6).any(|word| word == b"COMMIT");
                    server.write_all(&asked[..n]).await?;
                }
                n = server.read(&mut told) => {
                    let n = n?;
                    if n == 0 || commits && cut.swap(false, Ordering::SeqCst) {
                        return Ok(());
                    }
                    client.write_all(&told[..n]).await?;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_answered_and_announced_once() {
    let lease = lease();
    let (line, url) = Line::to(&lease);
    let heard = Arc::<Heard>::default();
    let store = Postgres::open(&url.parse().unwrap(), heard.clone()).await.unwrap();
    let on = Fixture { store: Arc::new(store), heard, kept: Kept::Nothing }.peopled().await;
    assert_eq!(on.append(letter(&[ANN, BEN], 1, 1, b"text"), 100).await, Ok((1, 100)));
    line.cut.store(true, Ordering::SeqCst);
    let asked = [2, 3].map(|seq| on.append(letter(&[ANN, BEN], 1, seq, b"text"), 100 + seq));
    let answers = futures_util::future::join_all(asked).await;
    assert!(!line.cut.load(Ordering::SeqCst), "it was cut");
    assert_eq!(answers, [Ok((2, 102)), Ok((3, 103))]);
    assert_eq!(all(&on, BEN).await, [(1, (1, 1)), (2, (1, 2)), (3, (1, 3))]);
    let heard = on.heard.0.lock().unwrap().clone();
    assert_eq!(heard, [(ANN, 1), (BEN, 1), (ANN, 2), (BEN, 2), (ANN, 3), (BEN, 3)]);
}

/// A server of its own, killed and started again: who asks meanwhile waits, and is told if it takes too long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_server_was_killed_the_same_store_goes_on() {
    let mut server = signet_services::Postgres::start().unwrap();
    server.create("signet").unwrap();
    let url = server.url("signet").parse().unwrap();
    let with = async |patience| {
        let heard = Arc::<Heard>::default();
        let store = Postgres::open_with(&url, heard.clone(), Duration::from_secs(patience)).await.unwrap();
        Fixture { store: Arc::new(store), heard, kept: Kept::Nothing }
    };
    let (patient, hasty) = (with(100).await.peopled().await, with(1).await);
    for (seq, on) in [(1, &patient), (2, &hasty)] {
        on.append(letter(&[ANN, BEN], 1, seq, b"text"), 1).await.unwrap();
    }

    server.kill().unwrap();
    let (store, another) = (patient.store.clone(), patient.store.clone());
    let waiting = tokio::spawn(store.append(Arc::new(letter(&[ANN, BEN], 1, 3, b"text")), 2));
    let changing = tokio::spawn(async move { another.put_state(ANN, 1, b"two".to_vec()).await });
    assert_eq!(hasty.append(letter(&[ANN, BEN], 1, 4, b"text"), 3).await, Err(StoreError::Unavailable));
    assert_eq!(hasty.store.put_state(ANN, 1, b"no".to_vec()).await, Err(StoreError::Unavailable));
    assert_eq!(hasty.store.head(ANN).await, Err(StoreError::Unavailable));
    assert_eq!(hasty.store.check().await, Err(StoreError::Unavailable));
    server.restart().unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().seq, 3);
    assert_eq!(changing.await.unwrap(), Ok(2));
    assert_eq!(hasty.store.check().await, Ok(()));
    assert_eq!(hasty.append(letter(&[ANN, BEN], 1, 4, b"text"), 4).await, Ok((4, 4)));
    assert_eq!(all(&hasty, BEN).await, [(1, (1, 1)), (2, (1, 2)), (3, (1, 3)), (4, (1, 4))]);
    assert_eq!((patient.heard.0.lock().unwrap().len(), hasty.heard.0.lock().unwrap().len()), (4, 4));
}
