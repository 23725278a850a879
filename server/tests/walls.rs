//! The relay is not built with code that opens messages.

use std::process::Command;

#[test]
fn the_relay_has_no_crate_that_opens_messages() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "signet", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for there in ["signet", "signet-shared", "axum", "opaque-ke"] {
        assert!(crates.contains(&there), "the tree is read: {there}");
    }
    for forbidden in ["signet-vault", "signet-ask", "signet-crypto", "signet-app", "rsa", "aes", "cfb-mode"] {
        assert!(!crates.contains(&forbidden), "{forbidden} is in the relay");
    }
}
