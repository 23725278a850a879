//! What a person's browser has to fetch, in brotli bytes.

use crate::shell::note;

/// Parts that nobody needs on the way to a first conversation.
const LATER: [&str; 3] = ["assets/page-split_account.", "assets/page-split_code.", "assets/vault-split_later."];

pub(crate) struct Sizes {
    /// Until the fields of the sign-in page accept typing.
    pub(crate) sign_in: usize,
    /// Until a new person's first conversation can be opened: the form to sign up and the vault as well.
    pub(crate) conversation: usize,
    rows: Vec<(String, usize, usize)>,
}

impl Sizes {
    /// `parts`: the script that knows which chunks a part of the page needs.
    pub(super) fn new(rows: Vec<(String, usize, usize)>, parts: &str) -> Self {
        let page = |path: &str| path.starts_with("pages/");
        let vault = |path: &str| path.starts_with("assets/vault");
        // Fetched by who exports a backup that opens by itself, and then only.
        let reader = |path: &str| path.starts_with("assets/reader");
        let sum = |wanted: &dyn Fn(&str) -> bool| {
            rows.iter().filter(|(path, ..)| wanted(path)).map(|(_, _, fetched)| fetched).sum()
        };
        let part = |path: &str| path.starts_with("assets/page-") && path.ends_with(".wasm");
        let joining = chunks_of("join", parts);
        let shared = |path: &str| {
            let chunk = path.strip_prefix("assets/page-").and_then(|rest| rest.split('.').next());
            let chunk = chunk.filter(|name| name.starts_with("chunk_")).map(|name| format!("__{name}"));
            chunk.zip(joining.as_ref()).is_some_and(|(chunk, needed)| !needed.contains(&chunk))
        };
        let later = |path: &str| LATER.iter().any(|part| path.starts_with(part)) || shared(path);
        let sign_in =
            sum(&|path| path == "pages/sign-in.html" || !page(path) && !vault(path) && !part(path) && !reader(path));
        let more: usize = sum(&|path| (vault(path) || part(path)) && !later(path));
        Self { sign_in, conversation: sign_in + more, rows }
    }

    pub(crate) fn print(&self) {
        println!("    {:<48} {:>10} {:>10}", "file", "bytes", "fetched");
        for (path, bytes, fetched) in &self.rows {
            println!("    {path:<48} {bytes:>10} {fetched:>10}");
        }
        note(&format!("fetched until the sign-in page can be used: {} bytes", self.sign_in));
        note(&format!("fetched until the first conversation: {} bytes", self.conversation));
    }
}

/// What a part shares with others and needs itself; nothing where the script does not say it as expected.
fn chunks_of(part: &str, script: &str) -> Option<Vec<String>> {
    let (_, loader) = script.split_once(&format!("__wasm_split_load_{part} "))?;
    let (list, _) = loader.split_once("\n, [")?.1.split_once(']')?;
    Some(list.split(", ").map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::Sizes;

    #[test]
    fn the_vault_and_the_form_to_sign_up_count_for_the_conversation_alone_and_the_settings_not_at_all() {
        let row = |path: &str, fetched| (path.to_owned(), 0, fetched);
        let rows = vec![
            row("pages/sign-in.html", 1),
            row("pages/chat.html", 2),
            row("assets/page.0.js", 4),
            row("assets/main.0.css", 8),
            row("assets/vault_bg.0.wasm", 16),
            row("assets/page-split_join.0.wasm", 32),
            row("assets/page-split_account.0.wasm", 64),
            row("assets/reader.0.html", 256),
            row("assets/vault-split_later.0.wasm", 128),
            row("assets/page-split_code.0.wasm", 512),
            row("assets/page-chunk_3.0.wasm", 1024),
            row("assets/page-chunk_14.0.wasm", 2048),
        ];
        let script = "const __wasm_split_load_code = w(m(() => {\n}\n, [__chunk_3, __chunk_14]));\n\
                      const __wasm_split_load_join = w(m(() => {\n}\n, [__chunk_14]));";
        let sizes = Sizes::new(rows.clone(), script);
        assert_eq!((sizes.sign_in, sizes.conversation), (13, 61 + 2048));
        // Where that cannot be read, all of it counts.
        assert_eq!(Sizes::new(rows, "").conversation, 61 + 1024 + 2048);
    }
}
