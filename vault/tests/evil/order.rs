//! Against a conversation as a whole: authentic messages again, in another order, or not at all; and a writer who lies
//! about his own.

use signet_ask::{MarkRead, MessageState, Warning};
use signet_shared::{StreamId, wire::ClientFrame};
use signet_vault::machine::Input;

use crate::{
    common::{World, relay::Mail, traffic::Said},
    stage::{Stage, paths},
};

/// What the relay hears when a message was opened: its record is kept, a receipt is sent, whose own record is kept too.
const ANSWERED: [&str; 3] = ["keep", "send", "keep"];

#[test]
fn ev_15_replayed_here_and_to_another() {
    let mut stage = Stage::new();
    let written = stage.write("once");
    stage.push(written.delivery.clone());
    stage.w.pass(10_000);
    let honest = stage.w.outline(stage.ann);
    assert_eq!(paths(&honest), ANSWERED);
    for _ in 0..3 {
        stage.w.said.clear();
        stage.push(written.delivery.clone());
        stage.w.pass(10_000);
        // It opens like any other: its record is kept there too. No second receipt.
        assert_eq!(stage.w.outline(stage.ann), honest[..1]);
        stage.shows(&["hello", "once"], &[]);
    }
    stage.w.reload(stage.ann);
    stage.w.pass(10_000);
    stage.shows(&["hello", "once"], &[]);
    // To Bob it was not written.
    let bob = stage.w.person("bob_b");
    let bob_id = stage.w.account("bob_b");
    stage.w.talk(bob, "max_m");
    stage.w.pass(5000);
    stage.w.said.clear();
    stage.w.relay.push(bob_id, Mail { delivery: written.delivery, record: None });
    stage.w.pass(60_000);
    assert_eq!(stage.w.outline(bob), Vec::<String>::new());
    assert!(stage.w.conversations(bob)[0].last.is_none());
    stage.goes_on();
}

#[test]
fn ev_16_delivered_in_another_order() {
    let mut stage = Stage::new();
    let written: Vec<_> = ["one", "two", "three"].into_iter().map(|text| stage.write(text)).collect();
    for at in [2, 1, 0] {
        stage.push(written[at].delivery.clone());
        stage.w.pass(1000);
        if at > 0 {
            stage.shows(&["hello"], &[Warning::Missing { count: u32::try_from(at).unwrap() }]);
        }
    }
    stage.shows(&["hello", "one", "two", "three"], &[]);
}

#[test]
fn ev_17_lost_in_the_middle() {
    let mut stage = Stage::new();
    let _lost = stage.write("one");
    let written = stage.write("two");
    stage.push(written.delivery);
    stage.w.pass(60_000);
    stage.shows(&["hello", "two"], &[Warning::Missing { count: 1 }]);
    // The relay hears what it hears of any message: the loss is not asked about, for only the relay could have it.
    assert_eq!(paths(&stage.w.outline(stage.ann)), ANSWERED);
    stage.w.reload(stage.ann);
    stage.w.pass(60_000);
    stage.shows(&["hello", "two"], &[Warning::Missing { count: 1 }]);
}

#[test]
fn ev_18_lost_at_the_end() {
    let mut w = World::new();
    let (ann, bob) = (w.person("ann_a"), w.person("bob_b"));
    let (ann_id, bob_id) = (w.account("ann_a"), w.account("bob_b"));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "one");
    w.pass(5000);
    w.input(bob, Input::Online(false));
    w.send(ann, conv, "two");
    w.relay.cut(bob_id, "ann_a", 1);
    w.input(bob, Input::Online(true));
    w.pass(60_000);
    // The writer sees that it did not arrive, whatever the relay says.
    assert_eq!(w.states(ann, conv), [MessageState::Delivered, MessageState::Sent]);
    assert_eq!(w.texts(bob, conv), ["one"]);
    // The reader learns of it from the next that comes.
    w.send(ann, conv, "three");
    w.pass(60_000);
    assert_eq!(w.texts(bob, conv), ["one", "three"]);
    assert_eq!(w.warnings(bob, conv), [Warning::Missing { count: 1 }]);
    // Or from another: what Bob says to have seen is missing in Ann's own new browser. (Her receipt goes as well.)
    w.send(bob, conv, "four");
    w.pass(5000);
    w.relay.cut(ann_id, "ann_a", 2);
    let other = w.sign_in("ann_a");
    w.pass(60_000);
    assert_eq!(w.warnings(other, conv), [Warning::Missing { count: 1 }]);
}

