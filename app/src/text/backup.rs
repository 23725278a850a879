//! Sentences about backups.

super::table::texts! {
    pub(crate),
    BACKUPS = "Backups";
    BACKUPS_TEXT = "A backup is a file with your keys and your messages, sealed under a backup password of its own. It opens without this server. Whoever has both the file and its backup password can read everything in it.";
    EXPORT_BACKUP = "Export key backup";
    TEST_BACKUP = "Test a backup";
    IMPORT_BACKUP = "Import key backup";
    BACKUP_MADE = "Last made in this browser on {}";
    BACKUP_NEVER_MADE = "Never made in this browser";
    BACKUP_TESTED = "Last tested in this browser on {}";
    BACKUP_NEVER_TESTED = "Never tested in this browser";

    BACKUP_PASSWORD = "Backup password";
    REPEAT_BACKUP_PASSWORD = "Repeat backup password";
    BACKUP_PASSWORD_TEXT = "Choose a backup password that you use nowhere else, and keep it apart from the file. Nobody can bring it back.";
    WITH_MESSAGES = "Include my messages";
    WITH_MESSAGES_TEXT = "Without them, the file holds your keys and your contacts.";
    AS_PAGE = "As a page that opens without Signet";
    AS_PAGE_TEXT = "A file ending in .html that shows your messages in any browser, without a connection, to whoever has it and its backup password. It can be read, but not tested or imported here.";
    NO_READER = "The page around the backup could not be fetched. Check your connection, then try again; or make a plain backup file.";
    MAKE_BACKUP = "Make backup";
    MAKING_BACKUP = "Writing your backup";
    MAKING_BACKUP_TEXT = "Keep this page open until the file is there.";
    BACKUP_WRITTEN = "Your backup is made. Keep the file and its backup password apart, and try once whether it opens.";
    BACKUP_BEHIND = "This browser did not have everything yet, or could not reach the server. Make another backup once it is connected.";
    LEFT_OUT_ONE = "1 message is not in it, because this version cannot show it.";
    LEFT_OUT_MANY = "{} messages are not in it, because this version cannot show them.";

    BACKUP_FILE = "Backup file";
    BACKUP_FILE_HINT = "Its name ends in .signet.";
    BACKUP_FILE_EMPTY = "Choose the backup file.";
    BACKUP_PASSWORD_EMPTY = "Type the backup password.";
    TEST_BACKUP_TEXT = "The whole file is read and checked. Nothing is changed by it.";
    TESTING_BACKUP = "Testing the backup";
    BACKUP_WORKS = "This backup of {} is whole and opens with this backup password.";
    IMPORT = "Import";
    IMPORT_TEXT = "Only what is missing here is added; nothing is replaced. Messages that the server does not have stay in this browser until you sign out.";
    IMPORTING = "Importing the backup";
    IMPORTED = "Imported.";
    IMPORT_NOTHING = "Everything in this backup is here already. Nothing was added.";
    ADDED_CONVERSATIONS_ONE = "1 conversation was added.";
    ADDED_CONVERSATIONS_MANY = "{} conversations were added.";
    ADDED_MESSAGES_ONE = "1 message was added.";
    ADDED_MESSAGES_MANY = "{} messages were added.";
    NOT_ADDED_ONE = "1 message could not be added, because its contact or its place is taken or missing.";
    NOT_ADDED_MANY = "{} messages could not be added, because their contact or their place is taken or missing.";
    READING_TEXT = "A backup password takes your browser a few seconds. Keep this page open.";

    BACKUP_OF = "It was made on {}.";
    HOLDS_CONVERSATIONS_ONE = "It holds 1 conversation";
    HOLDS_CONVERSATIONS_MANY = "It holds {} conversations";
    HOLDS_MESSAGES_NONE = " and no messages.";
    HOLDS_MESSAGES_ONE = " and 1 message, of {}.";
    HOLDS_MESSAGES_MANY = " and {} messages";
    HOLDS_SINCE = ", the oldest of {}.";

    OPEN_BACKUP_TEXT = "Shows the conversations in a backup file, without an account and without the server. Nothing is added, stored or sent.";
    OPEN = "Open";
    OPENING_BACKUP = "Opening the backup";
    BACKUP_TITLE = "Backup of {}";
    READ_ONLY = "It can be read here and nothing else. Closing it forgets it.";
    CLOSE_BACKUP = "Close backup";
    EMPTY_BACKUP = "There are no conversations in this backup.";
    SHOW_OLDER = "Show older messages";
    SOMEBODY = "Somebody unknown";
    HAVE_ACCOUNT = "Back in your account?";

    STOPPED = "Stopped, as you asked. Nothing was changed.";
    NOT_A_BACKUP = "This file is not a Signet backup. Choose the file that \"Export key backup\" made; its name ends in .signet.";
    NEWER_BACKUP = "This backup was made by a newer version of Signet. Reload the page to get the newest version, then try again.";
    BACKUP_CUT_SHORT = "This backup ends too early: the file was not saved or copied whole. Copy it again from where it was first saved.";
    BACKUP_ALTERED = "This backup is damaged or was changed, so nothing of it was used. Take another copy of the file.";
    BACKUP_TOO_WEAK = "This file protects its backup password too weakly. Signet does not write such files: do not trust it, and take another copy.";
    BACKUP_TOO_COSTLY = "This file asks for more work than Signet would ever ask for, so it was refused before your backup password was used. Take another copy of the file.";
    BACKUP_NO_MEMORY = "There is not enough memory to try the backup password. Close other tabs, then try again.";
    BACKUP_WRONG_PASSWORD = "The backup password does not fit this file. Check it and try again; it is the one chosen when the file was made.";
    BACKUP_CONTENT = "What this backup holds does not fit together, so nothing of it was used. Take another copy of the file.";
    BACKUP_UNSIGNED = "This backup is not signed by its account, so nothing of it was used. Take another copy of the file.";
    OTHER_ACCOUNT = "This backup belongs to another account. Sign in to that account to import it, or only test it here.";
    INTERRUPTED = "This was interrupted: another tab took over, or another backup was begun. Nothing was changed; start again.";
    FILE_UNREADABLE = "The browser cannot read this file any more. Choose it again.";
    NOT_SAVED_FILE = "The browser did not save the file. Allow downloads for this site, then try again.";
}
