//! Sentences about the copy of one's own data that anybody can read.

super::table::texts! {
    pub(crate),
    DATA = "Your data";
    DATA_TEXT = "A copy of your conversations that opens in any browser and any program, without Signet: a page to read, and a JSON file for programs, in one .zip file. It is made in your browser; the server sees nothing of it.";
    EXPORT_DATA = "Export my data";
    DATA_WARNING = "This file is not sealed. Whoever gets hold of it, on this device or wherever it is copied, can read every message in it. To keep your messages safe, make a backup instead.";
    DATA_UNDERSTOOD = "I want a file that anybody can read";
    DATA_NOT_UNDERSTOOD = "Tick this box first: the file is not sealed.";
    MAKE_DATA = "Make the file";
    MAKING_DATA = "Writing your data";
    MAKING_DATA_TEXT = "Keep this page open until the file is there.";
    DATA_MADE = "Your data is saved:";
    DATA_CONVERSATIONS_ONE = "1 conversation";
    DATA_CONVERSATIONS_MANY = "{} conversations";
    DATA_MESSAGES_ONE = "and 1 message.";
    DATA_MESSAGES_MANY = "and {} messages.";
    DATA_BEHIND = "This browser did not have everything yet, or could not reach the server. Export again once it is connected.";
    DATA_STOPPED = "Stopped, as you asked. No file was made.";
}
