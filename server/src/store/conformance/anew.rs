use super::{
    super::{AnewRequest, BegunAnew, Earlier, NewIdentity, NewRequest, Object, Right, Stand, Versions},
    secrets::pending,
    *,
};

pub(super) const CODE: [u8; 32] = [50; 32];

pub(super) fn by_code(name: &str, claim: u8, now: u64) -> NewRequest {
    let right = Right::Code { username: name.to_owned(), hash: CODE };
    NewRequest { right, id: [claim; 16], claim: [claim; 32], now }
}

pub(super) fn by_session(token: u8, claim: u8, now: u64) -> NewRequest {
    NewRequest { right: Right::Session([token; 32]), id: [claim; 16], claim: [claim; 32], now }
}

/// The next identity of an account that has written its keys and its state once each.
pub(super) fn identity(name: &str, claim: u8) -> NewIdentity {
    let access = |word: &str| NewAccess {
        record: format!("new {word} record of {name}").into(),
        slot: format!("new {word} slot of {name}").into(),
    };
    NewIdentity {
        claim: [claim; 32],
        asked_by: u64::MAX / 2,
        profile: 1,
        password: access("password"),
        recovery: access("recovery"),
        seq: 2,
        statement: format!("new statement of {name}").into(),
        keystore: Object { version: 2, bytes: format!("new keystore of {name}").into() },
        state: Object { version: 1001, bytes: format!("new state of {name}").into() },
    }
}

/// The account begins anew.
pub(super) async fn begin(on: &Fixture, account: AccountId, name: &str) {
    on.store.open(opened(99, account, 10), None).await.unwrap();
    on.store.ask_anew(by_session(99, 90, 20)).await.unwrap();
    let begun = on.store.begin_anew(identity(name, 90)).await.unwrap();
    assert_eq!(begun, BegunAnew { account, version: 2, ended: vec![[99; 32]] });
}

