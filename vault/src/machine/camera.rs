//! What a camera read off the other person's screen.

use signet_ask::{CodeTrouble, Trouble};
use signet_crypto::{CodeError, check_code};
use signet_shared::ConvId;

use super::session::Session;

impl Session {
    /// Whether the code is of the keys that are known here. What follows from that, the person says.
    pub(super) fn check_code(&mut self, conv: &ConvId, text: &str) -> Result<(), Trouble> {
        let who = self.convs.get(conv).map(|conv| conv.peer).ok_or(Trouble::NotFound)?;
        let account = self.to_compare(who).ok_or(Trouble::NotAsRead)?;
        check_code(text, &self.account.me, account).map_err(|error| {
            Trouble::Code(match error {
                CodeError::NotOurs => CodeTrouble::NotOurs,
                CodeError::OtherVersion => CodeTrouble::OtherVersion,
                CodeError::Own => CodeTrouble::Own,
                CodeError::OtherPair => CodeTrouble::OtherPair,
                CodeError::OtherKeys => CodeTrouble::OtherKeys,
                CodeError::OtherState => CodeTrouble::OtherState,
            })
        })
    }
}
