//! Key making, step by step.

use std::time::{Duration, Instant};

use signet_crypto::{KeyError, KeyMaker, Keyring, Making, VerifiedAccount, make_first_statement};
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
        }
    };
    let whole = start.elapsed();
    println!("{steps} steps, {:?} each, {longest:?} at most, {whole:?} together", whole / steps);
    assert_eq!(maker.step(rng).unwrap_err(), KeyError::Finished);
    assert_ne!(keys.ik.public().spki(), keys.ek.public().spki());
    // They sign, and read back from the form in which they are stored.
    let keys = Keyring { ik: keys.ik, eks: vec![keys.ek] };
    let first = make_first_statement(&"newcomer".parse().unwrap(), [1; 32], &keys, 0, rng);
    assert!(VerifiedAccount::verify(&[first]).is_ok());
}
