use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A secret key as its owner writes it down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretKeyText(pub String);

impl core::fmt::Debug for SecretKeyText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SecretKeyText(..)")
    }
}

/// What is to be done about the account's secret key.
#[derive(Clone, Serialize, Deserialize)]
pub enum SecretKeyStep {
    /// Answers the one in use, if any.
    Show,
    /// Answers a new one, which opens nothing and is kept nowhere yet.
    Make,
    /// From then on the password opens the account only together with this one, which the person has saved. `current` is the
    /// password. Takes the place of another one. Asked again, it finds that it is done.
    Use { current: String, key: SecretKeyText },
    /// From then on the password opens the account alone.
    Drop { current: String },
    /// Whether signing out leaves it in this browser.
    Stays(bool),
}

/// What has to be shown after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretKeyView {
    pub key: Option<SecretKeyText>,
    /// Signing out leaves it in this browser.
    pub stays: bool,
}

/// What a rescue makes anew for a person to save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueKeys {
    pub recovery: crate::RecoveryKeyText,
    /// Where the account uses one.
    pub secret_key: Option<SecretKeyText>,
}

/// What is the matter with a secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum SecretKeyTrouble {
    /// The password was right. [`crate::GiveSecretKey`] goes on from there.
    #[error("needed beside the password")]
    Needed,
    #[error("not of its form")]
    Form,
    #[error("mistyped: a character of it is wrong")]
    Mistyped,
    #[error("another one than the account's")]
    Wrong,
    #[error("typed where something else was asked for")]
    Misplaced,
    #[error("typed for a new password")]
    NewPassword,
    /// What the relay handed out contradicts the keystore.
    #[error("by the keystore, other than the relay says")]
    Hidden,
}
