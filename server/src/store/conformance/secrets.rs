use signet_shared::api::WhichSessions;

use super::{
    super::{EndedSessions, Horizon, Pending, Replace, ReplaceKeys},
    *,
};

const PASSWORD: SecretKind = SecretKind::Password;
const KEY: SecretKind = SecretKind::RecoveryKey;
const ALL_ALIVE: Horizon = Horizon { used: 0, created: 0 };

pub(super) fn pending(id: u8, made: u64) -> Pending {
    Pending { id: [id; 16], made, profile: 1, record: format!("record {id}").into(), slot: format!("slot {id}").into() }
}

pub(super) fn replace(token: u8, kind: SecretKind, id: u8) -> Replace {
    let (token, pending, login) = ([token; 32], [id; 16], [id; 32]);
    Replace {
        token,
        kind,
        pending,
        made_after: 0,
        login,
        end_others: false,
        keys: ReplaceKeys::Whatever,
        alive: ALL_ALIVE,
    }
}

impl Fixture {
    /// Ann with sessions 1 and 2 by her password and 3 by her recovery key, and Ben with session 4.
    async fn signed_in(self) -> Self {
        let on = self.peopled().await;
        for new in [
            opened(1, ANN, 10),
            opened(2, ANN, 10),
            NewSession { secret: KEY, ..opened(3, ANN, 10) },
            opened(4, BEN, 10),
        ] {
            on.store.open(new, None).await.unwrap();
        }
        on
    }

    /// The record that logins are judged by, and its version.
    async fn record(&self, name: &str, kind: SecretKind) -> (String, u64) {
        let found = self.store.credential(name, kind).await.unwrap().unwrap();
        (String::from_utf8(found.record).unwrap(), found.version)
    }
}

