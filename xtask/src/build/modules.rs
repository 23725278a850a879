//! The two WebAssembly modules: compiled by cargo, given their JavaScript by wasm-bindgen.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::split;
use crate::{
    place::Place,
    shell::{self, note},
    toolchain::{self, WASM},
};

pub(crate) struct Module {
    /// What its files are called: `<name>.js` and `<name>_bg.wasm`.
    pub(crate) name: &'static str,
    pub(super) package: &'static str,
    /// The cargo profile that builds it.
    pub(super) profile: &'static str,
    pub(super) features: &'static [&'static str],
    /// For the compiler, beyond what every module gets.
    pub(super) flags: &'static [&'static str],
}

pub(crate) const PAGE: Module = Module {
    name: "page",
    package: "signet-app",
    profile: "page",
    features: &["--no-default-features", "--features", "browser"],
    // Leptos then keeps one form of each view instead of one for each combination: smaller.
    flags: &["--cfg", "erase_components"],
};

pub(crate) const VAULT: Module = Module {
    name: "vault",
    package: "signet-vault",
    profile: "vault",
    features: &[],
    // Every browser that Signet runs in has had SIMD for years; ciphers and hashes gain by it.
    flags: &["-Ctarget-feature=+simd128"],
};

impl Module {
    /// As the compiler left it, with the names of its functions.
    pub(crate) fn compiled(&self, place: &Place) -> PathBuf {
        place.target.join(WASM).join(self.profile).join(format!("{}.wasm", self.package.replace('-', "_")))
    }
}

/// Builds a module and returns the folder with its `<name>.js`, `<name>_bg.wasm` and snippets.
pub(super) fn build(place: &Place, module: &Module) -> Result<PathBuf> {
    compile(place, module)?;
    let compiled = module.compiled(place);
    let bytes = fs::read(&compiled).with_context(|| format!("cargo left no {}", compiled.display()))?;

    let folder = place.workshop().join(module.name);
    let stamp = place.workshop().join(format!("{}.stamp", module.name));
    let key = key(place, &bytes)?;
    if fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == key) {
        note("unchanged: its parts and its JavaScript are those of before");
        return Ok(folder);
    }

    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not clear {}", folder.display()))?;
    }
    let apart = split::split(module.name, &bytes, &place.workshop().join(format!("{}-parts", module.name)))?;
    bind(module, &apart, &folder)?;
    fs::write(&stamp, key).with_context(|| format!("could not write {}", stamp.display()))?;
    Ok(folder)
}

pub(super) fn compile(place: &Place, module: &Module) -> Result<()> {
    let mut command = shell::command(shell::cargo(), &place.root, &["build", "--locked", "--lib"]);
    command.args(["--package", module.package, "--target", WASM, "--profile", module.profile]).args(module.features);
    command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", rustflags(place, module.flags)?);
    shell::run(&mut command, "The compiler's messages above say what is wrong with the sources.")
}

/// What `.cargo/config.toml` says for this target (the environment replaces it, so it is said again), and paths that do
/// not differ from one machine to the next: the same sources give the same module, byte for byte.
fn rustflags(place: &Place, more: &[&str]) -> Result<String> {
    let home = match std::env::var("CARGO_HOME") {
        Ok(home) => home,
        Err(_) => {
            let home = std::env::home_dir().context("this user has no home folder, so cargo's own cannot be found")?;
            home.join(".cargo").display().to_string()
        }
    };
    let mut flags = vec![
        "--cfg".to_owned(),
        "getrandom_backend=\"wasm_js\"".to_owned(),
        format!("--remap-path-prefix={home}=/cargo"),
        format!("--remap-path-prefix={}=/signet", place.root.display()),
        split::FLAG.to_owned(),
    ];
    flags.extend(more.iter().map(|flag| (*flag).to_owned()));
    Ok(flags.join("\u{1f}"))
}

/// Writes the module's JavaScript. Files are called by their tokens, which become their names once those are known.
fn bind(module: &Module, apart: &split::Split, folder: &Path) -> Result<()> {
    let compiled = &apart.main;
    let wasm = format!("{}_bg.wasm", module.name);
    Bindgen::new()
        .input_path(compiled)
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .out_name(module.name)
                .typescript(false)
                .omit_default_module_path(false)
                // What the parts take from the module, and find by its name.
                .keep_lld_exports(true)
                .demangle(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        })
        .map_err(|error| anyhow!("wasm-bindgen could not take {}: {error:#}", compiled.display()))?;

    let script = folder.join(format!("{}.js", module.name));
    let text = fs::read_to_string(&script).with_context(|| format!("wasm-bindgen left no {}", script.display()))?;
    let mut text = text.replace(&format!("'{wasm}'"), &format!("'{{{{asset:{wasm}}}}}'"));
    for snippet in snippets(folder)? {
        let token = snippet.replace('/', "-");
        fs::rename(folder.join(&snippet), folder.join(&token)).with_context(|| format!("could not move {snippet}"))?;
        text = text.replace(&format!("./{snippet}"), &format!("{{{{asset:{token}}}}}"));
    }
    if let Some(parts) = &apart.script {
        // Not where the module's own imports are handed over under the name that the module knows.
        text = text.replace(&format!("from \"./{parts}\""), &format!("from \"{{{{asset:{parts}}}}}\""));
    }
    for file in &apart.files {
        let name = file.file_name().context("a part without a name")?;
        fs::copy(file, folder.join(name)).with_context(|| format!("could not copy {}", file.display()))?;
    }
    fs::write(&script, text).with_context(|| format!("could not write {}", script.display()))
}

/// The JavaScript that crates carry inside them, as paths below the folder with forward slashes.
fn snippets(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec!["snippets".to_owned()];
    while let Some(inner) = open.pop() {
        if !folder.join(&inner).is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = format!("{inner}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Everything that the finished files depend on.
fn key(place: &Place, bytes: &[u8]) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hash.update(toolchain::name(place)?);
    // This command itself: a new wasm-bindgen or another way to treat its output.
    hash.update(fs::read(std::env::current_exe().context("this command cannot find its own file")?)?);
    Ok(hex::encode(hash.finalize()))
}
