//! A backup, opened by its backup password alone, to be read and nothing else: it has no key of a relay's, and no way to
//! write. It is the module inside the page that an export can be, one HTML file that needs no Signet and no network; and the
//! vault opens a backup with it for whoever has no account at hand.
//!
//! | part | what it does |
//! |---|---|
//! | `book` | a file, piece by piece -> its conversations |
//! | `page` | that, for the script of the page |
//! | `words` | why a file does not open, in a sentence |

mod book;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "page")]
mod words;

pub use book::{Book, Conversation, Line, Opening};
#[cfg(feature = "page")]
pub use page::{Backup, Held};
