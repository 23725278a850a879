//! A sentence with cause and cure for everything that can go wrong.

use signet_ask::{CodeTrouble, FailedBecause, Trouble, Warning};

use super::{count, fill, table};

table::texts! {
    pub(super),
    BAD_USERNAME = "This is not a username. Usernames have 3 to 32 letters a-z, digits or underscores and begin with a letter.";
    BAD_PASSWORD = "This password is too short or too long. Use 12 to 256 characters.";
    USERNAME_TAKEN = "This username is taken. Choose another.";
    LOGIN_FAILED = "The username or the password is wrong. Check both and try again.";
    RECOVERY_KEY_FAILED = "The username or the recovery key is wrong, or the recovery key has been replaced. Check both and try again.";
    PASSKEY_FAILED = "This passkey opens no account here, or it has been removed. Sign in with your password.";
    BAD_RECOVERY_KEY = "This is not a whole recovery key, or a character of it is wrong. Compare all fourteen groups of four with what you saved.";
    IS_RECOVERY_KEY = "That is a recovery key, not a password. To sign in with it, follow \"Use recovery key\" below.";
    LOGIN_TOO_OLD = "For this, your password or recovery key must have been typed a few minutes ago at most. Sign in again, then try once more.";
    CHANGED_ELSEWHERE = "Another browser of yours changed the same thing at the same time. Look at how it is now, then try again.";
    NOT_AS_READ = "What you compared is not what is there now. Compare the number that stands here once more.";
    CODE_NOT_OURS = "This is not a code of Signet's. Open the conversation details on the other person's screen, and scan the code that stands there.";
    CODE_VERSION = "This code was made by another version of Signet. Reload the page on both screens, then scan again.";
    CODE_OWN = "This is the code that you show. Scan the one on the other person's screen.";
    CODE_PAIR = "This code belongs to another conversation. Open the details of your conversation with each other on both screens, then scan again.";
    CODE_KEYS = "The keys in this code are not the keys that this browser has. Somebody may stand between you: write nothing that matters here, and tell whoever runs the server.";
    CODE_STATE = "This code is older or newer than what this browser knows. Close the details on both screens, open them again, and scan once more.";
    NO_SUCH_USER = "Nobody has this username. Check the spelling with the person you are looking for.";
    YOURSELF = "That is your own username. Type the username of someone else.";
    TOO_MANY_ONE = "Too many tries. Wait 1 second, then try again.";
    TOO_MANY = "Too many tries. Wait {} seconds, then try again.";
    UNREACHABLE = "The server cannot be reached. Check your network; it may also be restarting. Then try again.";
    RELAY_STORE = "The server cannot store anything at the moment. Nothing is lost here; try again later, or tell whoever runs it.";
    RELAY_NONSENSE = "The server's answer made no sense. Reload the page, which brings both to the same version, and try again.";
    REGISTRATION_CLOSED = "This server takes no new accounts. Sign in with one that exists, or choose another server.";
    WRONG_ORIGIN = "This page is not at the server's own address. Open {} instead.";
    WEAK_PROFILE = "The server asks for weaker protection of your password than Signet allows, so it was not used. Tell whoever runs the server.";
    KEYSTORE_DAMAGED = "Your stored keys do not open: they were altered, or they are not yours. Nothing was shown or changed. Try again; if it remains, tell whoever runs the server.";
    ROLLED_BACK = "The server offers an older state of your account than this browser has already seen, so it was refused. Try again later; if it remains, tell whoever runs the server.";
    BAD_STATEMENT = "This person's keys do not check, so nothing was sent. Try again later, and ask them over another channel whether something changed.";
    KEY_LOG_FORKED = "This person's keys do not continue those seen before, so nothing is sent. Ask them over another channel whether something changed.";
    NAMESAKE = "More than one account claims this username, so none was chosen. Ask this person over another channel, and tell whoever runs the server.";
    FULL = "Your list of contacts is full. Nobody new can be added to this account.";
    BAD_TEXT = "A message needs at least one character and at most 20,000. Change its length and send again.";
    NOT_FOUND = "This is no longer here. Reload the page to see the current state.";
    SIGNED_OUT = "Nobody is signed in here. Sign in again.";
    SESSION_ENDED = "This session was ended or has expired. Sign in again; nothing is lost.";
    DELETED = "Your account is deleted, and everything of it in this browser.";
    STORAGE = "This browser's storage cannot be written ({}). Free some space or leave private browsing, then reload.";
    CANCELLED = "Stopped, as you asked. No account was made.";
    UNSENT = "Something is in this browser alone. Send it first, or sign out and lose it.";
    MAYBE_UNSENT = "Messages or drafts may be in this browser alone. Wait until the server can be reached to see them, or sign out and lose them.";
    OTHERS_UNSENT = "Messages or drafts of {} may be in this browser alone. Sign in to that account to send them, or lose them and go on.";
    OTHER_VERSION = "Another tab still runs an older or newer version of this site. Reload or close all of its tabs.";
    BUSY = "Something else is still running. Wait until it is done, then try again.";
    BAD_CODE = "This is not a one-time code. It has six groups of four letters and digits; check them with whoever gave it to you.";
    CODE_FAILED = "The username or the one-time code is wrong, or the code was used before or is too old. Ask whoever runs this server for another.";
    TOO_EARLY = "The wait is not over yet. Come back when it is.";
    ANEW_REFUSED = "A browser that is signed in to the account refused. Nothing has changed.";
    ANEW_GONE = "The server does not know this request any more. Ask again with a new one-time code.";
    ANEW_WAITS = "This browser has asked to start this account anew. Signing out forgets that, and whatever is not sent yet.";
    BACKUP = "This backup was not taken. Nothing was changed; try it again in the settings.";
    SECRET_KEY = "The secret key does not fit. Check it, then try again.";
    FAULT = "Something went wrong inside Signet ({}). Reload the page; what you wrote is kept.";

    FAILED_NO_ACCOUNT = "Not sent: this account no longer exists. Discard the message.";
    FAILED_TOO_LARGE = "Not sent: the message is too large. Discard it and send it in parts.";
    FAILED_REFUSED = "Not sent: the server refused it. Reload the page, then try again.";
    FAILED_BLOCKED = "Not sent, because of the warning above. Once that is settled, try again; otherwise discard the message.";

    MISSING_ONE = "1 message did not arrive. Ask this person to send it again.";
    MISSING_MANY = "{} messages did not arrive. Ask this person to send them again.";
    EQUIVOCATION = "Two different messages claim the same place. The server or the other side is not being truthful. Ask this person over another channel what they wrote.";
    VIEWS_DIFFER = "You and the other side were given different messages. Compare what you see over another channel.";
    WARN_KEY_LOG = "This person's keys do not continue those seen before. This version sends nothing to them any more. Ask them over another channel what changed.";
    WARN_NAMESAKE = "Another account claims this person's username. This version sends nothing to either. Ask them over another channel, and tell whoever runs the server.";
    STATE_NOT_KEPT = "The server does not store your list of contacts and what you have read: both are kept in this browser only. Tell whoever runs the server.";
    WARN_ROLLED_BACK = "The server went back to an older state of your account, by a fault or on purpose. New browsers may not show what was added since. Tell whoever runs the server.";
    OWN_KEYS_DIFFER = "The server gives others a key for you that you did not make, or hides yours. Tell the people you write to over another channel, and compare safety numbers with them.";
    IDENTITY_RESET = "This person's identity was replaced without the old one's word. Until you have decided above the conversation, nothing is sent. Ask them over another channel.";
    WARN_RESET = "The server names a new identity for this person, and the one you know did not sign for it. Either they lost their password and their recovery key and began anew, or somebody passes for them. Until you decide, nothing is sent and nothing new is shown. Ask them over another channel.";
    WARN_RESET_VERIFIED = "You had verified this person. The server now names a new identity for them, and the one you verified did not sign for it. Either they lost their password and their recovery key and began anew, or somebody passes for them. Nothing is sent and nothing new is shown until you have compared the safety number with them again.";
    WARN_SPLIT = "This person was given a key for you that you did not make, and wrote for it: somebody may stand between you. Tell them over another channel, and compare safety numbers.";
    NEW_IDENTITY = "This person has a new identity key; the old one signed for it. Compare the safety number with them when you can.";
}

