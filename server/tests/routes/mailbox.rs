use signet_shared::{
    AccountId,
    envelope::{Delivery, Envelope},
    wire::{ClientFrame, Refusal, ServerFrame},
};

use crate::common::{Relay, Writer, both, envelope};

fn own_delivery(sent: &Envelope, reader: AccountId) -> Vec<u8> {
    let deliveries = sent.deliveries();
    deliveries.into_iter().find(|(account, _)| *account == reader).unwrap().1.to_bytes()
}

both! {
    async fn a_message_is_acknowledged_and_delivered_to_every_reader(store) {
        let relay = Relay::start(store).await;
        let (alice, bob, carol) =
            (relay.person("alice").await, relay.person("bob").await, relay.person("carol").await);
        let (mut to_bob, mut to_carol) = (bob.live().await, carol.live().await);
        let mut second = alice.elsewhere(relay.browser()).await.live().await;
        let mut socket = alice.socket().await;
        let sent = envelope(alice.account, &[bob.account, carol.account], 1, 1, b"text");
        assert_eq!(socket.send(&sent).await, Ok(1));
        for (socket, reader) in [(&mut to_bob, &bob), (&mut to_carol, &carol), (&mut second, &alice)] {
            let got = socket.delivered().await;
            assert_eq!((got.seq, got.record), (1, None));
            assert_eq!(got.delivery, own_delivery(&sent, reader.account));
            assert_eq!(Delivery::parse(&got.delivery).unwrap().env_id(), Some(sent.env_id()));
        }
    }

    async fn a_backlog_comes_in_order_and_then_what_is_live(store) {
        let relay = Relay::with(store, |config| config.limits.messages_burst = 1000).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut socket = alice.socket().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        let mut sent = Vec::new();
        for _ in 0..300 {
            sent.push(writer.next(&[7; 3000]));
            socket.send(sent.last().unwrap()).await.unwrap();
        }
        let mut reader = bob.socket().await;
        let (head, backlog) = reader.subscribe(0).await;
        assert_eq!(head, 300);
        let expected: Vec<(u64, Vec<u8>)> =
            (1..).zip(&sent).map(|(seq, sent)| (seq, own_delivery(sent, bob.account))).collect();
        let got: Vec<(u64, Vec<u8>)> = backlog.into_iter().map(|got| (got.seq, got.delivery)).collect();
        assert!(got == expected, "every one, once, in order, whole");
        let live = writer.next(b"live");
        socket.send(&live).await.unwrap();
        let got = reader.delivered().await;
        assert_eq!((got.seq, got.delivery), (301, own_delivery(&live, bob.account)));
    }

    async fn a_reader_resumes_where_it_was(store) {
        let relay = Relay::start(store).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut socket = alice.socket().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        for _ in 0..10 {
            socket.send(&writer.next(b"text")).await.unwrap();
        }
        let mut reader = bob.socket().await;
        let numbers = |backlog: Vec<crate::common::Delivered>| backlog.iter().map(|got| got.seq).collect::<Vec<_>>();
        let (head, backlog) = reader.subscribe(7).await;
        assert_eq!((head, numbers(backlog)), (10, vec![8, 9, 10]));
        // Said again on the same connection, it begins anew.
        let (head, backlog) = reader.subscribe(9).await;
        assert_eq!((head, numbers(backlog)), (10, vec![10]));
        // A cursor beyond the end, as after a restore of the relay: what comes next is delivered all the same.
        let (head, backlog) = reader.subscribe(1000).await;
        assert_eq!((head, numbers(backlog)), (10, vec![]));
        socket.send(&writer.next(b"text")).await.unwrap();
        assert_eq!(reader.delivered().await.seq, 11);
    }

    async fn nothing_is_missed_or_doubled_while_a_backlog_meets_what_is_live(store) {
        let relay = Relay::with(store, |config| config.limits.messages_burst = 10_000).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut socket = alice.socket().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        const ALL: u64 = 600;
        let writing = async {
            for _ in 0..ALL {
                socket.send(&writer.next(&[1; 500])).await.unwrap();
            }
        };
        let reading = async {
            // Many connections, each beginning somewhere in the middle of it.
            let mut after = 0;
            while after < ALL {
                let mut reader = bob.socket().await;
                reader.say(&ClientFrame::Subscribe { after }).await;
                for _ in 0..50 {
                    match reader.next().await {
                        ServerFrame::Deliver { seq, .. } => {
                            assert_eq!(seq, after + 1);
                            after = seq;
                        }
                        ServerFrame::Subscribed { .. } => {}
                        ServerFrame::CaughtUp { seq } => assert_eq!(seq, after),
                        other => panic!("{other:?}"),
                    }
                    if after == ALL {
                        break;
                    }
                }
            }
        };
        tokio::join!(writing, reading);
    }

    async fn sending_again_is_harmless_and_another_message_in_the_same_place_is_not(store) {
        let relay = Relay::start(store).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut reader = bob.live().await;
        let mut socket = alice.socket().await;
        let first = envelope(alice.account, &[bob.account], 1, 1, b"first");
        assert_eq!(socket.send(&first).await, Ok(1));
        assert_eq!(socket.send(&envelope(alice.account, &[bob.account], 1, 2, b"second")).await, Ok(2));
        assert_eq!(socket.send(&first).await, Ok(1));
        assert_eq!(alice.socket().await.send(&first).await, Ok(1), "from another connection");
        let other = envelope(alice.account, &[bob.account], 1, 1, b"other");
        assert_eq!(socket.send(&other).await, Err(Refusal::PlaceTaken));
        assert_eq!(socket.send(&envelope(alice.account, &[bob.account], 1, 3, b"third")).await, Ok(3));
        for seq in 1..=3 {
            assert_eq!(reader.delivered().await.seq, seq, "each once");
        }
    }

    async fn what_cannot_be_sent_is_refused_and_reaches_nobody(store) {
        let relay = Relay::start(store).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut reader = bob.live().await;
        let mut socket = alice.socket().await;
        let unknown = envelope(alice.account, &[bob.account, AccountId([9; 16])], 1, 1, b"text");
        assert_eq!(socket.send(&unknown).await, Err(Refusal::NoSuchAccount));
        let theirs = envelope(bob.account, &[alice.account], 1, 1, b"text");
        assert_eq!(socket.send(&theirs).await, Err(Refusal::NotYours));
        let good = envelope(alice.account, &[bob.account], 1, 1, b"text");
        let mut doubled = good.clone();
        doubled.leaves[1] = doubled.leaves[0].clone();
        assert_eq!(socket.send(&doubled).await, Err(Refusal::Malformed));
        let mut bytes = good.to_bytes();
        bytes.pop();
        socket.say(&ClientFrame::Send { req: 77, envelope: bytes }).await;
        let refused = ServerFrame::Refused { req: 77, refusal: Refusal::Malformed, retry_after_s: 0 };
        assert_eq!(socket.next().await, refused);
        assert_eq!(socket.send(&good).await, Ok(1));
        assert_eq!(reader.delivered().await.seq, 1, "the first that it hears of");
    }

    async fn a_history_record_is_kept_once_and_comes_with_the_message(store) {
        let relay = Relay::start(store).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut socket = alice.live().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        socket.send(&writer.next(b"text")).await.unwrap();
        for record in [b"first".to_vec(), b"second".to_vec()] {
            let mut keeper = bob.live().await;
            keeper.say(&ClientFrame::Keep { seq: 1, record }).await;
            assert_eq!(keeper.next().await, ServerFrame::Kept { seq: 1 });
        }
        let mut nothing = bob.live().await;
        nothing.say(&ClientFrame::Keep { seq: 2, record: b"x".to_vec() }).await;
        nothing.say(&ClientFrame::Keep { seq: 1, record: b"x".to_vec() }).await;
        assert_eq!(nothing.next().await, ServerFrame::Kept { seq: 1 }, "no answer for a message that is not there");
        let record = async |person: &crate::common::Person| {
            person.socket().await.subscribe(0).await.1[0].record.clone()
        };
        assert_eq!(record(&bob).await, Some(b"first".to_vec()));
        assert_eq!(record(&alice).await, None, "its reader's alone");
    }

    async fn many_senders_at_once_fill_a_mailbox_without_gaps(store) {
        let relay = Relay::with(store, |config| config.limits.messages_burst = 1000).await;
        let bob = relay.person("bob").await;
        let mut reader = bob.live().await;
        let sending = (0..6_u8).map(|n| {
            let (relay, bob) = (&relay, bob.account);
            async move {
                let person = relay.person(&format!("sender{n}")).await;
                let mut socket = person.socket().await;
                let mut writer = Writer::new(person.account, &[bob], n);
                // All at once, and the acknowledgements afterwards.
                for _ in 0..50 {
                    socket.post(&writer.next(&[n; 100])).await;
                }
                for _ in 0..50 {
                    let ServerFrame::Sent { seq, .. } = socket.next().await else { panic!() };
                    assert!((1..=50).contains(&seq));
                }
            }
        });
        futures_util::future::join_all(sending).await;
        let mut last = [0; 6];
        for seq in 1..=300 {
            let got = reader.delivered().await;
            assert_eq!(got.seq, seq);
            let header = Delivery::parse(&got.delivery).unwrap().header;
            let stream = usize::from(header.stream_id.0[0]);
            assert_eq!(header.seq, last[stream] + 1, "each stream in its order");
            last[stream] = header.seq;
        }
    }

    async fn a_message_for_a_group_reaches_each_with_its_own_leaf(store) {
        let relay = Relay::start(store).await;
        let mut people = Vec::new();
        for n in 0..12 {
            people.push(relay.person(&format!("name{n}")).await);
        }
        let readers: Vec<AccountId> = people[1..].iter().map(|person| person.account).collect();
        let sent = envelope(people[0].account, &readers, 1, 1, &[5; 100_000]);
        assert_eq!(people[0].socket().await.send(&sent).await, Ok(1));
        for person in &people {
            let (_, backlog) = person.socket().await.subscribe(0).await;
            assert_eq!(backlog[0].delivery, own_delivery(&sent, person.account));
        }
    }
}

