//! From an opened account to a running session: the rows of this browser, a new local slot, then the line. Also `Attach`,
//! which opens an account from the local slot, and what becomes of either when it fails or ends.

use rand_core::CryptoRng;
use signet_ask::{BackupTrouble, Event, RecoveryKeyText, Status, TabShare, Trouble};
use signet_crypto::LocalShares;
use signet_shared::api::{self, Shares, TakeShare, Vault};

use super::{
    AskId, Change, Effect, HttpAnswer, Machine, NoAnswer, Phase, Row, SocketEffect, Table, Timer,
    account::{Account, Version, open_account, own_statements},
    hands::{Call, Hands, parsed},
    local::{Attach, Deposit, Device, OWED_KEY},
    lock::Lock,
    session::Session,
    sign_out::Owed,
    state::State,
};

/// Who waits for the session, and for what.
#[derive(Clone)]
pub(super) enum Reply {
    SignUp(AskId, RecoveryKeyText),
    SignIn(AskId),
    Attach(Vec<AskId>),
}

pub(super) struct Opening {
    pub(super) session: Box<Session>,
    loading: u8,
    rows: Vec<(Table, Vec<Row>)>,
    stay: bool,
    /// The local slot is in place, or could not be made.
    settled: bool,
    pub(super) reply: Reply,
}

impl<R: CryptoRng> Machine<R> {
    /// An account has been opened by a secret or by the local slot.
    pub(super) fn open(&mut self, account: Account, state: State, version: Version, stay: bool, reply: Reply) {
        let hands = &mut self.hands;
        if core::mem::take(&mut hands.owed) != Owed::Nothing {
            // What is to be signed out of is no more; a row that stayed would end the new session at the next start.
            hands.store(vec![Change::Delete { table: Table::Meta, key: OWED_KEY.to_vec() }]);
        }
        let same = hands.device.as_ref().filter(|device| account.opens(device)).cloned();
        if matches!(reply, Reply::SignUp(..))
            && hands.anew.as_ref().is_some_and(|claimed| claimed.is_of(account.me.username()))
        {
            hands.drop_claim();
        }
        if same.is_none() {
            // What an earlier account kept here is not this one's to read.
            let clear = Table::ALL.into_iter().map(|table| Change::Clear { table });
            hands.store(clear.collect());
            hands.kept_state = None;
            hands.backups = signet_ask::BackupDates::default();
            hands.lock = Lock::default();
            hands.keep_claim();
        }
        let salt = same.as_ref().map_or_else(|| hands.random(), |device| device.salt);
        let same_rolled_back = same.as_ref().is_some_and(|device| device.rolled_back);
        let attached = matches!(reply, Reply::Attach(_));
        hands.device = Some(Device {
            username: account.me.username().shown().to_owned(),
            account: account.id(),
            ik: account.ik(),
            stay,
            salt,
            slot: if attached { same.and_then(|device| device.slot) } else { None },
            keystore_version: account.keystore.number,
            state_version: version.number,
            rolled_back: same_rolled_back,
        });
        hands.store_device();
        hands.keep_secret_key(&account);
        let session = Box::new(Session::new(account, state, version, hands));
        for table in [Table::Mail, Table::Restored, Table::Outbox, Table::Drafts, Table::Contacts] {
            hands.load(table);
        }
        if !attached {
            hands.browser_share(salt, Call::DepositBrowser);
        }
        let opening = Opening { session, loading: 5, rows: Vec::new(), stay, settled: attached, reply };
        self.phase = Phase::Opening(Box::new(opening));
    }

    pub(super) fn loaded(&mut self, table: Table, rows: Vec<Row>) {
        if let Phase::Opening(opening) = &mut self.phase {
            opening.rows.push((table, rows));
            opening.loading = opening.loading.saturating_sub(1);
            self.opened();
        }
    }

    pub(super) fn deposit_browser(&mut self, browser: [u8; 32]) {
        let (stay, deposit) = match &mut self.phase {
            Phase::Opening(opening) => (opening.stay, &mut opening.session.deposit),
            Phase::SignedIn(session) => {
                (self.hands.device.as_ref().is_some_and(|device| device.stay), &mut session.deposit)
            }
            _ => return,
        };
        let next = self.hands.random();
        let tab = if stay { None } else { Some(self.hands.random()) };
        *deposit = Some(Deposit { browser, next, tab });
        self.hands.post(api::SHARE_TAKE, &TakeShare { next }, Call::DepositTake);
    }

