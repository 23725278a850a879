use signet_shared::api::{MAX_SHARES, WhichSessions};

use super::{
    super::{EndedSessions, Horizon, Session},
    *,
};

const ALL_ALIVE: Horizon = Horizon { used: 0, created: 0 };

on_every_store! {
    async fn open_session_touch_end(on) {
        let on = on.peopled().await;
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        let session = on.store.session([1; 32]).await.unwrap().unwrap();
        assert_eq!((session.account, session.created, session.used), (ANN, 10, 10));
        on.store.touch([1; 32], 20).await.unwrap();
        let session = on.store.session([1; 32]).await.unwrap().unwrap();
        assert_eq!((session.created, session.used), (10, 20));
        on.store.open(opened(2, BEN, 30), Some([1; 32])).await.unwrap();
        assert_eq!(on.store.session([1; 32]).await, Ok(None), "replaced");
        assert_eq!(on.store.session([2; 32]).await.unwrap().unwrap().account, BEN);
        on.store.end([2; 32]).await.unwrap();
        assert_eq!(on.store.session([2; 32]).await, Ok(None));
        assert_eq!(on.store.end([2; 32]).await, Ok(()));
        assert_eq!(on.store.open(opened(3, NOBODY, 1), None).await, Err(StoreError::NoSuchAccount));
    }

    async fn expire_ends_the_idle_and_the_old_and_their_shares(on) {
        let on = on.peopled().await;
        for (token, made, used) in [(1, 10, 10), (2, 10, 50), (3, 60, 60)] {
            on.store.open(opened(token, ANN, made), None).await.unwrap();
            on.store.touch([token; 32], used).await.unwrap();
        }
        on.store.take_shares([1; 32], [7; 32]).await.unwrap();
        assert_eq!(on.store.expire(11, 0).await, Ok(1));
        assert_eq!(on.store.session([1; 32]).await, Ok(None));
        assert_eq!(on.store.take_shares([1; 32], [8; 32]).await, Err(StoreError::NotFound));
        assert_eq!(on.store.expire(0, 11).await, Ok(1));
        assert_eq!(on.store.session([2; 32]).await, Ok(None));
        assert!(on.store.session([3; 32]).await.unwrap().is_some());
        // The same token again finds no share of the one before.
        on.store.open(opened(1, ANN, 70), None).await.unwrap();
        assert_eq!(on.store.take_shares([1; 32], [8; 32]).await, Ok(vec![]));
    }

    async fn shares_are_taken_beside_each_other_and_confirmed(on) {
        let on = on.peopled().await;
        let token = [1; 32];
        assert_eq!(on.store.take_shares(token, [1; 32]).await, Err(StoreError::NotFound));
        on.store.open(opened(1, ANN, 1), None).await.unwrap();
        assert_eq!(on.store.take_shares(token, [1; 32]).await, Ok(vec![]));
        assert_eq!(on.store.confirm_share(token, [1; 32]).await, Ok(()));
        assert_eq!(on.store.take_shares(token, [2; 32]).await, Ok(vec![[1; 32]]));
        assert_eq!(on.store.take_shares(token, [2; 32]).await, Ok(vec![[1; 32]]), "the same again");
        assert_eq!(on.store.take_shares(token, [3; 32]).await, Ok(vec![[1; 32], [2; 32]]));
        assert_eq!(on.store.confirm_share(token, [9; 32]).await, Err(StoreError::NotFound));
        assert_eq!(on.store.confirm_share(token, [3; 32]).await, Ok(()));
        assert_eq!(on.store.take_shares(token, [4; 32]).await, Ok(vec![[3; 32]]));
        for n in 0..MAX_SHARES - 2 {
            on.store.take_shares(token, [10 + u8::try_from(n).unwrap(); 32]).await.unwrap();
        }
        assert_eq!(on.store.take_shares(token, [99; 32]).await, Err(StoreError::TooMany));
        on.store.end(token).await.unwrap();
        assert_eq!(on.store.confirm_share(token, [4; 32]).await, Err(StoreError::NotFound));
    }

    async fn a_session_is_as_it_was_opened(on) {
        let on = on.peopled().await;
        let by_key = NewSession {
            secret: SecretKind::RecoveryKey,
            by_login: false,
            browser: BrowserFamily::SamsungInternet,
            system: SystemFamily::Android,
            ..opened(2, ANN, 20)
        };
        let mut expected = Vec::new();
        for new in [opened(1, ANN, 10), by_key] {
            on.store.open(new, None).await.unwrap();
            let session = Session {
                account: ANN,
                handle: new.handle,
                created: new.now,
                used: new.now,
                secret: Some(new.secret),
                by_login: new.by_login,
                browser: new.browser,
                system: new.system,
                replaced: None,
            };
            assert_eq!(on.store.session(new.token).await, Ok(Some(session)));
            expected.push((new.token, session));
        }
        on.store.open(opened(3, BEN, 30), None).await.unwrap();
        let mut all = on.store.sessions(ANN).await.unwrap();
        all.sort_by_key(|(token, _)| *token);
        assert_eq!(all, expected);
        assert_eq!(on.store.sessions(CAT).await, Ok(vec![]));
        assert_eq!(on.store.sessions(NOBODY).await, Ok(vec![]));
    }

    async fn vault_holds_the_slot_of_the_secret_that_opened_the_session(on) {
        let on = on.peopled().await;
        on.store.open(opened(1, BEN, 1), None).await.unwrap();
        on.store.open(NewSession { secret: SecretKind::RecoveryKey, ..opened(2, BEN, 1) }, None).await.unwrap();
        let vault = on.store.vault([2; 32]).await.unwrap();
        assert_eq!(vault.slot, b"recovery slot of ben");
        assert_eq!((vault.keystore.version, vault.keystore.bytes), (1, b"keystore of ben".to_vec()));
        assert_eq!((vault.state.version, vault.state.bytes), (1, b"state of ben".to_vec()));
        assert_eq!(vault.statements, [b"statement of ben"]);
        assert_eq!(on.slot([1; 32]).await, "password slot of ben");
        assert_eq!(on.store.vault([3; 32]).await, Err(StoreError::NoSession));
    }

    async fn a_secret_of_another_version_opens_nothing_and_ends_nothing(on) {
        let on = on.peopled().await;
        on.store.open(opened(1, ANN, 1), None).await.unwrap();
        for version in [0, 2, u64::MAX] {
            let stale = NewSession { version, ..opened(2, ANN, 1) };
            assert_eq!(on.store.open(stale, Some([1; 32])).await, Err(StoreError::VersionConflict), "{version}");
        }
        assert_eq!(on.store.session([2; 32]).await, Ok(None));
        assert!(on.store.session([1; 32]).await.unwrap().is_some(), "what it would have taken the place of");
    }

    async fn end_which_ends_one_or_all_others_of_its_own_account(on) {
        let on = on.peopled().await;
        for (token, account) in [(1, ANN), (2, ANN), (3, ANN), (4, ANN), (5, BEN)] {
            on.store.open(opened(token, account, 10), None).await.unwrap();
            on.store.take_shares([token; 32], [7; 32]).await.unwrap();
        }
        let end = async |which, alive| {
            let mut ended = on.store.end_which([1; 32], which, alive).await?;
            ended.tokens.sort_unstable();
            Ok::<_, StoreError>(ended)
        };
        let none = EndedSessions::default();
        for not_there in [5, 9] {
            assert_eq!(end(WhichSessions::One([not_there; 16]), ALL_ALIVE).await, Ok(none.clone()), "{not_there}");
        }
        let two = EndedSessions { count: 1, tokens: vec![[2; 32]] };
        assert_eq!(end(WhichSessions::One([2; 16]), ALL_ALIVE).await, Ok(two));
        assert_eq!(end(WhichSessions::One([2; 16]), ALL_ALIVE).await, Ok(none.clone()), "again");
        assert_eq!(on.store.take_shares([2; 32], [8; 32]).await, Err(StoreError::NotFound));

        // One that has run out and was not yet swept away is ended as well, and does not count.
        on.store.touch([3; 32], 11).await.unwrap();
        let others = EndedSessions { count: 1, tokens: vec![[3; 32], [4; 32]] };
        assert_eq!(end(WhichSessions::Others, Horizon { used: 10, created: 9 }).await, Ok(others));
        assert_eq!(end(WhichSessions::Others, ALL_ALIVE).await, Ok(none));
        assert!(on.store.session([5; 32]).await.unwrap().is_some(), "another account's");
        let own = EndedSessions { count: 0, tokens: vec![[1; 32]] };
        assert_eq!(end(WhichSessions::One([1; 16]), Horizon { used: 9, created: 10 }).await, Ok(own), "itself");
        assert_eq!(end(WhichSessions::Others, ALL_ALIVE).await, Err(StoreError::NoSession));
    }

    async fn of_two_sessions_that_end_all_others_one_stays(on) {
        let on = on.peopled().await;
        for token in [1, 2] {
            on.store.open(opened(token, ANN, 1), None).await.unwrap();
        }
        let end = |by| on.store.end_which(by, WhichSessions::Others, ALL_ALIVE);
        let (one, two) = tokio::join!(end([1; 32]), end([2; 32]));
        assert!(one.is_ok() != two.is_ok());
        assert_eq!(on.store.sessions(ANN).await.unwrap().len(), 1);
    }
}
