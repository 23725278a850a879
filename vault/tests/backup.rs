//! A backup file: what is written is all there, an import only ever adds, and whatever interrupts one leaves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken world fails the test")]

mod common;

use common::{
    World,
    files::{BACKUP_PASSWORD, RUN, enlarged, records},
    puppet::Puppet,
};
use signet_ask::{
    BACKUP_HEAD, BackupStep, BackupTrouble, MarkVerified, MessageState, ReadAccount, ReadDetails, RenewKeys, SignOut,
    Trouble, Verified, Warning,
};
use signet_crypto::{BackupMessage, BackupRecord, BackupState, Content, object_hash};
use signet_shared::{ConvId, Hash};

/// Ann and Bob, who have talked, and Ann has compared Bob's identity.
fn story() -> (World, usize, usize, ConvId) {
    let mut w = World::new();
    let (ann, bob) = (w.person("ann_a"), w.person("bob_b"));
    let conv = w.talk(ann, "bob_b");
    for n in 0..3 {
        w.send(ann, conv, &format!("ann {n}"));
        w.pass(2000);
        w.send(bob, conv, &format!("bob {n}"));
        w.pass(2000);
    }
    let number = w.ask(ann, ReadDetails { conv }).unwrap().safety_number;
    w.ask(ann, MarkVerified { conv, safety_number: number, verified: true }).unwrap();
    w.pass(5000);
    (w, ann, bob, conv)
}

const TEXTS: [&str; 6] = ["ann 0", "bob 0", "ann 1", "bob 1", "ann 2", "bob 2"];

fn because(trouble: BackupTrouble) -> Trouble {
    Trouble::Backup(trouble)
}

/// A browser of Ann's that finds an empty mailbox.
fn after_the_loss(w: &mut World, ann: usize) -> usize {
    let id = w.account("ann_a");
    w.relay.accounts.get_mut(&id).unwrap().mailbox.clear();
    let new = w.sign_in("ann_a");
    w.pass(60_000);
    assert_ne!(new, ann);
    new
}

/// Everything that a browser keeps, and shows.
fn kept(w: &mut World, id: usize, conv: ConvId) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut tables: Vec<_> = w.browsers[id].database.clone().into_iter().collect();
    tables.sort();
    (tables, w.texts(id, conv), w.warnings(id, conv))
}

#[test]
fn what_is_exported_is_all_there_and_tested_without_changing_anything() {
    let (mut w, ann, _, conv) = story();
    let (file, report) = w.export(ann, true);
    assert_eq!((report.username.as_str(), report.conversations, report.messages), ("ann_a", 1, 6));
    assert_eq!((report.left_out, report.behind, report.created_ms), (0, false, w.now));
    let (records, summary) = records(&file);
    assert_eq!((summary.account, summary.contacts, summary.messages), (w.account("ann_a"), 1, 6));
    let messages: Vec<&BackupMessage> = records
        .iter()
        .filter_map(|record| if let BackupRecord::Message(message) = record { Some(message) } else { None })
        .collect();
    let texts: Vec<_> = messages
        .iter()
        .map(|message| if let Content::Text(text) = &message.content { text.as_str() } else { "?" })
        .collect();
    assert_eq!(texts, TEXTS);
    let states: Vec<_> = messages.iter().map(|message| message.state).collect();
    assert_eq!(states[..2], [BackupState::Delivered, BackupState::Received]);
    assert!(messages.iter().all(|message| message.conv == conv));
    let contact = records.iter().find_map(|record| if let BackupRecord::Contact(c) = record { Some(c) } else { None });
    let contact = contact.unwrap();
    assert_eq!((contact.username.shown(), contact.verified), ("bob_b", Some(contact.ik)));
    assert!(contact.statements.is_some());

    let dates = w.ask(ann, ReadAccount {}).unwrap().backup;
    assert_eq!((dates.made_ms, dates.tested_ms), (Some(w.now), None));
    let before = (w.texts(ann, conv), w.warnings(ann, conv));
    w.pass(1000);
    let tested = w.test_backup(ann, &file).unwrap();
    assert_eq!((tested.messages, tested.conversations, tested.oldest_ms), (6, 1, report.oldest_ms));
    assert_eq!((tested.new_messages, tested.new_conversations, tested.created_ms), (0, 0, report.created_ms));
    assert_eq!((w.texts(ann, conv), w.warnings(ann, conv)), before);
    w.reload(ann);
    assert_eq!(w.ask(ann, ReadAccount {}).unwrap().backup.tested_ms, Some(w.now));
}

