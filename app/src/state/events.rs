//! The vault's events, each into its signal.

use core::time::Duration;

use leptos::prelude::{GetValue, SetValue, set_timeout};
use signet_ask::{Event, Status, Trouble};

use super::App;
use crate::vault::Vault;

impl App {
    /// Starts the vault and asks who is signed in.
    pub(crate) fn connect(self) {
        let vault = Vault::connect(move |event| self.hear(event));
        self.vault.set_value(Some(vault));
        self.ask(Vault::first_question(), move |answer| match answer {
            Ok(status) => self.set_status(status),
            Err(trouble) => {
                self.trouble.set(Some(trouble));
                self.set_status(Status::NOBODY);
            }
        });
    }

    /// Nothing that was opened before stays in the vault's memory.
    fn start_anew(self) {
        if let Some(vault) = self.vault.get_value() {
            vault.start_anew();
            self.attach_again();
        }
    }

    /// Until a worker could be loaded, which a server that is away may keep from it: another tab may be open again by then.
    fn attach_again(self) {
        const AGAIN: Duration = Duration::from_secs(3);
        self.ask(Vault::first_question(), move |answer| match answer {
            Ok(status) => self.set_status(status),
            Err(Trouble::Unreachable) => set_timeout(move || self.attach_again(), AGAIN),
            Err(_) => {}
        });
    }

    fn hear(self, event: Event) {
        match event {
            Event::Status(status) => {
                let locks = self.is_signed_in() && matches!(status, Status::SignedOut { locked: true, .. });
                self.set_status(status);
                if locks {
                    self.start_anew();
                }
            }
            Event::Connection(connection) => self.connection.set(Some(connection)),
            Event::Conversations(changed) => self.chats.merge_list(changed),
            Event::Messages { conv, messages } => {
                if self.chats.open.get_untracked() == Some(conv) {
                    self.chats.change_rows(messages);
                }
            }
            Event::Gone { conv, ids } => {
                if self.chats.open.get_untracked() == Some(conv) {
                    self.chats.rows.update(|rows| rows.retain(|row| !ids.contains(&row.id)));
                }
            }
            Event::Progress(progress) => self.progress.set(Some(progress)),
            // Kept by the transport itself.
            Event::KeepShare(_) => {}
            Event::Anew(notice) => leptos::task::spawn_local(async move {
                if notice.is_some() {
                    // Where it cannot be fetched, the page says so in fewer words.
                    let _ = crate::lazy::fetch_for_asked().await;
                }
                self.anew.set(notice);
            }),
            Event::SignedOutBecause(trouble) => self.trouble.set(Some(trouble)),
        }
    }
}