#[test]
fn ev_21_a_stream_that_is_not_the_writers() {
    let mut stage = Stage::new();
    stage.w.send(stage.ann, stage.conv, "mine");
    stage.w.pass(5000);
    let mut streams = stage.w.said.iter().filter_map(|(_, said)| match said {
        Said::Frame(bytes) => match ClientFrame::parse(bytes).unwrap() {
            ClientFrame::Send { envelope, .. } => {
                Some(signet_shared::envelope::Envelope::parse(&envelope).unwrap().header.stream_id)
            }
            _ => None,
        },
        _ => None,
    });
    let hers: StreamId = streams.next_back().unwrap();
    // In her name nobody can write (EV-14); in her stream, as himself, Max can try.
    (stage.max.stream, stage.max.last) = (hers, None);
    let written = stage.write("as if another browser of hers");
    stage.w.said.clear();
    stage.push(written.delivery);
    stage.w.pass(60_000);
    stage.shows(&["hello", "mine"], &[Warning::Equivocation]);
    assert_eq!(stage.w.outline(stage.ann), Vec::<String>::new());
}

#[test]
fn ev_25_two_messages_in_one_place() {
    let mut stage = Stage::new();
    let before = stage.max.last;
    let written = stage.write("yes");
    stage.push(written.delivery);
    stage.w.pass(10_000);
    stage.max.last = before;
    let other = stage.write("no");
    stage.w.said.clear();
    stage.push(other.delivery);
    stage.w.pass(60_000);
    stage.shows(&["hello", "yes"], &[Warning::Equivocation]);
    assert_eq!(stage.w.outline(stage.ann), Vec::<String>::new());
    // It lasts.
    stage.w.reload(stage.ann);
    stage.w.pass(10_000);
    stage.shows(&["hello", "yes"], &[Warning::Equivocation]);
}

#[test]
fn ev_25_two_messages_in_one_place_for_two_browsers() {
    let mut stage = Stage::new();
    let second = stage.w.sign_in("ann_a");
    stage.w.pass(5000);
    stage.w.input(second, Input::Online(false));
    let before = stage.max.last;
    let (yes, no) = (stage.write("yes"), {
        stage.max.last = before;
        stage.write("no")
    });
    stage.push(yes.delivery);
    stage.w.pass(10_000);
    stage.w.send(stage.ann, stage.conv, "so be it");
    stage.w.pass(5000);
    let mailbox = &mut stage.w.relay.accounts.get_mut(&stage.ann_id).unwrap().mailbox;
    let id = |mail: &Mail| signet_shared::envelope::Delivery::parse(&mail.delivery).unwrap().env_id().unwrap();
    let at = mailbox.iter().position(|mail| id(mail) == yes.env_id).unwrap();
    mailbox[at] = Mail { delivery: no.delivery, record: None };
    stage.w.input(second, Input::Online(true));
    stage.w.pass(60_000);
    // Ann's own message says what its browser had seen.
    assert_eq!(stage.w.texts(second, stage.conv), ["hello", "no", "so be it"]);
    assert_eq!(stage.w.warnings(second, stage.conv), [Warning::ViewsDiffer]);
}

#[test]
fn ev_31_a_history_cut_short_for_a_new_browser() {
    for cut in [1, 2, 3] {
        let mut stage = Stage::new();
        for text in ["one", "two"] {
            let written = stage.write(text);
            stage.push(written.delivery);
        }
        stage.w.pass(5000);
        let id = stage.w.messages(stage.ann, stage.conv).pop().unwrap().id;
        stage.w.ask(stage.ann, MarkRead { conv: stage.conv, id }).unwrap();
        stage.w.pass(5000);
        stage.w.relay.cut(stage.ann_id, "max_m", cut);
        let other = stage.w.sign_in("ann_a");
        stage.w.pass(60_000);
        assert_eq!(stage.w.texts(other, stage.conv), ["hello", "one", "two"][..3 - cut]);
        let count = u32::try_from(cut).unwrap();
        assert_eq!(stage.w.warnings(other, stage.conv), [Warning::Missing { count }]);
    }
}
