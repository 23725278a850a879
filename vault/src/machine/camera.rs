//! What a camera read off the other person's screen.

use rand_core::CryptoRng;
use signet_ask::{CodeTrouble, Trouble};
use signet_crypto::{CodeError, check_code, safety_number};
use signet_shared::ConvId;

use super::{hands::Hands, session::Session};

impl Session {
    /// If the code is of the keys that are known here, the person counts as verified from now on.
    pub(super) fn check_code<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: &ConvId,
        text: &str,
    ) -> Result<(), Trouble> {
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
        })?;
        let number = safety_number(&self.account.me, account);
        self.mark_verified(hands, conv, &number, true)
    }
}
