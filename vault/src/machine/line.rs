//! The line to the relay: one WebSocket, kept alive, opened again with growing pauses, resumed where it broke.

use rand_core::CryptoRng;
use signet_ask::{Connection, Event, Progress, Task};
use signet_shared::wire::{ClientFrame, PING_EVERY_MS, ServerFrame, close};

use super::{
    Effect, SocketEffect, SocketInput, Timer,
    hands::{Hands, back_off},
    session::Session,
};

const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// A relay that never says that the backlog is complete, or how long it is, hides nothing by that: so long it has from the
/// opening of the line, and so long for each message of the backlog, before what others have seen counts as missing.
const PATIENCE_MS: u64 = 30_000;
const PATIENCE_EACH_MS: u64 = 50;
const LONGEST_PATIENCE_MS: u64 = 600_000;
/// So long a message waits for the one before it, which may have been refused for a moment, and so long what others have
/// seen may be on its way.
const GAP_PATIENCE_MS: u64 = 5_000;
/// A backlog of at least so many messages reports its progress.
const LONG_BACKLOG: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Down,
    Opening,
    Up,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Held {
    #[default]
    NotYet,
    Waits,
    HasHad,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    at: At,
    tries: u32,
    last_heard_ms: u64,
    next_ping: u64,
    /// When the next try is due.
    due_ms: u64,
    /// The backlog of this connection has come in.
    pub(super) caught_up: bool,
    /// What should have come is waited for until then.
    patient_until_ms: Option<u64>,
    /// What was left of a backlog's time when its line broke: only time on the line counts, and it counts once, however
    /// often the line breaks.
    patience_left_ms: Option<u64>,
    /// The relay has said how long the backlog is, and got its time for that.
    lengthened: bool,
    /// Messages that lie here, while their writers' statements are being asked for, get their time once on a connection.
    held: Held,
    pub(super) receipts_planned: bool,
    /// First and last place of a long backlog.
    backlog: Option<(u64, u64)>,
}

impl Line {
    pub(super) fn is_up(&self) -> bool {
        self.at == At::Up
    }

    /// What was waited for has come, or has had its time.
    pub(super) fn wait_no_more(&mut self) {
        self.caught_up |= self.is_up();
        self.held = if self.held == Held::Waits { Held::HasHad } else { self.held };
        (self.patient_until_ms, self.patience_left_ms, self.lengthened) = (None, None, false);
    }
}

