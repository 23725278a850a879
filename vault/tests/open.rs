//! A backup that is shown, without an account or beside one.

#![allow(clippy::unwrap_used, reason = "a broken world fails the test")]

mod common;

use common::{World, files::BACKUP_PASSWORD};
use signet_ask::{
    BACKUP_HEAD, BackupGoal, BackupStep, BackupTrouble, OpenedConversations, OpenedMessages, SignOut, Status, Trouble,
};
use signet_shared::ConvId;

const RUN: u64 = 21;

/// Ann, who has written seven messages with Bob and none with Cat.
fn story() -> (World, usize, ConvId) {
    let mut w = World::new();
    let [ann, bob, _] = ["Ann_a", "bob_b", "cat_c"].map(|name| w.sign_up(name));
    let conv = w.talk(ann, "bob_b");
    w.talk(ann, "cat_c");
    for n in 0..7 {
        w.send(if n % 2 == 0 { ann } else { bob }, conv, &format!("message {n}"));
        w.settle();
    }
    w.pass(1000);
    (w, ann, conv)
}

fn open(w: &mut World, id: usize, file: &[u8], password: &str) -> Result<signet_ask::BackupReport, Trouble> {
    let head = file.len().min(BACKUP_HEAD as usize);
    let goal = BackupGoal::Open;
    w.backup(id, RUN, BackupStep::Read { password: password.into(), head: file[..head].to_vec(), goal })?;
    for (n, piece) in file[head..].chunks(10_000).enumerate() {
        let at = (head + n * 10_000) as u64;
        w.backup(id, RUN, BackupStep::Feed { at, bytes: piece.to_vec() })?;
        let early = w.ask(id, OpenedConversations { run: RUN });
        assert_eq!(early, Err(Trouble::Backup(BackupTrouble::Interrupted)), "shown before it was found good");
    }
    let part = w.backup(id, RUN, BackupStep::Feed { at: file.len() as u64, bytes: Vec::new() })?;
    Ok(part.report.unwrap())
}

fn texts(w: &mut World, id: usize, conversation: u32, before: u32, limit: u16) -> Result<Vec<(bool, String)>, Trouble> {
    let lines = w.ask(id, OpenedMessages { run: RUN, conversation, before, limit })?;
    Ok(lines.into_iter().map(|line| (line.mine, line.text.unwrap())).collect())
}

#[test]
fn without_an_account_it_is_read_page_by_page_until_it_is_closed() {
    let (mut w, ann, _) = story();
    let (file, _) = w.export(ann, true);
    let here = w.browser();
    let report = open(&mut w, here, &file, BACKUP_PASSWORD).unwrap();
    assert_eq!((report.username.as_str(), report.conversations, report.messages), ("Ann_a", 2, 7));
    let list = w.ask(here, OpenedConversations { run: RUN }).unwrap();
    let list: Vec<_> = list.into_iter().map(|conv| (conv.title, conv.messages)).collect();
    assert_eq!(list, [("bob_b".to_owned(), 7), ("cat_c".to_owned(), 0)]);
    let all: Vec<_> = (0..7).map(|n| (n % 2 == 0, format!("message {n}"))).collect();
    assert_eq!(texts(&mut w, here, 0, 7, 3).unwrap(), all[4..]);
    assert_eq!(texts(&mut w, here, 0, 4, 3).unwrap(), all[1..4]);
    assert_eq!(texts(&mut w, here, 0, 1, 3).unwrap(), all[..1]);
    assert_eq!(texts(&mut w, here, 0, 0, 3).unwrap(), []);
    assert_eq!(texts(&mut w, here, 0, u32::MAX, u16::MAX).unwrap(), all);
    assert_eq!(texts(&mut w, here, 1, 9, 9).unwrap(), []);
    assert_eq!(texts(&mut w, here, 2, 9, 9), Err(Trouble::NotFound));

    w.backup(here, RUN, BackupStep::Cancel).unwrap();
    assert_eq!(texts(&mut w, here, 0, 7, 3), Err(Trouble::Backup(BackupTrouble::Interrupted)));
}

#[test]
fn nothing_of_a_bad_file_is_shown_and_each_refusal_names_its_cause() {
    let (mut w, ann, _) = story();
    let (file, _) = w.export(ann, true);
    let here = w.browser();
    let flipped = |at: usize| {
        let mut copy = file.clone();
        copy[at] ^= 1;
        copy
    };
    let cases = [
        (b"PK, and then something else".to_vec(), BackupTrouble::NotABackup),
        (file[..file.len() - 1].to_vec(), BackupTrouble::CutShort),
        (flipped(400), BackupTrouble::Altered),
        (flipped(file.len() - 1), BackupTrouble::Unsigned),
    ];
    for (bad, because) in cases {
        assert_eq!(open(&mut w, here, &bad, BACKUP_PASSWORD).map(|_| ()), Err(Trouble::Backup(because)));
        assert!(w.ask(here, OpenedConversations { run: RUN }).is_err(), "{because:?}");
    }
    let wrong = open(&mut w, here, &file, "another password of its own").map(|_| ());
    assert_eq!(wrong, Err(Trouble::Backup(BackupTrouble::WrongPassword)));
}

#[test]
fn beside_an_account_it_changes_nothing_and_goes_with_the_session() {
    let (mut w, ann, _) = story();
    let (file, _) = w.export(ann, true);
    let dan = w.sign_up("dan_d");
    let before = (w.conversations(dan), w.browsers[dan].database.clone());
    open(&mut w, dan, &file, BACKUP_PASSWORD).unwrap();
    assert_eq!(texts(&mut w, dan, 0, 7, 1).unwrap(), [(true, "message 6".to_owned())]);
    assert_eq!((w.conversations(dan), w.browsers[dan].database.clone()), before);
    w.ask(dan, SignOut { anyway: true }).unwrap();
    assert!(matches!(w.reload(dan), Status::SignedOut { .. }));
    assert_eq!(texts(&mut w, dan, 0, 7, 1), Err(Trouble::Backup(BackupTrouble::Interrupted)));
}
