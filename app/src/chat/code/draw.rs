use qrcodegen::{QrCode, QrCodeEcc};

use crate::el::{El, el};

/// White around the code, in modules: without it no camera finds the code.
const QUIET: i32 = 4;

/// The text as a QR code: one path, a square for each dark module. None if it is too long for one.
pub(super) fn draw(text: &str, label: &'static str) -> Option<El> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = (code.size() + 2 * QUIET).to_string();
    let svg = el("svg")
        .class("qr")
        .set("role", "img")
        .set("aria-label", label)
        .set("viewBox", ["0 0 ", &side, " ", &side].concat())
        .set("shape-rendering", "crispEdges");
    Some(svg.child(el("path").set("d", path(&code))))
}

/// A stroke for each run of dark modules in a row.
fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let dark = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
            if dark > 0 {
                let [left, top, wide] = [x + QUIET, y + QUIET, dark].map(|n| n.to_string());
                path.extend(["M", &left, " ", &top, "h", &wide, "v1h-", &wide, "z"]);
            }
            x += dark.max(1);
        }
    }
    path
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A picture of a code, `scale` pixels a module: light as 255, with its white edge.
    pub(in super::super) fn picture(text: &str, scale: usize) -> (usize, Vec<u8>) {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let side = (code.size() + 2 * QUIET) as usize * scale;
        let module = |at: usize| (at / scale) as i32 - QUIET;
        let pixel = |at: usize| if code.get_module(module(at % side), module(at / side)) { 0 } else { 255 };
        (side, (0..side * side).map(pixel).collect())
    }

    #[test]
    fn every_dark_module_is_drawn_once_and_no_other() {
        let code = QrCode::encode_text("SIGNET:1:ABC", QrCodeEcc::Medium).unwrap();
        let mut drawn = vec![false; (code.size() * code.size()) as usize];
        for run in path(&code).split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            let wide = rest.split_once('v').unwrap().0;
            assert!(rest.ends_with(&format!("v1h-{wide}z")));
            for step in 0..wide.parse::<i32>().unwrap() {
                let at = (y - QUIET) * code.size() + x - QUIET + step;
                assert!(!core::mem::replace(&mut drawn[at as usize], true));
            }
        }
        for (at, drawn) in (0..).zip(drawn) {
            assert_eq!(drawn, code.get_module(at % code.size(), at / code.size()));
        }
    }
}
