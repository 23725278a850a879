//! Sentences about starting anew.

super::table::texts! {
    pub(crate),
    HAVE_NEITHER = "Lost this too?";
    I_HAVE_NEITHER = "I have neither";
    START_ANEW = "Start anew";
    LEAD = "Whoever has lost both the password and the recovery key can begin anew under the same username.";
    CODE_FIRST = "Ask whoever runs this server for a one-time code. They should make sure that it is you.";
    THEN_WAIT = "Then it takes 72 hours, unless this server is set otherwise. In that time, every browser that is signed in to the account is told, and can refuse.";
    THEN_NEW = "Then this browser makes new keys, a new password and a new recovery key.";
    PEOPLE = "The people you write with are warned that you have another identity. Call them, so that they know it is you.";
    OLD_STAY = "Old messages stay sealed. They open if the old password, the old recovery key or a backup turns up.";
    CODE = "One-time code";
    CODE_HINT = "Six groups of four letters and digits. Small letters and missing hyphens do no harm.";
    ASK = "Ask to start anew";
    BACK = "Back to sign in";
    CODE_EMPTY = "Type the one-time code.";

    WAITING = "You asked to start {} anew. If no signed-in browser refuses, it can be done from ";
    WAITING_HERE = "Come back to this page, in this browser: no other can go on. You may close it until then.";
    LOOK_AGAIN = "Check again";
    FORGET = "Give up";
    READY = "The wait for {} is over. Choose a new password that nobody can guess.";
    READY_TEXT = "With it, new keys and a new recovery key are made, and every other browser of the account is signed out.";
    REFUSED = "A browser that is signed in to {} refused. Nothing has changed.";
    REFUSED_TEXT = "If that was not you, tell whoever runs this server: somebody else has access to the account.";
    DONE = "{} has begun anew. Sign in with the new password.";
    GONE = "The server does not know your request for {} any more: a newer one took its place, or it is too old. Ask again with a new one-time code.";
    UNDERSTOOD = "OK";

    ASKED_TITLE = "Someone asked to start this account anew";
    ASKED = "If it was not you, refuse: otherwise whoever asked gets this account, without your messages, from ";
    REFUSE = "Refuse";

    SECTION = "Start anew";
    SECTION_TEXT = "If you have lost both your password and your recovery key but are still signed in here, make a backup first. Then ask to begin anew under the same username.";
    ASKED_HERE = "You have asked. All your browsers are told, and can refuse. When the wait is over, go on here.";
    GO_ON = "Go on";
    EARLIER = "Earlier messages";
    EARLIER_TEXT = "This account began anew. What was sealed before opens by the password or the recovery key of then; a backup of then can be imported above.";
    EARLIER_SECRET = "Earlier password or recovery key";
    EARLIER_EMPTY = "Type the password or the recovery key that you had before.";
    EARLIER_WRONG = "This is neither an earlier password nor an earlier recovery key of this account. Check it and try again.";
    OPEN_EARLIER = "Open earlier messages";
    OPENING = "Opening earlier messages";
    OPENING_TEXT = "This takes your browser a few seconds.";
    OPENED = "Earlier messages are open, here and in your other browsers.";
}
