//! Writing, testing and importing a backup file, which crosses to the page in parts: nothing here holds more of it than
//! one, save what an import would add, and nothing is added before the whole file has been read and found good.
//!
//! | part | what it does |
//! |---|---|
//! | `write` | this account -> the records of a new file |
//! | `read` | a file's records -> what an import would add |
//! | `add` | that -> rows, contacts and messages on the screen |
//! | `open` | a file's records -> what is shown of it, and no more |

mod add;
mod open;
mod read;
mod write;

use rand_core::CryptoRng;
use signet_ask::{
    Archive, ArchivePart, Backup, BackupGoal, BackupPart, BackupReport, BackupStep, BackupTrouble, Trouble,
};
use signet_crypto::{BackupCost, BackupError, BackupHeader};
use signet_reader::{Book, Opening};
use signet_shared::AccountId;
use zeroize::Zeroizing;

use self::{add::Found, read::Reading, write::Writing};
use super::{
    AskId, Change, Effect, Machine, Phase, Row, Table, Task, archive::Archiving, rows, sign_in::is_recovery_key,
    sign_up::check_password,
};

/// The row of `Meta` that says when this browser made and tested a backup.
pub(super) const DATES_KEY: &[u8] = b"backup dates";

/// What the page calls a run, and how far it is.
pub(super) struct Run {
    id: u64,
    /// How far in the file: the next byte's number.
    at: u64,
    step: Step,
}

enum Step {
    /// The backup password is about to be stretched.
    Stretch {
        ask: AskId,
        header: BackupHeader,
        password: Zeroizing<String>,
        goal: Goal,
    },
    Writing(Box<Writing>),
    Reading(Box<Reading>),
    /// No backup, but as little is to run beside one.
    Archiving(Box<Archiving>),
    /// To be shown: being read, and read.
    Opening(Box<Opening>),
    Opened(Box<Book>),
    /// What is new is being stored; it counts once it is.
    Adding {
        ask: AskId,
        found: Box<Found>,
        report: BackupReport,
    },
}

#[derive(Clone, Copy)]
enum Goal {
    Write { messages: bool },
    Read(BackupGoal),
}

impl Run {
    /// Whether it writes under the account's keys, or into the account: a rescue waits for its end. Others it ends.
    pub(super) fn holds_the_account(&self) -> bool {
        match &self.step {
            Step::Writing(_) | Step::Adding { .. } | Step::Stretch { goal: Goal::Write { .. }, .. } => true,
            Step::Stretch { goal: Goal::Read(goal), .. } => *goal == BackupGoal::Import,
            Step::Reading(reading) => reading.import,
            Step::Archiving(_) | Step::Opening(_) | Step::Opened(_) => false,
        }
    }
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn backup(&mut self, ask: AskId, run: u64, step: BackupStep) {
        let done = match step {
            BackupStep::Write { password, messages } => {
                self.begin_writing(ask, run, Zeroizing::new(password), messages)
            }
            BackupStep::Read { password, head, goal } => {
                self.begin_reading(ask, run, Zeroizing::new(password), &head, goal)
            }
            BackupStep::More { at } => self.write_on(ask, run, at),
            BackupStep::Feed { at, bytes } => self.read_on(ask, run, at, &bytes),
            BackupStep::Cancel => {
                if self.backup.as_ref().is_some_and(|here| here.id == run) {
                    self.end_backup(&Trouble::Cancelled);
                }
                Ok(Some(BackupPart::default()))
            }
        };
        match done {
            Ok(Some(part)) => self.hands.answer::<Backup>(ask, &Ok(part)),
            // Later.
            Ok(None) => {}
            Err(trouble) => {
                if self.backup.as_ref().is_some_and(|here| here.id == run) {
                    self.backup = None;
                }
                self.hands.fail(ask, trouble);
            }
        }
    }

    fn begin_writing(
        &mut self,
        ask: AskId,
        run: u64,
        password: Zeroizing<String>,
        messages: bool,
    ) -> Result<Option<BackupPart>, Trouble> {
        let me = self.here().ok_or(Trouble::SignedOut)?;
        if is_recovery_key(&password) {
            return Err(Trouble::IsRecoveryKey);
        }
        check_password(&password)?;
        let header = BackupHeader::make(me, self.hands.now, BackupCost::USUAL, &mut self.hands.rng).map_err(because)?;
        self.stretch_next(run, Step::Stretch { ask, header, password, goal: Goal::Write { messages } });
        Ok(None)
    }

    fn begin_reading(
        &mut self,
        ask: AskId,
        run: u64,
        password: Zeroizing<String>,
        head: &[u8],
        goal: BackupGoal,
    ) -> Result<Option<BackupPart>, Trouble> {
        let (me, import) = (self.here(), goal == BackupGoal::Import);
        if import && me.is_none() {
            return Err(Trouble::SignedOut);
        }
        // What the file asks for is judged before the password is used.
        let header = BackupHeader::parse(head).map_err(because)?;
        if import && me != Some(header.account) {
            return Err(Trouble::Backup(BackupTrouble::OtherAccount));
        }
        self.stretch_next(run, Step::Stretch { ask, header, password, goal: Goal::Read(goal) });
        Ok(None)
    }

