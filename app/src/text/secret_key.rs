//! Sentences about the secret key.

super::table::texts! {
    pub(crate),
    // Beside the password, at a sign-in
    ASKED = "This account also needs its secret key";
    ASKED_LEAD = "Your password is right. This browser does not have the secret key yet, so type it once.";
    FIELD = "Secret key";
    FIELD_HINT = "SK, then eight groups of four letters and digits. Small letters and missing hyphens do no harm.";
    EMPTY = "Type your secret key.";
    FORM = "This is not a secret key: one begins with SK, and eight groups of four follow. Look for it where you saved it.";
    MISTYPED = "A character is wrong or missing. Compare what you typed with what you saved. Nothing was asked of the server.";
    WRONG = "This is a secret key, but not the one of this account. If it was replaced, find the newest one. Nothing was asked of the server.";
    HIDDEN = "What the server says of this account's secret key does not fit your sealed keys, so nothing was opened. Try again later; if it remains, tell whoever runs the server.";
    STAYS = "Keep the secret key here when I sign out";
    STAYS_HINT = "Choose this only on a device that is yours: then the password is enough here next time. Otherwise signing out removes the secret key from this browser too.";
    NOT_AT_HAND = "Not at hand? A browser of yours that is signed in shows it in its settings.";

    // In the settings
    SECTION = "Secret key";
    SECTION_TEXT = "A second secret beside your password. Whoever steals what the server stores cannot open it by guessing your password.";
    LIMIT = "It protects what is stored from now on: a copy of before opens by the password alone. It does not protect a browser of yours that somebody else can use.";
    NEEDED = "In use: a new browser asks for your password and your secret key.";
    NOT_NEEDED = "Not in use: your password opens your account alone.";
    OTHERS_OPEN = "Your recovery key and your passkeys open your account without it.";
    TURN_ON = "Turn on secret key";
    REPLACE = "Replace secret key";
    TURN_OFF = "Turn off secret key";
    SHOW = "Show secret key";
    HIDE = "Hide secret key";
    NEW = "Your new secret key";
    NEW_TEXT = "Print it, or keep it in a password manager, apart from this device. It is needed from the next step on; until then nothing is changed.";
    REPLACE_TEXT = "The present one opens nothing any more from then on. Browsers that are signed in get the new one by themselves.";
    SAVED_IT = "I have saved my secret key";
    FILE = "Signet secret key of {}";
    COPY_FAILED = "The browser did not allow copying. Select the secret key and copy it by hand, or download it.";
    TURN_OFF_TEXT = "Your password opens your account alone from then on, in every browser.";
    CURRENT_EMPTY = "Type your current password.";
    CURRENT_WRONG = "This is not your password. Check it and try again.";
    NO_RECOVERY_KEY = "This is your recovery key. The password itself is needed here.";
    IS_SECRET_KEY = "This is your secret key. Type your password or your recovery key.";
    NEW_IS_SECRET_KEY = "This is a secret key. Choose a password that is different from it.";
    TURNED_ON = "Done: a new browser asks for your password and your secret key from now on.";
    TURNED_OFF = "Done: your password opens your account alone.";
    SIGN_OUT = "Signing out removes everything from this browser, the secret key too. Your password and your secret key bring it all back.";
    SIGN_OUT_STAYS = "Signing out removes everything from this browser but the secret key. Your password brings it all back.";

    // In a rescue, and after a start anew
    RESCUE_NEW_TEXT = "Save this one too. The old one opens nothing any more once the next step is done.";
    RESCUE_SAVED = "I have saved both keys";
    EARLIER = "Secret key of then";
    EARLIER_NEEDED = "That password needed a secret key beside it. Type the secret key of then.";
}
