//! Chains of key statements, and what a relay or a thief can't do with them.

use rsa::pkcs8::EncodePublicKey;
use sha2::Sha256;
use signet_crypto::{Incoming, SealError, Sender, StatementError, VerifiedAccount, safety_number, seal_message};
use signet_shared::{
    Hash, StatementHash,
    statement::{SignedStatement, StatedEk, Statement},
};

use crate::people::{Person, address, alice, bob, conv, delivery, inner, raw, view};

fn spki(n: usize) -> Vec<u8> {
    raw(n).to_public_key().to_public_key_der().unwrap().as_bytes().to_vec()
}

fn sign(statement: Statement, key: usize, old: Option<usize>) -> SignedStatement {
    let bytes = [&Hash::label("sig stmt"), statement.hash().as_bytes()].concat();
    let by = |key: usize| raw(key).pss_sign_with_rng::<Sha256, _>(&mut rand::rng(), &bytes).unwrap();
    SignedStatement { sig: by(key), old_sig: old.map(by).unwrap_or_default(), statement }
}

/// The next statement, not changed in anything.
fn next(of: &SignedStatement) -> Statement {
    let said = &of.statement;
    Statement { seq: said.seq + 1, prev: said.hash(), ..said.clone() }
}

fn refused(chain: &[SignedStatement]) -> StatementError {
    VerifiedAccount::verify(chain).unwrap_err()
}

#[test]
fn keys_rotate_and_messages_in_flight_still_verify() {
    let (a, b) = (alice(), bob());
    let first = a.first.clone();
    // A new encryption key; then a new identity key, signed by both.
    let ek = |n| StatedEk { suite: 1, not_after: 9, spki: spki(n) };
    let second = sign(Statement { eks: vec![ek(1), ek(6)], ..next(&first) }, 0, None);
    let third = sign(Statement { ik_spki: spki(7), ..next(&second) }, 7, Some(0));
    let mut account = VerifiedAccount::verify(std::slice::from_ref(&first)).unwrap();
    account.extend(&[second.clone(), third.clone()]).unwrap();
    let whole = VerifiedAccount::verify(&[first.clone(), second.clone(), third.clone()]).unwrap();
    assert_eq!((account.head(), account.seq(), account.ik_hash()), (whole.head(), 3, whole.ik_hash()));
    assert_eq!(account.account_id(), a.id(), "the id outlives the keys");
    assert_eq!(account.ek().spki(), spki(6));
    assert_eq!(account.ik().spki(), spki(7));
    // Which identity each statement names, and how often it had changed by then.
    let old = a.account.ik_hash();
    for (said, identity) in [(&first, (old, 0)), (&second, (old, 0)), (&third, (account.ik_hash(), 1))] {
        let hash = said.statement.hash();
        assert!(account.knows(&hash));
        assert_eq!(account.identity_at(&hash), Some(identity));
    }
    assert_eq!((account.identity_changes(), a.account.identity_changes()), (1, 0));
    assert_eq!(account.identities(), [(old, 0), (account.ik_hash(), 1)]);
    assert_eq!(account.identity_at(&StatementHash([0; 32])), None);
    assert_eq!(account.min_suite(), 1);
    assert!(!account.knows(&StatementHash([0; 32])));
    // What was sealed before the rotation verifies under the identity key that its statement names.
    let sealed = a.seal(&[a, b], "in flight");
    let ids = b.ek_ids();
    let seen = signet_crypto::View { sender: &account, ..view(b, a, &[a, b], &ids) };
    assert!(Incoming::parse(&delivery(&sealed, b).to_bytes()).unwrap().verify(&seen).is_ok());
    // A pin is the whole chain.
    let again = VerifiedAccount::from_pinned(&account.to_bytes()).unwrap();
    assert_eq!((again.head(), again.to_bytes()), (account.head(), account.to_bytes()));
    assert_eq!(conv(&[a, b]), conv(&[b, a]));
}

