//! Starting anew: asking for it, how that stands, and refusing it. The new identity itself is made as a new account's is
//! (`sign_up`).

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use signet_ask::{AnewNotice, AnewStand, AnewView, Event, Question, Trouble};
use signet_shared::{
    Username,
    api::{self, AnewAsk, AnewClaim, AnewId, AnewRefuse, AnewStand as Stand, Claim},
    code::OneTimeCode,
    wire::{AnewAsked, Refusal},
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
    /// What the relay knew before, until it knows this.
    former: Option<(String, Claim)>,
}

/// What an answer of the relay's is for.
#[derive(Debug)]
pub enum AnewCall {
    /// How the request stands that this would take the place of.
    Before(AskId, Box<Question>),
    Asked(AskId),
    /// About the claim that begins so.
    Looked(AskId, u32),
    Refused(AskId, AnewId),
}

pub enum AnewTask {
    Ask(AskId, Question),
    Answer(AnewCall, Result<HttpAnswer, NoAnswer>),
}

impl AnewCall {
    pub(super) fn ask(&self) -> AskId {
        match self {
            Self::Before(ask, _) | Self::Asked(ask) | Self::Looked(ask, _) | Self::Refused(ask, _) => *ask,
        }
    }

    /// Until its answer, nobody knows which claim counts.
    pub(super) fn asks(&self) -> bool {
        matches!(self, Self::Before(..) | Self::Asked(_))
    }
}

impl Claimed {
    pub(super) const KEY: &'static [u8] = b"anew";

    pub(super) fn change(&self) -> Change {
        Change::Put { table: Table::Meta, row: Row { key: Self::KEY.to_vec(), value: rows::to_bytes(self) } }
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        // A row of before says nothing of a former one.
        rows::parse(bytes).or_else(|| rows::parse(&[bytes, &[0]].concat()))
    }

    fn mark(&self) -> u32 {
        let [a, b, c, d, ..] = self.claim;
        u32::from_be_bytes([a, b, c, d])
    }

    pub(super) fn is_of(&self, username: &Username) -> bool {
        self.username.parse().as_ref() == Ok(username)
    }
}

impl<R: CryptoRng> Hands<R> {
    pub(super) fn drop_claim(&mut self) {
        if self.anew.take().is_some() {
            self.store(vec![Change::Delete { table: Table::Meta, key: Claimed::KEY.to_vec() }]);
        }
    }

    /// It was asked for the account that is used here.
    pub(super) fn own_claim(&self) -> bool {
        let name = self.device.as_ref().map(|device| device.username.as_str());
        self.anew.as_ref().is_some_and(|claimed| name.is_some_and(|name| claimed.username.eq_ignore_ascii_case(name)))
    }

    /// After everything else was cleared away.
    pub(super) fn keep_claim(&mut self) {
        let kept = self.anew.as_ref().map(Claimed::change);
        self.store_all(kept);
    }

    /// What was asked last came to nothing: what the relay knew before counts again, if there was such.
    fn back_to_former_claim(&mut self) {
        let former = self.anew.as_mut().and_then(|claimed| claimed.former.take());
        let Some((username, claim)) = former else { return self.drop_claim() };
        let claimed = Claimed { username, claim, known: true, former: None };
        let change = claimed.change();
        self.anew = Some(claimed);
        self.store(vec![change]);
    }