#[test]
fn the_keys_alone_may_be_exported() {
    let (mut w, ann, _, _) = story();
    let (file, report) = w.export(ann, false);
    assert_eq!((report.conversations, report.messages), (1, 0));
    let (records, _) = records(&file);
    assert!(records.iter().all(|record| !matches!(record, BackupRecord::Message(_))));
    assert!(file.windows(5).all(|part| part != b"ann 0"));
}

#[test]
fn the_keystore_names_the_one_before_also_after_a_renewal() {
    let (mut w, ann, _, _) = story();
    let other = w.sign_in("ann_a");
    w.pass(2000);
    let id = w.account("ann_a");
    let before = object_hash(&w.relay.accounts[&id].keystore);
    assert_eq!(w.ask(ann, RenewKeys {}), Ok(()));
    w.pass(2000);
    for browser in [ann, other] {
        let (file, _) = w.export(browser, false);
        let keystores = records(&file).0.into_iter();
        let keystore =
            keystores.filter_map(|record| if let BackupRecord::Keystore(k) = record { Some(k) } else { None });
        let keystore = keystore.last().unwrap();
        assert_eq!((keystore.version, keystore.open().unwrap().1), (2, before));
    }
}

#[test]
fn to_test_a_file_needs_no_account() {
    let (mut w, ann, _, _) = story();
    let (file, _) = w.export(ann, true);
    let stranger = w.browser();
    assert_eq!(w.test_backup(stranger, &file).unwrap().username, "ann_a");
    assert_eq!(w.import(stranger, &file).unwrap_err(), Trouble::SignedOut);
    let begin = BackupStep::Write { password: BACKUP_PASSWORD.into(), messages: true };
    assert_eq!(w.backup(stranger, RUN, begin).unwrap_err(), Trouble::SignedOut);
}

#[test]
fn an_import_brings_back_what_the_relay_lost_and_it_stays() {
    let (mut w, ann, bob, conv) = story();
    let (file, _) = w.export(ann, true);
    let new = after_the_loss(&mut w, ann);
    assert_eq!(w.texts(new, conv), [""; 0]);
    assert!(matches!(w.warnings(new, conv)[..], [Warning::Missing { .. }]));
    let report = w.import(new, &file).unwrap();
    assert_eq!((report.new_messages, report.new_conversations, report.left_out), (6, 0, 0));
    assert_eq!(w.texts(new, conv), TEXTS);
    let states = w.states(new, conv);
    assert_eq!(states[..2], [MessageState::Delivered, MessageState::Received]);
    assert_eq!(w.conversations(new)[0].unread, 0);
    w.send(bob, conv, "and on");
    w.pass(5000);
    w.send(new, conv, "on");
    w.pass(5000);
    let all: Vec<&str> = TEXTS.into_iter().chain(["and on", "on"]).collect();
    assert_eq!(w.texts(new, conv), all);
    assert_eq!(w.states(new, conv)[7], MessageState::Delivered);
    for _ in 0..2 {
        w.reload(new);
        w.pass(5000);
        assert_eq!(w.texts(new, conv), all);
        // Twice is no more than once.
        let report = w.import(new, &file).unwrap();
        assert_eq!((report.new_messages, report.new_conversations), (0, 0));
    }
    assert_eq!(w.export(new, true).1.messages, 8);
}

#[test]
fn what_was_imported_may_still_come_from_the_relay() {
    let (mut w, ann, _, conv) = story();
    let (file, _) = w.export(ann, true);
    let id = w.account("ann_a");
    let mailbox = w.relay.accounts[&id].mailbox.clone();
    let new = after_the_loss(&mut w, ann);
    w.import(new, &file).unwrap();
    w.relay.accounts.get_mut(&id).unwrap().mailbox = mailbox;
    w.come_back(new);
    w.pass(60_000);
    assert_eq!((w.texts(new, conv), w.warnings(new, conv)), (TEXTS.map(str::to_owned).to_vec(), vec![]));
    w.reload(new);
    w.pass(60_000);
    assert_eq!((w.texts(new, conv), w.warnings(new, conv)), (TEXTS.map(str::to_owned).to_vec(), vec![]));
}

