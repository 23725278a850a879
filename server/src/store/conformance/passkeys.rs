use signet_shared::opaque::PasskeyPlace;

use super::{
    secrets::{pending, replace},
    *,
};

fn place(number: u8) -> PasskeyPlace {
    PasskeyPlace::from_number(number).unwrap()
}

fn passkey(number: u8) -> SecretKind {
    SecretKind::Passkey(place(number))
}

impl Fixture {
    /// Ann and Ben, each with a session by the password: 1 and 2.
    async fn with_sessions(self) -> Self {
        let on = self.peopled().await;
        on.store.open(opened(1, ANN, 10), None).await.unwrap();
        on.store.open(opened(2, BEN, 10), None).await.unwrap();
        on
    }

    async fn add(&self, token: u8, kind: SecretKind, id: u8) -> Result<(), StoreError> {
        self.store.put_pending([token; 32], kind, pending(id, id.into())).await.unwrap();
        self.store.replace(replace(token, kind, id)).await.map(drop)
    }
}

on_every_store! {
    async fn a_passkey_is_a_way_in_of_its_own(on) {
        let on = on.with_sessions().await;
        assert_eq!(on.store.credential("ann", passkey(0)).await, Ok(None));
        assert_eq!(on.store.passkeys(ANN).await, Ok(Vec::new()));
        on.add(1, passkey(2), 7).await.unwrap();
        on.add(1, passkey(0), 8).await.unwrap();
        assert_eq!(on.store.passkeys(ANN).await, Ok(vec![(place(0), 8), (place(2), 7)]));
        assert_eq!(on.store.passkeys(BEN).await, Ok(Vec::new()));
        assert_eq!(on.store.passkeys(NOBODY).await, Ok(Vec::new()));
        let way = on.store.credential("ann", passkey(2)).await.unwrap().unwrap();
        assert_eq!((way.record, way.version), (b"record 7".to_vec(), 7));
        let by_passkey = NewSession { secret: passkey(2), version: 7, ..opened(3, ANN, 20) };
        on.store.open(by_passkey, None).await.unwrap();
        assert_eq!((on.slot([3; 32]).await, on.slot([1; 32]).await), ("slot 7".into(), "password slot of ann".into()));
        let other_version = NewSession { version: 6, ..by_passkey };
        assert_eq!(on.store.open(other_version, None).await, Err(StoreError::VersionConflict));
    }

    async fn a_place_that_is_taken_is_not_taken_again(on) {
        let on = on.with_sessions().await;
        on.add(1, passkey(1), 7).await.unwrap();
        assert_eq!(on.add(1, passkey(1), 8).await, Err(StoreError::VersionConflict));
        assert_eq!(on.store.passkeys(ANN).await, Ok(vec![(place(1), 7)]));
        on.add(2, passkey(1), 9).await.unwrap();
        assert_eq!(on.store.passkeys(BEN).await, Ok(vec![(place(1), 9)]));
    }

    async fn none_outlives_a_new_beginning(on) {
        let on = on.with_sessions().await;
        on.add(1, passkey(1), 7).await.unwrap();
        on.store.ask_anew(anew::by_session(1, 3, 20)).await.unwrap();
        on.store.begin_anew(anew::identity("ann", 3)).await.unwrap();
        assert_eq!(on.store.passkeys(ANN).await, Ok(Vec::new()));
        assert_eq!(on.store.credential("ann", passkey(1)).await, Ok(None));
    }

    async fn a_removed_passkey_opens_nothing(on) {
        let on = on.with_sessions().await;
        on.add(1, passkey(1), 7).await.unwrap();
        on.add(2, passkey(1), 7).await.unwrap();
        let by_passkey = NewSession { secret: passkey(1), version: 7, ..opened(3, ANN, 20) };
        on.store.open(by_passkey, None).await.unwrap();
        let this = NewSession { token: [5; 32], handle: [5; 16], ..by_passkey };
        on.store.open(this, None).await.unwrap();
        assert_eq!(on.store.remove_passkey([5; 32], place(1)).await, Ok(vec![[3; 32]]), "what it opened elsewhere is over");
        assert_eq!(on.store.passkeys(ANN).await, Ok(Vec::new()));
        assert_eq!(on.store.credential("ann", passkey(1)).await, Ok(None));
        assert_eq!(on.store.open(NewSession { token: [4; 32], handle: [4; 16], ..by_passkey }, None).await, Err(StoreError::VersionConflict));
        assert_eq!(on.store.session([3; 32]).await, Ok(None));
        // The one that removed it lives on, and changes no secret.
        assert_eq!(on.slot([5; 32]).await, "");
        assert_eq!(on.store.remove_passkey([5; 32], place(2)).await, Err(StoreError::SecretReplaced));
        assert_eq!(on.store.remove_passkey([9; 32], place(2)).await, Err(StoreError::NoSession));
        assert_eq!(on.store.remove_passkey([1; 32], place(1)).await, Ok(Vec::new()));
        assert_eq!(on.store.passkeys(BEN).await, Ok(vec![(place(1), 7)]), "nobody else's");
        // Its place is free, and what it was is not what is there then.
        on.add(1, passkey(1), 8).await.unwrap();
        assert_eq!(on.store.open(NewSession { token: [4; 32], handle: [4; 16], ..by_passkey }, None).await, Err(StoreError::VersionConflict));
    }
}
