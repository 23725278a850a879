//! Messages: what opens, and everything that does not.

use std::time::Instant;

use rsa::{Oaep, traits::PublicKeyParts};
use sha2::Sha256;
use signet_crypto::{Address, Content, Incoming, Message, Refused, SealError, SeenRow, Sender, seal_message};
use signet_shared::{
    EnvId, Hash, StreamId,
    envelope::{Delivery, Envelope},
    limits,
};

use crate::people::{Person, address, alice, bob, carol, conv, delivery, inner, members, raw, view};

fn open(bytes: &[u8], reader: &Person, sender: &Person, readers: &[&Person]) -> Result<Message, Refused> {
    let ids = reader.ek_ids();
    let authentic = Incoming::parse(bytes)?.verify(&view(reader, sender, readers, &ids))?;
    Ok(authentic.open(&reader.keys)?.0)
}

/// Signs as a member who has every key of its own and keeps to no rule.
fn sign(key: usize, delivery: &mut Delivery) {
    let id = delivery.env_id().unwrap();
    let bytes = [&Hash::label("sig msg"), id.as_bytes()].concat();
    delivery.body.sig = raw(key).pss_sign_with_rng::<Sha256, _>(&mut rand::rng(), &bytes).unwrap();
}

#[test]
fn one_two_three_readers_and_every_length() {
    let (a, b, c) = (alice(), bob(), carol());
    let mut opened = 0;
    for readers in [&[a][..], &[a, b], &[a, b, c]] {
        for chars in [0, 1, 15, 16, 100, 255, 256, 257, 1_000, 4_095, 20_000] {
            for unit in ["x", "é", "🦀"] {
                let text = unit.repeat(chars);
                let sealed = a.seal(readers, &text);
                for reader in readers {
                    let bytes = delivery(&sealed, reader).to_bytes();
                    let message = open(&bytes, reader, a, readers).unwrap();
                    assert_eq!((message.env_id, &message.inner), (sealed.env_id, &inner(&text)));
                    let recalled = Incoming::parse(&bytes).unwrap().recall(&sealed.content_key).unwrap();
                    assert_eq!(recalled, message);
                    opened += 1;
                }
            }
        }
    }
    println!("{opened} deliveries opened and recalled");
}

#[test]
fn two_hundred_and_fifty_six_readers() {
    let people: Vec<Person> = (0..limits::MEMBERS).map(|n| Person::new(&format!("member_{n}"), 0, 1)).collect();
    let readers: Vec<&Person> = people.iter().collect();
    let start = Instant::now();
    let sealed = readers[9].seal(&readers, "to all");
    println!("sealed for 256 in {:?}, {} bytes", start.elapsed(), sealed.envelope.len());
    assert!(sealed.envelope.len() <= limits::FRAME);
    let envelope = Envelope::parse(&sealed.envelope).unwrap();
    for (n, (id, delivery)) in envelope.deliveries().into_iter().enumerate().step_by(17) {
        let reader = people.iter().find(|person| person.id() == id).unwrap();
        let message = open(&delivery.to_bytes(), reader, readers[9], &readers).unwrap();
        assert_eq!(message.inner, inner("to all"), "{n}");
    }
    let more = Person::new("one_more", 0, 1);
    let accounts: Vec<_> = readers.iter().chain([&&more]).map(|reader| &reader.account).collect();
    let sender = Sender { account: &more.account, key: &more.keys.ik };
    let refused =
        seal_message(&address(more.id(), conv(&[])), &sender, &accounts, &inner("x"), &mut rand::rng()).unwrap_err();
    assert_eq!(refused, SealError::TooManyReaders);
}

