//! Against the renewal of this account's own keys: answers that deny what was done, and halves of it.

use signet_ask::{RenewKeys, Warning};
use signet_crypto::object_hash;
use signet_shared::{
    api::{self, Body, PutKeys},
    wire::{Refusal, ServerFrame},
};
use signet_vault::machine::HttpAnswer;

use crate::{
    common::{World, owner::Owner, traffic::Said},
    stage::Stage,
};

/// Every statement that a browser has asked the relay to store, each once.
fn asked_for(w: &World, id: usize) -> Vec<Vec<u8>> {
    let keys = w.said.iter().filter_map(|(who, said)| match said {
        Said::Request(api::KEYS, body) if *who == id => Some(PutKeys::parse(body).unwrap().statement),
        _ => None,
    });
    let mut statements: Vec<_> = keys.collect();
    statements.sort();
    statements.dedup();
    statements
}

/// The relay stores a new statement and answers that it did not, to have a second one for the same place: two versions of
/// a key log, both signed.
#[test]
fn ev_22_a_second_statement_for_one_place_is_not_had_by_denying_the_first() {
    for refusal in [Refusal::VersionConflict, Refusal::Malformed] {
        for hidden in [false, true] {
            let mut stage = Stage::new();
            let before = stage.w.relay.accounts[&stage.ann_id].clone();
            stage.w.hold = vec![api::KEYS];
            let ask = stage.w.begin(stage.ann, RenewKeys {});
            stage.w.settle();
            stage.w.hold.clear();
            let stored = stage.w.relay.accounts[&stage.ann_id].statements.clone();
            assert_eq!(stored.len(), 2);
            if hidden {
                stage.w.relay.accounts.insert(stage.ann_id, before);
            }
            let denied = HttpAnswer {
                status: refusal.status(),
                refusal: Some(refusal.number()),
                retry_after_s: None,
                body: Vec::new(),
            };
            stage.w.let_go(api::KEYS, Some(denied));
            let answered = stage.w.answer::<RenewKeys>(stage.ann, ask);
            if !hidden && refusal == Refusal::VersionConflict {
                assert_eq!(answered, Some(Ok(())), "it looks, and finds it");
            }
            // Asked again and again, nothing but that one is ever said of its place.
            if hidden {
                stage.w.relay.refuse_path = Some((api::KEYS, refusal));
                for _ in 0..3 {
                    assert!(stage.w.ask(stage.ann, RenewKeys {}).is_err());
                    stage.w.pass(60_000);
                }
                stage.w.relay.refuse_path = None;
            }
            stage.w.pass(600_000);
            assert_eq!(asked_for(&stage.w, stage.ann), stored[1..], "{refusal:?} {hidden}");
            assert_eq!(stage.w.relay.accounts[&stage.ann_id].statements, stored);
            assert_eq!(stage.w.ask(stage.ann, RenewKeys {}), Ok(()));
            assert_eq!(stage.w.relay.verified(stage.ann_id).seq(), 3);
            stage.w.pass(2000);
            stage.shows(&["hello"], &[]);
        }
    }
}

/// A keystore without its statement, or a statement without its keystore: neither is taken in before the other is there.
#[test]
fn ev_07_half_of_a_renewal() {
    for half in [true, false] {
        let mut stage = Stage::new();
        let other = stage.w.sign_in("ann_a");
        let (ann, id) = (stage.ann, stage.ann_id);
        let before = stage.w.relay.accounts[&id].clone();
        // She is not told.
        stage.w.relay.sockets.remove(&ann);
        assert_eq!(stage.w.ask(other, RenewKeys {}), Ok(()));
        let after = stage.w.relay.accounts[&id].clone();
        let shown = stage.w.relay.accounts.get_mut(&id).unwrap();
        if half {
            shown.statements = before.statements;
        } else {
            (shown.keystore, shown.keystore_version) = (before.keystore, before.keystore_version);
        }
        stage.w.come_back(ann);
        stage.w.relay.outgoing.push((ann, ServerFrame::KeysChanged { version: 2 }));
        stage.w.pass(5000);
        *stage.w.relay.accounts.get_mut(&id).unwrap() = after;
        stage.w.relay.outgoing.push((ann, ServerFrame::KeysChanged { version: 2 }));
        stage.w.pass(5000);
        stage.shows(&["hello"], &[]);
        assert_eq!(stage.w.ask(ann, RenewKeys {}), Ok(()), "it goes on from there");
        assert_eq!(stage.w.relay.verified(id).seq(), 3);
    }
}

/// A next keystore that goes on from another than the one that is here: what was between them is kept back.
#[test]
fn ev_07_a_keystore_that_does_not_follow() {
    for follows in [true, false] {
        let mut stage = Stage::new();
        let here = object_hash(&stage.w.relay.accounts[&stage.ann_id].keystore);
        let mut owner = Owner::sign_in(&mut stage.w, "ann_a");
        owner.renew(&mut stage.w.relay, 6, if follows { here } else { [6; 32] });
        stage.w.relay.outgoing.push((stage.ann, ServerFrame::KeysChanged { version: 2 }));
        stage.w.pass(5000);
        stage.w.reload(stage.ann);
        stage.w.pass(5000);
        stage.shows(&["hello"], if follows { &[] } else { &[Warning::RolledBack] });
        assert_eq!(stage.w.ask(stage.ann, RenewKeys {}), Ok(()));
    }
}