    pub(super) fn deposit_taken(&mut self, result: Result<HttpAnswer, NoAnswer>) {
        let hands = &mut self.hands;
        let session = match &mut self.phase {
            Phase::Opening(opening) => {
                opening.settled = true;
                &mut opening.session
            }
            Phase::SignedIn(session) => session,
            _ => return,
        };
        match (parsed::<Shares>(result), session.deposit.take()) {
            (Ok(_), Some(deposit)) => {
                let Deposit { browser, next, tab } = deposit;
                let account = &session.account;
                let shares = LocalShares { browser, relay: next, tab };
                let slot = account.amk.seal_local(&shares, account.id(), account.ik(), &mut hands.rng);
                if let Some(device) = &mut hands.device {
                    device.slot = Some(slot);
                }
                hands.store_device();
                session.tab_share = tab;
                hands.keep_share(tab);
                hands.post(api::SHARE_CONFIRM, &TakeShare { next }, Call::Ignore);
            }
            // Signed in all the same; a reload will ask for the password.
            _ => hands.log("no-local-slot"),
        }
        self.opened();
    }

    fn opened(&mut self) {
        if !matches!(&self.phase, Phase::Opening(opening) if opening.loading == 0 && opening.settled) {
            return;
        }
        let Phase::Opening(opening) = core::mem::replace(&mut self.phase, Phase::SignedOut) else { return };
        let Opening { mut session, rows, reply, .. } = *opening;
        let hands = &mut self.hands;
        session.restore(hands, rows);
        hands.used();
        let status = session.status();
        hands.batch.opened = Some(reply.clone());
        match reply {
            Reply::SignUp(ask, text) => hands.answer::<signet_ask::SignUp>(ask, &Ok(text)),
            Reply::SignIn(ask) => hands.answer::<signet_ask::SignIn>(ask, &Ok(status.clone())),
            Reply::Attach(asks) => {
                for ask in asks {
                    hands.answer::<signet_ask::Attach>(ask, &Ok(status.clone()));
                }
            }
        }
        hands.event(Event::Status(status));
        session.connect(hands);
        session.audit(hands);
        self.phase = Phase::SignedIn(session);
    }

    pub(super) fn attach(&mut self, ask: AskId, share: Option<TabShare>) {
        match &mut self.phase {
            Phase::SignedIn(session) => {
                let (status, share) = (session.status(), session.tab_share);
                self.hands.answer::<signet_ask::Attach>(ask, &Ok(status));
                self.hands.keep_share(share);
                session.tell_line(&mut self.hands);
                if session.anew.is_some() {
                    self.hands.event(Event::Anew(session.anew));
                }
            }
            Phase::Attaching(attach) => attach.waiting.push(ask),
            Phase::Opening(opening) => match &mut opening.reply {
                Reply::Attach(waiting) => waiting.push(ask),
                // The status event follows.
                Reply::SignUp(..) | Reply::SignIn(_) => self.answer_signed_out(vec![ask]),
            },
            Phase::SigningUp(_) | Phase::SigningIn(_) => self.answer_signed_out(vec![ask]),
            // Nobody was here for too long, and nothing ran to lock in that time.
            Phase::SignedOut
                if self.hands.lock.is_due(self.hands.now)
                    && self.hands.device.as_ref().is_some_and(|device| device.slot.is_some()) =>
            {
                self.lock();
                self.answer_signed_out(vec![ask]);
            }
            Phase::SignedOut => match &self.hands.device {
                Some(device) if device.slot.is_some() && (device.stay || share.is_some()) => {
                    let (salt, stay) = (device.salt, device.stay);
                    let (next, next_tab) = (self.hands.random(), self.hands.random());
                    self.phase = Phase::Attaching(Box::new(Attach {
                        waiting: vec![ask],
                        tab: share.map(|share| share.0),
                        browser: [0; 32],
                        next,
                        amk: None,
                        next_tab: if stay { None } else { Some(next_tab) },
                    }));
                    self.hands.browser_share(salt, Call::AttachBrowser);
                }
                _ => self.answer_signed_out(vec![ask]),
            },
        }
    }

