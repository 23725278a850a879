use super::{
    super::{EndedSessions, Horizon, Object, Rescue, Stand},
    secrets::{pending, replace},
    *,
};
use signet_shared::opaque::PasskeyPlace;

const PASSWORD: SecretKind = SecretKind::Password;
const KEY: SecretKind = SecretKind::RecoveryKey;
const ALL_ALIVE: Horizon = Horizon { used: 0, created: 0 };

/// By session 1, of what it has left pending as 7 and 8.
fn rescue() -> Rescue {
    Rescue {
        token: [1; 32],
        password: [7; 16],
        recovery: [8; 16],
        made_after: 0,
        login: [1; 32],
        keys: NewKeys { expected: 1, keystore: b"new keystore".into(), seq: 2, statement: b"second".into() },
        expected: 1,
        state: b"new state".into(),
        alive: ALL_ALIVE,
    }
}

impl Fixture {
    /// Ann with sessions 1 to 3, the last by her recovery key, Ben with session 4, and both new ways in pending.
    async fn in_danger(self) -> Self {
        let on = self.peopled().await;
        let by_key = NewSession { secret: KEY, ..opened(3, ANN, 10) };
        for new in [opened(1, ANN, 10), opened(2, ANN, 10), by_key, opened(4, BEN, 10)] {
            on.store.open(new, None).await.unwrap();
        }
        on.store.put_pending([1; 32], PASSWORD, pending(7, 5)).await.unwrap();
        on.store.put_pending([1; 32], KEY, pending(8, 5)).await.unwrap();
        on.store.take_shares([1; 32], [9; 32]).await.unwrap();
        on
    }

    /// Everything that a rescue changes.
    async fn standing(&self, token: u8) -> (Option<Vault>, Vec<(Vec<u8>, u64)>, usize) {
        let mut ways = Vec::new();
        for kind in [PASSWORD, KEY] {
            let way = self.store.credential("ann", kind).await.unwrap().unwrap();
            ways.push((way.record, way.version));
        }
        (self.store.vault([token; 32]).await.ok(), ways, self.store.sessions(ANN).await.unwrap().len())
    }
}

on_every_store! {
    async fn a_rescue_replaces_everything_that_opens_the_account(on) {
        let on = on.in_danger().await;
        // A passkey, and another that is waiting.
        let passkey = |number| SecretKind::Passkey(PasskeyPlace::from_number(number).unwrap());
        on.store.put_pending([1; 32], passkey(0), pending(6, 5)).await.unwrap();
        on.store.replace(replace(1, passkey(0), 6)).await.unwrap();
        on.store.put_pending([1; 32], passkey(1), pending(5, 5)).await.unwrap();
        on.store.ask_anew(anew::by_session(2, 3, 20)).await.unwrap();
        on.store.put_code("ann", anew::CODE, 1000).await.unwrap();
        let ended = on.store.rescue(rescue()).await.unwrap();
        let asked = on.store.anew_of(ANN).await.unwrap().unwrap();
        assert_eq!(asked.stand, Stand::Refused, "by whoever got in");
        assert_eq!(on.store.ask_anew(anew::by_code("ann", 4, 30)).await, Err(StoreError::NotFound));
        assert_eq!(on.store.passkeys(ANN).await, Ok(Vec::new()), "they open the old master key");
        assert_eq!(on.store.pending([1; 32], passkey(1)).await, Ok(None));
        assert_eq!((ended.count, ended.tokens.len()), (2, 2));
        assert!(ended.tokens.contains(&[2; 32]) && ended.tokens.contains(&[3; 32]));
        let (vault, ways, sessions) = on.standing(1).await;
        assert_eq!(ways, [(b"record 7".to_vec(), 2), (b"record 8".to_vec(), 2)]);
        assert_eq!(sessions, 1);
        let vault = vault.unwrap();
        assert_eq!(vault.slot, b"slot 7");
        assert_eq!(vault.keystore, Object { version: 2, bytes: b"new keystore".into() });
        assert_eq!(vault.state, Object { version: 2, bytes: b"new state".into() });
        assert_eq!(vault.statements, [b"statement of ann".to_vec(), b"second".to_vec()]);
        assert_eq!(on.store.take_shares([1; 32], [5; 32]).await, Ok(Vec::new()), "what helped to open the old one");
        for kind in [PASSWORD, KEY] {
            assert_eq!(on.store.pending([1; 32], kind).await, Ok(None));
        }
        // A login that was begun with an old secret opens nothing now.
        assert_eq!(on.store.open(opened(5, ANN, 20), None).await, Err(StoreError::VersionConflict));
        assert_eq!(on.slot([4; 32]).await, "password slot of ben", "nobody else's");
        assert_eq!(on.store.session([4; 32]).await.unwrap().map(|session| session.account), Some(BEN));
    }

    async fn the_same_rescue_again_is_answered_as_the_first_time(on) {
        let on = on.in_danger().await;
        on.store.rescue(rescue()).await.unwrap();
        let before = on.standing(1).await;
        assert_eq!(on.store.rescue(rescue()).await, Ok(EndedSessions { count: 2, tokens: Vec::new() }));
        assert_eq!(on.standing(1).await, before);
    }

    async fn a_rescue_that_does_not_follow_changes_nothing_at_all(on) {
        let on = on.in_danger().await;
        let before = on.standing(1).await;
        let keys = || rescue().keys;
        let wrong = [
            ("another's", Rescue { token: [2; 32], ..rescue() }),
            ("another password", Rescue { password: [6; 16], ..rescue() }),
            ("another recovery key", Rescue { recovery: [6; 16], ..rescue() }),
            ("one for the other", Rescue { password: [8; 16], recovery: [7; 16], ..rescue() }),
            ("too old", Rescue { made_after: 5, ..rescue() }),
            ("another keystore", Rescue { keys: NewKeys { expected: 2, ..keys() }, ..rescue() }),
            ("another statement", Rescue { keys: NewKeys { seq: 3, ..keys() }, ..rescue() }),
            ("another state", Rescue { expected: 2, ..rescue() }),
        ];
        for (what, wrong) in wrong {
            assert_eq!(on.store.rescue(wrong).await, Err(StoreError::VersionConflict), "{what}");
            assert_eq!(on.standing(1).await, before, "{what}");
        }
        assert_eq!(on.store.rescue(Rescue { token: [9; 32], ..rescue() }).await, Err(StoreError::NoSession));
        assert_eq!(on.store.take_shares([1; 32], [5; 32]).await, Ok(vec![[9; 32]]), "not gone");
        assert_eq!(on.store.pending([1; 32], PASSWORD).await, Ok(Some(pending(7, 5))));
        on.store.rescue(rescue()).await.unwrap();
    }
}
