//! Key making, step by step.

use std::time::{Duration, Instant};

use signet_crypto::{KeyError, KeyMaker, Keyring, Making, VerifiedAccount, make_first_statement, make_next_statement};
use signet_shared::envelope::Suite;

#[test]
fn keys_are_made_in_small_steps_that_never_go_back() {
    let rng = &mut rand::rng();
    let mut maker = KeyMaker::new(Suite::Rsa3072);
    let (mut last, mut steps, mut longest) = (0.0, 0, Duration::ZERO);
    let start = Instant::now();
    let keys = loop {
        let step = Instant::now();
        let making = maker.step(rng).unwrap();
        longest = longest.max(step.elapsed());
        steps += 1;
        match making {
            Making::More { done } => {
                assert!((last..1.0).contains(&done), "{last} {done}");
                last = done;
            }
            Making::Done(keys) => break keys,
            Making::Renewed(_) => unreachable!("both were asked for"),
        }
    };
    let whole = start.elapsed();
    println!("{steps} steps, {:?} each, {longest:?} at most, {whole:?} together", whole / steps);
    assert_eq!(maker.step(rng).unwrap_err(), KeyError::Finished);
    assert_ne!(keys.ik.public().spki(), keys.ek.public().spki());
    // They sign, and read back from the form in which they are stored.
    let keys = Keyring { ik: keys.ik, eks: vec![keys.ek], former: Vec::new(), secret_key: None };
    let first = make_first_statement(&"newcomer".parse().unwrap(), [1; 32], &keys, 0, rng);
    let mut account = VerifiedAccount::verify(&[first]).unwrap();

    // An encryption key alone, and the statement that names it: the older one is named no more, and stays in the ring.
    let mut maker = KeyMaker::for_encryption(Suite::Rsa3072);
    let mut last = 0.0;
    let ek = loop {
        match maker.step(rng).unwrap() {
            Making::More { done } => {
                assert!((last..1.0).contains(&done), "{last} {done}");
                last = done;
            }
            Making::Renewed(ek) => break ek,
            Making::Done(_) => unreachable!("an identity key was not asked for"),
        }
    };
    assert_eq!(maker.step(rng).unwrap_err(), KeyError::Finished);
    let Keyring { ik, mut eks, .. } = keys;
    eks.push(ek);
    let keys = Keyring { ik, eks, former: Vec::new(), secret_key: None };
    let next = make_next_statement(&account, &keys, None, 7, rng);
    assert_eq!((next.statement.seq, next.statement.eks.len(), next.statement.eks[0].not_after), (2, 1, 7));
    account.extend(std::slice::from_ref(&next)).unwrap();
    assert_eq!((account.ek().id(), account.identity_changes()), (keys.eks[1].id(), 0));
}