impl Session {
    pub(super) fn connect<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if !hands.online {
            self.line.at = At::Down;
            return hands.event(Event::Connection(Connection::Offline));
        }
        self.line.at = At::Opening;
        self.line.last_heard_ms = hands.now;
        hands.push(Effect::Socket(SocketEffect::Open));
        // Watches over the opening too.
        hands.push(Effect::Timer { timer: Timer::Ping, after_ms: PING_EVERY_MS });
        hands.event(Event::Connection(Connection::Reconnecting { in_ms: 0 }));
    }

    pub(super) fn tell_line<R: CryptoRng>(&self, hands: &mut Hands<R>) {
        let connection = match self.line.at {
            At::Up if self.outbox.not_stored => Connection::NotStoring,
            At::Up => Connection::Connected,
            _ if !hands.online => Connection::Offline,
            At::Opening => Connection::Reconnecting { in_ms: 0 },
            At::Down => {
                let in_ms = u32::try_from(self.line.due_ms.saturating_sub(hands.now)).unwrap_or(u32::MAX);
                Connection::Reconnecting { in_ms }
            }
        };
        hands.event(Event::Connection(connection));
    }

    pub(super) fn send_frame<R: CryptoRng>(&self, hands: &mut Hands<R>, frame: &ClientFrame) {
        if self.line.is_up() {
            hands.push(Effect::Socket(SocketEffect::Send(frame.to_bytes())));
        }
    }

    /// False if the relay has ended the session.
    pub(super) fn socket<R: CryptoRng>(&mut self, hands: &mut Hands<R>, input: SocketInput) -> bool {
        match input {
            SocketInput::Opened => {
                self.line.at = At::Up;
                self.line.last_heard_ms = hands.now;
                (self.line.caught_up, self.line.held) = (false, Held::NotYet);
                self.outbox.line_lost();
                let after = self.mailbox.begin();
                self.left_behind.clear();
                // Whatever the relay says on this line, or does not say.
                let patience_ms = self.line.patience_left_ms.take().unwrap_or(PATIENCE_MS);
                self.start_patience(hands, patience_ms);
                self.send_frame(hands, &ClientFrame::Subscribe { after });
                hands.push(Effect::Timer { timer: Timer::Ping, after_ms: PING_EVERY_MS });
                hands.event(Event::Connection(Connection::Connected));
                if self.unreached {
                    // The relay did not refuse to answer look-ups, it was away.
                    self.lookups_rest_until_ms = 0;
                }
                self.try_held(hands, None);
                self.pump(hands);
            }
            // Of a line that has been given up.
            SocketInput::Frame(_) if !self.line.is_up() => {}
            SocketInput::Frame(bytes) => {
                self.line.last_heard_ms = hands.now;
                match ServerFrame::parse(&bytes) {
                    Ok(frame) => self.frame(hands, frame),
                    Err(_) => {
                        hands.log("frame");
                        self.lost(hands, true);
                    }
                }
            }
            // Of a line that is down already it is a former socket's, perhaps of a session that a login has replaced.
            SocketInput::Closed { code: close::SESSION_ENDED } if !self.replacing && self.line.at != At::Down => {
                return false;
            }
            SocketInput::Closed { .. } => {
                if self.line.at != At::Down {
                    self.lost(hands, false);
                }
            }
        }
        true
    }

    fn frame<R: CryptoRng>(&mut self, hands: &mut Hands<R>, frame: ServerFrame) {
        match frame {
            ServerFrame::Subscribed { head, keystore, state } => {
                // Told next, if it is so.
                self.say_anew(hands, None);
                if !self.mailbox.fits(head) {
                    hands.log("mailbox-other");
                    return self.lost(hands, true);
                }
                let from = self.mailbox.cursor();
                if let Some(until) = self.line.patient_until_ms
                    && !core::mem::replace(&mut self.line.lengthened, true)
                {
                    let backlog = head.saturating_sub(from).saturating_mul(PATIENCE_EACH_MS);
                    let left = until.saturating_sub(hands.now);
                    self.start_patience(hands, left.saturating_add(backlog).min(LONGEST_PATIENCE_MS));
                }
                if state > self.sync.version.number || keystore > self.account.keystore.number {
                    // Another browser wrote while this one was away.
                    self.refresh_once(hands);
                }
                self.line.backlog = (head.saturating_sub(from) >= LONG_BACKLOG).then_some((from, head));
            }
            ServerFrame::Deliver { seq, received_ms, record, delivery } => {
                self.deliver(hands, seq, received_ms, record, delivery);
                self.backlog_progress(hands, seq);
            }
            ServerFrame::CaughtUp { .. } => {
                self.line.tries = 0;
                self.line.caught_up = true;
                if self.line.backlog.take().is_some() {
                    hands.event(Event::Progress(Progress { task: Task::History, done: 1.0, left: Some(0) }));
                }
                hands.push(Effect::StopTimer(Timer::Patience));
                self.patience_over(hands);
            }
            ServerFrame::Sent { req, .. } => self.sent(hands, req),
            ServerFrame::Refused { req, refusal, retry_after_s } => self.refused(hands, req, refusal, retry_after_s),
            ServerFrame::StateChanged { version } => {
                if version > self.sync.version.number {
                    self.refresh(hands);
                }
            }
            ServerFrame::KeysChanged { version } => {
                if version > self.account.keystore.number {
                    self.refresh(hands);
                }
            }
            ServerFrame::Anew(asked) => self.told_anew(hands, asked),
            ServerFrame::Kept { .. } | ServerFrame::Pong { .. } => {}
        }
    }

    fn backlog_progress<R: CryptoRng>(&mut self, hands: &mut Hands<R>, seq: u64) {
        let Some((from, head)) = self.line.backlog else { return };
        if seq > head || !seq.is_multiple_of(25) {
            return;
        }
        let share = |n: u64| u16::try_from((n.saturating_sub(from)).saturating_mul(1000) / (head - from).max(1));
        let done = f32::from(share(seq).unwrap_or(1000).min(1000)) / 1000.0;
        let left = u32::try_from(head - seq).ok();
        hands.event(Event::Progress(Progress { task: Task::History, done, left }));
    }

    /// The line is gone: again after a pause that grows, and is never the same for two browsers.
    pub(super) fn lost<R: CryptoRng>(&mut self, hands: &mut Hands<R>, close: bool) {
        if close {
            hands.push(Effect::Socket(SocketEffect::Close));
        }
        self.line.at = At::Down;
        if let Some(until) = self.line.patient_until_ms.take() {
            // Nothing can come now. For a gap, the next connection's backlog has its own time.
            let left = until.saturating_sub(hands.now);
            self.line.patience_left_ms = Some(left).filter(|_| !self.line.caught_up);
        }
        self.line.caught_up = false;
        self.line.receipts_planned = false;
        self.outbox.line_lost();
        for timer in [Timer::Ping, Timer::Receipts, Timer::Retry, Timer::Patience] {
            hands.push(Effect::StopTimer(timer));
        }
        if !hands.online {
            return hands.event(Event::Connection(Connection::Offline));
        }
        let pause = back_off(FIRST_PAUSE_MS, self.line.tries, LONGEST_PAUSE_MS);
        self.line.tries = self.line.tries.saturating_add(1);
        let jitter = u64::from(u16::from_be_bytes(hands.random()));
        let after_ms = pause / 2 + pause * jitter / (2 * 65_536);
        self.line.due_ms = hands.now.saturating_add(after_ms);
        hands.push(Effect::Timer { timer: Timer::Reconnect, after_ms });
        self.tell_line(hands);
    }

    /// Something is waited for that should have come, or be about to. It has the time that runs already, if one does; the
    /// next connection's, while there is none.
    pub(super) fn be_patient<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.line.is_up() && self.line.patient_until_ms.is_none() {
            self.start_patience(hands, GAP_PATIENCE_MS);
        }
    }

    /// What seems to be missing may lie here: once on each line, the answer about its writer has its time. False if there is
    /// nothing to wait for.
    pub(super) fn waits_for_held<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> bool {
        let waits = self.line.held == Held::NotYet && self.line.is_up() && self.has_held_asked_for();
        if waits {
            self.line.held = Held::Waits;
            self.start_patience(hands, PATIENCE_MS);
        }
        waits
    }

    /// The answer has come: what is missing now has the time of any gap.
    pub(super) fn held_answered<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.line.held == Held::Waits && self.line.is_up() && !self.has_held_asked_for() {
            self.line.held = Held::HasHad;
            self.start_patience(hands, GAP_PATIENCE_MS);
        }
    }

    fn has_held_asked_for(&self) -> bool {
        self.held.values().any(|waiting| !waiting.tried && self.asked.contains(&waiting.sender))
    }

    /// This browser has, or may have, another session: the line is opened anew, as that one's.
    pub(super) fn renew_line<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.line.tries = 0;
        self.lost(hands, true);
    }

    fn start_patience<R: CryptoRng>(&mut self, hands: &mut Hands<R>, after_ms: u64) {
        self.line.patient_until_ms = Some(hands.now.saturating_add(after_ms));
        hands.push(Effect::Timer { timer: Timer::Patience, after_ms });
    }

    pub(super) fn ping_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.line.at == At::Down {
            return;
        }
        if hands.now.saturating_sub(self.line.last_heard_ms) >= 2 * PING_EVERY_MS {
            return self.lost(hands, true);
        }
        self.line.next_ping = self.line.next_ping.wrapping_add(1);
        self.send_frame(hands, &ClientFrame::Ping { nonce: self.line.next_ping });
        hands.push(Effect::Timer { timer: Timer::Ping, after_ms: PING_EVERY_MS });
    }

    pub(super) fn reconnect_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.line.at == At::Down {
            self.connect(hands);
        }
    }

    pub(super) fn online<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if !hands.online {
            hands.push(Effect::StopTimer(Timer::Reconnect));
            self.lost(hands, self.line.at != At::Down);
        } else if self.line.at == At::Down {
            self.line.tries = 0;
            self.connect(hands);
        }
    }
}