#[test]
fn rollback_fork_gap_and_substitution() {
    let first = alice().first.clone();
    let second = sign(next(&first), 0, None);
    let third = sign(next(&second), 0, None);
    let fork = sign(Statement { min_suite: 2, ..next(&first) }, 0, None);
    let mut pinned = VerifiedAccount::verify(&[first.clone(), second.clone()]).unwrap();
    let before = pinned.to_bytes();
    assert_eq!(pinned.extend(std::slice::from_ref(&first)), Err(StatementError::Rollback));
    assert_eq!(pinned.extend(&[first.clone(), fork.clone()]), Err(StatementError::Fork));
    let after_fork = sign(next(&fork), 0, None);
    assert_eq!(pinned.extend(std::slice::from_ref(&after_fork)), Err(StatementError::Fork));
    assert_eq!(pinned.extend(&[third.clone(), sign(next(&second), 0, None), fork]), Err(StatementError::Fork));
    assert_eq!(pinned.extend(&[bob().first.clone()]), Err(StatementError::Substituted));
    assert_eq!(pinned.to_bytes(), before, "a refused extension changes nothing");
    assert_eq!(pinned.extend(&[]), Ok(()));
    assert_eq!(pinned.extend(&[first.clone(), second.clone(), third.clone()]), Ok(()));
    assert_eq!(pinned.seq(), 3);
    assert_eq!(refused(&[]), StatementError::Empty);
    assert_eq!(refused(std::slice::from_ref(&second)), StatementError::Gap);
    assert_eq!(refused(&[first.clone(), third]), StatementError::Gap);
    assert_eq!(refused(&[first.clone(), bob().first.clone()]), StatementError::Substituted);
}

#[test]
fn the_relay_makes_no_account_and_changes_none() {
    let first = alice().first.clone();
    let with = |change: fn(&mut Statement)| {
        let mut statement = first.statement.clone();
        change(&mut statement);
        statement
    };
    // Its own key in Alice's statement: another id, or no signature.
    let own_key = with(|s| s.ik_spki = spki(4));
    assert_eq!(refused(&[sign(own_key.clone(), 4, None)]), StatementError::Substituted);
    assert_eq!(refused(&[sign(with(|s| s.nonce = [0; 32]), 0, None)]), StatementError::Substituted);
    assert_eq!(
        refused(&[sign(with(|s| s.username = "mallory".parse().unwrap()), 0, None)]),
        StatementError::Substituted
    );
    assert_eq!(refused(&[sign(with(|s| s.eks[0].spki = spki(5)), 4, None)]), StatementError::Signature);
    // The identity key as encryption key, a key that is none, no key of a suite that exists, an unknown flag.
    assert_eq!(refused(&[sign(with(|s| s.eks[0].spki = s.ik_spki.clone()), 0, None)]), StatementError::Key);
    assert_eq!(refused(&[sign(with(|s| s.eks[0].spki.push(0)), 0, None)]), StatementError::Key);
    assert_eq!(refused(&[sign(with(|s| s.eks[0].suite = 2), 0, None)]), StatementError::Key);
    assert_eq!(refused(&[sign(with(|s| s.flags = 1), 0, None)]), StatementError::Malformed);
    // Every bit of a signed statement.
    let bytes = first.to_bytes();
    let mut tried = 0;
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let accepted = SignedStatement::parse(&bad).is_ok_and(|s| VerifiedAccount::verify(&[s]).is_ok());
        assert!(!accepted, "bit {bit}");
        tried += 1;
    }
    println!("{tried} flipped bits of a statement: 0 accepted");
    // Every bit of a pin's frame; its statement has just been done.
    let pin = alice().account.to_bytes();
    for bit in 0..7 * 8 {
        let mut bad = pin.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(VerifiedAccount::from_pinned(&bad).is_err());
    }
}

