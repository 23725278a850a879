//! However long a backup is, whoever writes or reads it holds one chunk and one record.

#![expect(clippy::unwrap_used, reason = "a broken sample fails the test")]
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use rsa::{
    PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use signet_crypto::{
    BACKUP_HEADER, BackupContact, BackupCost, BackupHeader, BackupKeystore, BackupMessage, BackupReader, BackupRecord,
    BackupState, BackupWriter, Content, DecryptionKey, Doubts, IdentityKey, Keyring, VerifiedAccount,
    make_first_statement,
};
use signet_shared::{ClientUuid, ConvId, EnvId, StreamId, envelope::Suite};

/// Counts the bytes that are held, and the most that were held at once.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: what is asked for and given back goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps to what the system's allocator asks of it.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const PASSWORD: &str = "a drawer full of odd socks";
/// A few chunks and records: what is being sealed, what has been, and what of it is being read.
const BOUND: usize = 1024 * 1024;

fn account(name: &str, ik: usize, ek: usize) -> (VerifiedAccount, Keyring) {
    let der = |n: usize| {
        let pem = std::fs::read_to_string(format!("tests/data/test-key-{n}.pem")).unwrap();
        PrivateKey::from_pkcs8_pem(&pem).unwrap().to_pkcs8_der().unwrap().as_bytes().to_vec()
    };
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

/// Writes and reads, piece by piece, a backup of so many messages of this text. Returns the file's length, and the most
/// bytes that were held beyond those before.
fn pass_through(messages: u64, text: &str) -> (u64, usize) {
    let rng = &mut rand::rng();
    let (own, keys) = account("Anna", 1, 2);
    let (bob, _) = account("bob_2", 3, 4);
    let me = own.account_id();
    let header = BackupHeader::make(me, 5, BackupCost::USUAL, rng).unwrap();
    let (for_writer, for_reader) = (header.unlock(PASSWORD).unwrap(), header.unlock(PASSWORD).unwrap());
    let (mut writer, head) = BackupWriter::start(&header, for_writer);
    assert_eq!(head.len(), BACKUP_HEADER);
    let mut reader = BackupReader::new(&header, for_reader).unwrap();
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
    let first = [
        BackupRecord::Account { account: me, username: own.username().clone() },
        BackupRecord::Keystore(BackupKeystore::of(&keys, 1, [0; 32])),
        BackupRecord::Statements(own.clone()),
        BackupRecord::Contact(contact),
    ];
    let conv = ConvId::direct(me, bob.account_id());
    let message = |place: u64| {
        let mut uuid = [0; 16];
        uuid[..8].copy_from_slice(&place.to_be_bytes());
        BackupRecord::Message(BackupMessage {
            place,
            conv,
            env_id: EnvId([1; 32]),
            author: me,
            stream: StreamId([1; 16]),
            seq: place,
            uuid: ClientUuid(uuid),
            reply_to: None,
            sent_ms: place,
            received_ms: 0,
            state: BackupState::Sent,
            content: Content::Text(text.to_owned()),
            key: None,
        })
    };

    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let (mut size, mut read) = (head.len() as u64, 0);
    let mut take = |bytes: &[u8]| {
        size += bytes.len() as u64;
        for record in reader.feed(bytes).unwrap() {
            read += u64::from(matches!(record, BackupRecord::Message(_)));
        }
    };
    for record in first.into_iter().chain((1..=messages).map(message)) {
        take(&writer.push(&record, rng).unwrap());
    }
    take(&writer.finish(&keys.ik, rng).unwrap());
    let most = MOST.load(Ordering::Relaxed) - before;
    assert_eq!((read, reader.finish().unwrap().messages), (messages, messages));
    (size, most)
}

/// One after the other: the allocator counts for all.
#[test]
fn a_hundred_thousand_messages_and_two_gigabytes_take_the_memory_of_a_few_chunks() {
    let (size, most) = pass_through(100_000, &"x".repeat(300));
    println!("100,000 messages: {size} bytes, at most {most} held");
    assert!(size > 40_000_000 && most < BOUND, "{size} bytes, {most} held");
    let (size, most) = pass_through(27_000, &"\u{1f98a}".repeat(20_000));
    println!("the largest messages: {size} bytes, at most {most} held");
    assert!(size > 2 * 1024 * 1024 * 1024 && most < BOUND, "{size} bytes, {most} held");
}
