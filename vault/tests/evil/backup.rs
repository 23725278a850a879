//! The file lies: whoever keeps it has changed it. He knows its format, and in the last case its backup password.

use signet_ask::{BackupTrouble, RenewKeys, Trouble, Warning};
use signet_crypto::{
    BackupCost, BackupError, BackupHeader, BackupKeystore, BackupRecord, BackupWriter, VerifiedAccount,
    make_next_statement,
};
use signet_shared::{
    AccountId, Hash,
    statement::{SignedStatement, Statement},
};

use crate::{
    common::{
        files::{BACKUP_PASSWORD, edited, enlarged, records},
        puppet::{Puppet, raw, sign_statement},
    },
    stage::Stage,
};

const HEAD: usize = 118;
const CHUNK_HEAD: usize = 5;
const FOOTER: usize = 424;

/// Ann's backup, of a few chunks.
fn file(stage: &mut Stage) -> Vec<u8> {
    let (file, _) = stage.w.export(stage.ann, true);
    enlarged(&file, stage.conv, stage.max.id(), 1500)
}

/// Where each chunk begins, and where the last one ends.
fn borders(file: &[u8]) -> Vec<usize> {
    let mut borders = vec![HEAD];
    while let Some(at) = borders.last().copied().filter(|at| *at < file.len() - FOOTER) {
        let len = u32::from_be_bytes(file[at + 1..at + CHUNK_HEAD].try_into().unwrap());
        borders.push(at + CHUNK_HEAD + len as usize);
    }
    borders
}

/// Neither tested nor imported, and nothing of it is in Ann's browser.
fn refused(stage: &mut Stage, file: &[u8], trouble: BackupTrouble, what: &str) {
    stage.w.said.clear();
    let database = stage.w.browsers[stage.ann].database.clone();
    assert_eq!(stage.w.import(stage.ann, file), Err(Trouble::Backup(trouble)), "{what}");
    if trouble != BackupTrouble::OtherAccount {
        assert_eq!(stage.w.test_backup(stage.ann, file), Err(Trouble::Backup(trouble)), "{what}");
    }
    assert!(stage.w.browsers[stage.ann].database == database, "{what}");
    assert_eq!(stage.w.outline(stage.ann), Vec::<String>::new(), "{what}");
    stage.shows(&["hello"], &[]);
}

#[test]
fn ev_30_a_backup_with_any_bit_flipped() {
    let mut stage = Stage::new();
    let good = file(&mut stage);
    let footer = good.len() - FOOTER;
    // The salt, the account, each part of a chunk, each part of the footer.
    let head = [6, 16, 52, 55, 66, 74, 80, 112].map(|at| (at, BackupTrouble::Altered));
    let chunks = [HEAD, HEAD + 1, HEAD + 4, HEAD + 40, HEAD + 30_000, footer - 1];
    let chunks = chunks.map(|at| (at, BackupTrouble::Altered));
    let end = [(footer + 7, BackupTrouble::Altered), (footer + 20, BackupTrouble::Altered)];
    let signature = [footer + 40, good.len() - 1].map(|at| (at, BackupTrouble::Unsigned));
    for (at, trouble) in head.into_iter().chain(chunks).chain(end).chain(signature) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        refused(&mut stage, &bad, trouble, &format!("byte {at}"));
    }
    // The header again, by somebody who makes its checksum anew: to everyone it looks like a wrong backup password.
    let mut bad = good.clone();
    bad[20] ^= 1;
    let sum = Hash::new("backup checksum").chain(&bad[..110]).finish();
    bad[110..HEAD].copy_from_slice(&sum[..8]);
    refused(&mut stage, &bad, BackupTrouble::WrongPassword, "another salt");
    assert_eq!(stage.w.import(stage.ann, &good).unwrap().new_messages, 1500);
}

