//! What a person's browser has to fetch, in brotli bytes.

use crate::shell::note;

pub(crate) struct Sizes {
    /// Until the fields of the sign-in page accept typing.
    pub(crate) sign_in: usize,
    /// Until the first conversation can be opened: the vault as well.
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
        let sign_in = sum(&|path| path == "pages/sign-in.html" || !page(path) && !vault(path) && !reader(path));
        let vault: usize = sum(&vault);
        Self { sign_in, conversation: sign_in + vault, rows }
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
    fn the_vault_counts_for_the_conversation_alone_and_other_pages_and_the_reader_not_at_all() {
        let row = |path: &str, fetched| (path.to_owned(), 0, fetched);
        let sizes = Sizes::new(vec![
            row("pages/sign-in.html", 1),
            row("pages/chat.html", 2),
            row("assets/page.0.js", 4),
            row("assets/main.0.css", 8),
            row("assets/vault_bg.0.wasm", 16),
            row("assets/reader.0.html", 32),
        ]);
        assert_eq!((sizes.sign_in, sizes.conversation), (13, 29));
    }
}