pub(crate) fn trouble(trouble: &Trouble) -> String {
    let sentence = match trouble {
        Trouble::BadUsername => BAD_USERNAME,
        Trouble::BadPassword => BAD_PASSWORD,
        Trouble::UsernameTaken => USERNAME_TAKEN,
        Trouble::LoginFailed => LOGIN_FAILED,
        Trouble::RecoveryKeyFailed => RECOVERY_KEY_FAILED,
        Trouble::PasskeyFailed => PASSKEY_FAILED,
        Trouble::BadRecoveryKey => BAD_RECOVERY_KEY,
        Trouble::IsRecoveryKey => IS_RECOVERY_KEY,
        Trouble::LoginTooOld => LOGIN_TOO_OLD,
        Trouble::ChangedElsewhere => CHANGED_ELSEWHERE,
        Trouble::NotAsRead => NOT_AS_READ,
        Trouble::Code(code) => match code {
            CodeTrouble::NotOurs => CODE_NOT_OURS,
            CodeTrouble::OtherVersion => CODE_VERSION,
            CodeTrouble::Own => CODE_OWN,
            CodeTrouble::OtherPair => CODE_PAIR,
            CodeTrouble::OtherKeys => CODE_KEYS,
            CodeTrouble::OtherState => CODE_STATE,
        },
        Trouble::NoSuchUser => NO_SUCH_USER,
        Trouble::Yourself => YOURSELF,
        Trouble::TooMany { after_s } => return count(TOO_MANY_ONE, TOO_MANY, *after_s),
        Trouble::Unreachable => UNREACHABLE,
        Trouble::RelayStore => RELAY_STORE,
        Trouble::RelayNonsense => RELAY_NONSENSE,
        Trouble::RegistrationClosed => REGISTRATION_CLOSED,
        Trouble::WrongOrigin { public_url } => return fill(WRONG_ORIGIN, public_url),
        Trouble::WeakProfile => WEAK_PROFILE,
        Trouble::KeystoreDamaged => KEYSTORE_DAMAGED,
        Trouble::RolledBack => ROLLED_BACK,
        Trouble::BadStatement => BAD_STATEMENT,
        Trouble::KeyLogForked => KEY_LOG_FORKED,
        Trouble::IdentityReset => IDENTITY_RESET,
        Trouble::Namesake => NAMESAKE,
        Trouble::Full => FULL,
        Trouble::BadText => BAD_TEXT,
        Trouble::NotFound => NOT_FOUND,
        Trouble::SignedOut => SIGNED_OUT,
        Trouble::SessionEnded => SESSION_ENDED,
        Trouble::Deleted => DELETED,
        Trouble::Storage { reason } => return fill(STORAGE, reason),
        Trouble::Cancelled => CANCELLED,
        Trouble::Busy => BUSY,
        Trouble::Unsent { .. } => UNSENT,
        Trouble::MaybeUnsent => MAYBE_UNSENT,
        Trouble::OthersUnsent { username } => return fill(OTHERS_UNSENT, username),
        Trouble::OtherVersion => OTHER_VERSION,
        // Where a file is chosen, each cause has a sentence of its own.
        Trouble::Backup(_) => BACKUP,
        Trouble::NotFetched => super::NOT_FETCHED,
        Trouble::BadCode => BAD_CODE,
        Trouble::CodeFailed => CODE_FAILED,
        Trouble::TooEarly => TOO_EARLY,
        Trouble::AnewRefused => ANEW_REFUSED,
        Trouble::AnewGone => ANEW_GONE,
        Trouble::AnewWaits => ANEW_WAITS,
        // Where one is typed, each cause has a sentence of its own.
        Trouble::SecretKey(_) => SECRET_KEY,
        Trouble::Fault { code } => return fill(FAULT, code),
    };
    sentence.to_owned()
}