    fn look_anew(&mut self, call: impl FnOnce(u32) -> AnewCall) -> bool {
        let Some((claim, mark)) = self.anew.as_ref().map(|claimed| (claimed.claim, claimed.mark())) else {
            return false;
        };
        self.post(api::ANEW_LOOK, &AnewClaim { claim }, Call::Anew(call(mark)));
        true
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
                let ask = call.ask();
                if let Err(trouble) = self.anew_answer(call, result) {
                    self.hands.fail(ask, trouble.clone());
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
            (question @ (Question::AskAnew(_) | Question::AskAnewHere(_)), phase) => {
                if hands.asks_anew() {
                    return Err(Trouble::Busy);
                }
                let username = match (&question, &*phase) {
                    (Question::AskAnew(q), _) => {
                        OneTimeCode::parse(&q.code).ok_or(Trouble::BadCode)?;
                        q.username.trim().parse::<Username>().map_err(|_| Trouble::BadUsername)?
                    }
                    (_, Phase::SignedIn(session)) => session.account.me.username().clone(),
                    _ => return Err(Trouble::SignedOut),
                };
                // A wait that has begun is not begun afresh.
                if hands.anew.as_ref().is_some_and(|claimed| claimed.known && claimed.is_of(&username)) {
                    hands.look_anew(|_| AnewCall::Before(ask, Box::new(question)));
                } else {
                    post_asking(hands, ask, question, username)?;
                }
            }
            (Question::RefuseAnew(q), Phase::SignedIn(_)) => {
                hands.post(api::ANEW_REFUSE, &AnewRefuse { id: q.id }, Call::Anew(AnewCall::Refused(ask, q.id)));
            }
            (Question::OpenEarlier(q), Phase::SignedIn(session)) => session.open_earlier(hands, ask, q),
            (Question::LookAnew(_), _) => {
                if !hands.look_anew(|mark| AnewCall::Looked(ask, mark)) {
                    hands.answer::<signet_ask::LookAnew>(ask, &Ok(None));
                }
            }
            (Question::DropAnew(_), _) => {
                hands.drop_claim();
                hands.answer::<signet_ask::DropAnew>(ask, &Ok(()));
            }
            _ => return Err(Trouble::SignedOut),
        }
        Ok(())
    }

    fn anew_answer(&mut self, call: AnewCall, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        match call {
            AnewCall::Refused(ask, id) => self.refused_anew(ask, id, result),
            AnewCall::Before(ask, question) => self.looked_before(ask, *question, result),
            AnewCall::Looked(ask, mark) => self.looked_anew(ask, mark, result),
            AnewCall::Asked(ask) => self.asked_anew(ask, result),
        }
    }

    fn refused_anew(&mut self, ask: AskId, id: AnewId, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let done = body_of(result).map_err(|trouble| match trouble {
            // Another has taken its place, or it has been carried out.
            Trouble::NoSuchUser => Trouble::NotFound,
            trouble => trouble,
        });
        let over = matches!(done, Ok(_) | Err(Trouble::NotFound));
        if let (Phase::SignedIn(session), true) = (&mut self.phase, over)
            && session.anew.is_some_and(|notice| notice.id == id)
        {
            session.say_anew(&mut self.hands, None);
        }
        done?;
        self.hands.answer::<signet_ask::RefuseAnew>(ask, &Ok(()));
        Ok(())
    }

    fn looked_before(
        &mut self,
        ask: AskId,
        question: Question,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let hands = &mut self.hands;
        let view = match stand_in(result, hands.now)? {
            stand @ (AnewStand::Waiting { .. } | AnewStand::Ready) => {
                hands.anew.as_ref().map(|claimed| AnewView { username: claimed.username.clone(), stand })
            }
            AnewStand::Refused | AnewStand::Done | AnewStand::Gone => None,
        };
        if let Some(view) = view {
            hands.answer::<signet_ask::AskAnew>(ask, &Ok(view));
            return Ok(());
        }
        let username = match (&question, &self.phase) {
            (Question::AskAnew(q), _) => q.username.trim().parse().map_err(|_| Trouble::BadUsername)?,
            (_, Phase::SignedIn(session)) => session.account.me.username().clone(),
            _ => return Err(Trouble::SignedOut),
        };
        post_asking(hands, ask, question, username)
    }

