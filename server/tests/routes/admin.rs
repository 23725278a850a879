//! What an operator does with the data of a whole server, by the program itself.

use std::{fs, path::Path, process::Command};

use signet_services::Lease;
use signet_shared::{api, api::Body, opaque::SecretKind, wire::Refusal};

use crate::common::{
    Browser, Delivered, Person, Program, Socket, Writer,
    person::{login, password},
    program::said,
};

/// What `signet admin` answers, or what it says of its failure.
fn admin(words: &[&str], data: &Path) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
    let output = command.env_clear().arg("admin").args(words).arg("--data").arg(data).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The same browser, at a relay that has been started again.
fn again(person: &Person, program: &Program) -> Browser {
    let mut browser = program.browser();
    browser.cookie = person.browser.cookie.clone();
    browser
}

async fn backlog(browser: &Browser) -> Vec<Delivered> {
    Socket::open(browser).await.subscribe(0).await.1
}

struct People {
    alice: Person,
    bob: Person,
    writer: Writer,
}

impl People {
    /// Two people with three messages, and one who has left.
    async fn at(program: &Program) -> Self {
        let mut alice = Person::register(program.browser(), "alice").await;
        let bob = Person::register(program.browser(), "bob").await;
        let gone = Person::register(program.browser(), "gone").await;
        let mut writer = Writer::new(alice.account, &[bob.account, gone.account], 1);
        let mut socket = alice.live().await;
        for seq in 1..=3 {
            assert_eq!(socket.send(&writer.next(b"text")).await, Ok(seq));
        }
        let put = api::PutState { expected: 1, state: b"another state".to_vec() };
        assert_eq!(alice.browser.post(api::STATE, put.to_bytes()).await.refusal(), None);
        let mut leaving = program.browser();
        login(&mut leaving, "gone", SecretKind::Password, &password("gone")).await.unwrap();
        assert_eq!(leaving.post(api::ACCOUNT_DELETE, Vec::new()).await.refusal(), None);
        writer.readers = vec![bob.account];
        Self { alice, bob, writer }
    }

    /// Everything is as it was, and goes on.
    async fn are_at(&mut self, program: &Program, before: &[Delivered]) {
        let Self { alice, bob, writer } = self;
        assert_eq!(backlog(&again(bob, program)).await, before, "by a session of before");
        let mut browser = program.browser();
        let vault = login(&mut browser, "alice", SecretKind::Password, &password("alice")).await.unwrap();
        assert_eq!((vault.account_id, vault.state.as_slice()), (alice.account, &b"another state"[..]));
        let mut reading = bob.elsewhere(program.browser()).await.live().await;
        let number = backlog(&browser).await.len() as u64 + 1;
        assert_eq!(Socket::open(&browser).await.send(&writer.next(b"next")).await, Ok(number));
        assert_eq!(reading.delivered().await.seq, before.len() as u64 + 1);
        let nobody = Person::try_register(program.browser(), "gone", |_| {}).await;
        assert_eq!(nobody.err(), Some(Refusal::UsernameTaken), "a name is given once");
        Person::register(program.browser(), "carol").await;
    }
}

#[tokio::test]
async fn a_backup_of_a_running_relay_is_restored_on_a_new_machine_where_people_sign_in() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, new) = (there.path().join("backup"), there.path().join("new"));
    let name = file.to_str().unwrap();
    let program = Program::start(here.path());
    let mut people = People::at(&program).await;
    let before = backlog(&people.bob.browser).await;
    // In the midst of others' messages, which are in it or not.
    let (mut socket, mut busy) = (people.bob.live().await, Writer::new(people.bob.account, &[], 9));
    let sending = tokio::spawn(async move {
        for _ in 0..200 {
            socket.send(&busy.next(b"to himself")).await.unwrap();
        }
    });
    let from = here.path().to_owned();
    let words = ["backup".to_owned(), name.to_owned()];
    let told = tokio::task::spawn_blocking(move || admin(&words.each_ref().map(String::as_str), &from)).await.unwrap();
    assert!(told.unwrap().contains("login key"));
    sending.await.unwrap();
    assert!(admin(&["backup", name], here.path()).unwrap_err().contains("there already"));
    assert!(admin(&["restore", name], here.path()).unwrap_err().contains("another relay"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(file.metadata().unwrap().mode() & 0o077, 0, "for its owner alone");
    }
    program.kill();
    assert!(admin(&["restore", name], here.path()).unwrap_err().contains("there already"));

    let bytes = fs::read(&file).unwrap();
    let spoiled = there.path().join("spoiled");
    let no_backup = fs::read(here.path().join("signet.db")).unwrap();
    for (bad, cause) in
        [(&bytes[..bytes.len() / 2], ""), (b"something else entirely", "no backup"), (&no_backup, "no backup")]
    {
        fs::write(&spoiled, bad).unwrap();
        let text = admin(&["restore", spoiled.to_str().unwrap()], &new).unwrap_err();
        assert!(text.contains("was not restored") && text.contains(cause), "{text}");
        let left: Vec<_> = fs::read_dir(&new).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["lock"], "nothing of it is left");
    }
    admin(&["restore", name], &new).unwrap();
    let program = Program::start(&new);
    let had = backlog(&again(&people.bob, &program)).await;
    assert_eq!(had[..before.len()], before[..]);
    people.are_at(&program, &had).await;
    program.kill();
    // From what was restored a backup can be made, which holds one key again.
    let second = there.path().join("second");
    admin(&["backup", second.to_str().unwrap()], &new).unwrap();
    admin(&["restore", second.to_str().unwrap()], &there.path().join("third")).unwrap();
    Program::start(&there.path().join("third")).kill();
}

#[tokio::test]
async fn a_relay_on_sqlite_is_moved_to_postgres_with_all_that_is_in_it() {
    let (lease, folder) = (Lease::bare().unwrap(), tempfile::tempdir().unwrap());
    let to = ["migrate-store", "--to", lease.url()];
    let program = Program::start(folder.path());
    let mut people = People::at(&program).await;
    let before = backlog(&people.bob.browser).await;
    assert!(admin(&to, folder.path()).unwrap_err().contains("another relay"));
    assert!(admin(&["migrate-store", "--to", "sqlite:x.db"], folder.path()).unwrap_err().contains("--to"));
    program.kill();
    let told = admin(&to, folder.path()).unwrap();
    assert!(told.contains("3 accounts and 3 messages"), "{told}");
    assert!(admin(&to, folder.path()).unwrap_err().contains("holds accounts already"));
    let text = said(Program::command().args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path()));
    assert!(text.contains("moved to PostgreSQL"), "{text}");

    let mut command = Program::command();
    command.env("SIGNET_DATABASE_URL", lease.url());
    let program = Program::start_as(command, folder.path());
    people.are_at(&program, &before).await;
    program.kill();
}