mod trouble {
    use signet_shared::{api, opaque::SecretKind, wire::close};
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::common::{Store, person};

    async fn run(relay: &Relay, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(relay.folder().join("signet.db"));
        sqlx::raw_sql(sql).execute(&mut options.connect().await.unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn a_corrupt_row_does_not_keep_the_rest_from_its_reader() {
        let relay = Relay::start(Store::Sqlite).await;
        let person = relay.person("alice").await;
        let mut socket = person.live().await;
        let mut writer = Writer::new(person.account, &[], 1);
        for _ in 0..3 {
            socket.send(&writer.next(b"text")).await.unwrap();
        }
        run(&relay, "UPDATE envelopes SET body = x'0102' WHERE id = 2").await;
        let (head, backlog) = person.socket().await.subscribe(0).await;
        assert_eq!((head, backlog.iter().map(|got| got.seq).collect::<Vec<_>>()), (3, vec![1, 2, 3]));
        // Its number comes, and nothing else: a reader takes no number out of turn.
        let whole: Vec<bool> = backlog.iter().map(|got| Delivery::parse(&got.delivery).is_ok()).collect();
        assert_eq!(whole, [true, false, true]);
        assert!(backlog[1].delivery.is_empty() && backlog[1].record.is_none());
        assert_eq!(socket.send(&writer.next(b"text")).await, Ok(4), "and life goes on");
    }

    #[tokio::test]
    async fn a_mailbox_that_cannot_be_read_is_never_called_caught_up() {
        let relay = Relay::start(Store::Sqlite).await;
        let person = relay.person("alice").await;
        person.socket().await.send(&Writer::new(person.account, &[], 1).next(b"text")).await.unwrap();
        run(&relay, "ALTER TABLE slips RENAME TO elsewhere").await;
        let mut socket = person.socket().await;
        socket.say(&ClientFrame::Subscribe { after: 0 }).await;
        assert_eq!(socket.next().await, ServerFrame::Subscribed { head: 1, keystore: 1, state: 1 });
        // Not a frame more: the next thing is the close.
        let next = crate::common::soon(futures_util::StreamExt::next(&mut socket.ws)).await.unwrap().unwrap();
        let tokio_tungstenite::tungstenite::Message::Close(Some(frame)) = next else { panic!("{next:?}") };
        assert_eq!(u16::from(frame.code), close::TRY_LATER);
        run(&relay, "ALTER TABLE elsewhere RENAME TO slips").await;
        assert_eq!(person.socket().await.subscribe(0).await.1.len(), 1);
    }

    #[tokio::test]
    async fn a_corrupt_login_record_is_the_relays_failure_and_not_the_persons() {
        let relay = Relay::start(Store::Sqlite).await;
        relay.person("alice").await;
        run(&relay, "UPDATE access SET record = x'00'").await;
        let (_, start) = person::login_start("alice", SecretKind::Password, "x");
        let refused = relay.browser().ask::<api::LoginStarted>(api::LOGIN_START, &start).await;
        assert_eq!(refused, Err(Refusal::Internal));
    }
}