#[test]
fn a_contact_comes_back_with_its_word_and_one_that_is_here_keeps_its_own() {
    let (mut w, ann, _, conv) = story();
    let (file, _) = w.export(ann, true);
    // What the person said since counts for more than the file.
    let number = w.ask(ann, ReadDetails { conv }).unwrap().safety_number;
    w.ask(ann, MarkVerified { conv, safety_number: number, verified: false }).unwrap();
    w.import(ann, &file).unwrap();
    assert_eq!(w.ask(ann, ReadDetails { conv }).unwrap().verified, Verified::No);

    // A relay that has lost her list of contacts as well; her next browser has never met Bob.
    let mut w2 = World::new();
    let alone = w2.person("ann_a");
    w2.person("bob_b");
    assert_eq!(w2.conversations(alone).len(), 0);
    let report = w2.import(alone, &file).unwrap();
    assert_eq!((report.new_conversations, report.new_messages), (1, 6));
    assert_eq!(w2.texts(alone, conv), TEXTS);
    let verified = w2.ask(alone, ReadDetails { conv }).unwrap().verified;
    assert_eq!(verified, Verified::Yes { at_ms: report.created_ms });
    w2.pass(10_000);
    // The account's other browsers get the contact.
    let other = w2.sign_in("ann_a");
    w2.pass(10_000);
    assert_eq!(w2.conversations(other)[0].title, "bob_b");
}

#[test]
fn two_accounts_of_one_name_are_both_doubted() {
    let (mut w, ann, _, _) = story();
    let (file, _) = w.export(ann, true);
    let mut w2 = World::new();
    let alone = w2.person("ann_a");
    let other = Puppet::new("bob_b");
    other.register(&mut w2.relay);
    w2.talk(alone, "bob_b");
    w2.pass(3000);
    assert_eq!(w2.import(alone, &file).unwrap().new_conversations, 1);
    let list = w2.conversations(alone);
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|conv| conv.warnings.contains(&Warning::Namesake)), "{list:?}");
}

#[test]
fn each_refusal_names_its_cause() {
    let (mut w, ann, bob, conv) = story();
    let (file, _) = w.export(ann, true);
    let ann_id = w.account("ann_a");
    let before = kept(&mut w, ann, conv);
    let edited = |at: usize, to: &[u8]| {
        let mut file = file.clone();
        file[at..at + to.len()].copy_from_slice(to);
        file
    };
    // A header as whoever wants to do harm would make it: its checksum is right.
    let resummed = |at: usize, to: &[u8]| {
        let mut file = edited(at, to);
        let sum = Hash::new("backup checksum").chain(&file[..110]).finish();
        file[110..118].copy_from_slice(&sum[..8]);
        file
    };
    let last = file.len() - 1;
    let cases: [(&str, Vec<u8>, BackupTrouble); 13] = [
        ("another file", b"PK\x03\x04 something else".to_vec(), BackupTrouble::NotABackup),
        ("an empty file", Vec::new(), BackupTrouble::NotABackup),
        ("cut in its head", file[..60].to_vec(), BackupTrouble::CutShort),
        ("cut after its head", file[..118].to_vec(), BackupTrouble::CutShort),
        ("cut in the middle", file[..file.len() / 2].to_vec(), BackupTrouble::CutShort),
        ("without its last byte", file[..last].to_vec(), BackupTrouble::CutShort),
        ("a bit of the head", edited(20, &[file[20] ^ 1]), BackupTrouble::Altered),
        ("a bit of a chunk", edited(200, &[file[200] ^ 1]), BackupTrouble::Altered),
        ("a bit of the signature", edited(last, &[file[last] ^ 1]), BackupTrouble::Unsigned),
        ("something after its end", [&file[..], b"x"].concat(), BackupTrouble::Altered),
        ("a newer version", edited(4, &[0, 2]), BackupTrouble::NewerVersion),
        ("a day's work", resummed(7, &u32::MAX.to_be_bytes()), BackupTrouble::TooCostly),
        ("no work at all", resummed(7, &8_u32.to_be_bytes()), BackupTrouble::TooWeak),
    ];
    for import in [false, true] {
        for (what, file, trouble) in &cases {
            assert_eq!(w.read_backup(ann, file, BACKUP_PASSWORD, import), Err(because(*trouble)), "{what}, {import}");
        }
        let wrong = w.read_backup(ann, &file, "another password", import);
        assert_eq!(wrong, Err(because(BackupTrouble::WrongPassword)));
    }
    // What costs too much is refused before the password is used, whoever's it is: no turn of the loop is asked for.
    assert_eq!(w.import(bob, &file), Err(because(BackupTrouble::OtherAccount)));
    assert_eq!(w.test_backup(bob, &file).unwrap().username, "ann_a");
    for (password, trouble) in [("short", Trouble::BadPassword), (&"x".repeat(257), Trouble::BadPassword)] {
        let begin = BackupStep::Write { password: password.into(), messages: true };
        assert_eq!(w.backup(ann, RUN, begin), Err(trouble));
    }
    assert_eq!(kept(&mut w, ann, conv), before);
    assert_eq!(w.import(ann, &file).unwrap().username, "ann_a");
    assert_eq!(w.account("ann_a"), ann_id);
}