#[test]
fn every_flipped_bit_every_truncation_every_extension_is_refused() {
    let (a, b) = (alice(), bob());
    let sealed = a.seal(&[a, b], "Meet at nine?");
    let good = delivery(&sealed, b).to_bytes();
    assert!(open(&good, b, a, &[a, b]).is_ok());
    let signature_starts = good.len() - 384 - 2;
    let (mut flips, mut same_id) = (0, 0);
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&bad, b, a, &[a, b]).is_err(), "bit {bit}");
        // A history record is bound to the id: whatever is not the signature changes it.
        if Incoming::parse(&bad).is_ok_and(|incoming| incoming.env_id() == sealed.env_id) {
            assert!(bit / 8 >= signature_starts, "bit {bit}");
            same_id += 1;
        } else if let Ok(incoming) = Incoming::parse(&bad) {
            let path_or_slip = (202..202 + 2 + 464 + 1 + 32).contains(&(bit / 8));
            let recalled = incoming.recall(&sealed.content_key);
            assert!(recalled.is_err(), "bit {bit} {path_or_slip}");
        }
        flips += 1;
    }
    println!("{flips} flipped bits: 0 accepted; {same_id} of them in the signature alone");
    for len in 0..good.len() {
        assert!(open(&good[..len], b, a, &[a, b]).is_err(), "{len}");
    }
    for more in 1..=64 {
        let mut long = good.clone();
        long.resize(good.len() + more, 0);
        assert!(open(&long, b, a, &[a, b]).is_err());
    }
    println!("{} truncations and 64 extensions: 0 accepted", good.len());
}

#[test]
fn a_stranger_opens_nothing() {
    let (a, b, c) = (alice(), bob(), carol());
    let sealed = a.seal(&[a, b], "between us");
    let bytes = delivery(&sealed, b).to_bytes();
    let code = |result: Result<Message, Refused>| result.unwrap_err().code();
    // With her own eyes.
    assert_eq!(code(open(&bytes, c, a, &[a, b])), "reader");
    // With a view that claims to be Bob's.
    let ids = b.ek_ids();
    let authentic = Incoming::parse(&bytes).unwrap().verify(&view(b, a, &[a, b], &ids)).unwrap();
    assert_eq!(authentic.open(&c.keys).unwrap_err().code(), "no such key");
    // With the key of another message.
    let other = a.seal(&[a, b], "between us").content_key;
    assert_eq!(Incoming::parse(&bytes).unwrap().recall(&other).unwrap_err().code(), "tag");
}

#[test]
fn what_the_state_says_differently_is_refused() {
    let (a, b, c) = (alice(), bob(), carol());
    let sealed = a.seal(&[a, b], "hello");
    let bytes = delivery(&sealed, b).to_bytes();
    let ids = b.ek_ids();
    let good = view(b, a, &[a, b], &ids);
    let code = |view| Incoming::parse(&bytes).unwrap().verify(&view).unwrap_err().code();
    assert_eq!(code(signet_crypto::View { sender: &c.account, ..good }), "sender");
    assert_eq!(code(signet_crypto::View { conv_id: conv(&[b, c]), ..good }), "conversation");
    assert_eq!(code(signet_crypto::View { members_hash: members(&[a, b, c]), ..good }), "members");
    assert_eq!(code(signet_crypto::View { group_epoch: 1, ..good }), "members");
    assert_eq!(code(signet_crypto::View { me: c.id(), ..good }), "reader");
    assert_eq!(code(signet_crypto::View { my_ek_ids: &c.ek_ids(), ..good }), "encryption key");
}

#[test]
fn stripped_and_signed_again_by_another_member() {
    let (a, b, c) = (alice(), bob(), carol());
    let stolen = delivery(&a.seal(&[a, b], "my idea"), b);
    // Carol sends Alice's ciphertext and Bob's wrap as her own: her conversation with Bob, her name, her signature.
    let own = delivery(&c.seal(&[c, b], "?"), b);
    let mut forged = Delivery { header: own.header.clone(), ..own.clone() };
    forged.header.iv = stolen.header.iv;
    forged.leaf.wrap = stolen.leaf.wrap.clone();
    forged.body = stolen.body.clone();
    sign(4, &mut forged);
    assert_eq!(open(&forged.to_bytes(), b, c, &[c, b]).unwrap_err().code(), "wrap");
    // With the wrap of her own message, whose key she knows, the stolen ciphertext has no valid tag.
    forged.leaf.wrap = own.leaf.wrap.clone();
    forged.header = own.header.clone();
    sign(4, &mut forged);
    assert_eq!(open(&forged.to_bytes(), b, c, &[c, b]).unwrap_err().code(), "tag");
    // Alice's header kept, and Carol's signature under it.
    let mut forged = stolen.clone();
    sign(4, &mut forged);
    assert_eq!(open(&forged.to_bytes(), b, a, &[a, b]).unwrap_err().code(), "signature");
}

