//! The relay lies. One test for each of its attacks, numbered as in SECURITY.md: it is carried out with real keys against
//! the vault's machine, and what is asserted is that nothing is shown that should not be, that nothing is encrypted to a
//! key that should not be, that the relay hears nothing afterwards by which it could tell what became of it, and what the
//! person is told.
//!
//! "Silence" means that a minute later the browser has said what it says when nothing comes at all; the relay sees that a
//! message was not answered, never by which check it was refused.
//!
//! | case | attack | what the person is told | what the relay hears |
//! |---|---|---|---|
//! | EV-01 | bits of keystore or slot flipped | `Trouble::KeystoreDamaged` | the questions of any start, nothing after |
//! | EV-02 | other public keys beside the keystore | `Trouble::BadStatement`, `KeystoreDamaged` | likewise |
//! | EV-03 | another key at first contact | another safety number; `Warning::Namesake` once the real one writes | nothing is sent after that |
//! | EV-04 | another key later | `Warning::IdentityReset` until the person decides, or nothing for what nobody signed | one look-up |
//! | EV-05 | weaker key stretching | `Trouble::WeakProfile` | nothing after the answer that names it |
//! | EV-06 | sealed objects in each other's place | `Trouble::KeystoreDamaged`; a history record is passed over | as EV-01 |
//! | EV-07 | an older keystore or state | `Trouble::RolledBack`, `Warning::RolledBack` | as EV-01 |
//! | EV-08 | another OPAQUE key | `Trouble::LoginFailed` | nothing after its answer |
//! | EV-09 | a slot that the relay enrolled | `Trouble::KeystoreDamaged` | as EV-01 |
//! | EV-10 | stripped and signed again | nothing | silence |
//! | EV-11 | flipped, cut, lengthened | nothing | silence; one look-up where a statement's name was hit |
//! | EV-12, 13 | another suite, another kind | nothing | silence |
//! | EV-14 | ids and keys taken for others | nothing; `Trouble::BadStatement` | silence |
//! | EV-15 | replayed | nothing | what a first delivery causes, without a receipt |
//! | EV-16 | reordered | `Warning::Missing` until the gap closes | as if in order |
//! | EV-17 | lost in the middle | `Warning::Missing` | as if nothing were missing |
//! | EV-18 | lost at the end | the writer: not "Delivered"; the reader: `Warning::Missing` with the next | likewise |
//! | EV-19 | forwarded as if meant for the reader | nothing | silence |
//! | EV-20 | a third reader in a conversation of two | nothing | silence |
//! | EV-21 | a stream that is not the writer's | `Warning::Equivocation` | silence |
//! | EV-22 | two versions of a key log | `Warning::KeyLogForked` in both browsers; `Warning::SplitView` where a contact was shown other keys of one's own | nothing is sent after that; one question for one's own keys |
//! | EV-25 | two messages in one place | `Warning::Equivocation`, `Warning::ViewsDiffer` | silence |
//! | EV-26 | wrapped for another key | nothing | silence |
//! | EV-27 | lengths that lie | nothing | silence; a new connection where a frame is too long |
//! | EV-28 | delivered after a change of identity | shown, `Warning::NewIdentity` | as if in time |
//! | EV-29 | signed by a key that was replaced | `Warning::NewIdentity` for the change alone | one look-up |
//! | EV-30 | a backup flipped, cut, put together otherwise, invented | `Trouble::Backup` with the cause | nothing |
//! | EV-31 | history cut short for a new browser | `Warning::Missing` | as if whole |
//! | (A20) | slots and keystores that disagree on the secret key | `Trouble::SecretKey` with `Hidden`; `KeystoreDamaged` | the questions of any sign-in, nothing after |
//! | EV-32 | least suite lowered or left out | `Warning::KeyLogForked`; nothing is sealed below it | one look-up |
//!
//! What is not here because the feature that it attacks is not built, and comes with it:
//!
//! | case | attack | comes with |
//! |---|---|---|
//! | EV-20, 23, 24 | a ghost in a group, a removed member kept, a forked group | groups |
//! | EV-28, 29 | the rest of them: one's own identity replaced, and late messages of a key that somebody stole | one's own change of identity |
//! | EV-03 | key logs compared between people who have not met | transparency |

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken stage fails its test")]

#[path = "../common/mod.rs"]
mod common;

mod account;
mod backup;
mod keys;
mod message;
mod order;
mod own_keys;
mod paper;
mod secret_key;
mod stage;
