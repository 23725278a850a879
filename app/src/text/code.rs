//! Sentences about the code that one person's screen shows another's camera.

super::table::texts! {
    pub(crate),
    QR_CODE = "QR code of the safety number";
    CODE_TEXT = "Or compare by camera: one of you shows this code, the other scans it. Do not send it as a message here; a picture of it must come from the other person themselves.";
    SCAN = "Scan their code";
    STOP_SCANNING = "Stop scanning";
    PICTURE = "Picture of their code";
    PICTURE_HINT = "A photo or screenshot. It stays in this browser.";
    CAMERA = "What the camera sees";
    CAMERA_ASKED = "Allow this site to use the camera. What it sees stays in this browser.";
    CAMERA_LOOKS = "Hold the code on the other person's screen before the camera, so that it fills the picture.";
    PICTURE_READ = "Looking for the code…";
    CODE_FITS = "The codes fit: nobody stands between you. Press \"Mark as verified\" to note it.";
    CODE_FITS_AGAIN = "The codes fit: nobody stands between you.";

    CAMERA_REFUSED = "The browser does not let this site use the camera. Allow it in the settings beside the address, then scan again; or choose a picture of their code.";
    CAMERA_NONE = "No camera was found. Connect one and scan again, choose a picture of their code, or compare the number.";
    CAMERA_BUSY = "The camera cannot be used: another program may have it. Close that program, then scan again.";
    CAMERA_LOST = "The camera stopped. Connect it again, then scan again.";
    NOT_A_PICTURE = "The browser cannot read this file as a picture. Choose a photo or a screenshot.";
    PICTURE_TOO_LARGE = "This picture is too large. Choose one of at most 50 megabytes.";
    NO_CODE_SEEN = "No code was found in this picture. Take it again: all of the code, straight from the front, sharp and with its white edge.";
}