#[test]
fn ev_30_a_backup_cut_and_put_together_otherwise() {
    let mut stage = Stage::new();
    let good = file(&mut stage);
    let older = file(&mut stage);
    let borders = borders(&good);
    let chunk = |of: &[u8], n: usize| of[borders[n]..borders[n + 1]].to_vec();
    let count = borders.len() - 1;
    assert!(count >= 3, "{count}");
    let footer = good[good.len() - FOOTER..].to_vec();
    let built = |chunks: &[Vec<u8>]| [&good[..HEAD], &chunks.concat(), &footer].concat();
    let all: Vec<Vec<u8>> = (0..count).map(|n| chunk(&good, n)).collect();
    assert!(built(&all) == good);
    for end in &borders {
        refused(&mut stage, &good[..*end], BackupTrouble::CutShort, &format!("cut at {end}"));
    }
    let mut swapped = all.clone();
    swapped.swap(0, 1);
    let mut doubled = all.clone();
    doubled.insert(1, all[0].clone());
    let mut other = all.clone();
    other[1] = chunk(&older, 1);
    let mut ends_early = all[..1].to_vec();
    ends_early[0][0] = 1;
    let cases = [
        ("the first missing", all[1..].to_vec()),
        ("one in the middle missing", [&all[..1], &all[2..]].concat()),
        ("the last missing", all[..count - 1].to_vec()),
        ("two exchanged", swapped),
        ("one twice", doubled),
        ("one of another backup of hers", other),
        ("the first called the last", ends_early),
    ];
    for (what, chunks) in cases {
        refused(&mut stage, &built(&chunks), BackupTrouble::Altered, what);
    }
    // Nor does the end of one fit another.
    let end = older[older.len() - FOOTER..].to_vec();
    refused(&mut stage, &[&good[..good.len() - FOOTER], &end].concat(), BackupTrouble::Altered, "another's end");
}

/// Max knows Ann's backup password and her public statements, and invents a history for her.
#[test]
fn ev_30_an_invented_backup_under_the_right_password() {
    let mut stage = Stage::new();
    let ann = stage.w.relay.verified(stage.ann_id);
    let max = stage.max.account.clone();
    let his = invented(&stage.max, max.account_id(), &max).unwrap();
    refused(&mut stage, &his, BackupTrouble::OtherAccount, "his own");
    // In her name, with her statements and his keys: her identity key is what is missing.
    assert!(invented(&stage.max, ann.account_id(), &ann).is_err(), "the writer itself would not make it");
    let forged = forged(&mut stage, &max);
    refused(&mut stage, &forged, BackupTrouble::Unsigned, "signed by himself");
    // In her name, her first statement with his keys after it: a reset, which anybody can write.
    let first = first(&stage);
    let his_own = &stage.max.statements[0].statement;
    let next = Statement {
        seq: 2,
        prev: first.statement.hash(),
        ik_spki: his_own.ik_spki.clone(),
        eks: his_own.eks.clone(),
        ..first.statement.clone()
    };
    let taken = VerifiedAccount::verify_through_resets(&[first, sign_statement(next, 0, None)]).unwrap();
    let file = invented(&stage.max, ann.account_id(), &taken).unwrap();
    refused(&mut stage, &file, BackupTrouble::Content, "by a reset");
}

/// Somebody has her keys, and makes a file that goes on otherwise from where she once was.
#[test]
fn ev_30_a_backup_of_another_key_log_of_her_own() {
    let mut stage = Stage::new();
    let (file, _) = stage.w.export(stage.ann, true);
    let keys = records(&file).0.into_iter().find_map(|record| match record {
        BackupRecord::Keystore(keystore) => Some(keystore.open().unwrap().0),
        _ => None,
    });
    let mut other = stage.w.relay.verified(stage.ann_id);
    let next = make_next_statement(&other, &keys.unwrap(), None, 7, &mut rand::rng());
    other.extend(&[next]).unwrap();
    let file = edited(&file, |record| {
        if let BackupRecord::Statements(own) = record {
            *own = other.clone();
        }
    });
    // As far as her browser knows, it may be hers.
    assert_eq!(stage.w.import(stage.ann, &file).unwrap().conversations, 1);
    stage.w.ask(stage.ann, RenewKeys {}).unwrap();
    stage.w.pass(5000);
    refused(&mut stage, &file, BackupTrouble::Content, "another statement in the place of hers");
    // One of before is hers.
    let older = VerifiedAccount::verify(&[first(&stage)]).unwrap();
    let file = edited(&file, |record| {
        if let BackupRecord::Statements(own) = record {
            *own = older.clone();
        }
    });
    assert_eq!(stage.w.import(stage.ann, &file).unwrap().conversations, 1);
}

