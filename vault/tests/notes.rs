//! What is said about messages: answers, reactions, other texts, deletions, and that they were read.

#![allow(clippy::unwrap_used, reason = "a broken test fails")]

mod common;

use common::{World, puppet::Puppet, text};
use signet_ask::{
    MarkRead, MessageId, MessageState, MessageView, ReadAccount, Reply, Say, Saying, SetReadReceipts, Trouble,
};
use signet_crypto::Content;
use signet_shared::{ClientUuid, ConvId, EnvId};
use signet_vault::machine::Input;

const PUPPET: usize = 0;

fn say(w: &mut World, id: usize, conv: ConvId, about: MessageId, saying: Saying) -> Result<(), Trouble> {
    w.ask(id, Say { conv, id: about, saying })
}

fn react(w: &mut World, id: usize, conv: ConvId, about: MessageId, emoji: &str) {
    say(w, id, conv, about, Saying::React(emoji.into())).unwrap();
}

fn edit(w: &mut World, id: usize, conv: ConvId, about: MessageId, text: &str) -> Result<(), Trouble> {
    say(w, id, conv, about, Saying::Edit(text.into()))
}

fn reply(w: &mut World, id: usize, conv: ConvId, to: MessageId, text: &str) {
    let uuid = ClientUuid(core::array::from_fn(|_| rand::random()));
    w.ask(id, Reply { conv, uuid, text: text.into(), to }).unwrap();
}

/// Everything that is seen of a conversation, but for how one's own messages stand.
fn seen(w: &mut World, id: usize, conv: ConvId) -> Vec<String> {
    let one = |message: &MessageView| {
        let mut reactions: Vec<&str> = message.reactions.iter().map(|reaction| reaction.emoji.as_str()).collect();
        reactions.sort_unstable();
        let earlier: Vec<&str> = message.texts.iter().map(|version| version.text.as_str()).collect();
        let quote = message.quote.as_ref().map(|quote| match (quote.id, quote.deleted) {
            (None, _) => "(gone)".to_owned(),
            (Some(_), true) => "(deleted)".to_owned(),
            (Some(_), false) => quote.text.clone(),
        });
        format!("{} | {} | {} | {}", text(message), reactions.join(""), earlier.join(","), quote.unwrap_or_default())
    };
    w.messages(id, conv).iter().map(one).collect()
}

#[test]
fn what_is_said_about_a_message_is_the_same_everywhere() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "Meet at nine?");
    w.pass(1000);
    let first = w.messages(bob, conv)[0].id;
    reply(&mut w, bob, conv, first, "Rather at ten.");
    react(&mut w, bob, conv, first, "👀");
    react(&mut w, bob, conv, first, "👍");
    react(&mut w, ann, conv, first, "🎉");
    edit(&mut w, ann, conv, first, "Meet at ten?").unwrap();
    w.pass(1000);
    let both = ["Meet at ten? | 🎉👍 | Meet at nine?,Meet at ten? | ", "Rather at ten. |  |  | Meet at ten?"];
    assert_eq!(seen(&mut w, ann, conv), both);
    assert_eq!(seen(&mut w, bob, conv), both);
    assert_eq!(w.conversations(bob)[0].last.as_ref().unwrap().text, "Rather at ten.");
    assert_eq!(w.messages(ann, conv)[0].reactions.iter().filter(|reaction| reaction.mine).count(), 1);

    // A reload, and a browser that has seen nothing.
    w.reload(bob);
    assert_eq!(seen(&mut w, bob, conv), both);
    let new = w.sign_in("bob_b");
    w.pass(1000);
    assert_eq!(seen(&mut w, new, conv), both);

    react(&mut w, bob, conv, first, "");
    say(&mut w, ann, conv, first, Saying::Delete).unwrap();
    w.pass(1000);
    let gone = ["(deleted) |  |  | ", "Rather at ten. |  |  | (deleted)"];
    for id in [ann, bob, new] {
        assert_eq!(seen(&mut w, id, conv), gone);
    }
    // Nothing more comes of a deleted message.
    edit(&mut w, ann, conv, first, "Still here").unwrap();
    react(&mut w, bob, conv, first, "🤔");
    w.pass(1000);
    w.reload(ann);
    for id in [ann, bob, new] {
        assert_eq!(seen(&mut w, id, conv), gone);
        assert!(w.warnings(id, conv).is_empty());
    }
    let newest = w.sign_in("ann_a");
    w.pass(1000);
    assert_eq!(seen(&mut w, newest, conv), gone);
}