    /// In a turn of its own: it takes a second or two.
    fn stretch_next(&mut self, id: u64, step: Step) {
        self.end_backup(&Trouble::Backup(BackupTrouble::Interrupted));
        self.backup = Some(Box::new(Run { id, at: 0, step }));
        self.hands.push(Effect::Continue);
    }

    /// Whatever comes after what was to be stored: it is.
    pub(super) fn finish_import(&mut self) {
        if self.backup.as_ref().is_some_and(|run| matches!(run.step, Step::Adding { .. })) {
            self.backup_step();
        }
    }

    /// What comes after a turn of the event loop.
    pub(super) fn backup_step(&mut self) {
        if self.backup.is_some() {
            self.later(Task::BackupTurn);
        }
    }

    pub(super) fn backup_turn(&mut self) {
        let Some(run) = self.backup.take() else { return };
        let Run { id, at, step } = *run;
        let (ask, done) = match step {
            Step::Stretch { ask, header, password, goal } => {
                (ask, self.stretched(id, &header, &password, goal).map(Some))
            }
            Step::Adding { ask, found, report } => (ask, self.added(*found, report).map(Some)),
            step => {
                self.backup = Some(Box::new(Run { id, at, step }));
                return;
            }
        };
        match done {
            Ok(Some(part)) => self.hands.answer::<Backup>(ask, &Ok(part)),
            Ok(None) => {}
            Err(trouble) => self.hands.fail(ask, trouble),
        }
    }

    fn stretched(&mut self, id: u64, header: &BackupHeader, password: &str, goal: Goal) -> Result<BackupPart, Trouble> {
        let key = header.unlock(password).map_err(because)?;
        let (step, bytes) = match goal {
            Goal::Write { messages } => {
                let session = signed_in(&mut self.phase, header.account)?;
                if session.is_being_rescued() {
                    // It would end under another key than it began with.
                    return Err(Trouble::Busy);
                }
                let (writing, bytes) = Writing::begin(session, header, key, messages);
                (Step::Writing(Box::new(writing)), bytes)
            }
            Goal::Read(BackupGoal::Open) => {
                (Step::Opening(Box::new(Opening::begin(header, key).map_err(because)?)), Vec::new())
            }
            Goal::Read(goal) => {
                let import = goal == BackupGoal::Import;
                let mine = match &self.phase {
                    Phase::SignedIn(session) => Some(&session.account.me),
                    _ => None,
                };
                (Step::Reading(Box::new(Reading::begin(header, key, import, mine).map_err(because)?)), Vec::new())
            }
        };
        let read = signet_crypto::BACKUP_HEADER as u64;
        self.backup = Some(Box::new(Run { id, at: read, step }));
        Ok(BackupPart { bytes, ..BackupPart::default() })
    }

    fn write_on(&mut self, ask: AskId, id: u64, at: u64) -> Result<Option<BackupPart>, Trouble> {
        let run = self.backup.as_mut().filter(|run| (run.id, run.at) == (id, at));
        let Some(Run { at, step: Step::Writing(writing), .. }) = run.map(|run| &mut **run) else {
            let trouble = Trouble::Backup(BackupTrouble::Interrupted);
            return Err(if self.here().is_none() { Trouble::SignedOut } else { trouble });
        };
        let session = signed_in(&mut self.phase, writing.account)?;
        let part = writing.part(session, &mut self.hands.rng).map_err(because)?;
        *at = at.saturating_add(part.bytes.len() as u64);
        if part.report.is_none() {
            return Ok(Some(part));
        }
        self.backup = None;
        // First the file: a full disk must not keep anybody from a backup.
        self.hands.answer::<Backup>(ask, &Ok(part));
        self.note_backup(|dates, now| dates.made_ms = Some(now));
        Ok(None)
    }

