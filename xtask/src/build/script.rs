//! Scripts as they are fetched: without what is for their reader alone.
//!
//! Indentation, empty lines, lines of comment and blocks of documentation go; nothing else is touched, so that what runs can be
//! read beside its source line by line. What `wasm-bindgen` writes loses an eighth of its compressed bytes.

use anyhow::{Result, bail};

pub(super) fn lean(name: &str, source: &str) -> Result<String> {
    let mut lean = String::with_capacity(source.len());
    let mut commented = false;
    for line in source.lines() {
        let line = line.trim();
        if commented {
            commented = !line.ends_with("*/");
            continue;
        }
        if line.starts_with("/*") {
            if line.contains("*/") && !line.ends_with("*/") {
                bail!("{name} has code behind a comment on one line: {line}. Put them on lines of their own.");
            }
            commented = !line.ends_with("*/");
            continue;
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        // Of such a text, indentation and what looks like comments would be part.
        if line.matches('`').count() % 2 == 1 {
            bail!("{name} has a text over several lines: {line}. Write it on one.");
        }
        lean.push_str(line);
        lean.push('\n');
    }
    if commented {
        bail!("{name} ends in a comment.");
    }
    Ok(lean)
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[test]
    fn only_what_is_for_a_reader_goes() {
        let source = "// why\n/**\n * @param {string} x\n */\nexport function f(x) {\n    /* one line */\n\n    const a = `${x}//`; // kept\n    return '/* ' + a;\n}\n";
        let wanted = "export function f(x) {\nconst a = `${x}//`; // kept\nreturn '/* ' + a;\n}\n";
        assert_eq!(lean("x.js", source).unwrap(), wanted);
        assert_eq!(lean("x.js", wanted).unwrap(), wanted);
    }

    #[test]
    fn what_could_be_cut_wrongly_stops_the_build() {
        for source in ["const a = `\n  b`;", "/* a */ b();", "/* a"] {
            assert!(lean("x.js", source).is_err(), "{source}");
        }
    }
}