#[test]
fn surreptitiously_forwarded() {
    let (a, b, c) = (alice(), bob(), carol());
    let sealed = a.seal(&[a, b], "you are fired");
    let original = delivery(&sealed, b);
    // Bob knows the message key and wraps it for Carol, under Alice's header.
    let ctx = original.header.ctx();
    let label = |ek: &[u8]| [&Hash::label("wrap"), &ctx[..], ek].concat();
    let bobs = Oaep::<Sha256>::new_with_label(label(original.leaf.ek_id.as_bytes()));
    let k = raw(3).decrypt_blinded(&mut rand::rng(), bobs, &original.leaf.wrap).unwrap();
    assert_eq!(k.len(), 32);
    let carols_ek = c.account.ek().id();
    let carols = Oaep::<Sha256>::new_with_label(label(carols_ek.as_bytes()));
    let mut forward = original.clone();
    forward.leaf.account_id = c.id();
    forward.leaf.ek_id = carols_ek;
    forward.leaf.rcpt_stmt = c.account.head();
    forward.leaf.wrap = raw(5).to_public_key().encrypt(&mut rand::rng(), carols, &k).unwrap();
    assert_eq!(forward.leaf.wrap.len(), raw(5).size());
    // As it is; and under a header that names Carol's conversation with Alice.
    let mut moved = forward.clone();
    moved.header.conv_id = conv(&[a, c]);
    moved.header.members_hash = members(&[a, c]);
    let code = |delivery: &Delivery, with: &Person| open(&delivery.to_bytes(), c, a, &[a, with]).unwrap_err().code();
    assert_eq!(code(&forward, b), "signature");
    assert_eq!(code(&forward, c), "conversation");
    assert_eq!(code(&moved, c), "signature");
    // Signed by Bob, it is Bob's message and not Alice's.
    sign(2, &mut moved);
    assert_eq!(code(&moved, c), "signature");
}

#[test]
fn leaves_and_places_cannot_be_exchanged() {
    let (a, b, c) = (alice(), bob(), carol());
    let readers = [a, b, c];
    let sealed = a.seal(&readers, "to three");
    let (for_b, for_c) = (delivery(&sealed, b), delivery(&sealed, c));
    let code = |delivery: &Delivery| open(&delivery.to_bytes(), b, a, &readers).map(|_| ()).unwrap_err().code();
    assert_eq!(code(&for_c), "reader");
    assert_eq!(
        code(&Delivery { index: for_c.index, ..for_b.clone() }),
        if for_b.path.len() == for_c.path.len() { "signature" } else { "path" }
    );
    let crossed = Delivery { leaf: for_b.leaf.clone(), ..for_c.clone() };
    assert_eq!(code(&crossed), "signature");
    let mut other_ek = for_b.clone();
    other_ek.leaf.wrap = for_c.leaf.wrap.clone();
    assert_eq!(code(&other_ek), "signature");
}

#[test]
fn every_other_suite_and_kind_is_not_even_parsed() {
    let good = delivery(&alice().seal(&[alice(), bob()], "x"), bob()).to_bytes();
    let mut refused = 0;
    for suite in (0..=u16::MAX).filter(|suite| *suite != 1) {
        let mut bad = good.clone();
        bad[4..6].copy_from_slice(&suite.to_be_bytes());
        assert_eq!(Incoming::parse(&bad).unwrap_err().code(), "layout");
        refused += 1;
    }
    for kind in (0..=u8::MAX).filter(|kind| *kind != 1) {
        let mut bad = good.clone();
        bad[6] = kind;
        assert_eq!(Incoming::parse(&bad).unwrap_err().code(), "layout");
        refused += 1;
    }
    println!("{refused} suites and kinds refused");
}

