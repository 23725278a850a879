//! What nobody needs on the way to a first conversation. In the browser its code is fetched when it is first wanted: so the
//! machine does not call it by name, but through a function that its maker hands over.

use rand_core::CryptoRng;
use signet_ask::{BackupStep, Question, Trouble};

use super::{
    AskId, HttpAnswer, Input, Machine, NoAnswer, RescueCall,
    anew::{AnewTask, is_question},
    earlier::EarlierTask,
};

/// Carries out a [`Task`], by [`Machine::carry_out`] once its code is here, or else by [`Machine::cannot_carry_out`].
pub type Later<R> = fn(&mut Machine<R>, Task);

pub enum Task {
    Backup { ask: AskId, run: u64, step: BackupStep },
    BackupTurn,
    Anew(AnewTask),
    Earlier(EarlierTask),
    PrepareRescue { ask: AskId, current: String, new: String },
    Rescue { ask: AskId, new: String },
    RescueAnswer { call: RescueCall, result: Result<HttpAnswer, NoAnswer> },
    RescueTurn,
    RescueTime,
}

impl Task {
    /// Who waits for its answer, if anybody.
    pub fn ask(&self) -> Option<AskId> {
        match self {
            Self::Backup { ask, .. } | Self::PrepareRescue { ask, .. } | Self::Rescue { ask, .. } => Some(*ask),
            Self::Anew(AnewTask::Ask(ask, _)) => Some(*ask),
            Self::Anew(AnewTask::Answer(call, _)) => Some(call.ask()),
            Self::BackupTurn | Self::Earlier(_) => None,
            Self::RescueAnswer { .. } | Self::RescueTurn | Self::RescueTime => None,
        }
    }
}

impl Input {
    /// Whether it asks for what is fetched later.
    pub fn is_for_later(&self) -> bool {
        let Self::Ask { question, .. } = self else { return false };
        matches!(question, Question::Backup(_) | Question::PrepareRescue(_) | Question::Rescue(_))
            || is_question(question)
    }
}

impl<R: CryptoRng> Machine<R> {
    pub fn carry_out(&mut self, task: Task) {
        match task {
            Task::Backup { ask, run, step } => self.backup(ask, run, step),
            Task::BackupTurn => self.backup_turn(),
            Task::Anew(task) => self.anew_task(task),
            Task::Earlier(task) => self.carry_out_earlier(task),
            task => self.rescue(task),
        }
    }

    /// The code could not be fetched: nothing has begun, and whoever waits for it is told.
    pub fn cannot_carry_out(&mut self, ask: Option<AskId>) {
        if let Some(ask) = ask {
            self.hands.fail(ask, Trouble::NotFetched);
        }
    }

    pub(super) fn later(&mut self, task: Task) {
        (self.later)(self, task);
    }
}
