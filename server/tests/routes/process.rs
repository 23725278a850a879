//! The program itself: what it says when it cannot start, and what is left of it after `kill -9`.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

use signet_shared::{
    api::{self, Body, SecretFinish},
    envelope::Delivery,
    opaque::SecretKind,
    wire::{ClientFrame, Refusal, ServerFrame},
};

use crate::common::{
    Person, Program, Socket, Writer, change,
    person::{login, login_begin, password},
    program::said,
};

/// Sends without end and notes what was acknowledged, until the line breaks.
async fn pour(mut socket: Socket, mut writer: Writer, started: tokio::sync::mpsc::Sender<()>) -> (u8, Vec<(u64, u64)>) {
    let (mut acknowledged, mut waiting) = (Vec::new(), 0);
    'line: loop {
        while waiting < 16 {
            let (req, sent) = (u32::try_from(writer.seq + 1).unwrap(), writer.next(&[9; 700]));
            let frame = ClientFrame::Send { req, envelope: sent.to_bytes() }.to_bytes();
            let message = tokio_tungstenite::tungstenite::Message::Binary(frame.into());
            if futures_util::SinkExt::send(&mut socket.ws, message).await.is_err() {
                break 'line;
            }
            waiting += 1;
        }
        match futures_util::StreamExt::next(&mut socket.ws).await {
            Some(Ok(tokio_tungstenite::tungstenite::Message::Binary(bytes))) => {
                match ServerFrame::parse(&bytes).unwrap() {
                    ServerFrame::Sent { req, seq, .. } => {
                        acknowledged.push((req.into(), seq));
                        waiting -= 1;
                        if acknowledged.len() == 100 {
                            started.send(()).await.unwrap();
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
    (writer.stream, acknowledged)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_every_acknowledged_message_is_there_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let bob = Person::register(program.browser(), "bob").await;
    let (started, mut start) = tokio::sync::mpsc::channel(4);
    let mut senders = Vec::new();
    for stream in 0..4_u8 {
        let person = Person::register(program.browser(), &format!("sender{stream}")).await;
        let writer = Writer::new(person.account, &[bob.account], stream);
        let pouring = tokio::spawn(pour(person.socket().await, writer, started.clone()));
        senders.push((person, pouring));
    }
    // In the middle of it: each has a hundred acknowledged and more on the way.
    for _ in 0..4 {
        crate::common::soon(start.recv()).await.unwrap();
    }
    program.kill();

    let program = Program::start(folder.path());
    let again = |person: &Person| {
        let mut browser = program.browser();
        browser.cookie = person.browser.cookie.clone();
        browser
    };
    let (head, backlog) = Socket::open(&again(&bob)).await.subscribe(0).await;
    assert_eq!(backlog.iter().map(|got| got.seq).collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>(), "gapless");
    let mut streams = [const { Vec::new() }; 4];
    for got in &backlog {
        let header = Delivery::parse(&got.delivery).unwrap().header;
        streams[usize::from(header.stream_id.0[0])].push(header.seq);
    }
    for (person, pouring) in senders {
        let (stream, acknowledged) = pouring.await.unwrap();
        assert!(acknowledged.len() >= 100);
        let there = &streams[usize::from(stream)];
        assert_eq!(*there, (1..=there.len() as u64).collect::<Vec<_>>(), "each stream in order, without a hole");
        let last = acknowledged.iter().map(|(place, _)| *place).max().unwrap();
        assert!(there.len() as u64 >= last, "{} there, {last} acknowledged", there.len());
        // In the sender's own mailbox too, at the number that it was told; and it can go on where it was.
        let (_, own) = Socket::open(&again(&person)).await.subscribe(0).await;
        for (place, seq) in acknowledged {
            let got = &own[usize::try_from(seq).unwrap() - 1];
            assert_eq!((got.seq, Delivery::parse(&got.delivery).unwrap().header.seq), (seq, place));
        }
        let mut writer = Writer::new(person.account, &[bob.account], stream);
        writer.seq = there.len() as u64;
        let next = own.len() as u64 + 1;
        assert_eq!(Socket::open(&again(&person)).await.send(&writer.next(b"next")).await, Ok(next));
    }
    program.kill();
}

/// The system refuses to let the relay's files grow, as a full disk would: every write fails until there is room again, and
/// then the same process goes on. Nothing that was acknowledged is lost, and nothing that was refused is there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_until_there_is_room_without_a_restart() {
    use rlimit::Resource;
    use signet_shared::wire::Refusal;

    let folder = tempfile::tempdir().unwrap();
    // A write beyond the limit is to fail, as on a full disk, and not to kill.
    let mut shell = Command::new("/bin/sh");
    let script = r#"trap '' XFSZ; exec "$0" serve "$@""#;
    shell.env_clear().args(["-c", script, env!("CARGO_BIN_EXE_signet")]);
    shell.stdout(Stdio::null()).stderr(Stdio::piped());
    let program = Program::start_as(shell, folder.path());
    let pid = i32::try_from(program.child.id()).unwrap();
    let most = |bytes: u64| rlimit::prlimit(pid, Resource::FSIZE, Some((bytes, rlimit::INFINITY)), None).unwrap();

    let mut alice = Person::register(program.browser(), "alice").await;
    let bob = Person::register(program.browser(), "bob").await;
    let mut socket = alice.live().await;
    let mut writer = Writer::new(alice.account, &[bob.account], 1);
    let mut acknowledged = 0;
    let put = |expected| api::PutState { expected, state: b"another".to_vec() }.to_bytes();
    for round in 1..=3 {
        let largest =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).max();
        most(largest.unwrap() + 50_000);
        let refused = loop {
            let envelope = writer.next(&[7; 2000]);
            match socket.send(&envelope).await {
                Ok(_) => acknowledged += 1,
                Err(refusal) => break (envelope, refusal),
            }
            assert!(acknowledged < 10_000, "it is full at some time");
        };
        assert_eq!(refused.1, Refusal::StoreUnavailable);
        most(1);
        for _ in 0..3 {
            assert_eq!(socket.send(&refused.0).await, Err(Refusal::StoreUnavailable));
            let answer = alice.browser.post(api::STATE, put(round)).await;
            assert_eq!(answer.refusal(), Some(Refusal::StoreUnavailable));
        }
        assert_eq!(bob.socket().await.subscribe(0).await.0, acknowledged, "it can be read all the time");
        most(rlimit::INFINITY);
        acknowledged += 1;
        assert_eq!(socket.send(&refused.0).await, Ok(acknowledged));
        assert_eq!(alice.browser.post(api::STATE, put(round)).await.refusal(), None);
    }
    let (head, backlog) = bob.socket().await.subscribe(0).await;
    assert_eq!((head, backlog.len() as u64), (acknowledged, acknowledged));
    program.kill();
}

#[cfg(target_os = "linux")]
#[test]
fn it_takes_as_many_open_files_as_it_may_and_says_when_they_are_too_few() {
    use rlimit::Resource;
    let folder = tempfile::tempdir().unwrap();
    let limited = |limit: &str| {
        let mut shell = Command::new("/bin/sh");
        let script = format!(r#"ulimit {limit}; exec "$0" serve "$@""#);
        shell.env_clear().args(["-c", &script, env!("CARGO_BIN_EXE_signet")]);
        shell.stdout(Stdio::null()).stderr(Stdio::piped());
        shell
    };
    let text = said(limited("-n 191").args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path()));
    assert!(text.contains("191") && text.contains("ulimit -n") && text.contains("LimitNOFILE"), "{text}");
    let program = Program::start_as(limited("-Sn 200"), folder.path());
    let pid = i32::try_from(program.child.id()).unwrap();
    let (mut soft, mut hard) = (0, 0);
    rlimit::prlimit(pid, Resource::NOFILE, None, Some((&mut soft, &mut hard))).unwrap();
    assert!(soft == hard && soft > 200, "{soft} of {hard}");
    program.kill();
}

#[test]
fn what_keeps_it_from_starting_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().to_str().unwrap();
    let text = said(Program::command().args(["--listen", &address, "--data", data]));
    assert!(text.contains(&address) && text.contains("--listen"), "{text}");
    let text = said(Program::command().args(["--listen", "0.0.0.0:0", "--data", data]));
    assert!(text.contains("--tls-cert") && text.contains("loopback"), "{text}");
    let text = said(Program::command().args(["--data", data, "--database-url", "mysql://ann:s3cret@db/signet"]));
    assert!(text.contains("--database-url") && text.contains("sqlite:") && !text.contains("s3cret"), "{text}");
    let text =
        said(Program::command().args(["--listen", "127.0.0.1:0", "--data", data, "--public-url", "chat.example"]));
    assert!(text.contains("--public-url"), "{text}");
    let text = said(Program::command().env("SIGNET_LIMITS_LOGIN_PER_DAY", "many").args(["--data", data]));
    assert!(text.contains("SIGNET_LIMITS_LOGIN_PER_DAY"), "{text}");
}

#[tokio::test]
async fn one_folder_is_for_one_process_and_its_key_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    Person::register(program.browser(), "alice").await;
    let data = folder.path().to_str().unwrap().to_owned();
    let text = said(Program::command().args(["--listen", "127.0.0.1:0", "--data", &data]));
    assert!(text.contains("another relay") && text.contains("--data"), "{text}");
    program.kill();
    let key = folder.path().join("opaque.key");
    let saved = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let text = said(Program::command().args(["--listen", "127.0.0.1:0", "--data", &data]));
    assert!(text.contains("opaque.key") && text.contains("backup"), "{text}");
    assert!(!key.exists(), "no other key in its place");
    std::fs::write(&key, &saved[1..]).unwrap();
    let text = said(Program::command().args(["--listen", "127.0.0.1:0", "--data", &data]));
    assert!(text.contains("opaque.key"), "{text}");
    std::fs::write(&key, saved).unwrap();
    Program::start(folder.path()).kill();
}

/// However a change of the password is broken off, one password opens the account, and the slot that comes is its own.
#[tokio::test]
async fn after_kill_9_at_any_step_of_a_password_change_one_password_opens_the_account() {
    const KIND: SecretKind = SecretKind::Password;
    let folder = tempfile::tempdir().unwrap();
    let old = password("alice");
    let mut program = Program::start(folder.path());
    Person::register(program.browser(), "alice").await;
    let mut browser = program.browser();
    login(&mut browser, "alice", KIND, &old).await.unwrap();

    let opens = async |program: &Program, secret: &str| {
        let mut browser = program.browser();
        let begun = login_begin(&mut browser, "alice", KIND, secret).await.unwrap();
        let finish = begun.finish(secret, &program.origin())?;
        let vault: api::Vault = browser.ask(api::LOGIN_FINISH, &finish).await.unwrap();
        Some(String::from_utf8(vault.slot).unwrap())
    };
    // Killed, started again, and found by the same browser.
    macro_rules! again {
        () => {
            program.kill();
            program = Program::start(folder.path());
            let cookie = browser.cookie;
            browser = program.browser();
            browser.cookie = cookie;
        };
    }
    let (new, slot) = ("new password", Some("slot of new password".to_owned()));
    let access = change::start(&mut browser, KIND, new).await.unwrap();
    again!();
    change::put(&mut browser, KIND, &access).await.unwrap();
    again!();
    assert_eq!((opens(&program, &old).await, opens(&program, new).await), (Some("password slot".into()), None));
    // What is pending is on disk; what was tried is not, and is tried again.
    let last = change::try_it(&mut browser, KIND, new).await.unwrap();
    again!();
    assert_eq!(change::finish(&mut browser, &last).await, Err(Refusal::LoginFailed));
    assert_eq!((opens(&program, &old).await, opens(&program, new).await), (Some("password slot".into()), None));
    let last = SecretFinish { end_others: true, ..change::try_it(&mut browser, KIND, new).await.unwrap() };
    let ended = change::finish(&mut browser, &last).await.unwrap();
    assert!(ended > 0);
    again!();
    assert_eq!((opens(&program, &old).await, opens(&program, new).await), (None, slot.clone()));
    assert_eq!(change::finish(&mut browser, &last).await, Ok(ended), "as the first time");
    assert_eq!((opens(&program, &old).await, opens(&program, new).await), (None, slot));

    // And in the middle of the last step.
    let mut current = new.to_owned();
    for round in 0..10 {
        let next = format!("password number {round}");
        login(&mut browser, "alice", KIND, &current).await.unwrap();
        let last = change::up_to_the_last(&mut browser, KIND, &next).await.unwrap();
        let mut asking = browser.clone();
        let asked = tokio::spawn(async move { asking.try_ask(api::SECRET_FINISH, last.to_bytes()).await });
        tokio::task::yield_now().await;
        for _ in 0..round {
            // Another request's time, a few of which the last step takes.
            browser.get("/healthz").await;
        }
        again!();
        let told = asked.await.unwrap();
        let (before, after) = (opens(&program, &current).await, opens(&program, &next).await);
        assert!(before.is_some() != after.is_some(), "{round}");
        assert!(!told || after.is_some(), "who was told so can rely on it: {round}");
        if let Some(slot) = after {
            assert_eq!(slot, format!("slot of {next}"));
            current = next;
        }
    }
    program.kill();
}

/// The operator's command beside the running relay, and an account that begins anew while the relay dies at every step:
/// exactly one identity opens it.
#[tokio::test]
async fn after_kill_9_at_any_step_of_a_start_anew_one_password_opens_the_account() {
    const KIND: SecretKind = SecretKind::Password;
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = Program::command();
        command.env("SIGNET_LIMITS_ANEW_WAIT_SECONDS", "0").env("SIGNET_LIMITS_ANEW_PER_ADDRESS_MINUTE", "1000");
        Program::start_as(command, folder.path())
    };
    let mut program = start();
    Person::register(program.browser(), "alice").await;
    let opens = async |program: &Program, secret: &str| {
        let mut browser = program.browser();
        let begun = login_begin(&mut browser, "alice", KIND, secret).await.unwrap();
        let finish = begun.finish(secret, &program.origin())?;
        Some(browser.ask::<api::Vault>(api::LOGIN_FINISH, &finish).await.unwrap())
    };
    let mut current = password("alice");
    for round in 0..8_u8 {
        let mut admin = Command::new(env!("CARGO_BIN_EXE_signet"));
        let printed = admin.env_clear().args(["admin", "reset-account", "Alice", "--data"]).arg(folder.path()).output();
        let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
        let code = signet_shared::code::OneTimeCode::parse(&printed).expect("a code and nothing else").0;
        program.kill();
        program = start();
        let ask = api::AnewAsk { username: "alice".parse().unwrap(), code, claim: [round; 32] };
        let mut browser = program.browser();
        let stand: Result<api::AnewStand, _> = browser.ask(api::ANEW_ASK, &ask).await;
        assert_eq!(stand, Ok(api::AnewStand::Waiting { left_ms: 0 }), "codes outlive the process");
        program.kill();
        program = start();
        browser = program.browser();
        let next = format!("round {round}");
        let finish = crate::anew::prepared(&mut browser, round, &next).await.expect("requests outlive it too");
        let (mut asking, sent) = (browser.clone(), finish.clone());
        let asked = tokio::spawn(async move { asking.try_ask(api::ANEW_FINISH, sent.to_bytes()).await });
        tokio::task::yield_now().await;
        for _ in 0..round {
            // Another request's time, a few of which the last step takes.
            browser.get("/healthz").await;
        }
        program.kill();
        program = start();
        let told = asked.await.unwrap();
        let next = format!("{next} password");
        let (before, after) = (opens(&program, &current).await, opens(&program, &next).await);
        assert!(before.is_some() != after.is_some(), "{round}");
        assert!(!told || after.is_some(), "who was told so can rely on it: {round}");
        // Asked again, it is done, whatever became of it before.
        let vault: api::Vault = program.browser().ask(api::ANEW_FINISH, &finish).await.unwrap();
        assert_eq!((vault.slot, vault.statements.len()), (format!("slot of {next}").into(), usize::from(round) + 2));
        assert!(opens(&program, &current).await.is_none() && opens(&program, &next).await.is_some());
        current = next;
    }
    program.kill();
}