pub(crate) fn failed(because: FailedBecause) -> &'static str {
    match because {
        FailedBecause::NoSuchAccount => FAILED_NO_ACCOUNT,
        FailedBecause::TooLarge => FAILED_TOO_LARGE,
        FailedBecause::Refused => FAILED_REFUSED,
        FailedBecause::Blocked => FAILED_BLOCKED,
    }
}

pub(crate) fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Missing { count: n } => count(MISSING_ONE, MISSING_MANY, *n),
        Warning::Equivocation => EQUIVOCATION.to_owned(),
        Warning::ViewsDiffer => VIEWS_DIFFER.to_owned(),
        Warning::KeyLogForked => WARN_KEY_LOG.to_owned(),
        Warning::Namesake => WARN_NAMESAKE.to_owned(),
        Warning::StateNotKept => STATE_NOT_KEPT.to_owned(),
        Warning::RolledBack => WARN_ROLLED_BACK.to_owned(),
        Warning::OwnKeysDiffer => OWN_KEYS_DIFFER.to_owned(),
        Warning::SplitView => WARN_SPLIT.to_owned(),
        Warning::IdentityReset { verified: false, .. } => WARN_RESET.to_owned(),
        Warning::IdentityReset { verified: true, .. } => WARN_RESET_VERIFIED.to_owned(),
        Warning::NewIdentity => NEW_IDENTITY.to_owned(),
    }
}
