//! A copy of one's own conversations that anybody can read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken world fails the test")]

mod common;

use common::World;
use serde_json::{Value, json};
use signet_ask::{Archive, ArchiveEnd, BackupStep, BackupTrouble, SignOut, Trouble};

const RUN: u64 = 11;
/// What would do harm, or be lost, if it were taken for anything but text.
const TEXTS: [&str; 5] = [
    "hello",
    "</p></article><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"quotes\" 'single' \\ back & amp; &lt;\nsecond line\ttab",
    "f\u{1f98a} \u{202e}turned\u{2028}line \u{5d0}\u{5d1}",
    "a\u{0}b\u{7}c\u{1b}[31m",
];

/// A whole archive: its file, the two files in it, and what is said of it.
fn export(w: &mut World, id: usize) -> (Vec<u8>, String, Value, ArchiveEnd) {
    let (mut html, mut json, mut percent) = (Vec::new(), Vec::new(), 0);
    for part in 0.. {
        let made = w.ask(id, Archive { run: RUN, part }).unwrap();
        assert!(made.percent >= percent && made.html.len() + made.json.len() < 600_000);
        percent = made.percent;
        html.extend(made.html);
        json.extend(made.json);
        if let Some(end) = made.end {
            let file = [&end.before_html, &html, &end.before_json, &json, &end.after].map(Vec::as_slice).concat();
            let json = serde_json::from_slice(&json).unwrap();
            return (file, String::from_utf8(html).unwrap(), json, end);
        }
    }
    unreachable!("it ended");
}

#[test]
fn everything_on_the_screen_is_in_both_files_as_text() {
    let mut w = World::new();
    let [ann, bob, cat] = ["Ann_a", "bob_b", "cat_c"].map(|name| w.sign_up(name));
    let conv = w.talk(ann, "bob_b");
    w.talk(ann, "cat_c");
    for text in TEXTS {
        w.send(ann, conv, text);
        w.settle();
        w.send(bob, conv, text);
        w.settle();
    }
    w.pass(5000);
    w.kill_relay();
    w.send(ann, conv, "not yet on its way");
    w.settle();
    let (_, html, json, end) = export(&mut w, ann);
    assert_eq!((end.username.as_str(), end.conversations, end.messages, end.behind), ("Ann_a", 2, 11, true));

    assert_eq!(json["format"], "signet-archive");
    assert_eq!((&json["version"], &json["username"]), (&json!(1), &json!("Ann_a")));
    let convs = json["conversations"].as_array().unwrap();
    let with = |name: &str| convs.iter().find(|conv| conv["with"] == name).unwrap();
    assert_eq!(with("cat_c")["messages"], Value::Array(Vec::new()));
    let messages = with("bob_b")["messages"].as_array().unwrap();
    let seen = |at: usize| ["from", "mine", "state", "text"].map(|field| messages[at][field].clone());
    for (at, text) in TEXTS.iter().enumerate() {
        assert_eq!(seen(2 * at), [json!("Ann_a"), json!(true), json!("delivered"), json!(text)]);
        assert_eq!(seen(2 * at + 1), [json!("bob_b"), json!(false), json!("received"), json!(text)]);
    }
    assert_eq!(seen(10), [json!("Ann_a"), json!(true), json!("not sent yet"), json!("not yet on its way")]);
    assert!(messages.iter().all(|message| message["sent"].as_str().unwrap().ends_with('Z')));

    // As many articles as messages, and no element that a message made.
    assert_eq!(html.matches("<article").count(), 11);
    assert_eq!(html.matches("</article>").count(), 11);
    assert!(html.contains("&lt;/p&gt;&lt;/article&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x"));
    assert!(html.contains("&quot;quotes&quot; &#39;single&#39; \\ back &amp; amp; &amp;lt;\nsecond line\ttab"));
    assert!(html.contains("a\u{fffd}b\u{fffd}c\u{fffd}[31m"));
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("default-src 'none'"));
    let _ = cat;
}

/// By the list at the file's end, as an unpacker reads it: names, sums and lengths, and where each file begins.
#[test]
fn the_file_is_an_archive_that_others_unpack() {
    let mut w = World::new();
    let [ann, _] = ["ann_a", "bob_b"].map(|name| w.sign_up(name));
    let conv = w.talk(ann, "bob_b");
    w.send(ann, conv, "hello");
    w.pass(1000);
    let (file, html, ..) = export(&mut w, ann);
    let number = |at: usize, len: usize| (0..len).rev().fold(0_usize, |n, byte| n << 8 | usize::from(file[at + byte]));
    let end = file.len() - 22;
    assert_eq!((&file[end..end + 4], number(end + 10, 2)), (b"PK\x05\x06".as_slice(), 2));
    let mut at = number(end + 16, 4);
    assert_eq!(at + number(end + 12, 4), end);
    for name in ["index.html", "messages.json"] {
        assert_eq!(&file[at..at + 4], b"PK\x01\x02");
        assert_eq!(&file[at + 46..at + 46 + number(at + 28, 2)], name.as_bytes());
        let head = number(at + 42, 4);
        assert_eq!(&file[head..head + 4], b"PK\x03\x04");
        // The file's own head says the same.
        assert_eq!(&file[head + 4..head + 28], &file[at + 6..at + 30]);
        let (from, len) = (head + 30 + number(head + 26, 2), number(at + 24, 4));
        if name == "index.html" {
            assert_eq!(&file[from..from + len], html.as_bytes());
        } else {
            assert!(serde_json::from_slice::<Value>(&file[from..from + len]).is_ok());
        }
        at += 46 + name.len();
    }
    assert_eq!(at, end);
}

#[test]
fn a_long_history_comes_in_parts_and_nothing_else_may_come_between() {
    let mut w = World::new();
    let [ann, _] = ["ann_a", "bob_b"].map(|name| w.sign_up(name));
    let conv = w.talk(ann, "bob_b");
    let long = "<&>".repeat(6_000);
    for _ in 0..12 {
        w.send(ann, conv, &long);
        w.settle();
    }
    let interrupted = Err(Trouble::Backup(BackupTrouble::Interrupted));
    let part = |w: &mut World, run, part| w.ask(ann, Archive { run, part }).map(|part| part.end.is_some());
    assert_eq!(part(&mut w, RUN, 0), Ok(false));
    // What is written meanwhile changes nothing of what was said to come.
    w.send(ann, conv, "meanwhile");
    assert_eq!(part(&mut w, RUN, 1), Ok(false));
    assert_eq!(part(&mut w, RUN, 1), interrupted, "each part is made once");
    assert_eq!(part(&mut w, RUN, 2), interrupted, "and with that it was over");
    assert_eq!(part(&mut w, RUN, 0), Ok(false));
    assert_eq!(part(&mut w, RUN + 1, 1), interrupted, "of another run");
    assert_eq!(part(&mut w, RUN, 1), Ok(false));
    w.backup(ann, RUN, BackupStep::Cancel).unwrap();
    assert_eq!(part(&mut w, RUN, 2), interrupted);
    let (_, html, ..) = export(&mut w, ann);
    assert_eq!(html.matches("<article").count(), 13);

    assert_eq!(part(&mut w, RUN, 0), Ok(false));
    w.ask(ann, SignOut { anyway: true }).unwrap();
    assert_eq!(part(&mut w, RUN, 1), Err(Trouble::SignedOut));
    assert_eq!(part(&mut w, RUN, 0), Err(Trouble::SignedOut));
}
