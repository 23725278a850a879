//! Starting anew: asking for it, how that stands, and refusing it. The new identity itself is made as a new account's is
//! (`sign_up`).

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use signet_ask::{AnewNotice, AnewStand, AnewView, Event, Question, Trouble};
use signet_shared::{
    Username,
    api::{self, AnewAsk, AnewClaim, AnewRefuse, AnewStand as Stand, Claim},
    code::OneTimeCode,
    wire::AnewAsked,
};

use super::{
    AskId, Change, HttpAnswer, Machine, NoAnswer, Phase, Row, Table, Task,
    hands::{Call, Hands, body_of, parsed},
    rows,
    session::Session,
};

/// This browser has asked to start an account anew: the row `anew` of `Meta`. By the claim alone the relay knows whoever
/// asked; it opens nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Claimed {
    pub(super) username: String,
    pub(super) claim: Claim,
    /// The relay has said that it knows it.
    known: bool,
}

/// What an answer of the relay's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnewCall {
    Asked(AskId),
    Looked(AskId),
    Refused(AskId),
}

pub enum AnewTask {
    Ask(AskId, Question),
    Answer(AnewCall, Result<HttpAnswer, NoAnswer>),
}

impl AnewCall {
    pub(super) fn ask(self) -> AskId {
        match self {
            Self::Asked(ask) | Self::Looked(ask) | Self::Refused(ask) => ask,
        }
    }
}

impl Claimed {
    pub(super) const KEY: &'static [u8] = b"anew";

    pub(super) fn change(&self) -> Change {
        Change::Put { table: Table::Meta, row: Row { key: Self::KEY.to_vec(), value: rows::to_bytes(self) } }
    }
}

impl<R: CryptoRng> Hands<R> {
    pub(super) fn drop_claim(&mut self) {
        if self.anew.take().is_some() {
            self.store(vec![Change::Delete { table: Table::Meta, key: Claimed::KEY.to_vec() }]);
        }
    }
}

