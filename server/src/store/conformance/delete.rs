use std::fs;

use super::{
    super::{Horizon, Pending, Placed, Replace, ReplaceKeys},
    *,
};

async fn delete(on: &Fixture, token: u8, name: &str) -> Result<Vec<TokenHash>, StoreError> {
    on.store.delete([token; 32], mark(name)).await
}

/// Everything of the account itself is gone, and its name with it.
async fn is_gone(on: &Fixture, account: AccountId, name: &str) {
    for kind in [SecretKind::Password, SecretKind::RecoveryKey] {
        assert_eq!(on.store.credential(name, kind).await, Ok(None));
    }
    let by_name = Who::Name(name.parse().unwrap());
    assert_eq!(on.store.statements(by_name, 0).await, Err(StoreError::NoSuchAccount));
    assert_eq!(on.store.head(account).await, Err(StoreError::NoSuchAccount));
    assert!(on.store.put_state(account, 1, Vec::new()).await.is_err());
    assert!(on.store.sessions(account).await.unwrap().is_empty());
    assert!(on.store.open(opened(77, account, 1), None).await.is_err());
    // Nobody gets the name again, not even by the request that made the account.
    assert!(!on.store.is_free(&mark(name)).await.unwrap());
    assert_eq!(on.store.create(new(CAT, name)).await, Err(StoreError::UsernameTaken));
    assert_eq!(on.store.create(new(account, name)).await, Err(StoreError::UsernameTaken));
}

on_every_store! {
    async fn a_deleted_account_leaves_others_what_is_theirs(on) {
        let on = on.peopled().await;
        on.append(letter(&[ANN, BEN], 1, 1, b"to ben"), 100).await.unwrap();
        on.append(letter(&[BEN, ANN], 2, 1, b"to ann"), 101).await.unwrap();
        on.append(letter(&[ANN], 3, 1, b"to herself"), 102).await.unwrap();
        let bens = on.items(BEN, 0).await;
        anew::begin(&on, ANN, "ann").await;
        for token in [1, 2] {
            on.store.open(NewSession { version: 2, ..opened(token, ANN, 10) }, None).await.unwrap();
        }
        on.store.open(opened(3, BEN, 10), None).await.unwrap();
        on.store.take_shares([1; 32], [7; 32]).await.unwrap();
        let mut ended = delete(&on, 1, "ann").await.unwrap();
        ended.sort_unstable();
        assert_eq!(ended, [[1; 32], [2; 32]]);
        is_gone(&on, ANN, "ann").await;
        assert_eq!(delete(&on, 1, "ann").await, Err(StoreError::NoSession));

        assert_eq!(on.items(BEN, 0).await, bens, "to the byte");
        let statements = vec!["statement of ann".into(), "new statement of ann".into()];
        assert_eq!(on.store.statements(Who::Id(ANN), 0).await, Ok(statements), "to check it by");
        assert_eq!(on.store.anew_of(ANN).await, Ok(None));
        assert_eq!(on.store.earlier(ANN, 1, SecretKind::Password).await, Ok(None));
        assert_eq!(on.store.earlier_credential(ANN, 1, SecretKind::Password).await, Ok(None));
        assert!(on.store.session([3; 32]).await.unwrap().is_some());
        // Nothing can be sent to her or by her, though the store had seen her a moment ago.
        let to_her = on.append(letter(&[BEN, ANN], 2, 2, b"where are you"), 103).await;
        assert_eq!(to_her, Err(StoreError::NoSuchAccount));
        assert_eq!(on.append(letter(&[ANN, BEN], 1, 2, b"here"), 104).await, Err(StoreError::NoSuchAccount));
        let to_others = on.append(letter(&[BEN, CAT], 2, 2, b"she is gone"), 105).await;
        assert_eq!(to_others, Ok((3, 105)), "behind a refusal nothing is numbered");
    }

    async fn what_nobody_else_has_goes_with_the_last_who_had_it(on) {
        let on = on.peopled().await;
        on.append(letter(&[ANN, BEN], 1, 1, b"to ben"), 100).await.unwrap();
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        on.store.open(opened(2, BEN, 10), None).await.unwrap();
        on.store.open(opened(3, CAT, 10), None).await.unwrap();
        // Cat has nothing in common with anybody.
        assert_eq!(delete(&on, 3, "cat").await, Ok(vec![[3; 32]]));
        assert_eq!(on.store.statements(Who::Id(CAT), 0).await, Err(StoreError::NoSuchAccount));
        assert!(!on.store.is_free(&mark("cat")).await.unwrap());
        delete(&on, 1, "ann").await.unwrap();
        assert!(on.store.statements(Who::Id(ANN), 0).await.is_ok());
        delete(&on, 2, "ben").await.unwrap();
        assert_eq!(on.store.statements(Who::Id(BEN), 0).await, Err(StoreError::NoSuchAccount));
        if let Kept::Folder(folder) = &on.kept {
            on.store.close().await;
            for word in ["record of", "slot of", "keystore of", "state of", "statement of ben", "statement of cat", "to ben"] {
                for file in fs::read_dir(folder.path()).unwrap() {
                    let bytes = fs::read(file.unwrap().path()).unwrap();
                    let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                    assert!(!found, "{word:?} is still on the disk");
                }
            }
        }
    }

    async fn only_who_knows_a_secret_of_now_deletes(on) {
        let on = on.peopled().await;
        assert_eq!(delete(&on, 1, "ann").await, Err(StoreError::NoSession));
        for token in [1, 2] {
            on.store.open(opened(token, ANN, 10), None).await.unwrap();
        }
        let (kind, id) = (SecretKind::Password, [5; 16]);
        let pending = Pending { id, made: 20, profile: 1, record: b"new".to_vec(), slot: b"new".to_vec() };
        on.store.put_pending([2; 32], kind, pending).await.unwrap();
        let replace = Replace {
            token: [2; 32],
            kind,
            pending: id,
            made_after: 0,
            login: [6; 32],
            end_others: false,
            keys: ReplaceKeys::Whatever,
            alive: Horizon { used: 0, created: 0 },
        };
        on.store.replace(replace).await.unwrap();
        assert_eq!(delete(&on, 1, "ann").await, Err(StoreError::SecretReplaced));
        assert!(on.store.credential("ann", kind).await.unwrap().is_some());
        assert!(delete(&on, 2, "ann").await.is_ok());
        is_gone(&on, ANN, "ann").await;
    }

    async fn a_message_sent_again_after_its_sender_is_gone_is_no_message(on) {
        let on = on.peopled().await;
        let sent: Result<Placed, _> = on.store.append(Arc::new(letter(&[ANN, BEN], 1, 1, b"a")), 100).await;
        assert!(sent.is_ok());
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        delete(&on, 1, "ann").await.unwrap();
        assert!(on.append(letter(&[ANN, BEN], 1, 1, b"b"), 101).await.is_err());
        assert_eq!(on.items(BEN, 0).await.len(), 1);
    }
}
