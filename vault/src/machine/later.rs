//! What nobody needs on the way to a first conversation. In the browser its code is fetched when it is first wanted: so the
//! machine does not call it by name, but through a function that its maker hands over.

use rand_core::CryptoRng;
use signet_ask::{BackupStep, Question, Trouble};

use super::{AskId, Input, Machine};

/// Carries out a [`Task`], by [`Machine::carry_out`] once its code is here, or else by [`Machine::cannot_carry_out`].
pub type Later<R> = fn(&mut Machine<R>, Task);

#[derive(Clone)]
pub enum Task {
    Backup { ask: AskId, run: u64, step: BackupStep },
    BackupTurn,
}

impl Input {
    /// Whether it asks for what is fetched later.
    pub fn is_for_later(&self) -> bool {
        matches!(self, Self::Ask { question: Question::Backup(_), .. })
    }
}

impl<R: CryptoRng> Machine<R> {
    pub fn carry_out(&mut self, task: Task) {
        match task {
            Task::Backup { ask, run, step } => self.backup(ask, run, step),
            Task::BackupTurn => self.backup_turn(),
        }
    }

    /// The code could not be fetched.
    pub fn cannot_carry_out(&mut self, task: &Task) {
        match task {
            Task::Backup { ask, .. } => self.hands.fail(*ask, Trouble::NotFetched),
            // Nothing of it has begun.
            Task::BackupTurn => {}
        }
    }

    pub(super) fn later(&mut self, task: Task) {
        (self.later)(self, task);
    }
}