fn first(stage: &Stage) -> SignedStatement {
    SignedStatement::parse(&stage.w.relay.accounts[&stage.ann_id].statements[0]).unwrap()
}

/// Her own word that she has seen another key log of Max's, in a place before or after the one that is here.
#[test]
fn ev_30_a_backup_that_knows_another_key_log_of_a_contact() {
    for (len, is_fork) in [(2, true), (4, true), (2, false), (4, false)] {
        let mut stage = Stage::new();
        let mut known = Puppet::named_like(&stage.max, "max_m");
        (known.statements, known.account) = (stage.max.statements.clone(), stage.max.account.clone());
        for n in [10, 11] {
            stage.max.next_statement(|next| next.eks[0].not_after = n);
        }
        stage.max.publish(&mut stage.w.relay);
        let written = stage.write("under the third");
        stage.push(written.delivery);
        stage.w.pass(10_000);
        for n in 0..len - 1 {
            known.next_statement(|next| next.eks[0].not_after = if is_fork { 20 } else { 10 } + n);
        }
        let (file, _) = stage.w.export(stage.ann, true);
        let file = edited(&file, |record| {
            if let BackupRecord::Contact(contact) = record {
                (contact.seq, contact.head) = (known.account.seq(), known.account.head());
                contact.statements = (len > 3).then(|| known.account.clone());
            }
        });
        stage.w.import(stage.ann, &file).unwrap();
        let warned: &[Warning] = if is_fork { &[Warning::KeyLogForked] } else { &[] };
        stage.shows(&["hello", "under the third"], warned);
    }
}

/// A file for this account and its statements, with Max's keys.
fn invented(max: &Puppet, account: AccountId, own: &VerifiedAccount) -> Result<Vec<u8>, BackupError> {
    let rng = &mut rand::rng();
    let header = BackupHeader::make(account, 5, BackupCost::USUAL, rng)?;
    let (mut writer, mut out) = BackupWriter::start(&header, header.unlock(BACKUP_PASSWORD)?);
    let username = own.username().clone();
    out.extend(writer.push(&BackupRecord::Account { account, username }, rng)?);
    out.extend(writer.push(&BackupRecord::Keystore(BackupKeystore::of(&max.keys, 1, [0; 32])), rng)?);
    out.extend(writer.push(&BackupRecord::Statements(own.clone()), rng)?);
    out.extend(writer.finish(&max.keys.ik, rng)?);
    Ok(out)
}

/// A file of hers in which he can seal whatever he likes, with a signature of his own key at the end.
fn forged(stage: &mut Stage, max: &VerifiedAccount) -> Vec<u8> {
    let (hers, _) = stage.w.export(stage.ann, true);
    let mut file = enlarged(&hers, stage.conv, max.account_id(), 3);
    let (at, footer) = (file.len() - 384, file.len() - FOOTER);
    let header = Hash::new("backup").chain(&file[..HEAD]).finish();
    let end = Hash::new("backup end").chain(&header).chain(&file[footer..at]).finish();
    let signed = [Hash::label("sig backup").as_slice(), &end].concat();
    let sig = raw(0).pss_sign_with_rng::<sha2::Sha256, _>(&mut rand::rng(), &signed).unwrap();
    file[at..].copy_from_slice(&sig);
    file
}