#[test]
fn an_import_that_stops_anywhere_leaves_nothing_behind() {
    let (mut w, ann, _, conv) = story();
    let (file, _) = w.export(ann, true);
    let new = after_the_loss(&mut w, ann);
    let head = BACKUP_HEAD as usize;
    let feed = |at: usize, end: usize| BackupStep::Feed { at: at as u64, bytes: file[at..end].to_vec() };
    let points = [head, head + 1, head + (file.len() - head) / 2, file.len() - 400, file.len()];
    for at in points {
        let before = kept(&mut w, new, conv);
        // The person stops it.
        w.begin_reading(new, &file, BACKUP_PASSWORD, true).unwrap();
        w.backup(new, RUN, feed(head, at.max(head + 1))).unwrap();
        w.backup(new, RUN, BackupStep::Cancel).unwrap();
        let rest = w.backup(new, RUN, feed(at.max(head + 1), file.len()));
        assert_eq!(rest, Err(because(BackupTrouble::Interrupted)), "{at}");
        assert_eq!(kept(&mut w, new, conv), before, "{at}");
        // The tab closes; another leads.
        w.begin_reading(new, &file, BACKUP_PASSWORD, true).unwrap();
        w.backup(new, RUN, feed(head, at.max(head + 1))).unwrap();
        w.reload(new);
        w.pass(60_000);
        assert_eq!(w.backup(new, RUN, feed(at, file.len())), Err(because(BackupTrouble::Interrupted)), "{at}");
        assert_eq!((w.texts(new, conv), w.browsers[new].database.contains_key("restored")), (vec![], false), "{at}");
    }
    // Storage gives out when it is to be kept.
    w.begin_reading(new, &file, BACKUP_PASSWORD, true).unwrap();
    w.backup(new, RUN, feed(head, file.len())).unwrap();
    w.browsers[new].storage_broken = true;
    let end = w.backup(new, RUN, BackupStep::Feed { at: file.len() as u64, bytes: Vec::new() });
    assert!(matches!(end, Err(Trouble::Storage { .. })), "{end:?}");
    w.browsers[new].storage_broken = false;
    w.pass(60_000);
    assert_eq!((w.texts(new, conv), w.browsers[new].database.contains_key("restored")), (vec![], false));
    // The tab dies at that moment: all or nothing.
    for die_after in 0..4 {
        w.begin_reading(new, &file, BACKUP_PASSWORD, true).unwrap();
        w.backup(new, RUN, feed(head, file.len())).unwrap();
        w.browsers[new].die_after = Some(die_after);
        let end = BackupStep::Feed { at: file.len() as u64, bytes: Vec::new() };
        w.begin(new, signet_ask::Backup { run: RUN, step: end.into() });
        w.settle();
        w.reload(new);
        w.pass(60_000);
        let texts = w.texts(new, conv);
        assert!(texts.is_empty() == (die_after == 0) && [0, 6].contains(&texts.len()), "{die_after}: {texts:?}");
        if die_after == 0 {
            assert!(!w.browsers[new].database.contains_key("restored"));
        }
    }
    assert_eq!(w.texts(new, conv), TEXTS);
}

