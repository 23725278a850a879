//! One struct per question; [`Question`] is their sum on the wire.

use serde::{Deserialize, Serialize};
use signet_shared::{ClientUuid, ConvId};

use crate::{Ask, ConversationView, Details, MessageId, Page, RecoveryKeyText, Status, TabShare, Ticket};

macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $ty:ty),* $(,)? } -> $answer:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Serialize, Deserialize)]
            pub struct $name { $(pub $field: $ty),* }

            // Fields may be secrets or what a person wrote: the name alone is printed.
            impl core::fmt::Debug for $name {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.write_str(stringify!($name))
                }
            }

            impl From<$name> for Question {
                fn from(question: $name) -> Self {
                    Self::$name(question)
                }
            }

            impl Ask for $name {
                type Answer = $answer;
            }
        )*

        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub enum Question { $($name($name)),* }
    };
}

questions! {
    /// Asked first by every tab, and again after a reload: opens the account from this browser's local slot if it can.
    /// The answer comes when that is decided (signed in, or signed out).
    Attach { share: Option<TabShare> } -> Status;
    /// Makes keys, registers, signs in. Reports `Task::SignUp` progress. `ticket`: `None` from a page.
    SignUp { username: String, password: String, stay: bool, ticket: Option<Ticket> } -> RecoveryKeyText;
    /// Ends a running sign-up, whose question is then answered with `Trouble::Cancelled`; `Trouble::Busy` once the account
    /// may exist, for then its recovery key has to be shown.
    CancelSignUp {} -> ();
    /// Reports `Task::SignIn` progress.
    SignIn { username: String, password: String, stay: bool } -> Status;
    /// Ends the session here and forgets everything that this browser kept: one password brings it all back. What is in
    /// this browser alone it does not, so that is `Trouble::Unsent` unless it is to go `anyway`; while the account is not
    /// open, `Trouble::MaybeUnsent` if there are rows that may be such.
    SignOut { anyway: bool } -> ();
    /// All conversations, newest first.
    Conversations {} -> Vec<ConversationView>;
    /// By exact username.
    StartConversation { username: String } -> ConvId;
    /// Up to `limit` messages before `before` (the newest if `None`), oldest first.
    ReadPage { conv: ConvId, before: Option<MessageId>, limit: u16 } -> Page;
    /// Accepted into the outbox when answered: it will be sent, even if the tab closes now. `uuid` is random.
    Send { conv: ConvId, uuid: ClientUuid, text: String } -> ();
    /// Tries a failed message again.
    Retry { id: MessageId } -> ();
    /// Takes a message that has not been sent out of the outbox.
    Discard { id: MessageId } -> ();
    /// Everything in the conversation up to this message has been seen.
    MarkRead { conv: ConvId, id: MessageId } -> ();
    /// Keeps (sealed) what is being typed; an empty text forgets it.
    SaveDraft { conv: ConvId, text: String } -> ();
    ReadDraft { conv: ConvId } -> String;
    /// The other person's identity, to compare.
    ReadDetails { conv: ConvId } -> Details;
}
