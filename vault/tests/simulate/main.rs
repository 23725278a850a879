//! Honest conversations on a bad line raise no false alarm, and show everything once and in order. Real keys, real RSA.
//! `cargo xtask simulate --messages N --seed S` tells as long a story as one likes.

#[path = "../common/mod.rs"]
mod common;
mod story;

use story::play;

#[test]
fn two_people_with_two_browsers_each() {
    println!("{}", play(1, 1_000, 2, 2));
}

#[test]
fn three_people_with_two_browsers_each() {
    println!("{}", play(2, 1_000, 3, 2));
}

#[test]
fn a_seed_decides_everything() {
    let (one, again, other) = (play(3, 20, 2, 1), play(3, 20, 2, 1), play(4, 20, 2, 1));
    assert_eq!(one.digest, again.digest);
    assert_ne!(one.digest, other.digest);
}