on_every_store! {
    async fn username_is_that_of_the_account(on) {
        let on = on.peopled().await;
        assert_eq!(on.store.username(BEN).await, Ok("ben".into()));
        assert_eq!(on.store.username(NOBODY).await, Err(StoreError::NoSuchAccount));
    }

    async fn what_is_pending_is_its_sessions_until_a_newer_one_takes_its_place(on) {
        let on = on.signed_in().await;
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(None));
        on.store.put_pending([1; 32], PASSWORD, pending(1, 5)).await.unwrap();
        on.store.put_pending([1; 32], KEY, pending(2, 6)).await.unwrap();
        on.store.put_pending([4; 32], PASSWORD, pending(3, 7)).await.unwrap();
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(Some(pending(1, 5))));
        assert_eq!(on.store.pending([1; 32], KEY).await, Ok(Some(pending(2, 6))));
        assert_eq!(on.store.pending([2; 32], PASSWORD).await, Ok(None), "another session's");
        on.store.put_pending([2; 32], PASSWORD, pending(4, 8)).await.unwrap();
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(None), "another took its place");
        assert_eq!(on.store.pending([2; 32], PASSWORD).await, Ok(Some(pending(4, 8))));
        assert_eq!(on.store.pending([1; 32], KEY).await, Ok(Some(pending(2, 6))), "of the other kind");
        assert_eq!(on.store.pending([4; 32], PASSWORD).await, Ok(Some(pending(3, 7))), "of the other account");
        assert_eq!(on.store.put_pending([9; 32], PASSWORD, pending(5, 9)).await, Err(StoreError::NoSession));
        assert_eq!(on.record("ann", PASSWORD).await, ("password record of ann".into(), 1), "of no use for signing in");
    }

    async fn what_is_pending_goes_with_its_session_and_with_time(on) {
        let on = on.signed_in().await;
        let put = async || on.store.put_pending([1; 32], PASSWORD, pending(1, 5)).await.unwrap();
        // The same token again finds nothing of the one before.
        let gone = async || {
            on.store.open(opened(1, ANN, 10), None).await.unwrap();
            on.store.pending([1; 32], PASSWORD).await == Ok(None)
        };
        put().await;
        on.store.end([1; 32]).await.unwrap();
        assert!(gone().await, "ended");
        put().await;
        on.store.open(opened(9, BEN, 1), Some([1; 32])).await.unwrap();
        assert!(gone().await, "another took its place");
        put().await;
        on.store.end_which([2; 32], WhichSessions::One([1; 16]), ALL_ALIVE).await.unwrap();
        assert!(gone().await, "ended by another");
        put().await;
        on.store.touch([1; 32], 1).await.unwrap();
        assert_eq!(on.store.expire(2, 0).await, Ok(2), "with Ben's, of the second step");
        assert!(gone().await, "expired");
        put().await;
        assert_eq!(on.store.forget_pending(5).await, Ok(0));
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(Some(pending(1, 5))));
        assert_eq!(on.store.forget_pending(6).await, Ok(1));
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(None));
    }

    async fn replace_puts_one_way_in_where_the_old_one_was(on) {
        let on = on.signed_in().await;
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        on.store.put_pending([1; 32], KEY, pending(8, 5)).await.unwrap();
        assert_eq!(on.store.replace(replace(1, PASSWORD, 7)).await, Ok(EndedSessions::default()));
        assert_eq!(on.record("ann", PASSWORD).await, ("record 7".into(), 2));
        assert_eq!(on.record("ann", KEY).await, ("recovery record of ann".into(), 1));
        assert_eq!(on.record("ben", PASSWORD).await, ("password record of ben".into(), 1));
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(None), "used");
        assert_eq!(on.store.pending([1; 32], KEY).await, Ok(Some(pending(8, 5))));
        // Each session has the slot that its own secret opens, or none.
        for (token, slot) in [(1, "slot 7"), (2, ""), (3, "recovery slot of ann"), (4, "password slot of ben")] {
            assert_eq!(on.slot([token; 32]).await, slot, "{token}");
        }
        let secret = async |token| on.store.session([token; 32]).await.unwrap().unwrap().secret;
        assert_eq!((secret(1).await, secret(2).await, secret(3).await), (Some(PASSWORD), None, Some(KEY)));
        // A login that was begun with the old one opens nothing now.
        assert_eq!(on.store.open(opened(5, ANN, 20), None).await, Err(StoreError::VersionConflict));
        on.store.open(NewSession { version: 2, ..opened(5, ANN, 20) }, None).await.unwrap();
        assert_eq!(on.slot([5; 32]).await, "slot 7");
        // And the other kind, by the same session, which goes on as opened by the password.
        assert_eq!(on.store.replace(replace(1, KEY, 8)).await, Ok(EndedSessions::default()));
        assert_eq!(on.record("ann", KEY).await, ("record 8".into(), 2));
        assert_eq!((on.slot([1; 32]).await, on.slot([3; 32]).await), ("slot 7".into(), String::new()));
    }

    async fn replace_takes_only_what_was_tried_and_only_in_time(on) {
        let on = on.signed_in().await;
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        on.store.put_pending([4; 32], PASSWORD, pending(9, 5)).await.unwrap();
        let wrong = [
            ("another's", replace(2, PASSWORD, 7)),
            ("another one", replace(1, PASSWORD, 6)),
            ("another account's", replace(1, PASSWORD, 9)),
            ("another kind", replace(1, KEY, 7)),
            ("too old", Replace { made_after: 5, ..replace(1, PASSWORD, 7) }),
        ];
        for (what, wrong) in wrong {
            let wrong = Replace { end_others: true, ..wrong };
            assert_eq!(on.store.replace(wrong).await, Err(StoreError::VersionConflict), "{what}");
        }
        assert_eq!(on.store.replace(replace(8, PASSWORD, 7)).await, Err(StoreError::NoSession));
        for (name, kind, record) in [
            ("ann", PASSWORD, "password record of ann"),
            ("ann", KEY, "recovery record of ann"),
            ("ben", PASSWORD, "password record of ben"),
        ] {
            assert_eq!(on.record(name, kind).await, (record.into(), 1), "nothing has changed");
        }
        assert_eq!(on.store.sessions(ANN).await.unwrap().len(), 3);
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(Some(pending(7, 5))));
        // The newer of two is put in place, and the older never.
        on.store.put_pending([2; 32], PASSWORD, pending(8, 6)).await.unwrap();
        assert_eq!(on.store.replace(replace(1, PASSWORD, 7)).await, Err(StoreError::VersionConflict));
        let in_time = Replace { made_after: 5, ..replace(2, PASSWORD, 8) };
        assert_eq!(on.store.replace(in_time).await, Ok(EndedSessions::default()));
        assert_eq!(on.record("ann", PASSWORD).await, ("record 8".into(), 2));
    }

    async fn what_depends_on_the_keystore_is_replaced_with_it_or_not_at_all(on) {
        let on = on.signed_in().await;
        let keys = |expected, seq| NewKeys { expected, keystore: b"next".into(), seq, statement: b"second".into() };
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        let before = on.store.vault([1; 32]).await.unwrap();
        let wrong = [ReplaceKeys::Of(2), ReplaceKeys::Next(keys(2, 2)), ReplaceKeys::Next(keys(1, 3))];
        for keys in wrong {
            let asked = Replace { end_others: true, keys, ..replace(1, PASSWORD, 7) };
            assert_eq!(on.store.replace(asked.clone()).await, Err(StoreError::VersionConflict), "{asked:?}");
        }
        // Neither without what is pending.
        let asked = Replace { keys: ReplaceKeys::Next(keys(1, 2)), ..replace(1, PASSWORD, 6) };
        assert_eq!(on.store.replace(asked).await, Err(StoreError::VersionConflict));
        assert_eq!(on.store.vault([1; 32]).await, Ok(before));
        assert_eq!(on.record("ann", PASSWORD).await, ("password record of ann".into(), 1));
        assert_eq!(on.store.sessions(ANN).await.unwrap().len(), 3);

        let asked = Replace { keys: ReplaceKeys::Next(keys(1, 2)), ..replace(1, PASSWORD, 7) };
        for _ in 0..2 {
            assert_eq!(on.store.replace(asked.clone()).await, Ok(EndedSessions::default()));
        }
        let vault = on.store.vault([1; 32]).await.unwrap();
        assert_eq!((vault.keystore.version, vault.keystore.bytes), (2, b"next".to_vec()));
        assert_eq!(on.store.statements(Who::Id(ANN), 1).await, Ok(vec![b"second".to_vec()]));
        assert_eq!(on.record("ann", PASSWORD).await, ("record 7".into(), 2));
        on.store.put_pending([1; 32], PASSWORD, pending(8, 6)).await.unwrap();
        let stale = Replace { keys: ReplaceKeys::Of(1), ..replace(1, PASSWORD, 8) };
        assert_eq!(on.store.replace(stale).await, Err(StoreError::VersionConflict));
        let good = Replace { keys: ReplaceKeys::Of(2), ..replace(1, PASSWORD, 8) };
        assert_eq!(on.store.replace(good).await, Ok(EndedSessions::default()));
        assert_eq!(on.record("ann", PASSWORD).await, ("record 8".into(), 3));
    }

    async fn replace_ends_the_others_if_asked_and_the_same_again_ends_nobody(on) {
        let on = on.signed_in().await;
        on.store.touch([2; 32], 20).await.unwrap();
        on.store.take_shares([2; 32], [7; 32]).await.unwrap();
        on.store.take_shares([1; 32], [7; 32]).await.unwrap();
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        on.store.put_pending([3; 32], KEY, pending(8, 5)).await.unwrap();
        // Session 3 has run out, and was not yet swept away.
        let alive = Horizon { used: 10, created: 0 };
        let asked = Replace { end_others: true, alive, ..replace(1, PASSWORD, 7) };
        let mut ended = on.store.replace(asked.clone()).await.unwrap();
        ended.tokens.sort_unstable();
        assert_eq!(ended, EndedSessions { count: 1, tokens: vec![[2; 32], [3; 32]] });
        let left: Vec<TokenHash> = on.store.sessions(ANN).await.unwrap().into_iter().map(|(token, _)| token).collect();
        assert_eq!(left, [[1; 32]]);
        assert!(on.store.session([4; 32]).await.unwrap().is_some(), "another account's");
        for token in [2, 3] {
            on.store.open(NewSession { version: 2, ..opened(token, ANN, 30) }, None).await.unwrap();
            assert_eq!(on.store.take_shares([token; 32], [8; 32]).await, Ok(vec![]), "its shares are gone");
            assert_eq!(on.store.pending([token; 32], KEY).await, Ok(None), "and what it left pending");
        }
        assert_eq!(on.store.take_shares([1; 32], [8; 32]).await, Ok(vec![[7; 32]]), "its own share stays");

        let again = EndedSessions { count: 1, tokens: vec![] };
        assert_eq!(on.store.replace(asked.clone()).await, Ok(again.clone()));
        assert_eq!(on.store.sessions(ANN).await.unwrap().len(), 3, "those that were opened since");
        assert_eq!(on.record("ann", PASSWORD).await, ("record 7".into(), 2));
        let replaced = on.store.session([1; 32]).await.unwrap().unwrap().replaced.unwrap();
        assert_eq!((replaced.login, replaced.ended), ([7; 32], 1));
        // From another session it is no repetition, and there is nothing to put in place.
        assert_eq!(on.store.replace(Replace { token: [2; 32], ..asked.clone() }).await, Err(StoreError::VersionConflict));
        // Even when another one has been put in place since.
        on.store.put_pending([2; 32], PASSWORD, pending(9, 5)).await.unwrap();
        on.store.replace(replace(2, PASSWORD, 9)).await.unwrap();
        assert_eq!(on.store.replace(asked).await, Ok(again));
        assert_eq!(on.record("ann", PASSWORD).await, ("record 9".into(), 3));
    }

    async fn a_session_whose_secret_was_replaced_replaces_nothing(on) {
        let on = on.signed_in().await;
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        on.store.replace(replace(1, PASSWORD, 7)).await.unwrap();
        for kind in [PASSWORD, KEY] {
            on.store.put_pending([2; 32], kind, pending(8, 6)).await.unwrap();
            assert_eq!(on.store.replace(replace(2, kind, 8)).await, Err(StoreError::SecretReplaced), "{kind:?}");
        }
        on.store.put_pending([3; 32], PASSWORD, pending(9, 6)).await.unwrap();
        on.store.replace(replace(3, PASSWORD, 9)).await.unwrap();
        assert_eq!(on.record("ann", PASSWORD).await, ("record 9".into(), 3), "by the recovery key it may");
        assert_eq!(on.slot([1; 32]).await, "", "its own was replaced in turn");
    }

    async fn of_two_that_replace_at_once_one_is_put_in_place(on) {
        let on = on.signed_in().await;
        let change = async |token: u8, id: u8| {
            on.store.put_pending([token; 32], PASSWORD, pending(id, 5)).await?;
            on.store.replace(Replace { end_others: true, ..replace(token, PASSWORD, id) }).await
        };
        let (one, two) = tokio::join!(change(1, 7), change(2, 8));
        assert!(one.is_ok() || two.is_ok());
        let (record, version) = on.record("ann", PASSWORD).await;
        let done = [(&one, "record 7"), (&two, "record 8")].into_iter().filter(|(done, _)| done.is_ok());
        let done: Vec<_> = done.map(|(_, record)| record).collect();
        assert_eq!(done, [record.as_str()], "who was told so");
        assert_eq!(version, 2);
        assert_eq!(on.store.sessions(ANN).await.unwrap().len(), 1, "and the other is signed out");
    }

    async fn a_registration_is_no_repetition_once_a_secret_was_replaced(on) {
        for kind in [PASSWORD, KEY] {
            let (account, name) = if kind == PASSWORD { (ANN, "ann") } else { (BEN, "ben") };
            on.store.create(new(account, name)).await.unwrap();
            let token = kind.number();
            on.store.open(opened(token, account, 5), None).await.unwrap();
            // Even the very record that was there.
            let NewAccount { password, recovery, .. } = new(account, name);
            let NewAccess { record, slot } = if kind == PASSWORD { password } else { recovery };
            on.store.put_pending([token; 32], kind, Pending { record, slot, ..pending(7, 5) }).await.unwrap();
            assert_eq!(on.store.create(new(account, name)).await, Ok(Created::Before), "not yet");
            on.store.replace(replace(token, kind, 7)).await.unwrap();
            assert_eq!(on.store.create(new(account, name)).await, Err(StoreError::UsernameTaken), "{kind:?}");
        }
    }
}