#[test]
fn an_identity_key_moves_only_with_the_old_ones_word() {
    let first = alice().first.clone();
    let moved = Statement { ik_spki: spki(7), ..next(&first) };
    let verify = |second: SignedStatement| VerifiedAccount::verify(&[first.clone(), second]).map(|_| ());
    assert_eq!(verify(sign(moved.clone(), 7, None)), Err(StatementError::IdentityReplaced));
    assert_eq!(verify(sign(moved.clone(), 7, Some(7))), Err(StatementError::Signature));
    assert_eq!(verify(sign(moved.clone(), 0, Some(0))), Err(StatementError::Signature));
    assert_eq!(verify(sign(next(&first), 0, Some(0))), Err(StatementError::Signature), "no move, no old signature");
    assert_eq!(verify(sign(moved, 7, Some(0))), Ok(()));
}

#[test]
fn a_reset_is_taken_in_only_by_who_asks_for_it() {
    let first = alice().first.clone();
    let ek = |n| vec![StatedEk { suite: 1, not_after: 9, spki: spki(n) }];
    let reset = sign(Statement { ik_spki: spki(7), eks: ek(6), ..next(&first) }, 7, None);
    let after = sign(Statement { eks: ek(5), ..next(&reset) }, 7, None);
    let chain = [first.clone(), reset.clone(), after.clone()];
    assert_eq!(refused(&chain), StatementError::IdentityReplaced);
    let mut pinned = VerifiedAccount::verify(std::slice::from_ref(&first)).unwrap();
    assert_eq!(pinned.extend(&chain[1..]), Err(StatementError::IdentityReplaced));
    assert_eq!(pinned.seq(), 1);
    pinned.extend_through_resets(&chain[1..]).unwrap();
    let whole = VerifiedAccount::verify_through_resets(&chain).unwrap();
    assert_eq!((pinned.head(), pinned.seq(), pinned.identity_changes()), (whole.head(), 3, 1));
    assert_eq!(whole.identity_at(&first.statement.hash()), Some((alice().account.ik_hash(), 0)));
    // It is known for what it is, and from where on.
    let new = Some(whole.ik_hash());
    assert_eq!([0, 1, 2, 3, u64::MAX].map(|above| whole.reset_above(above)), [new, new, None, None, None]);
    assert_eq!(alice().account.reset_above(0), None);
    for above in [0, 1] {
        let before = whole.before_reset(above).unwrap();
        assert_eq!(before.to_bytes(), alice().account.to_bytes());
        assert_eq!((before.head(), before.ek().id()), (first.statement.hash(), alice().account.ek().id()));
    }
    let earlier = whole.earlier();
    assert_eq!(earlier.iter().map(VerifiedAccount::head).collect::<Vec<_>>(), [first.statement.hash()]);
    assert!(whole.is_earlier(&first.statement.hash()) && !whole.is_earlier(&reset.statement.hash()));
    assert!(alice().account.earlier().is_empty() && !alice().account.is_earlier(&first.statement.hash()));
    // Whoever believed the first was asked about the second; whoever believed nothing, about what it ends in.
    assert_eq!([0, 1, 2, 3].map(|believed| whole.passed_over(believed)), [Some((1, 1)), None, None, None]);
    let again = sign(Statement { ik_spki: spki(4), eks: ek(3), ..next(&after) }, 4, None);
    let twice = VerifiedAccount::verify_through_resets(&[&chain[..], &[again]].concat()).unwrap();
    let passed = [Some((1, 3)), Some((2, 3)), None, None, None];
    assert_eq!([0, 1, 2, 3, 4].map(|believed| twice.passed_over(believed)), passed);
    assert_eq!(alice().account.passed_over(0), None);
    assert_eq!((twice.place(&after.statement.hash()), alice().account.place(&twice.head())), (Some(3), None));
    assert!(whole.before_reset(2).is_none() && alice().account.before_reset(0).is_none());
    // A rotation is none.
    let moved = sign(Statement { ik_spki: spki(7), ..next(&first) }, 7, Some(0));
    assert_eq!(VerifiedAccount::verify(&[first.clone(), moved]).unwrap().reset_above(0), None);
    // A pin reads back for who has written it, and for nobody else.
    assert_eq!(VerifiedAccount::from_own_pin(&whole.to_bytes()).unwrap().head(), whole.head());
    assert_eq!(VerifiedAccount::from_pinned(&whole.to_bytes()).map(|_| ()), Err(StatementError::IdentityReplaced));
    // Nothing else is let through with it: no signature, a wrong one, a lower suite, another place.
    let through =
        |second: SignedStatement| VerifiedAccount::verify_through_resets(&[first.clone(), second]).map(|_| ());
    let moved = Statement { ik_spki: spki(7), eks: ek(6), ..next(&first) };
    assert_eq!(through(sign(moved.clone(), 0, None)), Err(StatementError::Signature));
    assert_eq!(through(sign(moved.clone(), 7, Some(6))), Err(StatementError::Signature));
    assert_eq!(through(sign(Statement { min_suite: 0, ..moved.clone() }, 7, None)), Err(StatementError::SuiteLowered));
    assert_eq!(through(sign(Statement { seq: 3, ..moved.clone() }, 7, None)), Err(StatementError::Gap));
    assert_eq!(through(sign(Statement { nonce: [0; 32], ..moved }, 7, None)), Err(StatementError::Substituted));
    let fork = sign(Statement { min_suite: 2, ..next(&first) }, 0, None);
    assert_eq!(pinned.extend_through_resets(&[first, fork]), Err(StatementError::Fork));
}