    fn read_on(&mut self, ask: AskId, id: u64, at: u64, bytes: &[u8]) -> Result<Option<BackupPart>, Trouble> {
        let Some(mut run) = self.backup.take().filter(|run| (run.id, run.at) == (id, at)) else {
            return Err(Trouble::Backup(BackupTrouble::Interrupted));
        };
        let mut reading = match run.step {
            Step::Reading(reading) => reading,
            Step::Opening(opening) => return self.open_on(id, at, *opening, bytes).map(Some),
            _ => return Err(Trouble::Backup(BackupTrouble::Interrupted)),
        };
        let session = if reading.import { Some(signed_in(&mut self.phase, reading.account)?) } else { None };
        if !bytes.is_empty() {
            reading.feed(session, bytes).map_err(because)?;
            run.at = at.saturating_add(bytes.len() as u64);
            run.step = Step::Reading(reading);
            self.backup = Some(run);
            return Ok(Some(BackupPart::default()));
        }
        let account = reading.account;
        let (mut found, report) = reading.finish().map_err(because)?;
        if let Some(session) = session {
            let changes = session.would_add(&mut self.hands, &mut found);
            if !changes.is_empty() {
                self.hands.store(changes);
            }
            run.step = Step::Adding { ask, found: Box::new(found), report };
            self.backup = Some(run);
            self.hands.push(Effect::Continue);
            return Ok(None);
        }
        let part = BackupPart { report: Some(report), percent: 100, ..BackupPart::default() };
        self.hands.answer::<Backup>(ask, &Ok(part));
        if self.here() == Some(account) {
            self.note_backup(|dates, now| dates.tested_ms = Some(now));
        }
        Ok(None)
    }

    pub(super) fn archive(&mut self, ask: AskId, id: u64, part: u32) {
        let made = self.archive_part(id, part);
        let goes_on = made.as_ref().is_ok_and(|part| part.end.is_none());
        if !goes_on && self.backup.as_ref().is_some_and(|run| run.id == id) {
            self.backup = None;
        }
        self.hands.answer::<Archive>(ask, &made);
    }

    fn archive_part(&mut self, id: u64, part: u32) -> Result<ArchivePart, Trouble> {
        let interrupted = Trouble::Backup(BackupTrouble::Interrupted);
        let me = self.here().ok_or(Trouble::SignedOut)?;
        if part == 0 {
            self.end_backup(&interrupted);
            let step = Step::Archiving(Box::new(Archiving::begin(signed_in(&mut self.phase, me)?, self.hands.now)));
            self.backup = Some(Box::new(Run { id, at: 0, step }));
        }
        let Some(Run { step: Step::Archiving(archiving), .. }) = self.backup.as_deref_mut().filter(|run| run.id == id)
        else {
            return Err(interrupted);
        };
        if archiving.next != part {
            return Err(interrupted);
        }
        let session = signed_in(&mut self.phase, archiving.account)?;
        archiving.part(session).ok_or_else(|| Trouble::Fault { code: "archive-too-long".into() })
    }

    fn added(&mut self, found: Found, mut report: BackupReport) -> Result<BackupPart, Trouble> {
        let session = signed_in(&mut self.phase, found.account)?;
        session.add(&mut self.hands, found, &mut report);
        Ok(BackupPart { report: Some(report), percent: 100, ..BackupPart::default() })
    }

    /// This browser's storage gave out while an import was to be kept: it has not happened.
    pub(super) fn backup_not_stored(&mut self, trouble: &Trouble) {
        if self.backup.as_ref().is_some_and(|run| matches!(run.step, Step::Adding { .. })) {
            self.end_backup(trouble);
        }
    }

    /// Its keys and whatever it holds opened go with it.
    pub(super) fn end_backup(&mut self, trouble: &Trouble) {
        match self.backup.take().map(|run| run.step) {
            Some(Step::Stretch { ask, .. } | Step::Adding { ask, .. }) => self.hands.fail(ask, trouble.clone()),
            Some(Step::Writing(_) | Step::Reading(_) | Step::Archiving(_) | Step::Opening(_) | Step::Opened(_))
            | None => {}
        }
    }

    fn note_backup(&mut self, note: impl FnOnce(&mut signet_ask::BackupDates, u64)) {
        note(&mut self.hands.backups, self.hands.now);
        let row = Row { key: DATES_KEY.to_vec(), value: rows::to_bytes(&self.hands.backups) };
        self.hands.store(vec![Change::Put { table: Table::Meta, row }]);
    }

    /// Whose session this is.
    fn here(&self) -> Option<AccountId> {
        match &self.phase {
            Phase::SignedIn(session) => Some(session.me()),
            _ => None,
        }
    }
}

fn signed_in(phase: &mut Phase, account: AccountId) -> Result<&mut super::session::Session, Trouble> {
    match phase {
        Phase::SignedIn(session) if session.me() == account => Ok(session),
        _ => Err(Trouble::SignedOut),
    }
}

fn because(error: BackupError) -> Trouble {
    Trouble::Backup(match error {
        BackupError::NotABackup => BackupTrouble::NotABackup,
        BackupError::NewerVersion => BackupTrouble::NewerVersion,
        BackupError::CutShort => BackupTrouble::CutShort,
        BackupError::Altered => BackupTrouble::Altered,
        BackupError::TooWeak => BackupTrouble::TooWeak,
        BackupError::TooCostly => BackupTrouble::TooCostly,
        BackupError::NoMemory => BackupTrouble::NoMemory,
        BackupError::WrongBackupPassword => BackupTrouble::WrongPassword,
        BackupError::Content(_) => BackupTrouble::Content,
        BackupError::Signature => BackupTrouble::Unsigned,
    })
}
