//! One struct per question; [`Question`] is their sum on the wire.

use serde::{Deserialize, Serialize};
use signet_shared::{ClientUuid, ConvId, IkHash};

use crate::{
    AccountView, AnewView, ArchivePart, Ask, BackupPart, BackupStep, ConversationView, Details, LockWhen, MessageId,
    OpenedConversation, OpenedMessage, Packed, Page, PasskeyView, RecoveryKeyText, RescueKeys, Saying, SecretKeyStep,
    SecretKeyView, SessionView, Status, TabShare, Ticket,
};

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

        #[derive(Debug, Serialize, Deserialize)]
        pub enum Question { $($name($name)),* }
    };
}

questions! {
    /// Asked first by every tab, and again after a reload: opens the account from this browser's local slot if it can.
    /// The answer comes when that is decided (signed in, or signed out).
    Attach { share: Option<TabShare> } -> Status;
    /// Makes keys, registers, signs in. Reports `Task::SignUp` progress. `ticket`: `None` from a page. As every question
    /// that opens an account here, it is `Trouble::OthersUnsent` while another account's rows would be lost by that.
    SignUp { username: String, password: String, stay: bool, ticket: Option<Ticket> } -> RecoveryKeyText;
    /// Ends a running sign-up, whose question is then answered with `Trouble::Cancelled`; `Trouble::Busy` once the account
    /// may exist, for then its recovery key has to be shown.
    CancelSignUp {} -> ();
    /// Reports `Task::SignIn` progress. Where the password needs a secret key beside it that this browser does not have,
    /// `Trouble::SecretKey` with [`SecretKeyTrouble::Needed`](crate::SecretKeyTrouble): then [`GiveSecretKey`] goes on.
    SignIn { username: String, password: String, stay: bool } -> Status;
    /// As [`SignIn`], with the recovery key instead of the password. Then [`AccountView::by_recovery_key`] holds, and the
    /// password is replaced without being asked for.
    SignInWithRecoveryKey { username: String, key: String, stay: bool } -> Status;
    /// As [`SignIn`], with what a passkey computed; `place` is the account's place for it, as its user handle says.
    SignInWithPasskey { username: String, place: u8, computed: [u8; 32], stay: bool } -> Status;
    /// The secret key that a sign-in waits for; without one, that sign-in is given up, and the session that it has opened ends.
    /// On any other error it goes on waiting: nothing is asked of the relay. `stays`: signing out leaves it in this browser.
    GiveSecretKey { key: Option<String>, stays: bool } -> Status;
    /// Ends the session here and forgets everything that this browser kept: one password brings it all back. What is in
    /// this browser alone it does not, so that is `Trouble::Unsent` unless it is to go `anyway`; while the account is not
    /// open, `Trouble::MaybeUnsent` if there are rows that may be such; and `Trouble::AnewWaits` while this browser waits for
    /// the account to start anew, which it would forget.
    SignOut { anyway: bool } -> ();
    /// Ends the session here and forgets every key and opened message, but keeps the sealed rows: the password opens them
    /// again. `Trouble::Busy` while a secret is being replaced.
    Lock {} -> ();
    /// Somebody uses a tab. Asked now and then while that is so; it puts off locking.
    Used {} -> ();
    ReadLock {} -> LockWhen;
    SetLock { when: LockWhen } -> ();
    /// All conversations, newest first.
    Conversations {} -> Vec<ConversationView>;
    /// By exact username.
    StartConversation { username: String } -> ConvId;
    /// Up to `limit` messages before `before` (the newest if `None`), oldest first.
    ReadPage { conv: ConvId, before: Option<MessageId>, limit: u16 } -> Page;
    /// Accepted into the outbox when answered: it will be sent, even if the tab closes now. `uuid` is random.
    Send { conv: ConvId, uuid: ClientUuid, text: String } -> ();
    /// As [`Send`], in answer to a message that has been sent.
    Reply { conv: ConvId, uuid: ClientUuid, text: String, to: MessageId } -> ();
    /// Says something about a message that has been sent: accepted as [`Send`] is, and shown here at once. Only one's own is
    /// edited or deleted (else `Trouble::NotFound`).
    Say { conv: ConvId, id: MessageId, saying: Saying } -> ();
    /// Whether others hear what has been read here, and what they have read is shown.
    SetReadReceipts { on: bool } -> ();
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
    /// Whether the person says to have compared this identity with the other person's own. The account's other browsers
    /// hear of it. `Trouble::NotAsRead` if the identity is not (any more) the one that was shown.
    MarkVerified { conv: ConvId, safety_number: String, verified: bool } -> ();
    /// Compares what a camera or a picture read off the other person's screen with what is known here. That it is the same
    /// marks nobody: the person does, by [`MarkVerified`]. `Trouble::Code` says what it is otherwise.
    CheckCode { conv: ConvId, text: String } -> ();
    /// Accepts the identity of a [`Warning::IdentityReset`](crate::Warning) that is there, or stays with the one that is
    /// known. `Trouble::NotAsRead` if another is there by now, or if it has to be compared to be accepted.
    DecideIdentity { conv: ConvId, identity: IkHash, accept: bool } -> ();
    ReadAccount {} -> AccountView;
    /// Replaces the password; answers how many other sessions were ended. `current` is the password or the recovery key;
    /// without it, only for whoever has just signed in with the recovery key. Reports `Task::Secret` progress. Until the
    /// answer the old password holds; on any error it still does. `ticket`: `None` from a page. Asked again and found done
    /// already, it answers 0: how many were ended is not known any more.
    ChangePassword { current: Option<String>, new: String, end_others: bool, ticket: Option<Ticket> } -> u32;
    /// Replaces the recovery key; answers the new one, to be shown once. The old one stops working at that moment.
    /// `current` as for [`ChangePassword`], but always asked for. Reports `Task::Secret` progress. `ticket`: `None` from a
    /// page.
    ReplaceRecoveryKey { current: String, ticket: Option<Ticket> } -> RecoveryKeyText;
    /// The first half of a rescue, for whoever thinks that somebody else got in: proves who sits here by `current`, the
    /// password or the recovery key, and answers the recovery key that is to be. Nothing has changed yet, and that key opens
    /// nothing. Asked again, it answers the same. Where the account uses a secret key, so with that. Reports `Task::Secret`
    /// progress.
    PrepareRescue { current: String, new: String } -> RescueKeys;
    /// The second half, once the person has saved that recovery key: new keys, `new` for the password, that recovery key, and
    /// nothing else opens the account from then on; every other session ends. Answers how many those were, 0 if that is not
    /// known any more. `Trouble::LoginTooOld` if it has to be prepared again. On any error everything is as it was. Reports
    /// `Task::Secret` progress.
    Rescue { new: String } -> u32;
    /// The secret key. What changes it reports `Task::Secret` progress; until the answer, what opened the account opens it, and
    /// on any error it still does.
    SecretKey { step: Packed<SecretKeyStep> } -> SecretKeyView;
    /// The account's passkeys.
    ReadPasskeys {} -> Vec<PasskeyView>;
    /// Lets what a passkey computes open the account too, in this place, which is free. `current` as for
    /// [`ReplaceRecoveryKey`]. `Trouble::ChangedElsewhere` if another browser has taken the place. Reports `Task::Secret`
    /// progress.
    AddPasskey { current: String, place: u8, computed: [u8; 32] } -> ();
    /// The passkey of this place opens nothing from then on. `current` and progress as for [`AddPasskey`].
    RemovePasskey { current: String, place: u8 } -> ();
    /// Deletes the account, for ever, and everything that this browser kept of it. `current` is the password or the recovery
    /// key. Then `Event::SignedOutBecause(Trouble::Deleted)` says so in every tab. Reports `Task::Secret` progress.
    DeleteAccount { current: String } -> ();
    /// Signs in with the recovery key beside what is open here, and opens the account's master key with it: it works.
    /// Notes the date. Reports `Task::Secret` progress.
    TestRecoveryKey { key: String } -> ();
    /// The person says that the recovery key shown last is saved: notes the date.
    RecoveryKeySaved {} -> ();
    /// The account's sessions, the one used last first.
    ReadSessions {} -> Vec<SessionView>;
    /// Ends another session of the account. Its own is ended by [`SignOut`].
    EndSession { handle: [u8; 16] } -> ();
    /// Ends all but this one; answers how many there were.
    EndOtherSessions {} -> u32;
    /// Writes, tests, imports or opens a backup, one step after the other. `run` is random, and the same in all steps of one.
    /// To test or open needs no account; to import needs the one whose it is. A run that is asked of a vault that did not begin it
    /// is [`BackupTrouble::Interrupted`](crate::BackupTrouble).
    Backup { run: u64, step: Packed<BackupStep> } -> BackupPart;
    /// What is in a backup that was read to be opened, the conversation with the newest message first.
    OpenedConversations { run: u64 } -> Vec<OpenedConversation>;
    /// Up to `limit` of its messages before the one of this number, the oldest first. They count from 0.
    OpenedMessages { run: u64, conversation: u32, before: u32, limit: u16 } -> Vec<OpenedMessage>;
    /// Writes a copy of one's own conversations that anybody can read, in parts that are asked for in their order, from 0 on.
    /// A run of a backup and this end each other, and `BackupStep::Cancel` ends either. `Trouble::Backup` with
    /// [`BackupTrouble::Interrupted`](crate::BackupTrouble) if this vault did not begin the run.
    Archive { run: u64, part: u32 } -> ArchivePart;
    /// Makes a new key for what others write from now on, and keeps the older ones for what they have written. Answered once
    /// the relay has it; on any error the old key holds.
    RenewKeys {} -> ();
    /// Asks, by the operator's one-time code, to start an account anew whose secrets are both lost. This browser remembers
    /// having asked. Every browser that is signed in to the account is told.
    AskAnew { username: String, code: String } -> AnewView;
    /// As [`AskAnew`], for the account that is open here.
    AskAnewHere {} -> AnewView;
    /// What became of it, if this browser has asked.
    LookAnew {} -> Option<AnewView>;
    /// Forgets having asked. The request itself stays.
    DropAnew {} -> ();
    /// Once the wait is over: a new identity under the same name, with a new password and the recovery key that is answered.
    /// As [`SignUp`] in everything else, and cancelled by [`CancelSignUp`]; but nothing that was left here opens afterwards,
    /// so that this account's own rows are `Trouble::OthersUnsent` too, unless they are to go `anyway`.
    BeginAnew { password: String, stay: bool, anyway: bool, ticket: Option<Ticket> } -> RecoveryKeyText;
    /// Refuses the request that an [`Event::Anew`](crate::Event) told of.
    RefuseAnew { id: [u8; 16] } -> ();
    /// Opens what was sealed for this account before it began anew, by the password or the recovery key of then. Reports
    /// `Task::Secret` progress. `Trouble::NotFound` where the account never began anew. `Trouble::SecretKey` where that password
    /// needed a secret key beside it.
    OpenEarlier { secret: String, secret_key: Option<String> } -> ();
}

impl Question {
    /// The ticket's place, in a question that has one.
    pub fn ticket(&mut self) -> Option<&mut Option<Ticket>> {
        match self {
            Self::SignUp(q) => Some(&mut q.ticket),
            Self::BeginAnew(q) => Some(&mut q.ticket),
            Self::ChangePassword(q) => Some(&mut q.ticket),
            Self::ReplaceRecoveryKey(q) => Some(&mut q.ticket),
            _ => None,
        }
    }
}