#[test]
fn min_suite_only_rises() {
    let first = alice().first.clone();
    let second = sign(Statement { min_suite: 2, ..next(&first) }, 0, None);
    let third = sign(Statement { min_suite: 1, ..next(&second) }, 0, None);
    let lowered = VerifiedAccount::verify(&[first.clone(), second.clone(), third]).map(|_| ());
    assert_eq!(lowered, Err(StatementError::SuiteLowered));
    let none = sign(Statement { min_suite: 0, ..next(&first) }, 0, None);
    assert_eq!(VerifiedAccount::verify(&[first.clone(), none]).map(|_| ()), Err(StatementError::SuiteLowered));
    // A message in suite 1 that names the raised statement is refused; one that names the statement before is not.
    let raised = VerifiedAccount::verify(&[first, second.clone()]).unwrap();
    assert_eq!(raised.min_suite(), 2);
    let (a, b) = (alice(), bob());
    // Nor is anything sealed in suite 1 for who asks for more.
    let (to, from) = (address(b.id(), conv(&[a, b])), Sender { account: &b.account, key: &b.keys.ik });
    let refused = seal_message(&to, &from, &[&raised, &b.account], &inner("x"), &mut rand::rng());
    assert_eq!(refused.map(|_| ()), Err(SealError::Suite));
    let mut sealed = delivery(&a.seal(&[a, b], "x"), b);
    let ids = b.ek_ids();
    let seen = signet_crypto::View { sender: &raised, ..view(b, a, &[a, b], &ids) };
    assert!(Incoming::parse(&sealed.to_bytes()).unwrap().verify(&seen).is_ok());
    sealed.header.sender_stmt = second.statement.hash();
    assert_eq!(Incoming::parse(&sealed.to_bytes()).unwrap().verify(&seen).unwrap_err().code(), "suite");
}

#[test]
fn safety_numbers_are_the_same_from_either_side_and_change_with_a_key() {
    let (a, b) = (alice(), bob());
    let number = safety_number(&a.account, &b.account);
    assert_eq!(number, safety_number(&b.account, &a.account));
    assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
    assert!(number.chars().all(|c| c == ' ' || c.is_ascii_digit()));
    let other_ik = Person::new("Alice", 4, 1);
    assert_ne!(number, safety_number(&other_ik.account, &b.account));
    let other_name = Person::new("Alicia", 0, 1);
    assert_ne!(number, safety_number(&other_name.account, &b.account));
}