#[test]
fn nobody_changes_what_another_person_wrote() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "mine");
    w.pass(1000);
    let id = w.messages(bob, conv)[0].id;
    assert_eq!(edit(&mut w, bob, conv, id, "yours"), Err(Trouble::NotFound));
    assert_eq!(say(&mut w, bob, conv, id, Saying::Delete), Err(Trouble::NotFound));
    assert_eq!(edit(&mut w, ann, conv, id, " "), Err(Trouble::BadText));
    assert_eq!(say(&mut w, bob, conv, id, Saying::React("x".repeat(65))), Err(Trouble::BadText));
    let nothing = MessageId { uuid: ClientUuid([9; 16]), ..id };
    assert_eq!(edit(&mut w, ann, conv, nothing, "?"), Err(Trouble::NotFound));

    // Who keeps to no rule says it all the same.
    let mut mal = Puppet::with_keys("mal_m", PUPPET, 3);
    mal.register(&mut w.relay);
    let ann_id = w.account("ann_a");
    let own = mal.send(&mut w.relay, ann_id, "from Mal");
    w.pass(10_000);
    let with_mal = ConvId::direct(ann_id, mal.id());
    w.send(ann, with_mal, "to Mal");
    w.pass(1000);
    let mailbox = &w.relay.named("mal_m").unwrap().1.mailbox;
    let anns: EnvId = signet_crypto::Incoming::parse(&mailbox.last().unwrap().delivery).unwrap().env_id();
    let say = |w: &mut World, mal: &mut Puppet, content: Content| {
        let written = mal.write(&w.relay, ann_id, "", |inner| inner.content = content);
        w.relay.push(ann_id, common::relay::Mail { delivery: written.delivery, record: None });
        w.pass(1000);
    };
    say(&mut w, &mut mal, Content::Edit { target: anns, text: "altered".into() });
    say(&mut w, &mut mal, Content::Delete { target: anns });
    assert_eq!(w.texts(ann, with_mal), ["from Mal", "to Mal"]);
    w.reload(ann);
    assert_eq!(w.texts(ann, with_mal), ["from Mal", "to Mal"]);
    // About nothing that is here; and then his own.
    say(&mut w, &mut mal, Content::Delete { target: EnvId([7; 32]) });
    say(&mut w, &mut mal, Content::Edit { target: own, text: "changed".into() });
    assert_eq!(w.texts(ann, with_mal), ["changed", "to Mal"]);
    assert!(w.warnings(ann, with_mal).is_empty());
}

#[test]
fn said_without_a_line_it_is_seen_at_once_and_sent_afterwards() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "nine");
    w.pass(1000);
    let id = w.messages(ann, conv)[0].id;
    w.input(ann, Input::Online(false));
    edit(&mut w, ann, conv, id, "ten").unwrap();
    react(&mut w, ann, conv, id, "👍");
    react(&mut w, ann, conv, id, "🎉");
    assert_eq!(seen(&mut w, ann, conv), ["ten | 🎉 | nine,ten | "]);
    // It is the person's own word: leaving loses it only if that is wanted.
    let leaves = w.ask(ann, signet_ask::SignOut { anyway: false });
    assert_eq!(leaves, Err(Trouble::Unsent { messages: 3, drafts: 0 }));
    w.input(ann, Input::Online(true));
    w.pass(5000);
    for browser in [ann, bob] {
        assert_eq!(seen(&mut w, browser, conv), ["ten | 🎉 | nine,ten | "]);
    }
    w.ask(ann, signet_ask::SignOut { anyway: false }).unwrap();
}

#[test]
fn a_later_word_counts_though_the_clock_went_back() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "first");
    w.pass(1000);
    let id = w.messages(ann, conv)[0].id;
    edit(&mut w, ann, conv, id, "second").unwrap();
    w.pass(1000);
    w.now -= 3_600_000;
    edit(&mut w, ann, conv, id, "third").unwrap();
    w.pass(1000);
    for browser in [ann, bob] {
        assert_eq!(w.texts(browser, conv), ["third"]);
    }
}

#[test]
fn what_has_been_read_is_told_unless_that_is_switched_off() {
    let mut w = World::new();
    let (ann, bob) = (w.sign_up("ann_a"), w.sign_up("bob_b"));
    let conv = w.talk(ann, "bob_b");
    let read = |w: &mut World, id: usize| {
        let last = w.messages(id, conv).last().unwrap().id;
        w.ask(id, MarkRead { conv, id: last }).unwrap();
        w.pass(1000);
    };
    w.send(ann, conv, "one");
    w.send(ann, conv, "two");
    w.pass(1000);
    assert_eq!(w.states(ann, conv), [MessageState::Delivered, MessageState::Delivered]);
    read(&mut w, bob);
    assert_eq!(w.states(ann, conv), [MessageState::Read, MessageState::Read]);
    w.reload(ann);
    assert_eq!(w.states(ann, conv), [MessageState::Read, MessageState::Read]);

    // Off in one browser of Bob's, it is off in the other.
    let other = w.sign_in("bob_b");
    w.pass(1000);
    assert!(w.ask(other, ReadAccount {}).unwrap().read_receipts);
    w.ask(other, SetReadReceipts { on: false }).unwrap();
    w.pass(5000);
    assert!(!w.ask(bob, ReadAccount {}).unwrap().read_receipts);
    w.send(ann, conv, "three");
    w.pass(1000);
    read(&mut w, bob);
    assert_eq!(w.states(ann, conv)[2], MessageState::Delivered);
    // And he does not see what others have read.
    w.send(bob, conv, "four");
    w.pass(1000);
    read(&mut w, ann);
    assert_eq!(w.states(bob, conv)[3], MessageState::Delivered);
    w.ask(bob, SetReadReceipts { on: true }).unwrap();
    w.pass(1000);
    assert_eq!(w.states(bob, conv)[3], MessageState::Read);
}