/// Whether its code is fetched when it is first wanted.
pub(super) fn is_question(question: &Question) -> bool {
    matches!(
        question,
        Question::AskAnew(_)
            | Question::AskAnewHere(_)
            | Question::LookAnew(_)
            | Question::DropAnew(_)
            | Question::RefuseAnew(_)
            | Question::OpenEarlier(_)
    )
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn ask_anew(&mut self, ask: AskId, question: Question) {
        self.later(Task::Anew(AnewTask::Ask(ask, question)));
    }

    pub(super) fn anew_task(&mut self, task: AnewTask) {
        match task {
            AnewTask::Ask(ask, question) => {
                if let Err(trouble) = self.begin_asking(ask, question) {
                    self.hands.fail(ask, trouble);
                }
            }
            AnewTask::Answer(call, result) => {
                if let Err(trouble) = self.anew_answer(call, result) {
                    self.hands.fail(call.ask(), trouble.clone());
                    if trouble == Trouble::SessionEnded {
                        self.session_ended();
                    }
                }
            }
        }
    }

    fn begin_asking(&mut self, ask: AskId, question: Question) -> Result<(), Trouble> {
        let hands = &mut self.hands;
        match (question, &mut self.phase) {
            (Question::AskAnew(q), _) => {
                let username: Username = q.username.trim().parse().map_err(|_| Trouble::BadUsername)?;
                let OneTimeCode(code) = OneTimeCode::parse(&q.code).ok_or(Trouble::BadCode)?;
                let claim = claim(hands, username.shown());
                hands.post(api::ANEW_ASK, &AnewAsk { username, code, claim }, Call::Anew(AnewCall::Asked(ask)));
            }
            (Question::AskAnewHere(_), Phase::SignedIn(session)) => {
                let claim = claim(hands, session.account.me.username().shown());
                hands.post(api::ANEW_ASK_HERE, &AnewClaim { claim }, Call::Anew(AnewCall::Asked(ask)));
            }
            (Question::RefuseAnew(q), Phase::SignedIn(_)) => {
                hands.post(api::ANEW_REFUSE, &AnewRefuse { id: q.id }, Call::Anew(AnewCall::Refused(ask)));
            }
            (Question::OpenEarlier(q), Phase::SignedIn(session)) => session.open_earlier(hands, ask, q.secret),
            (Question::LookAnew(_), _) => match &hands.anew {
                Some(Claimed { claim, .. }) => {
                    let look = AnewClaim { claim: *claim };
                    hands.post(api::ANEW_LOOK, &look, Call::Anew(AnewCall::Looked(ask)));
                }
                None => hands.answer::<signet_ask::LookAnew>(ask, &Ok(None)),
            },
            (Question::DropAnew(_), _) => {
                hands.drop_claim();
                hands.answer::<signet_ask::DropAnew>(ask, &Ok(()));
            }
            _ => return Err(Trouble::SignedOut),
        }
        Ok(())
    }

    fn anew_answer(&mut self, call: AnewCall, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let hands = &mut self.hands;
        if let AnewCall::Refused(ask) = call {
            match body_of(result) {
                // It is gone in either case.
                Ok(_) | Err(Trouble::NoSuchUser) => {}
                Err(trouble) => return Err(trouble),
            }
            hands.answer::<signet_ask::RefuseAnew>(ask, &Ok(()));
            if let Phase::SignedIn(session) = &mut self.phase {
                session.say_anew(hands, None);
            }
            return Ok(());
        }
        let stand = match parsed::<Stand>(result) {
            Ok(stand) => Ok(seen(stand, hands.now)),
            Err(Trouble::NoSuchUser) if matches!(call, AnewCall::Looked(_)) => Ok(AnewStand::Gone),
            Err(trouble) => Err(trouble),
        };
        let unsure = |trouble: &Trouble| {
            matches!(
                trouble,
                Trouble::Unreachable | Trouble::RelayNonsense | Trouble::RelayStore | Trouble::TooMany { .. }
            )
        };
        let Some(claimed) = &mut hands.anew else { return Err(Trouble::AnewGone) };
        match (stand, call) {
            (Ok(AnewStand::Gone), _) if !claimed.known => {
                // It never came to anything.
                hands.drop_claim();
                hands.answer::<signet_ask::LookAnew>(call.ask(), &Ok(None));
            }
            (Ok(stand), _) => {
                let known = core::mem::replace(&mut claimed.known, true);
                let view = AnewView { username: claimed.username.clone(), stand };
                let change = (!known).then(|| claimed.change());
                hands.store_all(change);
                match call {
                    AnewCall::Looked(ask) => hands.answer::<signet_ask::LookAnew>(ask, &Ok(Some(view))),
                    call => hands.answer::<signet_ask::AskAnew>(call.ask(), &Ok(view)),
                }
            }
            (Err(trouble), AnewCall::Asked(_)) => {
                // Asked again in the same words, it is known for the same, should it have been heard.
                if !unsure(&trouble) && !claimed.known {
                    hands.drop_claim();
                }
                return Err(trouble);
            }
            (Err(trouble), _) => return Err(trouble),
        }
        Ok(())
    }
}

/// What this browser is to be known by, kept before it is said. One that the relay may not have heard yet is used again, and
/// one that it knows is not: a new request has a claim of its own.
fn claim<R: CryptoRng>(hands: &mut Hands<R>, username: &str) -> Claim {
    if let Some(claimed) = hands.anew.as_ref().filter(|claimed| !claimed.known && claimed.username == username) {
        return claimed.claim;
    }
    let claimed = Claimed { username: username.to_owned(), claim: hands.random(), known: false };
    let (claim, change) = (claimed.claim, claimed.change());
    hands.anew = Some(claimed);
    hands.store(vec![change]);
    claim
}

fn seen(stand: Stand, now: u64) -> AnewStand {
    match stand {
        Stand::Waiting { left_ms: 0 } => AnewStand::Ready,
        Stand::Waiting { left_ms } => AnewStand::Waiting { due_ms: now.saturating_add(left_ms) },
        Stand::Refused => AnewStand::Refused,
        Stand::Done => AnewStand::Done,
    }
}

impl Session {
    pub(super) fn told_anew<R: CryptoRng>(&mut self, hands: &mut Hands<R>, asked: Option<AnewAsked>) {
        let notice = asked.map(|AnewAsked { id, asked_ms, left_ms }| AnewNotice {
            id,
            asked_ms,
            due_ms: hands.now.saturating_add(left_ms),
        });
        self.say_anew(hands, notice);
    }

    pub(super) fn say_anew<R: CryptoRng>(&mut self, hands: &mut Hands<R>, notice: Option<AnewNotice>) {
        if core::mem::replace(&mut self.anew, notice) != notice {
            hands.event(Event::Anew(notice));
        }
    }
}