#[test]
fn what_cannot_be_sealed() {
    let (a, b, c) = (alice(), bob(), carol());
    let seal = |address: &Address, sender: &Sender<'_>, readers: &[&Person], inner| {
        let accounts: Vec<_> = readers.iter().map(|reader| &reader.account).collect();
        seal_message(address, sender, &accounts, &inner, &mut rand::rng()).map(|_| ()).unwrap_err()
    };
    let (to, me) = (address(a.id(), conv(&[a, b])), Sender { account: &a.account, key: &a.keys.ik });
    assert_eq!(seal(&to, &me, &[b, c], inner("x")), SealError::SenderNotReader);
    assert_eq!(seal(&to, &me, &[a, b, b], inner("x")), SealError::ReaderTwice);
    assert_eq!(seal(&to, &Sender { key: &b.keys.ik, ..me }, &[a, b], inner("x")), SealError::WrongKey);
    assert_eq!(seal(&Address { seq: 0, ..to.clone() }, &me, &[a, b], inner("x")), SealError::Address);
    assert_eq!(seal(&Address { flags: 2, ..to.clone() }, &me, &[a, b], inner("x")), SealError::Address);
    assert_eq!(seal(&to, &me, &[a, b], inner(&"x".repeat(20_001))), SealError::TooLong);
    let row = SeenRow { stream: StreamId([0; 16]), seq: 1, env_id: EnvId([0; 32]) };
    let rows = |n| signet_crypto::Inner { seen: vec![row; n], ..inner("x") };
    assert_eq!(seal(&to, &me, &[a, b], rows(17)), SealError::TooLong);
    let known = Content::Unknown { content_type: 1, body: b"not UTF-8 perhaps".to_vec() };
    assert_eq!(seal(&to, &me, &[a, b], signet_crypto::Inner { content: known, ..inner("") }), SealError::TooLong);
}

#[test]
fn every_content_and_option_comes_back() {
    let (a, b) = (alice(), bob());
    let row = |n| SeenRow { stream: StreamId([n; 16]), seq: n.into(), env_id: EnvId([n; 32]) };
    for content in [
        Content::Text(String::new()),
        Content::Delivered(Vec::new()),
        Content::Delivered(vec![EnvId([5; 32]); 1024]),
        Content::Unknown { content_type: 0, body: Vec::new() },
        Content::Unknown { content_type: 0x0777, body: vec![0x80; 70_000] },
    ] {
        for abandoned in [None, Some(EnvId([6; 32]))] {
            let sent = signet_crypto::Inner {
                content: content.clone(),
                reply_to: None,
                seen: (0..16).map(row).collect(),
                abandoned,
                ..inner("")
            };
            let to = address(a.id(), conv(&[a, b]));
            let sender = Sender { account: &a.account, key: &a.keys.ik };
            let sealed = seal_message(&to, &sender, &[&b.account, &a.account], &sent, &mut rand::rng()).unwrap();
            let message = open(&delivery(&sealed, b).to_bytes(), b, a, &[a, b]).unwrap();
            assert_eq!(message.inner, sent);
        }
    }
}

#[test]
fn what_it_costs() {
    let (a, b) = (alice(), bob());
    let n = 50;
    let start = Instant::now();
    let sealed: Vec<_> = (0..n).map(|_| a.seal(&[a, b], "Meet at nine?")).collect();
    let seal = start.elapsed() / n;
    let bytes: Vec<_> = sealed.iter().map(|sealed| delivery(sealed, b).to_bytes()).collect();
    let ids = b.ek_ids();
    let start = Instant::now();
    let authentic: Vec<_> =
        bytes.iter().map(|bytes| Incoming::parse(bytes).unwrap().verify(&view(b, a, &[a, b], &ids)).unwrap()).collect();
    let verify = start.elapsed() / n;
    let start = Instant::now();
    for authentic in authentic {
        authentic.open(&b.keys).unwrap();
    }
    let open = start.elapsed() / n;
    let start = Instant::now();
    for (bytes, sealed) in bytes.iter().zip(&sealed) {
        Incoming::parse(bytes).unwrap().recall(&sealed.content_key).unwrap();
    }
    let recall = start.elapsed() / n;
    println!("seal for two {seal:?}, verify {verify:?}, open {open:?}, recall {recall:?}");
    println!("{} bytes up, {} down", sealed[0].envelope.len(), bytes[0].len());
}
