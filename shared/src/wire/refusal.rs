use thiserror::Error;

/// Why the relay did not do what it was asked, on the socket and over HTTP alike.
///
/// Over HTTP the number is in the header `signet-refusal`, a sentence in the body, and `retry-after` in seconds where
/// waiting helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[repr(u16)]
pub enum Refusal {
    #[error("the request could not be read")]
    Malformed = 1,
    #[error("the request is too large")]
    TooLarge = 2,
    #[error("too many requests; wait a moment")]
    TooMany = 3,
    #[error("nobody is signed in with this cookie")]
    SignedOut = 4,
    #[error("this username is taken")]
    UsernameTaken = 5,
    /// One answer for an unknown name and for a wrong secret.
    #[error("the username or the secret is wrong")]
    LoginFailed = 6,
    #[error("there is no such account")]
    NoSuchAccount = 7,
    #[error("another envelope already has this place in its stream")]
    PlaceTaken = 8,
    #[error("the sender of the envelope is not the account that sends it")]
    NotYours = 9,
    #[error("the stored version is not the one that this change was made from")]
    VersionConflict = 10,
    #[error("the relay's store is full or cannot be written; nothing was stored")]
    StoreUnavailable = 11,
    #[error("the relay failed; nothing was stored")]
    Internal = 12,
    #[error("the request came from another site")]
    CrossSite = 13,
    #[error("this relay does not take new accounts")]
    RegistrationClosed = 14,
    #[error("the page is served at another address than the relay's public one")]
    WrongOrigin = 15,
    #[error("there is nothing here")]
    NotFound = 16,
    #[error("a secret is replaced right after signing in with one that is still good; sign in again")]
    LoginTooOld = 17,
    #[error("the one-time code is wrong, was used before, or is out of date")]
    CodeFailed = 18,
    #[error("the account can start anew only when the wait is over")]
    TooEarly = 19,
    #[error("a signed-in browser of the account refused that it starts anew")]
    AnewRefused = 20,
}

impl Refusal {
    pub const ALL: [Self; 20] = [
        Self::Malformed,
        Self::TooLarge,
        Self::TooMany,
        Self::SignedOut,
        Self::UsernameTaken,
        Self::LoginFailed,
        Self::NoSuchAccount,
        Self::PlaceTaken,
        Self::NotYours,
        Self::VersionConflict,
        Self::StoreUnavailable,
        Self::Internal,
        Self::CrossSite,
        Self::RegistrationClosed,
        Self::WrongOrigin,
        Self::NotFound,
        Self::LoginTooOld,
        Self::CodeFailed,
        Self::TooEarly,
        Self::AnewRefused,
    ];

    pub fn number(self) -> u16 {
        self as u16
    }

    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.number() == number)
    }

    /// Whether the same may be taken a little later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::TooMany | Self::StoreUnavailable | Self::Internal)
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::SignedOut | Self::LoginFailed => 401,
            Self::NotYours | Self::CrossSite | Self::RegistrationClosed | Self::LoginTooOld => 403,
            Self::CodeFailed | Self::TooEarly | Self::AnewRefused => 403,
            Self::NoSuchAccount | Self::NotFound => 404,
            Self::UsernameTaken | Self::PlaceTaken | Self::VersionConflict => 409,
            Self::TooLarge => 413,
            Self::WrongOrigin => 421,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::StoreUnavailable => 503,
        }
    }
}
