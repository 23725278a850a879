//! A database of an earlier release is brought up to date when it is opened.

use super::{
    super::{Replace, Session},
    secrets::{pending, replace},
    *,
};

/// As the first release leaves it, with Ann in it: two sessions, of which one has a share, and a state written twice.
fn first_release() -> String {
    let blob = |text: &str| format!("CAST('{text}' AS BLOB)");
    let all = |byte: &str, n: usize| format!("x'{}'", byte.repeat(n));
    format!(
        "INSERT INTO accounts VALUES (1, {ann}, 'ann', 5);
         INSERT INTO access VALUES (1, 1, 1, {}, {}), (1, 2, 1, {}, {});
         INSERT INTO statements VALUES (1, 1, {});
         INSERT INTO objects VALUES (1, 1, 1, {}), (1, 2, 3, {});
         INSERT INTO heads VALUES (1, 0);
         INSERT INTO sessions VALUES ({one}, 1, 10, 20), ({two}, 1, 30, 40);
         INSERT INTO shares VALUES (1, {one}, {share});",
        blob("password record of ann"),
        blob("password slot of ann"),
        blob("recovery record of ann"),
        blob("recovery slot of ann"),
        blob("statement of ann"),
        blob("keystore of ann"),
        blob("third state of ann"),
        ann = all("01", 16),
        one = all("01", 32),
        two = all("02", 32),
        share = all("07", 32),
    )
}

#[tokio::test]
async fn a_database_of_the_first_release_is_taken_over_with_all_that_is_in_it() {
    let (heard, folder) = (Arc::<Heard>::default(), tempfile::tempdir().unwrap());
    let file = folder.path().join("test.db");
    Sqlite::make_as_of(&file, 1, first_release()).await;

    // The second time it is up to date already.
    for _ in 0..2 {
        let store = Sqlite::open(&file, heard.clone()).await.unwrap();
        let on = Fixture { store: Arc::new(store), heard: heard.clone(), kept: Kept::Nothing };
        let mut sessions = on.store.sessions(ANN).await.unwrap();
        sessions.sort_by_key(|(token, _)| *token);
        let [(_, one), (_, two)] = sessions[..] else { panic!("{sessions:?}") };
        assert_ne!(one.handle, two.handle);
        assert!(one.handle != [0; 16] && two.handle != [0; 16], "random ones");
        let expected = Session {
            account: ANN,
            handle: one.handle,
            created: 10,
            used: 20,
            secret: Some(SecretKind::Password),
            by_login: false,
            browser: BrowserFamily::Other,
            system: SystemFamily::Other,
            replaced: None,
        };
        assert_eq!(sessions[0], ([1; 32], expected));
        assert_eq!((two.created, two.used), (30, 40));
        let vault = on.store.vault([1; 32]).await.unwrap();
        assert_eq!((vault.slot.as_slice(), vault.state.version), (&b"password slot of ann"[..], 3));
        assert_eq!(vault.state.bytes, b"third state of ann");
        let login = on.store.credential("ann", SecretKind::RecoveryKey).await.unwrap().unwrap();
        assert_eq!((login.record.as_slice(), login.version), (&b"recovery record of ann"[..], FIRST_VERSION));
        on.store.close().await;
    }

    // And everything that is new works on it.
    let store = Sqlite::open(&file, heard.clone()).await.unwrap();
    let on = Fixture { store: Arc::new(store), heard, kept: Kept::Nothing };
    assert_eq!(on.store.take_shares([1; 32], [8; 32]).await, Ok(vec![[7; 32]]));
    on.store.open(opened(3, ANN, 50), None).await.unwrap();
    on.store.put_pending([3; 32], SecretKind::Password, pending(9, 50)).await.unwrap();
    let ended = Replace { end_others: true, ..replace(3, SecretKind::Password, 9) };
    assert_eq!(on.store.replace(ended).await.unwrap().count, 2);
    assert_eq!(on.slot([3; 32]).await, "slot 9");
    assert_eq!(on.store.take_shares([1; 32], [8; 32]).await, Err(StoreError::NotFound));
}
