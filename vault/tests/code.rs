//! The code that one person's screen shows another's camera.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{World, anew, puppet::Puppet};
use signet_ask::{CheckCode, CodeTrouble, Conversations, MarkVerified, ReadDetails, Trouble, Verified};
use signet_crypto::code_text;
use signet_shared::ConvId;

/// Ann and Bob, who have written to each other, and Cat, who has with both.
fn story() -> (World, [usize; 3], ConvId) {
    let mut w = World::new();
    let [ann, bob, cat] = ["ann_a", "bob_b", "cat_c"].map(|name| w.sign_up(name));
    let conv = w.talk(ann, "bob_b");
    for (from, name) in [(ann, "bob_b"), (cat, "ann_a"), (cat, "bob_b")] {
        let with = w.talk(from, name);
        w.send(from, with, "hello");
    }
    w.pass(5000);
    (w, [ann, bob, cat], conv)
}

fn shown(w: &mut World, id: usize, conv: ConvId) -> String {
    w.ask(id, ReadDetails { conv }).unwrap().code
}

fn scan(w: &mut World, id: usize, conv: ConvId, text: &str) -> Result<(), Trouble> {
    w.ask(id, CheckCode { conv, text: text.into() })
}

fn mark(w: &mut World, id: usize, conv: ConvId) {
    let safety_number = w.ask(id, ReadDetails { conv }).unwrap().safety_number;
    assert_eq!(w.ask(id, MarkVerified { conv, safety_number, verified: true }), Ok(()));
}

fn is_verified(w: &mut World, id: usize, conv: ConvId) -> bool {
    matches!(w.ask(id, ReadDetails { conv }).unwrap().verified, Verified::Yes { .. })
}

#[test]
fn whose_code_fits_is_verified_once_the_person_says_so_and_then_in_every_browser() {
    let (mut w, [ann, bob, _], conv) = story();
    let there = w.sign_in("bob_b");
    let code = shown(&mut w, ann, conv);
    assert!(code.starts_with("SIGNET:1:") && code.len() == 265);
    shown(&mut w, bob, conv);
    assert_eq!(scan(&mut w, bob, conv, &code), Ok(()));
    w.pass(3000);
    assert!(!is_verified(&mut w, bob, conv), "a camera may see a code that nobody meant to compare");
    mark(&mut w, bob, conv);
    assert!(is_verified(&mut w, bob, conv) && !is_verified(&mut w, ann, conv), "each scans for themselves");
    w.pass(3000);
    assert!(is_verified(&mut w, there, conv));
    let listed = w.ask(there, Conversations {}).unwrap().into_iter().find(|view| view.id == conv).unwrap();
    assert!(listed.verified);
}

#[test]
fn keys_that_somebody_renewed_and_has_not_written_with_yet_are_no_alarm() {
    let mut s = anew::story(false);
    let (ann, conv) = (s.ann, s.conv);
    let renewals: [fn(&mut Puppet); 2] = [Puppet::new_encryption_key, Puppet::new_identity];
    for renew in renewals {
        renew(&mut s.max);
        s.max.publish(&mut s.w.relay);
        let code = code_text(&s.max.account, &s.w.relay.verified(s.ann_id));
        shown(&mut s.w, ann, conv);
        assert_eq!(scan(&mut s.w, ann, conv, &code), Ok(()));
    }
    // Without a line, the details are of what is known.
    s.max.begin_anew(4, 5);
    s.max.publish(&mut s.w.relay);
    s.w.kill_relay();
    assert_eq!(s.w.ask(ann, ReadDetails { conv }).unwrap().statements, 3);
}

#[test]
fn any_other_code_says_what_it_is_and_verifies_nobody() {
    let (mut w, [ann, bob, cat], conv) = story();
    let (anns, bobs) = (shown(&mut w, ann, conv), shown(&mut w, bob, conv));
    let with_cat = w.talk(ann, "cat_c");
    let of_ann_for_cat = shown(&mut w, ann, with_cat);
    let cats = shown(&mut w, cat, with_cat);
    let newer = anns.replacen("SIGNET:1:", "SIGNET:2:", 1);
    let cases = [
        ("https://example.org", CodeTrouble::NotOurs),
        ("", CodeTrouble::NotOurs),
        (&anns[..264], CodeTrouble::NotOurs),
        (&newer, CodeTrouble::OtherVersion),
        (&bobs, CodeTrouble::Own),
        (&of_ann_for_cat, CodeTrouble::OtherPair),
        (&cats, CodeTrouble::OtherPair),
    ];
    for (text, trouble) in cases {
        assert_eq!(scan(&mut w, bob, conv, text), Err(Trouble::Code(trouble)), "{text}");
    }
    // One character of the identity key's hash: bytes 16 to 48 are characters 26 to 76, and of the head the ones behind.
    let altered = |at: usize| {
        let mut text: Vec<u8> = anns.clone().into();
        text[9 + at] = if text[9 + at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    for (at, trouble) in [(40, CodeTrouble::OtherKeys), (100, CodeTrouble::OtherState)] {
        assert_eq!(scan(&mut w, bob, conv, &altered(at)), Err(Trouble::Code(trouble)));
        assert_eq!(scan(&mut w, bob, conv, &altered(at + 128)), Err(Trouble::Code(trouble)));
    }
    assert!(!is_verified(&mut w, bob, conv));
    assert_eq!(scan(&mut w, bob, conv, &anns), Ok(()));
    mark(&mut w, bob, conv);
    // What is taken for a wrong code later takes nothing back.
    assert!(scan(&mut w, bob, conv, &newer).is_err() && is_verified(&mut w, bob, conv));
    assert_eq!(scan(&mut w, bob, ConvId([0; 32]), &anns), Err(Trouble::NotFound));
}