    pub(super) fn attach_browser(&mut self, browser: [u8; 32]) {
        if let Phase::Attaching(attach) = &mut self.phase {
            attach.browser = browser;
            self.hands.post(api::SHARE_TAKE, &TakeShare { next: attach.next }, Call::AttachTake);
        }
    }

    pub(super) fn attach_answer(&mut self, call: Call, result: Result<HttpAnswer, NoAnswer>) {
        let done = match call {
            Call::AttachTake => self.attach_taken(result),
            _ => self.attach_vault(result),
        };
        let Err(trouble) = done else { return };
        let Phase::Attaching(attach) = core::mem::replace(&mut self.phase, Phase::SignedOut) else { return };
        match trouble {
            // The session is over, or the slot does not open: the password is asked for.
            Trouble::SessionEnded | Trouble::SignedOut => {
                self.forget_slot();
                self.answer_signed_out(attach.waiting);
            }
            trouble => {
                for ask in attach.waiting {
                    self.hands.fail(ask, trouble.clone());
                }
            }
        }
    }

    fn attach_taken(&mut self, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let Phase::Attaching(attach) = &mut self.phase else { return Ok(()) };
        let hands = &mut self.hands;
        let held = parsed::<Shares>(result)?.shares;
        let Some(device) = &mut hands.device else { return Err(Trouble::SignedOut) };
        let amk = device.open(attach.browser, &held, attach.tab).ok_or(Trouble::SignedOut)?;
        let shares = LocalShares { browser: attach.browser, relay: attach.next, tab: attach.next_tab };
        device.slot = Some(amk.seal_local(&shares, device.account, device.ik, &mut hands.rng));
        attach.amk = Some(amk);
        let (next, tab) = (attach.next, attach.next_tab);
        hands.store_device();
        hands.keep_share(tab);
        hands.post(api::SHARE_CONFIRM, &TakeShare { next }, Call::Ignore);
        hands.vault(Call::AttachVault);
        Ok(())
    }

    fn attach_vault(&mut self, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let Phase::Attaching(attach) = &mut self.phase else { return Ok(()) };
        let vault = parsed::<Vault>(result)?;
        let amk = attach.amk.take().ok_or(Trouble::SignedOut)?;
        let device = self.hands.device.as_ref().ok_or(Trouble::SignedOut)?;
        if device.account != vault.account_id {
            return Err(Trouble::SignedOut);
        }
        let me = own_statements(&vault)?;
        // No secret was asked for: the master key at hand is that of the identity that was here.
        if me.ik_hash() != device.ik {
            return Err(Trouble::BadStatement);
        }
        let (account, state, version) = open_account(me, amk, &vault, Some(device))?;
        let (stay, tab) = (device.stay, attach.next_tab);
        let waiting = core::mem::take(&mut attach.waiting);
        self.open(account, state, version, stay, Reply::Attach(waiting));
        if let Phase::Opening(opening) = &mut self.phase {
            opening.session.tab_share = tab;
        }
        Ok(())
    }

    pub(super) fn answer_signed_out(&mut self, asks: Vec<AskId>) {
        let status = self.signed_out_status();
        for ask in asks {
            self.hands.answer::<signet_ask::Attach>(ask, &Ok(status.clone()));
        }
    }

    pub(super) fn signed_out_status(&self) -> Status {
        let device = self.hands.device.as_ref();
        Status::SignedOut {
            username: device.map(|device| device.username.clone()),
            stay: device.is_some_and(|device| device.stay),
            locked: self.hands.lock.locked && device.is_some(),
        }
    }

    fn forget_slot(&mut self) {
        if let Some(device) = &mut self.hands.device {
            device.slot = None;
        }
        self.hands.store_device();
        self.hands.keep_share(None);
    }