#[test]
fn stopping_too_late_is_told_by_the_report() {
    let (mut w, ann, _, conv) = story();
    let (file, _) = w.export(ann, true);
    let new = after_the_loss(&mut w, ann);
    let at = w.begin_reading(new, &file, BACKUP_PASSWORD, true).unwrap();
    w.backup(new, RUN, BackupStep::Feed { at: at as u64, bytes: file[at..].to_vec() }).unwrap();
    let end = BackupStep::Feed { at: file.len() as u64, bytes: Vec::new() };
    let end = w.begin(new, signet_ask::Backup { run: RUN, step: end.into() });
    let stop = w.begin(new, signet_ask::Backup { run: RUN, step: BackupStep::Cancel.into() });
    w.settle();
    let report = w.answer::<signet_ask::Backup>(new, end).unwrap().unwrap().report.unwrap();
    assert_eq!((report.new_messages, w.texts(new, conv).len()), (6, 6));
    assert!(w.answer::<signet_ask::Backup>(new, stop).unwrap().is_ok());
}

#[test]
fn an_export_that_stops_is_begun_anew() {
    let (mut w, ann, _, _) = story();
    let begin = || BackupStep::Write { password: BACKUP_PASSWORD.into(), messages: true };
    let more = |at: u64| BackupStep::More { at };
    // Another run takes its place; bytes of the wrong place are not given.
    w.backup(ann, 1, begin()).unwrap();
    assert_eq!(w.backup(ann, 1, more(117)), Err(because(BackupTrouble::Interrupted)));
    w.backup(ann, 1, begin()).unwrap();
    w.backup(ann, 2, begin()).unwrap();
    assert_eq!(w.backup(ann, 1, more(BACKUP_HEAD)), Err(because(BackupTrouble::Interrupted)));
    assert!(w.backup(ann, 2, more(BACKUP_HEAD)).unwrap().report.is_some());
    assert_eq!(w.backup(ann, 2, more(BACKUP_HEAD)), Err(because(BackupTrouble::Interrupted)));
    // Stopped while the password is stretched.
    let asked = w.begin(ann, signet_ask::Backup { run: 3, step: begin().into() });
    let stop = w.begin(ann, signet_ask::Backup { run: 3, step: BackupStep::Cancel.into() });
    w.settle();
    assert_eq!(w.answer::<signet_ask::Backup>(ann, asked), Some(Err(Trouble::Cancelled)));
    assert!(w.answer::<signet_ask::Backup>(ann, stop).unwrap().is_ok());
    // Signed out in between.
    w.backup(ann, 4, begin()).unwrap();
    w.ask(ann, SignOut { anyway: true }).unwrap();
    assert_eq!(w.backup(ann, 4, more(BACKUP_HEAD)), Err(Trouble::SignedOut));
}

#[test]
fn a_full_disk_keeps_nobody_from_a_backup() {
    let (mut w, ann, _, _) = story();
    w.browsers[ann].storage_broken = true;
    let (file, _) = w.export(ann, true);
    assert_eq!(records(&file).1.messages, 6);
    assert_eq!(w.test_backup(ann, &file).unwrap().messages, 6);
}

#[test]
fn a_hundred_thousand_messages_cross_in_parts_that_stay_small() {
    const MANY: u64 = 100_000;
    let (mut w, ann, _, conv) = story();
    let (file, _) = w.export(ann, true);
    let file = enlarged(&file, conv, w.account("bob_b"), MANY);
    let report = w.import(ann, &file).unwrap();
    assert_eq!((u64::from(report.new_messages), report.left_out), (MANY, 0));
    let begin = BackupStep::Write { password: BACKUP_PASSWORD.into(), messages: true };
    let (mut at, mut largest, mut percents) = (w.backup(ann, RUN, begin).unwrap().bytes.len(), 0, vec![0]);
    let report = loop {
        let part = w.backup(ann, RUN, BackupStep::More { at: at as u64 }).unwrap();
        at += part.bytes.len();
        largest = largest.max(part.bytes.len());
        percents.push(part.percent);
        if let Some(report) = part.report {
            break report;
        }
    };
    assert_eq!(u64::from(report.messages), MANY + 6);
    assert!(at > 10_000_000 && largest < 400_000, "{at} {largest}");
    assert!(percents.is_sorted() && percents.len() > 40 && percents.last() == Some(&100), "{percents:?}");
    let page = w.ask(ann, signet_ask::ReadPage { conv, before: None, limit: 3 }).unwrap();
    assert_eq!(page.messages.iter().map(common::text).collect::<Vec<_>>()[2], "message 100000");
}
