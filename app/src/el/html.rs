//! Elements as HTML, at build time.

use super::{El, Kid};

impl El {
    #[cfg(feature = "ssr")]
    pub(crate) fn into_html(self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    pub(super) fn write(self, out: &mut String) {
        out.extend(["<", self.tag]);
        let live = self.live.into_iter().filter_map(|(name, value)| Some((name, value()?)));
        for (name, value) in self.attrs.into_iter().chain(live) {
            out.extend([" ", name, "=\""]);
            escape(&value, out);
            out.push('"');
        }
        out.push('>');
        if self.tag == "input" {
            return;
        }
        for kid in self.kids {
            match kid {
                Kid::Words(words) => escape(&words, out),
                Kid::LiveWords(words) => escape(&words(), out),
                Kid::El(child) => child.write(out),
                Kid::Part(part) => part().into_iter().for_each(|child| child.write(out)),
                Kid::List(mut rows) => (0..rows.read().len()).for_each(|at| rows.show(at).write(out)),
            }
        }
        out.extend(["</", self.tag, ">"]);
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}