on_every_store! {
    async fn a_code_is_good_once_for_its_name_and_for_its_time(on) {
        let on = on.peopled().await;
        assert_eq!(on.store.put_code("nobody", CODE, 1000).await, Err(StoreError::NoSuchAccount));
        assert_eq!(on.store.ask_anew(by_code("ann", 1, 500)).await, Err(StoreError::NotFound), "there is none");
        on.store.put_code("ann", CODE, 1000).await.unwrap();
        for name in ["ben", "nobody"] {
            assert_eq!(on.store.ask_anew(by_code(name, 1, 500)).await, Err(StoreError::NotFound));
        }
        assert_eq!(on.store.ask_anew(by_code("ann", 1, 1000)).await, Err(StoreError::NotFound), "out of date");
        let asked = AnewRequest { account: ANN, id: [1; 16], claim: [1; 32], asked: 999, stand: Stand::Waiting };
        assert_eq!(on.store.ask_anew(by_code("ann", 1, 999)).await, Ok(asked));
        // The same again, whose first answer was lost.
        let again = NewRequest { id: [7; 16], now: 5000, ..by_code("ann", 1, 0) };
        assert_eq!(on.store.ask_anew(again).await, Ok(asked));
        assert_eq!(on.store.ask_anew(by_code("ben", 1, 999)).await, Err(StoreError::NotFound), "not hers");
        assert_eq!(on.store.ask_anew(by_code("ann", 2, 999)).await, Err(StoreError::NotFound), "used");
        assert_eq!(on.store.anew_by_claim([1; 32]).await, Ok(Some(asked)));
        assert_eq!(on.store.anew_of(ANN).await, Ok(Some(asked)));
        assert_eq!(on.store.anew_of(BEN).await, Ok(None));
        // A newer code takes the place of an older one.
        on.store.put_code("ann", [51; 32], 2000).await.unwrap();
        on.store.put_code("ann", CODE, 2000).await.unwrap();
        let old = Right::Code { username: "ann".into(), hash: [51; 32] };
        assert_eq!(on.store.ask_anew(NewRequest { right: old, ..by_code("ann", 3, 1500) }).await, Err(StoreError::NotFound));
        assert!(on.store.ask_anew(by_code("ann", 3, 1500)).await.is_ok());
    }

    async fn a_newer_request_takes_the_place_of_an_older_one(on) {
        let on = on.peopled().await;
        assert_eq!(on.store.ask_anew(by_session(1, 1, 100)).await, Err(StoreError::NoSession));
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        on.store.open(opened(2, BEN, 10), None).await.unwrap();
        let asked = on.store.ask_anew(by_session(1, 1, 100)).await.unwrap();
        assert_eq!(on.store.ask_anew(by_session(1, 1, 300)).await, Ok(asked), "the same again");
        assert_eq!(on.store.ask_anew(by_session(2, 1, 300)).await, Err(StoreError::NotFound), "another's claim");
        let newer = on.store.ask_anew(by_session(1, 2, 400)).await.unwrap();
        assert_eq!((newer.asked, newer.stand), (400, Stand::Waiting));
        assert_eq!(on.store.anew_by_claim([1; 32]).await, Ok(None));
        assert_eq!(on.store.anew_of(ANN).await, Ok(Some(newer)));
    }

    async fn a_session_takes_the_place_of_none_that_was_made_by_a_code(on) {
        let on = on.peopled().await;
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        on.store.ask_anew(by_session(1, 1, 100)).await.unwrap();
        on.store.put_code("ann", CODE, 1000).await.unwrap();
        let vetted = on.store.ask_anew(by_code("ann", 2, 200)).await.unwrap();
        assert_eq!(on.store.ask_anew(by_session(1, 3, 300)).await, Err(StoreError::PlaceTaken));
        assert_eq!(on.store.ask_anew(by_session(1, 2, 300)).await, Ok(vetted), "its own, asked for again");
        assert_eq!(on.store.anew_of(ANN).await, Ok(Some(vetted)));
        // A newer code does, and so does a session once it has refused.
        on.store.put_code("ann", CODE, 1000).await.unwrap();
        assert!(on.store.ask_anew(by_code("ann", 4, 400)).await.is_ok());
        on.store.refuse_anew([1; 32], [4; 16]).await.unwrap();
        for claim in [5, 6] {
            assert!(on.store.ask_anew(by_session(1, claim, 500)).await.is_ok());
        }
    }

    async fn a_session_of_the_account_refuses_what_it_was_shown(on) {
        let on = on.peopled().await;
        for (token, account) in [(1, ANN), (2, BEN)] {
            on.store.open(opened(token, account, 10), None).await.unwrap();
        }
        on.store.ask_anew(by_session(1, 1, 100)).await.unwrap();
        assert_eq!(on.store.refuse_anew([9; 32], [1; 16]).await, Err(StoreError::NoSession));
        assert_eq!(on.store.refuse_anew([2; 32], [1; 16]).await, Err(StoreError::NotFound), "another account's");
        assert_eq!(on.store.refuse_anew([1; 32], [2; 16]).await, Err(StoreError::NotFound), "another request");
        for _ in 0..2 {
            assert_eq!(on.store.refuse_anew([1; 32], [1; 16]).await, Ok(()));
        }
        assert_eq!(on.store.anew_by_claim([1; 32]).await.unwrap().unwrap().stand, Stand::Refused);
        assert_eq!(on.store.begin_anew(identity("ann", 1)).await, Err(StoreError::Refused));
        // Asked again, it waits again.
        assert_eq!(on.store.ask_anew(by_session(1, 3, 200)).await.unwrap().stand, Stand::Waiting);
        assert!(on.store.begin_anew(identity("ann", 3)).await.is_ok());
        on.store.open(NewSession { version: 2, ..opened(1, ANN, 10) }, None).await.unwrap();
        assert_eq!(on.store.refuse_anew([1; 32], [3; 16]).await, Err(StoreError::NotFound), "too late");
    }

    async fn a_new_identity_takes_the_place_of_all_that_opened_the_account_or_of_nothing(on) {
        let on = on.peopled().await;
        on.append(letter(&[BEN, ANN], 2, 1, b"to ann"), 100).await.unwrap();
        for (token, account) in [(1, ANN), (2, ANN), (3, BEN)] {
            on.store.open(opened(token, account, 10), None).await.unwrap();
        }
        on.store.put_pending([1; 32], SecretKind::Password, pending(5, 10)).await.unwrap();
        assert_eq!(on.store.begin_anew(identity("ann", 1)).await, Err(StoreError::NotFound), "nobody asked");
        on.store.ask_anew(by_session(1, 1, 100)).await.unwrap();
        let new = identity("ann", 1);
        let not_yet = NewIdentity { asked_by: 99, ..new.clone() };
        assert_eq!(on.store.begin_anew(not_yet).await, Err(StoreError::TooEarly));
        let object = |version| Object { version, bytes: b"other".to_vec() };
        for wrong in [
            NewIdentity { seq: 1, ..new.clone() },
            NewIdentity { seq: 3, ..new.clone() },
            NewIdentity { keystore: object(1), ..new.clone() },
            NewIdentity { keystore: object(3), ..new.clone() },
            NewIdentity { state: object(1), ..new.clone() },
            NewIdentity { state: object(u64::MAX), ..new.clone() },
        ] {
            assert_eq!(on.store.begin_anew(wrong).await, Err(StoreError::VersionConflict));
        }
        assert_eq!(on.store.versions(ANN).await, Ok(Versions { keystore: 1, state: 1 }));
        assert_eq!(on.slot([1; 32]).await, "password slot of ann", "nothing has changed");
        assert!(on.store.pending([1; 32], SecretKind::Password).await.unwrap().is_some());

        let begun = on.store.begin_anew(NewIdentity { asked_by: 100, ..new.clone() }).await.unwrap();
        let mut ended = begun.ended.clone();
        ended.sort_unstable();
        assert_eq!((begun.account, begun.version, ended), (ANN, 2, vec![[1; 32], [2; 32]]));
        assert!(on.store.sessions(ANN).await.unwrap().is_empty());
        assert!(on.store.session([3; 32]).await.unwrap().is_some());
        assert_eq!(on.store.anew_of(ANN).await.unwrap().unwrap().stand, Stand::Done);
        // Logins that were begun with an earlier secret end in nothing.
        assert_eq!(on.store.open(opened(4, ANN, 10), None).await, Err(StoreError::VersionConflict));
        for (kind, word) in [(SecretKind::Password, "password"), (SecretKind::RecoveryKey, "recovery")] {
            let login = on.store.credential("ann", kind).await.unwrap().unwrap();
            assert_eq!((login.record, login.version), (format!("new {word} record of ann").into_bytes(), 2));
            let earlier = on.store.earlier_credential(ANN, 1, kind).await.unwrap().unwrap();
            assert_eq!((earlier.record, earlier.profile), (format!("{word} record of ann").into_bytes(), 1));
            let kept = on.store.earlier(ANN, 1, kind).await.unwrap().unwrap();
            let expected = Earlier {
                slot: format!("{word} slot of ann").into(),
                keystore: Object { version: 1, bytes: "keystore of ann".into() },
                state: Object { version: 1, bytes: "state of ann".into() },
            };
            assert_eq!(kept, expected);
            assert_eq!(on.store.earlier(ANN, 2, kind).await, Ok(None));
            assert_eq!(on.store.earlier(BEN, 1, kind).await, Ok(None));
            assert_eq!(on.store.earlier(ANN, u64::MAX, kind).await, Ok(None));
            assert_eq!(on.store.earlier_credential(ANN, u64::MAX, kind).await, Ok(None));
        }
        let session = NewSession { version: 2, ..opened(4, ANN, 10) };
        on.store.open(session, None).await.unwrap();
        let vault = on.store.vault([4; 32]).await.unwrap();
        assert_eq!((vault.slot, vault.keystore, vault.state), (new.password.slot.clone(), new.keystore.clone(), new.state.clone()));
        assert_eq!(vault.statements, [b"statement of ann".to_vec(), new.statement.clone()]);
        assert_eq!(on.store.versions(ANN).await, Ok(Versions { keystore: 2, state: 1001 }));
        assert_eq!(on.store.pending([4; 32], SecretKind::Password).await, Ok(None));
        // The mailbox is the same one, and goes on.
        assert_eq!(on.items(ANN, 0).await.len(), 1);
        assert!(on.append(letter(&[BEN, ANN], 2, 2, b"again"), 101).await.is_ok());

        // The same again; something else by the same claim is nothing.
        let again = BegunAnew { account: ANN, version: 2, ended: Vec::new() };
        assert_eq!(on.store.begin_anew(new.clone()).await, Ok(again));
        assert!(on.store.session([4; 32]).await.unwrap().is_some(), "which ends nobody's session");
        let other = NewIdentity { statement: b"another".to_vec(), ..new };
        assert_eq!(on.store.begin_anew(other).await, Err(StoreError::NotFound));
    }

    async fn whoever_begins_anew_twice_has_two_earlier_identities(on) {
        let on = on.peopled().await;
        begin(&on, ANN, "ann").await;
        on.store.put_code("ann", CODE, 1000).await.unwrap();
        on.store.ask_anew(by_code("ann", 4, 500)).await.unwrap();
        let second = NewIdentity {
            seq: 3,
            statement: b"third".to_vec(),
            keystore: Object { version: 3, bytes: b"third".to_vec() },
            state: Object { version: 2001, bytes: b"third".to_vec() },
            ..identity("anne", 4)
        };
        on.store.begin_anew(second).await.unwrap();
        let slot = async |seq| on.store.earlier(ANN, seq, SecretKind::Password).await.unwrap().unwrap().slot;
        assert_eq!(slot(1).await, b"password slot of ann");
        assert_eq!(slot(2).await, b"new password slot of ann");
    }

    async fn what_is_out_of_date_is_forgotten(on) {
        let on = on.peopled().await;
        on.store.put_code("ann", CODE, 1000).await.unwrap();
        on.store.put_code("ben", CODE, 2000).await.unwrap();
        on.store.open(opened(1, CAT, 10), None).await.unwrap();
        on.store.ask_anew(by_session(1, 1, 100)).await.unwrap();
        assert_eq!(on.store.forget_anew(1000, 100).await, Ok(1));
        assert!(on.store.anew_of(CAT).await.unwrap().is_some());
        assert_eq!(on.store.forget_anew(1001, 101).await, Ok(1));
        assert_eq!(on.store.anew_of(CAT).await, Ok(None));
        assert!(on.store.ask_anew(by_code("ben", 2, 1500)).await.is_ok());
    }
}
