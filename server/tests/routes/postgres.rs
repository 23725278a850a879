//! The program on PostgreSQL: a real server, whole, killed, and behind TLS.

use std::{
    net::TcpListener,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use signet_services::{Lease, Postgres};
use signet_shared::{
    code::OneTimeCode,
    envelope::Delivery,
    opaque::SecretKind,
    wire::{ClientFrame, Refusal, ServerFrame},
};

use crate::common::{
    Browser, Person, Program, Socket, Writer,
    person::{login, password},
    program::said,
    soon,
};

/// The address in the environment, where whoever lists processes does not see it.
fn start(url: &str, data: &Path) -> Program {
    let mut command = Program::command();
    command.env("SIGNET_DATABASE_URL", url);
    Program::start_as(command, data)
}

#[tokio::test]
async fn what_was_stored_is_there_after_kill_9_and_the_operator_reaches_it() {
    let (lease, folder) = (Lease::take().unwrap(), tempfile::tempdir().unwrap());
    let program = start(lease.url(), folder.path());
    let alice = Person::register(program.browser(), "alice").await;
    let bob = Person::register(program.browser(), "bob").await;
    let mut reading = bob.live().await;
    let mut socket = alice.live().await;
    let mut writer = Writer::new(alice.account, &[bob.account], 1);
    for seq in 1..=3 {
        assert_eq!(socket.send(&writer.next(b"text")).await, Ok(seq));
        assert_eq!(reading.delivered().await.seq, seq);
    }
    assert_eq!(program.browser().get("/readyz").await.status, 200);
    program.kill();

    let program = start(lease.url(), folder.path());
    let mut browser = program.browser();
    let vault = login(&mut browser, "bob", SecretKind::Password, &password("bob")).await.unwrap();
    assert_eq!(vault.account_id, bob.account);
    let (head, backlog) = Socket::open(&browser).await.subscribe(0).await;
    assert_eq!((head, backlog.len()), (3, 3));
    let again = alice.elsewhere(program.browser()).await;
    assert_eq!(again.socket().await.send(&writer.next(b"text")).await, Ok(4));
    let mut admin = Command::new(env!("CARGO_BIN_EXE_signet"));
    admin.env_clear().env("SIGNET_DATABASE_URL", lease.url()).args(["admin", "reset-account"]);
    let printed = admin.arg("Alice").output().unwrap();
    assert!(OneTimeCode::parse(&String::from_utf8(printed.stdout).unwrap()).is_some());
    let printed = admin.arg("nobody").output().unwrap();
    assert!(!printed.status.success());
    program.kill();
    assert!(!folder.path().join("signet.db").exists(), "nothing of it is stored beside");
}

/// Sends one message after the other until it is told to stop, each again until it is acknowledged; answers the places and
/// numbers.
async fn pour(person: Person, mut writer: Writer, stop: Arc<AtomicBool>, count: Arc<AtomicU64>) -> Vec<(u64, u64)> {
    let (mut socket, mut acknowledged) = (person.live().await, Vec::new());
    while !stop.load(Ordering::SeqCst) {
        let envelope = writer.next(&[9; 700]);
        let number = loop {
            match socket.send(&envelope).await {
                Ok(number) => break number,
                Err(refusal) => assert_eq!(refusal, Refusal::StoreUnavailable),
            }
        };
        acknowledged.push((writer.seq, number));
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Reads whatever is delivered, opening the line again where the relay cuts it, until the number is reached.
async fn read_to(browser: Browser, mut last: tokio::sync::watch::Receiver<u64>) -> Vec<u64> {
    let mut seen = Vec::new();
    loop {
        let mut socket = Socket::open(&browser).await;
        socket.say(&ClientFrame::Subscribe { after: seen.last().copied().unwrap_or(0) }).await;
        loop {
            if *last.borrow() > 0 && seen.last() == Some(&*last.borrow()) {
                return seen;
            }
            let message = tokio::select! {
                message = socket.ws.next() => message,
                _ = last.changed() => continue,
            };
            match message {
                Some(Ok(tokio_tungstenite::tungstenite::Message::Binary(bytes))) => {
                    if let ServerFrame::Deliver { seq, .. } = ServerFrame::parse(&bytes).unwrap() {
                        seen.push(seq);
                    }
                }
                Some(Ok(tokio_tungstenite::tungstenite::Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_under_load_loses_and_doubles_nothing() {
    const SENDERS: u8 = 6;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Postgres::start().unwrap();
    server.create("signet").unwrap();
    let program = start(&server.url("signet"), folder.path());
    let bob = Person::register(program.browser(), "bob").await;
    let (stop, count, (told, last)) = (Arc::<AtomicBool>::default(), Arc::default(), tokio::sync::watch::channel(0));
    let reading = tokio::spawn(read_to(bob.browser.clone(), last));
    let mut senders = Vec::new();
    for stream in 0..SENDERS {
        let person = Person::register(program.browser(), &format!("sender{stream}")).await;
        let writer = Writer::new(person.account, &[bob.account], stream);
        senders.push(tokio::spawn(pour(person, writer, stop.clone(), Arc::clone(&count))));
    }
    let more = async |wanted: u64| {
        let target = count.load(Ordering::SeqCst) + wanted;
        let enough = async {
            while count.load(Ordering::SeqCst) < target {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), enough).await.expect("the relay goes on");
    };
    more(50).await;
    // A crash, a crash while it has hardly come back, and a hang, which nobody notices but by waiting.
    for _ in 0..2 {
        server.restart().unwrap();
        more(20).await;
    }
    server.freeze(true).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.freeze(false).unwrap();
    more(20).await;
    // And one that is seen from outside.
    server.kill().unwrap();
    assert_eq!(program.browser().get("/readyz").await.status, 503);
    assert_eq!(program.browser().get("/healthz").await.status, 200);
    server.restart().unwrap();
    while program.browser().get("/readyz").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    more(50).await;
    stop.store(true, Ordering::SeqCst);

    let mut acknowledged = Vec::new();
    for sender in senders {
        acknowledged.push(soon(sender).await.unwrap());
    }
    let (head, backlog) = bob.socket().await.subscribe(0).await;
    assert_eq!(backlog.iter().map(|got| got.seq).collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>(), "gapless");
    let mut streams = [const { Vec::new() }; SENDERS as usize];
    for got in &backlog {
        let header = Delivery::parse(&got.delivery).unwrap().header;
        streams[usize::from(header.stream_id.0[0])].push(header.seq);
    }
    for (stream, acknowledged) in streams.iter().zip(&acknowledged) {
        let places: Vec<u64> = acknowledged.iter().map(|(place, _)| *place).collect();
        assert_eq!(stream, &places, "each acknowledged one once and in order, and nothing else");
        // In a sender's own mailbox, where he alone writes, at these numbers.
        assert!(acknowledged.iter().all(|(place, number)| place == number));
    }
    told.send(head).unwrap();
    assert_eq!(soon(reading).await.unwrap(), (1..=head).collect::<Vec<_>>(), "delivered once and in order");
    program.kill();
}

/// A certificate for `localhost`, and its key.
fn certified(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("server.crt"), folder.join("server.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    (cert, key)
}

#[tokio::test]
async fn the_way_to_the_database_is_sealed_and_its_name_checked() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Free at this moment; nobody else takes a port of this kind by its number.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Postgres::with(|at| {
        let (cert, key) = certified(at);
        let named = |path: &Path| path.display().to_string();
        Ok(vec![
            ("ssl".into(), "on".into()),
            ("ssl_cert_file".into(), named(&cert)),
            ("ssl_key_file".into(), named(&key)),
            ("listen_addresses".into(), "127.0.0.1".into()),
            ("port".into(), port.to_string()),
        ])
    })
    .unwrap();
    // Its socket has the port in its name.
    server.create_at("signet", port).unwrap();
    let good = folder.path().join("root.crt");
    std::fs::copy(server.folder().join("server.crt"), &good).unwrap();
    let (bad, _) = certified(other.path());
    let data = folder.path().join("data");
    let url = |host: &str, root: &Path| {
        format!("postgres://signet:s3cret@{host}:{port}/signet?sslmode=verify-full&sslrootcert={}", root.display())
    };
    for (host, root) in [("localhost", &bad), ("127.0.0.1", &good)] {
        let mut command = Program::command();
        command.env("SIGNET_DATABASE_URL", url(host, root)).args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
        let text = said(&mut command);
        assert!(text.contains("certificate") && !text.contains("s3cret"), "{text}");
    }
    let program = start(&url("localhost", &good), &data);
    Person::register(program.browser(), "alice").await;
    program.kill();
}

#[test]
fn what_keeps_it_from_starting_is_said_without_the_password() {
    let (lease, folder) = (Lease::bare().unwrap(), tempfile::tempdir().unwrap());
    let nowhere = lease.url().replace("signet@", "signet:s3cret@").replace("/test_", "/no_test_");
    for (url, cause) in [(nowhere.as_str(), "no_test_"), ("postgres://ann:s3cret@db/signet?sslmod=require", "sslmod")] {
        let mut command = Program::command();
        command.args(["--listen", "127.0.0.1:0", "--database-url", url, "--data"]).arg(folder.path());
        let text = said(&mut command);
        assert!(text.contains(cause) && !text.contains("s3cret"), "{text}");
    }
    let help = Program::command().env("SIGNET_DATABASE_URL", nowhere).arg("--help").output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("s3cret"));
}