    /// This browser's storage gives out while an account is being opened: nobody is signed in by halves.
    pub(super) fn opening_failed(&mut self, trouble: &Trouble) {
        let reply = match core::mem::replace(&mut self.phase, Phase::SignedOut) {
            Phase::Attaching(attach) => Reply::Attach(attach.waiting),
            Phase::Opening(opening) => opening.reply,
            other => {
                self.phase = other;
                return;
            }
        };
        self.hands.drop_calls();
        self.not_opened(reply, trouble);
    }

    /// An account that exists was not opened here.
    pub(super) fn not_opened(&mut self, reply: Reply, trouble: &Trouble) {
        match reply {
            // Whatever else went wrong: the recovery key of a new account is shown now or never.
            Reply::SignUp(ask, text) => {
                self.hands.answer::<signet_ask::SignUp>(ask, &Ok(text));
                self.hands.event(Event::SignedOutBecause(trouble.clone()));
                let status = self.signed_out_status();
                self.hands.event(Event::Status(status));
            }
            Reply::SignIn(ask) => self.hands.fail(ask, trouble.clone()),
            Reply::Attach(asks) => {
                for ask in asks {
                    self.hands.fail(ask, trouble.clone());
                }
            }
        }
    }

    /// A sign-up or sign-in has failed.
    pub(super) fn give_up(&mut self, ask: AskId, trouble: Trouble) {
        self.phase = Phase::SignedOut;
        self.hands.drop_calls();
        self.hands.fail(ask, trouble);
    }

    /// The relay has ended the session: the local slot goes, the sealed rows stay for the next sign-in.
    pub(super) fn session_ended(&mut self) {
        self.leave();
        self.forget_slot();
        self.hands.event(Event::SignedOutBecause(Trouble::SessionEnded));
        let status = self.signed_out_status();
        self.hands.event(Event::Status(status));
    }

    pub(super) fn leave(&mut self) {
        self.end_backup(&Trouble::Backup(BackupTrouble::Interrupted));
        // Whoever waits for something that ends here is told.
        match core::mem::replace(&mut self.phase, Phase::SignedOut) {
            Phase::SigningUp(up) => match up.into_reply() {
                Ok(reply) => self.not_opened(reply, &Trouble::Cancelled),
                Err(ask) => self.hands.fail(ask, Trouble::Cancelled),
            },
            Phase::SigningIn(signing) => self.not_opened(signing.into_reply(), &Trouble::Cancelled),
            Phase::Attaching(attach) => self.answer_signed_out(attach.waiting),
            Phase::Opening(opening) => match opening.reply {
                Reply::Attach(asks) => self.answer_signed_out(asks),
                reply => self.not_opened(reply, &Trouble::SessionEnded),
            },
            Phase::SignedIn(mut session) => {
                session.renewed(&mut self.hands, &Err(Trouble::SessionEnded));
                for (ask, _) in session.details_asked {
                    self.hands.fail(ask, Trouble::SessionEnded);
                }
                if let Some(change) = session.change {
                    self.hands.fail(change.ask, Trouble::SessionEnded);
                }
                if let Some(earlier) = session.earlier {
                    self.hands.fail(earlier.ask, Trouble::SessionEnded);
                }
                if let Some(ask) = session.rescue.and_then(|rescue| rescue.asked_by()) {
                    self.hands.fail(ask, Trouble::SessionEnded);
                }
                self.hands.push(Effect::Socket(SocketEffect::Close));
                let line = [Timer::Reconnect, Timer::Ping, Timer::Receipts, Timer::Retry];
                for timer in line.into_iter().chain([
                    Timer::PutState,
                    Timer::Lookup,
                    Timer::Patience,
                    Timer::Secret,
                    Timer::Audit,
                    Timer::Unused,
                    Timer::Keys,
                    Timer::Rescue,
                ]) {
                    self.hands.push(Effect::StopTimer(timer));
                }
            }
            Phase::SignedOut => {}
        }
        self.hands.drop_calls();
    }
}

impl Session {
    /// The relay released this browser's old share to a session that is no more: the local slot is made anew.
    pub(super) fn renew_slot<R: CryptoRng>(&self, hands: &mut Hands<R>) {
        if let Some(salt) = hands.device.as_ref().map(|device| device.salt) {
            hands.browser_share(salt, Call::DepositBrowser);
        }
    }
}
