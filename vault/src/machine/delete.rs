//! The end of an account.

use rand_core::CryptoRng;
use signet_ask::{Event, Status, Trouble};

use super::{AskId, Effect, HttpAnswer, Machine, NoAnswer, Phase, hands::body_of, lock::Lock};

impl<R: CryptoRng> Machine<R> {
    pub(super) fn deleted(&mut self, ask: AskId, result: Result<HttpAnswer, NoAnswer>) {
        if let Err(trouble) = body_of(result) {
            let Phase::SignedIn(session) = &mut self.phase else { return self.hands.fail(ask, trouble) };
            session.not_deleted(&mut self.hands);
            self.hands.fail(ask, trouble.clone());
            if trouble == Trouble::SessionEnded {
                self.session_ended();
            }
            return;
        }
        if let Phase::SignedIn(session) = &mut self.phase {
            session.change = None;
        }
        self.forget_all();
        self.hands.kept = None;
        self.hands.event(Event::SignedOutBecause(Trouble::Deleted));
        self.hands.event(Event::Status(Status::NOBODY));
        // Answered only once this browser's part is done too.
        self.hands.batch.any = true;
        self.hands.push(Effect::Forget);
        self.hands.keep_claim();
        self.hands.answer::<signet_ask::DeleteAccount>(ask, &Ok(()));
    }

    /// Of everything that this browser's memory holds of an account, nothing stays; that another one is to begin anew does.
    pub(super) fn forget_all(&mut self) {
        self.leave();
        if self.hands.own_claim() {
            self.hands.anew = None;
        }
        self.hands.device = None;
        self.hands.kept_state = None;
        self.hands.kept = self.hands.kept.take().filter(|kept| kept.stays);
        self.hands.lock = Lock::default();
        self.hands.backups = signet_ask::BackupDates::default();
        self.hands.keep_share(None);
    }
}
