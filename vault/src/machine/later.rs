//! What nobody needs on the way to a first conversation. In the browser its code is fetched when it is first wanted: so the
//! machine does not call it by name, but through a function that its maker hands over.

use rand_core::CryptoRng;
use signet_ask::{BackupStep, BeginAnew, GiveSecretKey, OpenedMessages, Packed, Question, Trouble};

use super::{
    AskId, HttpAnswer, Input, Machine, NoAnswer, RescueCall, SecretCall,
    anew::{AnewTask, is_question},
    earlier::EarlierTask,
    hands::fault,
};

/// Carries out a [`Task`], by [`Machine::carry_out`] once its code is here, or else by [`Machine::cannot_carry_out`].
pub type Later<R> = fn(&mut Machine<R>, Task);

pub enum Task {
    Backup { ask: AskId, run: u64, step: Packed<BackupStep> },
    Compared { ask: AskId, question: Question },
    BackupTurn,
    Anew(AnewTask),
    BeginAnew { ask: AskId, question: BeginAnew },
    Earlier(EarlierTask),
    Secret { ask: AskId, question: Question },
    SecretAnswer { call: SecretCall, result: Result<HttpAnswer, NoAnswer> },
    SecretTurn,
    SecretTime,
    GiveSecretKey { ask: AskId, question: GiveSecretKey },
    PrepareRescue { ask: AskId, current: String, new: String },
    Rescue { ask: AskId, new: String },
    RescueAnswer { call: RescueCall, result: Result<HttpAnswer, NoAnswer> },
    RescueTurn,
    RescueTime,
    Archive { ask: AskId, run: u64, part: u32 },
    OpenedConversations { ask: AskId, run: u64 },
    OpenedMessages { ask: AskId, which: OpenedMessages },
}

impl Task {
    /// Who waits for its answer, if anybody.
    pub fn ask(&self) -> Option<AskId> {
        match self {
            Self::Backup { ask, .. }
            | Self::Compared { ask, .. }
            | Self::Archive { ask, .. }
            | Self::OpenedConversations { ask, .. }
            | Self::OpenedMessages { ask, .. }
            | Self::BeginAnew { ask, .. }
            | Self::PrepareRescue { ask, .. }
            | Self::GiveSecretKey { ask, .. }
            | Self::Rescue { ask, .. } => Some(*ask),
            Self::Secret { ask, .. } => Some(*ask),
            Self::SecretAnswer { .. } | Self::SecretTurn | Self::SecretTime => None,
            Self::Anew(AnewTask::Ask(ask, _)) => Some(*ask),
            Self::Anew(AnewTask::Answer(call, _)) => Some(call.ask()),
            Self::BackupTurn | Self::Earlier(_) => None,
            Self::RescueAnswer { .. } | Self::RescueTurn | Self::RescueTime => None,
        }
    }
}

/// What a person says of an identity, or has read off another screen.
pub(super) fn is_about_identities(question: &Question) -> bool {
    matches!(question, Question::CheckCode(_) | Question::MarkVerified(_) | Question::DecideIdentity(_))
}

/// What is asked of a login in the settings.
pub(super) fn is_about_secrets(question: &Question) -> bool {
    matches!(
        question,
        Question::ChangePassword(_)
            | Question::ReplaceRecoveryKey(_)
            | Question::TestRecoveryKey(_)
            | Question::AddPasskey(_)
            | Question::RemovePasskey(_)
            | Question::DeleteAccount(_)
            | Question::SecretKey(_)
    )
}

impl Input {
    /// Whether it asks for what is fetched later.
    pub fn is_for_later(&self) -> bool {
        let Self::Ask { question, .. } = self else { return false };
        let named = matches!(
            question,
            Question::Backup(_)
                | Question::Archive(_)
                | Question::OpenedConversations(_)
                | Question::OpenedMessages(_)
                | Question::BeginAnew(_)
                | Question::PrepareRescue(_)
                | Question::GiveSecretKey(_)
                | Question::Rescue(_)
        );
        named || is_about_secrets(question) || is_about_identities(question) || is_question(question)
    }
}

impl<R: CryptoRng> Machine<R> {
    pub fn carry_out(&mut self, task: Task) {
        match task {
            Task::Backup { ask, run, step } => match step.open() {
                Some(step) => self.backup(ask, run, step),
                None => self.hands.fail(ask, fault("step")),
            },
            Task::Compared { ask, question } => self.compared(ask, question),
            Task::BackupTurn => self.backup_turn(),
            Task::Anew(task) => self.anew_task(task),
            Task::BeginAnew { ask, question } => self.begin_anew(ask, question),
            Task::Earlier(task) => self.carry_out_earlier(task),
            Task::Archive { ask, run, part } => self.archive(ask, run, part),
            Task::OpenedConversations { ask, run } => self.opened_conversations(ask, run),
            Task::OpenedMessages { ask, which } => self.opened_messages(ask, &which),
            Task::GiveSecretKey { ask, question } => self.give_secret_key(ask, question),
            task @ (Task::Secret { .. } | Task::SecretAnswer { .. } | Task::SecretTurn | Task::SecretTime) => {
                self.secret(task);
            }
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
