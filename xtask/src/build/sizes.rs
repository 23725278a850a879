//! What a person's browser has to fetch, in brotli bytes.

use crate::shell::note;

/// Parts that nobody needs on the way to a first conversation.
const LATER: [&str; 2] = ["assets/page-split_account.", "assets/vault-split_later."];

pub(crate) struct Sizes {
    /// Until the fields of the sign-in page accept typing.
    pub(crate) sign_in: usize,
    /// Until a new person's first conversation can be opened: the form to sign up and the vault as well.
    pub(crate) conversation: usize,
    rows: Vec<(String, usize, usize)>,
}

impl Sizes {
    pub(super) fn new(rows: Vec<(String, usize, usize)>) -> Self {
        let page = |path: &str| path.starts_with("pages/");
        let vault = |path: &str| path.starts_with("assets/vault");
        // Fetched by who exports a backup that opens by itself, and then only.
        let reader = |path: &str| path.starts_with("assets/reader");
        let sum = |wanted: &dyn Fn(&str) -> bool| {
            rows.iter().filter(|(path, ..)| wanted(path)).map(|(_, _, fetched)| fetched).sum()
        };
        let part = |path: &str| path.starts_with("assets/page-") && path.ends_with(".wasm");
        let later = |path: &str| LATER.iter().any(|part| path.starts_with(part));
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

#[cfg(test)]
mod tests {
    use super::Sizes;

    #[test]
    fn the_vault_and_the_form_to_sign_up_count_for_the_conversation_alone_and_the_settings_not_at_all() {
        let row = |path: &str, fetched| (path.to_owned(), 0, fetched);
        let sizes = Sizes::new(vec![
            row("pages/sign-in.html", 1),
            row("pages/chat.html", 2),
            row("assets/page.0.js", 4),
            row("assets/main.0.css", 8),
            row("assets/vault_bg.0.wasm", 16),
            row("assets/page-split_join.0.wasm", 32),
            row("assets/page-split_account.0.wasm", 64),
            row("assets/reader.0.html", 256),
            row("assets/vault-split_later.0.wasm", 128),
        ]);
        assert_eq!((sizes.sign_in, sizes.conversation), (13, 61));
    }
}