    fn looked_anew(&mut self, ask: AskId, mark: u32, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let hands = &mut self.hands;
        let stand = stand_in(result, hands.now)?;
        let Some(claimed) = &mut hands.anew else { return Err(Trouble::AnewGone) };
        let is_new = !claimed.known;
        if claimed.mark() == mark && (stand != AnewStand::Gone || !is_new) {
            let view = AnewView { username: claimed.username.clone(), stand };
            hands.claim_is_known();
            hands.answer::<signet_ask::LookAnew>(ask, &Ok(Some(view)));
            return Ok(());
        }
        if claimed.mark() == mark {
            // It never came to anything, unless it is on its way.
            if hands.asks_anew() {
                return Err(Trouble::Busy);
            }
            hands.back_to_former_claim();
        }
        if !hands.look_anew(|mark| AnewCall::Looked(ask, mark)) {
            hands.answer::<signet_ask::LookAnew>(ask, &Ok(None));
        }
        Ok(())
    }

    fn asked_anew(&mut self, ask: AskId, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let hands = &mut self.hands;
        let taken = matches!(&result, Ok(answer) if answer.refusal == Some(Refusal::PlaceTaken.number()));
        let stand = parsed::<Stand>(result).map(|stand| seen(stand, hands.now));
        let Some(claimed) = &hands.anew else { return Err(Trouble::AnewGone) };
        match stand {
            Ok(stand) => {
                let view = AnewView { username: claimed.username.clone(), stand };
                hands.claim_is_known();
                hands.answer::<signet_ask::AskAnew>(ask, &Ok(view));
                Ok(())
            }
            // Asked again in the same words, it is known for the same, should it have been heard.
            Err(
                trouble @ (Trouble::Unreachable
                | Trouble::RelayNonsense
                | Trouble::RelayStore
                | Trouble::TooMany { .. }),
            ) => Err(trouble),
            Err(trouble) => {
                if !claimed.known {
                    hands.back_to_former_claim();
                }
                // One by the operator's code waits, which a session may refuse and not replace.
                Err(if taken { Trouble::Busy } else { trouble })
            }
        }
    }
}

impl<R: CryptoRng> Hands<R> {
    fn claim_is_known(&mut self) {
        let Some(claimed) = self.anew.as_mut().filter(|claimed| !claimed.known) else { return };
        (claimed.known, claimed.former) = (true, None);
        let change = claimed.change();
        self.store(vec![change]);
    }
}

fn stand_in(result: Result<HttpAnswer, NoAnswer>, now: u64) -> Result<AnewStand, Trouble> {
    match parsed::<Stand>(result) {
        Ok(stand) => Ok(seen(stand, now)),
        Err(Trouble::NoSuchUser) => Ok(AnewStand::Gone),
        Err(trouble) => Err(trouble),
    }
}

fn post_asking<R: CryptoRng>(
    hands: &mut Hands<R>,
    ask: AskId,
    question: Question,
    username: Username,
) -> Result<(), Trouble> {
    let claim = claim(hands, &username);
    let call = Call::Anew(AnewCall::Asked(ask));
    match question {
        Question::AskAnew(q) => {
            let OneTimeCode(code) = OneTimeCode::parse(&q.code).ok_or(Trouble::BadCode)?;
            hands.post(api::ANEW_ASK, &AnewAsk { username, code, claim }, call);
        }
        _ => hands.post(api::ANEW_ASK_HERE, &AnewClaim { claim }, call),
    }
    Ok(())
}

/// What this browser is to be known by, kept before it is said. One that the relay may not have heard yet is used again, and
/// one that it knows is not: a new request has a claim of its own.
fn claim<R: CryptoRng>(hands: &mut Hands<R>, username: &Username) -> Claim {
    let former = match &hands.anew {
        Some(claimed) if !claimed.known && claimed.is_of(username) => return claimed.claim,
        Some(claimed) if claimed.known => Some((claimed.username.clone(), claimed.claim)),
        Some(claimed) => claimed.former.clone(),
        None => None,
    };
    let claimed = Claimed { username: username.shown().to_owned(), claim: hands.random(), known: false, former };
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
