macro_rules! texts {
    ($vis:vis, $($name:ident = $sentence:literal;)*) => {
        $($vis const $name: &str = $sentence;)*
        /// For the glossary test.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $sentence)),*];
    };
}
pub(super) use texts;

texts! {
    pub,
    BRAND = "Signet";
    DESCRIPTION = "Signet is a messenger in the browser. Messages are sealed in your browser before they leave it; the server cannot read them.";

    // Titles of the pages
    TITLE_HOME = "Signet: messages sealed in your browser";
    TITLE_SIGN_UP = "Create account · Signet";
    TITLE_SIGN_IN = "Sign in · Signet";
    TITLE_RECOVER = "Use recovery key · Signet";
    TITLE_OPEN = "Open a backup · Signet";
    TITLE_CHAT = "Conversations · Signet";
    TITLE_SETTINGS = "Settings · Signet";
    TITLE_PRIVACY = "Privacy · Signet";

    // Words used in several places
    CREATE_ACCOUNT = "Create account";
    SIGN_IN = "Sign in";
    SIGN_OUT = "Sign out";
    SETTINGS = "Settings";
    RELOAD = "Reload";
    NOT_FETCHED = "This part of Signet could not be fetched: the connection broke, or the server has a newer version of it. Check the connection, then try again or reload.";
    PRIVACY = "Privacy";
    USERNAME = "Username";
    PASSWORD = "Password";
    CANCEL = "Cancel";
    CLOSE = "Close";
    STAY = "Stay signed in on this browser";
    STAY_HINT = "Choose this only on a device that is yours. Without it, closing the browser ends the visit.";
    LOADING = "Loading…";

    // First page
    HOME_LEAD = "Private by construction, not by promise.";
    HOME_TEXT = "A messenger for the browser. Each message is sealed before it leaves your device and opened only on the devices of the people in the conversation. The server carries envelopes that it cannot open.";
    HOME_PROTECTS = "What it protects";
    HOME_PROTECTS_1 = "What you write: only you and the people you write to can read it.";
    HOME_PROTECTS_2 = "Who wrote it: every message is signed, and one that does not check is never shown.";
    HOME_PROTECTS_3 = "Your history: your password alone brings it back, in any browser. The server never learns it.";
    HOME_LIMITS = "What it does not";
    HOME_LIMITS_1 = "The server sees who writes to whom, when, and roughly how much.";
    HOME_LIMITS_2 = "A device that is broken into, or a person who looks over your shoulder, can read what you can read.";
    HOME_LIMITS_3 = "The server delivers this page. If it delivered a different one to you, your browser alone could not tell.";
    HOME_MORE = "What is kept, and for how long";

    // Create account
    SIGN_UP_LEAD = "Choose a name that others can find you by, and a password that nobody can guess.";
    USERNAME_HINT = "3 to 32 letters a-z, digits or underscores, beginning with a letter.";
    PASSWORD_HINT = "At least 12 characters. Several unrelated words are easy to remember and hard to guess.";
    REPEAT_PASSWORD = "Repeat password";
    STRENGTH = "Strength";
    STRENGTH_NONE = "Not long enough yet";
    STRENGTH_WEAK = "Easy to guess";
    STRENGTH_FAIR = "Fair";
    STRENGTH_GOOD = "Good";
    STRENGTH_STRONG = "Strong";
    HAVE_ACCOUNT = "Already have an account?";
    NO_ACCOUNT = "New here?";
    CREATING_KEYS = "Creating your keys";
    CREATING_TEXT = "Your browser is making your keys. They never leave it unsealed. This takes up to a minute on a slow device.";
    USERNAME_SHORT = "This username is too short. Use at least 3 characters.";
    USERNAME_LONG = "This username is too long. Use at most 32 characters.";
    USERNAME_START = "A username begins with a letter. Put a letter first.";
    USERNAME_CHARACTER = "A username has only letters a-z, digits and underscores. Remove the other characters.";
    PASSWORD_SHORT = "This password is too short. Use at least 12 characters.";
    PASSWORD_LONG = "This password is too long. Use at most 256 characters.";
    PASSWORD_COMMON = "This password is among the first that a stranger would try. Use several unrelated words instead.";
    PASSWORD_REPEATS = "This password repeats itself. Use several unrelated words instead.";
    PASSWORD_SEQUENCE = "This password follows a row of the keyboard or the alphabet. Use several unrelated words instead.";
    PASSWORD_USERNAME = "This password holds your username, which everyone may know. Choose one without it.";
    PASSWORD_DIFFERS = "The two passwords differ. Type the same password twice.";

    // Recovery key
    RECOVERY_KEY = "Your recovery key";
    RECOVERY_TEXT = "It opens your account when you have forgotten your password. Nobody else has it, and it is shown only now. Print it, or keep it in a password manager.";
    COPY = "Copy";
    COPIED = "Copied. Clear the clipboard once you have put it somewhere safe.";
    COPY_FAILED = "The browser did not allow copying. Select the recovery key and copy it by hand, or download it.";
    DOWNLOAD = "Download";
    PRINT = "Print";
    RECOVERY_OF = "Account";
    RECOVERY_AT = "Address";
    RECOVERY_DATE = "Made on";
    SAVED_IT = "I have saved my recovery key";
    CONTINUE = "Continue";
    RECOVERY_FILE = "Signet recovery key of {}";

    // Sign in
    SIGN_IN_LEAD = "Your password opens your messages in this browser. It is never sent to the server.";
    SIGNING_IN = "Opening your account";
    SIGNING_IN_TEXT = "Checking your password takes your browser a few seconds. That slowness is what makes it hard to guess.";
    USERNAME_EMPTY = "Type your username.";
    PASSWORD_EMPTY = "Type your password.";
    FORGOTTEN = "Forgotten your password?";
    USE_RECOVERY_KEY = "Use recovery key";

    // The end of an account
    DELETE_ACCOUNT = "Delete account";
    DELETE_TEXT = "Deletes your account for ever: nobody can bring it back, and nobody gets your username again.";
    DELETE_GOES = "Your keys, your messages, your contacts and your sessions are removed from the server and from this browser.";
    DELETE_STAYS = "People you wrote with keep what you wrote to each other, and the public keys by which it is checked, which name you. Of your username the server keeps a hash that it alone can compute.";
    DELETE_OTHERS = "Other browsers of yours are signed out at once. What they keep under seal opens no more; clear this site's data there.";
    DELETE_FOR_EVER = "Delete for ever";
    DELETING_TEXT = "This takes your browser a few seconds. Then it cannot be undone.";

    // Passkeys
    USE_PASSKEY = "Use a passkey";
    PASSKEYS = "Passkeys";
    PASSKEYS_TEXT = "A passkey opens your account without the password, on the devices that have it. Whoever can unlock such a device can use it. Password and recovery key go on working.";
    PASSKEY_ADD = "Add a passkey";
    PASSKEY_ADDED_ON = "Added on {}";
    PASSKEY_ADDED = "This passkey opens your account from now on.";
    PASSKEY_REMOVE = "Remove";
    PASSKEY_REMOVE_THIS = "Remove this passkey";
    PASSKEY_REMOVE_TEXT = "This passkey opens your account no more, and browsers that signed in with it are signed out. Delete it from your device, too: Signet cannot do that.";
    PASSKEY_REMOVED = "Removed.";
    PASSKEYS_FULL = "Four passkeys are the most. Remove one to add another.";
    PASSKEY_UNSUPPORTED = "This browser, or the passkey, cannot compute what opens an account. Use another one, or your password.";
    PASSKEY_STOPPED = "No passkey was used: it was stopped, or there is none of this site here.";

    // A rescue
    RESCUE_SECTION = "If someone got in";
    RESCUE_TEXT = "If someone else may know your password or your recovery key, or has used a browser of yours, replace everything that opens your account.";
    RESCUE = "I think someone got in";
    RESCUE_SECRETS = "You get a new password, a new recovery key and new keys, all in one step. The old ones open nothing from then on.";
    RESCUE_SESSIONS = "Every other browser is signed out at once, your own ones too, and passkeys open nothing any more.";
    RESCUE_HISTORY = "Your messages stay, also the old ones. Your contacts see a note that your identity key is new, and those who verified you see that this was before.";
    RESCUE_LIMIT = "What someone has read or copied until now cannot be taken back.";
    RESCUE_BEGIN = "Go on to the new recovery key";
    RESCUE_KEY = "Your new recovery key";
    RESCUE_KEY_TEXT = "Print it, or keep it in a password manager, before you go on. It opens your account once the next step is done; until then nothing is changed, and the old one holds.";
    RESCUE_NOW = "Replace everything now";
    RESCUE_WORKING = "Replacing everything";
    RESCUE_WORKING_TEXT = "Making new keys takes your browser some seconds. Leave this page open.";
    RESCUE_DONE = "Done: only your new password and your new recovery key open your account.";
    RESCUE_TODO = "What is left for you to do:";
    RESCUE_TODO_PASSKEYS = "Add your passkeys again, if you had any. Delete the old ones from your devices.";
    RESCUE_TODO_BROWSERS = "Sign in to your other browsers with the new password.";
    RESCUE_TODO_BACKUP = "Export a new key backup. Older backup files still hold your old keys and what they read: keep them from others.";
    RESCUE_TODO_ELSEWHERE = "If you use the old password anywhere else, change it there too.";

    // Locked
    LOCK = "Lock";
    LOCKED = "Locked";
    LOCKED_LEAD = "Your messages are sealed in this browser. Your password opens them again.";
    LOCK_NOW = "Lock now";
    LOCK_TEXT = "A locked browser shows nothing and holds no key; unsent messages wait in it under seal. Your password opens it again. All tabs lock together.";
    LOCK_UNUSED = "Lock when unused for";
    LOCK_NEVER = "Never";
    LOCK_5 = "5 minutes";
    LOCK_15 = "15 minutes";
    LOCK_60 = "1 hour";
    LOCK_480 = "8 hours";
    LOCK_NO_TAB = "Lock when the last tab is closed";
    LOCK_SET = "This browser keeps to that from now on.";

    // Sign in with the recovery key
    RECOVER = "Sign in with your recovery key";
    RECOVER_LEAD = "It opens your messages as your password does, and is never sent to the server either. Then you choose a new password.";
    RECOVERY_KEY_FIELD = "Recovery key";
    RECOVERY_KEY_HINT = "Groups of four letters and digits. Small letters and missing hyphens do no harm.";
    RECOVERY_KEY_EMPTY = "Type your recovery key.";
    RECOVERING_TEXT = "Checking your recovery key takes your browser a few seconds.";
    HAVE_BACKUP = "A backup file at hand?";
    OPEN_BACKUP = "Open a backup";
    REMEMBERED = "Know your password?";
    USE_PASSWORD = "Use password";
    CHOOSE_PASSWORD = "Choose a new password";
    CHOOSE_PASSWORD_LEAD = "You signed in with your recovery key. A new password takes the place of the forgotten one; your messages and the recovery key stay as they are.";
    SET_PASSWORD = "Set password";
    LATER = "Later";

    // Replace the password
    CHANGE_PASSWORD = "Change password";
    CURRENT_PASSWORD = "Current password";
    CURRENT_HINT = "Your recovery key works here too.";
    CURRENT_EMPTY = "Type your current password or your recovery key.";
    CURRENT_WRONG = "This is neither your password nor your recovery key. Check it and try again.";
    CURRENT_AGAIN = "Too much time has passed since you signed in. Type your password or your recovery key once more.";
    NEW_PASSWORD = "New password";
    REPEAT_NEW_PASSWORD = "Repeat new password";
    NEW_IS_RECOVERY_KEY = "This is a recovery key. Choose a password that is different from it.";
    OTHERS_TOO = "Also sign out everywhere else";
    SAVE_PASSWORD = "Save new password";
    CHANGING = "Proving that it is you";
    CHANGING_TEXT = "This takes your browser a few seconds. Until it is done, nothing is changed.";
    PASSWORD_CHANGED = "Your password is changed.";
    ENDED_ONE = "1 other browser was signed out.";
    ENDED_MANY = "{} other browsers were signed out.";

    // Conversations
    CONVERSATIONS = "Conversations";
    NEW_CONVERSATION = "New conversation";
    NEW_CONVERSATION_TEXT = "Type the exact username of the person you want to write to. There is no list of people to search, by design.";
    START_CONVERSATION = "Start conversation";
    NO_CONVERSATIONS = "No conversations yet";
    NO_CONVERSATIONS_TEXT = "Ask a friend for their exact username, then start with the plus button above.";
    NOTHING_OPEN = "Nothing open";
    NOTHING_OPEN_TEXT = "Choose a conversation from the list, or start a new one.";
    UNREAD_ONE = "1 unread message";
    UNREAD_MANY = "{} unread messages";
    YOU = "You:";
    BY_YOU = "You";
    HISTORY = "Bringing back your history";
    HISTORY_ONE = "Bringing back your history: 1 message left";
    HISTORY_LEFT = "Bringing back your history: {} messages left";
    CONNECTION = "Connection";
    CONNECTED = "connected";
    RECONNECTING = "reconnecting";
    OFFLINE = "offline";
    NOT_STORING = "server full";
    NOT_STORING_TEXT = "The server cannot store messages at the moment. Yours wait in this browser and are sent as soon as it can; tell whoever runs it.";
    BACK = "Back to the list";

    // One conversation
    MESSAGES = "Messages";
    MESSAGE = "Message";
    SEND = "Send";
    DETAILS = "Conversation details";
    NO_MESSAGES = "No messages yet";
    NO_MESSAGES_TEXT = "Everything written here is sealed for you and {} alone. Say hello.";
    UNREAD_LINE = "New";
    LOADING_OLDER = "Loading older messages…";
    START_OF = "This is the beginning of your conversation.";
    STATE_SENDING = "Sending";
    STATE_SENT = "Sent";
    STATE_DELIVERED = "Delivered";
    STATE_READ = "Read";
    STATE_FAILED = "Not sent";
    ACTIONS = "Message actions";
    ACTIONS_OF = "Actions for this message";
    REACTIONS = "Reactions";
    REPLY = "Reply";
    COPY_TEXT = "Copy text";
    NOT_COPIED = "This browser did not let it be copied. Select the text instead.";
    EDIT = "Edit";
    EDITED = "edited";
    EARLIER_TEXTS = "Earlier texts";
    DELETE_FOR_ALL = "Delete for everyone";
    DELETE_FOR_ALL_TEXT = "Everyone's Signet stops showing this message. What somebody has copied stays with them.";
    DELETE_NOW = "Delete";
    KEEP = "Keep";
    DELETED_MESSAGE = "This message was deleted.";
    QUOTE_GONE = "A message that is not here";
    REPLY_TO = "Reply to {}";
    EDIT_TITLE = "Edit your message";
    CANCEL_REPLY = "Cancel reply";
    CANCEL_EDIT = "Cancel edit";
    READ_RECEIPTS = "Read receipts";
    READ_RECEIPTS_SWITCH = "Let people see that I have read their messages";
    READ_RECEIPTS_TEXT = "If you switch this off, you do not see either when others have read yours. That a message has arrived is still told.";
    RETRY = "Try again";
    DISCARD = "Discard";
    UNSUPPORTED = "This message was written with a newer version of Signet. Reload the page to get it and read the message.";
    CHARACTERS_LEFT = "{} characters left";
    TOO_MANY_CHARACTERS = "{} characters too many. Shorten the message or send it in parts.";
    NOT_HERE = "This conversation is not in your list";
    NOT_HERE_TEXT = "It may belong to another account. Choose one from the list.";

    // Another identity, for which the known one did not sign
    RESET_TITLE = "This may be somebody else";
    RESET_ACCEPT = "Accept the new identity";
    RESET_COMPARE = "Compare safety number";
    RESET_KEEP = "Stay with the known one";
    SEALED_ONE = "1 message from before you began anew is sealed. An earlier password or recovery key opens it in the settings.";
    SEALED_MANY = "{} messages from before you began anew are sealed. An earlier password or recovery key opens them in the settings.";
    ANEW_ASKED = "Someone asked to start this account anew. If it was not you, reload this page and refuse.";

    // Details
    SAFETY_NUMBER = "Safety number";
    SAFETY_TEXT = "Meet {}, or call, and read this number to each other: it stands here and in their conversation details. If it is the same on both sides, nobody stands between you. Do not send it as a message.";
    VERIFIED_MARK = "verified";
    VERIFIED_ON = "Verified on {}.";
    VERIFIED_BEFORE = "Verified on {}, before their keys were renewed. They signed for the new keys with the old ones; you may compare again.";
    NOT_VERIFIED = "Not verified yet.";
    MARK_VERIFIED = "Mark as verified";
    REMOVE_VERIFIED = "Remove verification";
    DETAILS_LOADING = "Computing the safety number…";

    // Settings
    ACCOUNT = "Account";
    SIGNED_IN_AS = "Signed in as";
    SIGN_OUT_TEXT = "Signing out removes everything from this browser. Your password brings it all back.";
    UNSENT_ONE = "1 message is not sent yet.";
    UNSENT_MANY = "{} messages are not sent yet.";
    DRAFTS_ONE = "1 draft is not sent.";
    DRAFTS_MANY = "{} drafts are not sent.";
    UNSENT_TEXT = "They are in this browser alone, and signing out removes them.";
    SIGN_OUT_ANYWAY = "Sign out and lose them";
    LOSE_AND_GO_ON = "Lose them and go on";
    STAY_SIGNED_IN = "Stay signed in";
    RECOVERY_SECTION = "Recovery key";
    RECOVERY_SECTION_TEXT = "It opens your account when you have forgotten your password.";
    SHOW_RECOVERY = "Show recovery key status";
    HIDE_RECOVERY = "Hide recovery key status";
    MADE_ON = "Made on {}";
    SAVED_ON = "Saved on {}";
    NOT_SAVED = "You have not said that it is saved";
    TESTED_ON = "Last tested on {}";
    NEVER_TESTED = "Never tested";
    TEST_RECOVERY = "Test recovery key";
    TEST = "Test";
    TESTING = "Testing your recovery key";
    TESTING_TEXT = "This takes your browser a few seconds. Nothing is changed by it.";
    RECOVERY_WORKS = "This recovery key works.";
    RECOVERY_WORKS_NOT = "This recovery key does not open your account. If it has been replaced, find the newest one; otherwise make a new one below.";
    REPLACE_RECOVERY = "Replace recovery key";
    REPLACE_TEXT = "A new one is made and shown once. The present one stops working at that moment.";
    MAKE_RECOVERY = "Make new recovery key";
    REPLACING = "Making a new recovery key";
    KEYS_SECTION = "Keys";
    KEYS_SECTION_TEXT = "Others write for a key of yours that only your browsers can use. It is renewed every 90 days by itself; older ones are kept, so that old messages stay readable.";
    KEYS_UNTIL = "Next renewal: {}.";
    RENEW_KEYS = "Renew keys";
    RENEWING_KEYS = "Making a new key. This takes your browser a few seconds.";
    KEYS_RENEWED = "Your key is renewed. Nothing else has changed.";
    SESSIONS = "Sessions";
    SESSIONS_TEXT = "The browsers in which this account is signed in. When one was last used is known to within an hour.";
    NO_OTHERS = "You are signed in nowhere else.";
    END_OTHERS = "Sign out everywhere else";
    THIS_BROWSER = "This browser";
    SESSION_BEGUN = "signed in on {}";
    SESSION_USED = "last used on {}";
    SESSION_ENDED_NOW = "{} is signed out.";
    OTHER_BROWSER = "Another browser";
    OTHER_SYSTEM = "another system";
    ON_SYSTEM = " on ";
    APPEARANCE = "Appearance";
    THEME = "Theme";
    THEME_SYSTEM = "Like the device";
    THEME_LIGHT = "Light";
    THEME_DARK = "Dark";
    BACK_TO_CHAT = "Back to conversations";

    // Privacy
    PRIVACY_LEAD = "What is kept, where, for how long, and what is not.";
    PRIVACY_SERVER = "On the server";
    PRIVACY_SERVER_1 = "Your username, your public keys, and your private keys sealed so that only your password (with your secret key, if you turned it on), your recovery key or a passkey of yours opens them. Kept until you delete your account.";
    PRIVACY_SERVER_2 = "Records that let the server check your password, your recovery key and your passkeys, and when each passkey was added, without ever learning them.";
    PRIVACY_SERVER_3 = "Sealed messages, with the accounts they go between, the time, and their size rounded up. Kept so that your history can come back in any browser.";
    PRIVACY_SERVER_4 = "Your sessions: when each began and was last used (to within an hour), which of your secrets opened it, and the kind of browser and system, such as Firefox on Linux. They end when you sign out or lock, after 7 days without use, and after 30 days in any case, unless whoever runs this server chose other times.";
    PRIVACY_SERVER_5 = "Your contacts and what you have read, sealed so that only you can open them, and a share of what reopens your account after a reload.";
    PRIVACY_SERVER_8 = "Of an account that began anew: what opened it before, sealed as it was, so that an earlier password or recovery key still opens earlier messages. Whether somebody asked for that, for 30 days; of a one-time code, a hash, until it is used or out of date.";
    PRIVACY_SERVER_6 = "Network addresses are seen and counted for a while, against floods. They are not stored and not logged.";
    PRIVACY_SERVER_7 = "Of a deleted account: a keyed hash of its username, so that nobody gets the name again. Its sealed messages stay in the mailboxes of the people it wrote with, for as long as any of them has an account. Its public keys, which name it, stay too if there were such messages, also after those people have gone.";
    PRIVACY_BROWSER = "In this browser";
    PRIVACY_BROWSER_1 = "Sealed copies of your messages, drafts, unsent messages and what you imported from a backup, and what opens them for as long as you are signed in; also when you made and tested a backup here; and your secret key, if you turned it on. Locking removes what opens them, signing out removes all but a secret key that you chose to keep here. A file that you saved, a backup or your data, stays where you put it. What the camera sees when you scan a code is looked at here and not kept.";
    PRIVACY_BROWSER_2 = "One cookie for the session. No tracking, no advertising, nothing from other sites.";
    PRIVACY_NOT = "What is not kept";
    PRIVACY_NOT_1 = "Your password, your recovery key and your secret key, in any form that could be read or guessed from cheaply.";
    PRIVACY_NOT_2 = "What you write, in any form that the server can open. Its logs name no account and hold no content.";
    PRIVACY_NOT_3 = "A public list of people. A username is found only by someone who knows it exactly.";
    PRIVACY_SOURCE = "The source";
    PRIVACY_SOURCE_1 = "Signet is free software under the GNU Affero General Public License, version 3 or later, without any warranty. Whoever runs this server owes you its source, with every change that they made: ask them for it.";
    PRIVACY_LIMITS = "Limits, stated plainly";
    PRIVACY_LIMITS_1 = "The server knows who writes to whom and when. Sealing does not hide that.";
    PRIVACY_LIMITS_2 = "Someone who obtains your password can read your whole history. So can someone who controls your device while you are signed in.";
    PRIVACY_LIMITS_3 = "If you lose both your password and your recovery key, nobody can bring your messages back. You can begin anew under your username, with the help of whoever runs this server.";
    PRIVACY_LIMITS_4 = "The server delivers this page's code. Its files are fixed and listed by hash, so that a change can be noticed, but a browser alone cannot prevent one.";
    PRIVACY_LIMITS_5 = "What you send, the other person can keep, copy and show.";

    // What a browser may lack
    MISSING_SECURE_CONTEXT = "This page was not opened over a secure connection";
    MISSING_SECURE_CONTEXT_TEXT = "Browsers allow sealing messages only on pages opened over HTTPS. Open this page again with https:// at the beginning of its address.";
    MISSING_WEBASSEMBLY = "WebAssembly is switched off in this browser";
    MISSING_WEBASSEMBLY_TEXT = "Signet seals and opens messages with WebAssembly. Switch it on in the browser's settings. On an iPhone or iPad in Lockdown Mode, exclude this site from it: tap the page menu in the address bar, then Website Settings, and turn Lockdown Mode off for this site. Then reload.";
    MISSING_STORAGE = "This browser does not let Signet store anything";
    MISSING_STORAGE_TEXT = "Signet keeps sealed messages and unsent ones in the browser's storage. Leave private browsing, or allow this site to store data in the browser's privacy settings, then reload.";
    MISSING_COOKIES = "This browser blocks cookies for this site";
    MISSING_COOKIES_TEXT = "Signet needs one cookie of its own, to stay signed in. Allow cookies for this site in the browser's settings, then reload.";
    MISSING_BROWSER = "Signet could not start in this browser";
    MISSING_BROWSER_TEXT = "Part of the page did not arrive unchanged, or the browser is too old for it. Reload the page. If this remains, update the browser, or use a current Firefox, Chrome, Edge or Safari.";
    MISSING_JAVASCRIPT = "Signet needs JavaScript. Everything that seals and opens your messages runs in your browser, and none of it can run without. Allow JavaScript for this site, then reload.";
}
