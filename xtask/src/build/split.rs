//! Parts of a module that are fetched when they are first used.
//!
//! A function marked `#[wasm_split(part)]` is a border: what only it reaches leaves the module for a file of its own, which
//! shares the module's memory and functions. A small script knows those files and fetches them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use wasm_split_cli_support::{Options, transform};

use crate::shell::note;

/// Has the linker leave what is needed to move functions between modules.
pub(super) const FLAG: &str = "-Clink-arg=--emit-relocs";

pub(super) struct Split {
    /// The module without its parts, for wasm-bindgen.
    pub(super) main: PathBuf,
    /// The script that fetches the parts, by the name by which the module imports it, if it has any.
    pub(super) script: Option<String>,
    /// That script and the parts.
    pub(super) files: Vec<PathBuf>,
}

/// Writes a module and its parts into `folder`.
pub(super) fn split(name: &str, bytes: &[u8], folder: &Path) -> Result<Split> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let main = folder.join(format!("{name}.wasm"));
    let script = format!("{name}-parts.js");
    let link_name = format!("./{script}");
    let mut options = Options::new(bytes);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = &link_name;
    let split =
        transform(options).map_err(|error| anyhow!("the parts of {name} could not be told apart: {error:#}"))?;

    if split.split_modules.is_empty() {
        return Ok(Split { main, script: None, files: Vec::new() });
    }
    let path = folder.join(&script);
    let text = fs::read_to_string(&path).with_context(|| format!("there is no {}", path.display()))?;
    fs::write(&path, with_tokens(name, &text)?).with_context(|| format!("could not write {}", path.display()))?;
    note(&format!("parts that are fetched when they are first used: {}", split.split_modules.len()));
    let mut files = vec![path];
    for written in split.split_modules {
        let file = written.file_name().context("a part without a name")?.to_string_lossy().into_owned();
        let named = folder.join(format!("{name}-{file}"));
        rewrite(&written, &named)?;
        files.push(named);
    }
    Ok(Split { main, script: Some(script), files })
}

/// What the linker left room for in every number of a part is taken out again, as wasm-bindgen does for the module itself.
fn rewrite(from: &Path, to: &Path) -> Result<()> {
    let mut config = walrus::ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut part = config.parse_file(from).map_err(|error| anyhow!("{} is no module: {error:#}", from.display()))?;
    fs::write(to, part.emit_wasm()).with_context(|| format!("could not write {}", to.display()))
}

/// Names the parts by their content and has the browser check them. The script would import the module's own script, which
/// imports it: neither could be named by its content. So whoever starts the module hands its exports over.
fn with_tokens(name: &str, text: &str) -> Result<String> {
    const IMPORT: &str = "import { initSync } from \"./main.js\";";
    const EXPORTS: &str = "initSync(undefined, undefined)";
    if !text.contains(IMPORT) || !text.contains(EXPORTS) {
        bail!("wasm_split_cli_support writes its script differently than this step expects: compare with_tokens");
    }
    let text = text
        .replace(IMPORT, "let exported;\nexport function share(exports) {\n    exported = exports;\n}")
        .replace(EXPORTS, "exported")
        // The page says what is missing; whoever leaves while a part is on its way breaks it off, which is no fault.
        .replace("console.error(e);", "");

    let (before, after) = ("fetch(new URL(\"./", "\", import.meta.url))");
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((head, tail)) = rest.split_once(before) {
        let (file, tail) = tail.split_once(after).context("a part of no name in the script of the parts")?;
        filled.push_str(head);
        filled.push_str(&format!(
            "fetch(\"{{{{asset:{name}-{file}}}}}\", {{ integrity: \"{{{{integrity:{name}-{file}}}}}\" }})"
        ));
        rest = tail;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::with_tokens;

    #[test]
    fn each_part_is_named_by_its_content_and_checked() {
        let script = "import { initSync } from \"./main.js\";\nconst { memory } = initSync(undefined, undefined);\n\
                      const src = fetch(new URL(\"./split_a.wasm\", import.meta.url));";
        let filled = with_tokens("page", script).unwrap();
        assert!(filled.contains("const { memory } = exported;"), "{filled}");
        assert!(
            filled.contains(
                "fetch(\"{{asset:page-split_a.wasm}}\", { integrity: \"{{integrity:page-split_a.wasm}}\" });"
            ),
            "{filled}"
        );
        assert!(!filled.contains("initSync") && !filled.contains("import.meta"), "{filled}");
    }

    #[test]
    fn a_script_of_another_form_is_refused() {
        assert!(with_tokens("page", "import { initSync } from \"./other.js\";").is_err());
    }
}