#[cfg(unix)]
#[tokio::test]
async fn one_database_is_for_one_process_by_whatever_name() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, link) = (folder.path().join("elsewhere.db"), other.path().join("link.db"));
    let named = |file: &Path| format!("sqlite:{}", file.display());
    let mut command = Program::command();
    command.args(["--database-url", &named(&file)]);
    let program = Program::start_as(command, &folder.path().join("data"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for file in [&file, &link] {
        let (data, url) = (other.path().join("data"), named(file));
        let text =
            said(Program::command().args(["--listen", "127.0.0.1:0", "--database-url", &url, "--data"]).arg(&data));
        assert!(text.contains("another relay") && text.contains(file.to_str().unwrap()), "{text}");
    }
    program.kill();
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let open_to_others = |also: &str| -> Vec<_> {
        let names = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path());
        let names = names.chain([data.join(also)]);
        names.filter(|path| path.metadata().unwrap().mode() & 0o077 != 0).collect()
    };
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(data.join("opaque.new"), "of a start that was broken off").unwrap();
    let program = Program::start(&data);
    Person::register(program.browser(), "alice").await;
    for name in [".", "opaque.key", "lock", "signet.db", "signet.db-wal", "signet.db-shm", "signet.db.lock"] {
        assert_eq!(open_to_others(name), Vec::<std::path::PathBuf>::new());
    }
    program.kill();
    for name in ["opaque.key", "signet.db", "signet.db-wal", "signet.db-shm"] {
        std::fs::set_permissions(data.join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let program = Program::start(&data);
    Person::register(program.browser(), "bob").await;
    assert_eq!(open_to_others("."), Vec::<std::path::PathBuf>::new(), "those of an earlier release");
    program.kill();
}

#[cfg(unix)]
#[tokio::test]
async fn it_stops_when_it_is_told_to_and_logs_no_name() {
    use std::io::Read;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Program::command();
    command.args(["--listen", "127.0.0.1:0", "--log", "json", "--data"]).arg(folder.path()).env("RUST_LOG", "debug");
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("\"address\":\"") {
        assert_ne!(log.read_line(&mut text).unwrap(), 0, "{text}");
    }
    let address = text.split_once("\"address\":\"").unwrap().1.split_once('"').unwrap().0.parse().unwrap();
    let program = Program { child, address };
    let reading = std::thread::spawn(move || {
        log.read_to_string(&mut text).unwrap();
        text
    });
    let mut browser = program.browser();
    browser.agent = Some("conspicuous/1.0 Firefox/140.0");
    let person = Person::register(browser.clone(), "conspicuous").await;
    login(&mut browser, "conspicuous", SecretKind::Password, &password("conspicuous")).await.unwrap();
    let last = change::up_to_the_last(&mut browser, SecretKind::Password, "conspicuous password").await.unwrap();
    assert_eq!(change::finish(&mut browser, &last).await, Ok(0));
    assert_eq!(browser.get(api::SESSIONS).await.parsed::<api::Sessions>().unwrap().sessions.len(), 2);
    let mut socket = person.live().await;
    socket.send(&Writer::new(person.account, &[], 1).next(b"conspicuous text")).await.unwrap();
    person.browser.get("/conspicuous?conspicuous").await;
    let mut child = program.child;
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert_eq!(socket.closed().await, 1012);
    assert!(child.wait().unwrap().success());
    let text = reading.join().unwrap();
    assert!(text.contains("relay.stopped") && text.contains("/api/secret/finish"), "{text}");
    let cookie = person.browser.cookie.unwrap();
    let words = ["conspicuous", &person.account.to_string(), cookie.split_once('=').unwrap().1];
    for word in words {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let peers = text.matches("127.0.0.1").count();
    assert_eq!(peers, 1, "the listener's own address and no other: {text}");
}
