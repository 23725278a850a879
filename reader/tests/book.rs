//! A file of one's own is read as it was written, and of a bad one nothing is.

#![allow(clippy::unwrap_used, reason = "a broken sample fails the test")]

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use signet_crypto::{
    BACKUP_HEADER, BackupContact, BackupCost, BackupError, BackupHeader, BackupKeystore, BackupMessage, BackupRecord,
    BackupState, BackupWriter, Content, DecryptionKey, Doubts, IdentityKey, Keyring, VerifiedAccount,
    make_first_statement,
};
use signet_reader::{Book, Opening};
use signet_shared::{AccountId, ClientUuid, ConvId, EnvId, StreamId, envelope::Suite};

const PASSWORD: &str = "a drawer full of odd socks";

fn account(name: &str, ik: &str, ek: &str) -> (VerifiedAccount, Keyring) {
    let der = |pem: &str| PrivateKey::from_pkcs8_pem(pem).unwrap().to_pkcs8_der().unwrap().as_bytes().to_vec();
    let ik = IdentityKey::from_pkcs8(&der(ik)).unwrap();
    let keys = Keyring {
        ik,
        eks: vec![DecryptionKey::from_pkcs8(Suite::Rsa3072, &der(ek)).unwrap()],
        former: Vec::new(),
        secret_key: None,
    };
    let first = make_first_statement(&name.parse().unwrap(), [7; 32], &keys, 9, &mut rand::rng());
    (VerifiedAccount::verify(&[first]).unwrap(), keys)
}

fn message(place: u64, conv: ConvId, author: AccountId, me: AccountId, sent_ms: u64, text: &str) -> BackupRecord {
    let state = if author == me { BackupState::Delivered } else { BackupState::Received };
    BackupRecord::Message(BackupMessage {
        place,
        conv,
        env_id: EnvId([place as u8; 32]),
        author,
        stream: StreamId([1; 16]),
        seq: place,
        uuid: ClientUuid([place as u8; 16]),
        reply_to: None,
        sent_ms,
        received_ms: 0,
        state,
        content: Content::Text(text.into()),
        key: None,
    })
}

/// Two conversations, the second of which has the newest message.
fn file() -> Vec<u8> {
    let rng = &mut rand::rng();
    let pem = |n: usize| std::fs::read_to_string(format!("../crypto/tests/data/test-key-{n}.pem")).unwrap();
    let (own, keys) = account("Anna", &pem(1), &pem(2));
    let (bob, _) = account("bob_2", &pem(3), &pem(4));
    let me = own.account_id();
    let header = BackupHeader::make(me, 5, BackupCost::USUAL, rng).unwrap();
    let (mut writer, mut out) = BackupWriter::start(&header, header.unlock(PASSWORD).unwrap());
    let unknown = ConvId([9; 32]);
    let conv = ConvId::direct(me, bob.account_id());
    let contact = BackupContact {
        account: bob.account_id(),
        username: bob.username().clone(),
        seq: bob.seq(),
        head: bob.head(),
        ik: bob.ik_hash(),
        since_ms: 1,
        doubts: Doubts::default(),
        verified: None,
        statements: None,
    };
    let records = [
        BackupRecord::Account { account: me, username: own.username().clone() },
        BackupRecord::Keystore(BackupKeystore::of(&keys, 1, [0; 32])),
        BackupRecord::Statements(own.clone()),
        BackupRecord::Contact(contact),
        message(1, conv, me, me, 10, "hello <b>Bob</b>"),
        message(2, conv, bob.account_id(), me, 11, "hello Anna"),
        message(3, unknown, AccountId([3; 16]), me, 12, "from long ago"),
    ];
    for record in &records {
        out.extend(writer.push(record, rng).unwrap());
    }
    out.extend(writer.finish(&keys.ik, rng).unwrap());
    out
}

fn read(file: &[u8], password: &str, piece: usize) -> Result<Book, BackupError> {
    let head = file.len().min(BACKUP_HEADER);
    let mut opening = Opening::new(&file[..head], password)?;
    for piece in file[head..].chunks(piece) {
        opening.feed(piece)?;
    }
    opening.finish()
}

#[test]
fn conversations_are_read_as_they_were_written_and_nothing_of_a_bad_file() {
    let file = file();
    let book = read(&file, PASSWORD, 1000).unwrap();
    assert_eq!((book.username.as_str(), book.created_ms), ("Anna", 5));
    let shown = |conv: &signet_reader::Conversation| {
        let line = |line: &signet_reader::Line| (line.mine, line.sent_ms, line.text.clone().unwrap());
        (conv.title.clone(), conv.messages.iter().map(line).collect::<Vec<_>>())
    };
    let shown: Vec<_> = book.conversations.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            (String::new(), vec![(false, 12, "from long ago".to_owned())]),
            ("bob_2".to_owned(), vec![(true, 10, "hello <b>Bob</b>".to_owned()), (false, 11, "hello Anna".to_owned())]),
        ]
    );
    let last = file.len() - 1;
    let flipped = |at: usize| {
        let mut file = file.clone();
        file[at] ^= 1;
        file
    };
    let cases = [
        (b"PK\x03\x04".to_vec(), PASSWORD, BackupError::NotABackup),
        (file[..last].to_vec(), PASSWORD, BackupError::CutShort),
        (flipped(20), PASSWORD, BackupError::Altered),
        (flipped(400), PASSWORD, BackupError::Altered),
        (flipped(last), PASSWORD, BackupError::Signature),
        (file.clone(), "another", BackupError::WrongBackupPassword),
    ];
    for (file, password, error) in cases {
        assert_eq!(read(&file, password, 1 << 20), Err(error));
    }
}

/// Whoever reads a file in a browser has only so much memory, and more beside it than this file.
#[test]
fn what_would_take_more_memory_than_there_is_is_refused_before_it_does() {
    let file = file();
    let opened = |most: usize| {
        let (head, rest) = file.split_at(BACKUP_HEADER);
        let mut opening = Opening::new(head, PASSWORD)?.holding_at_most(most);
        opening.feed(rest)?;
        opening.finish()
    };
    // Three messages with what stands beside each.
    let exactly = "hello <b>Bob</b>hello Annafrom long ago".len() + 3 * 64;
    assert_eq!(opened(exactly).map(|book| book.conversations.len()), Ok(2));
    assert_eq!(opened(exactly - 1).map(|_| ()), Err(BackupError::NoMemory));
}
