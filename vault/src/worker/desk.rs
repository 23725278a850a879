//! The leader's desk, where the questions of all tabs arrive.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use signet_ask::{Connection, Event, Question, TabShare};

use super::run::Runner;
use crate::machine::{AskId, Input};
use crate::sorted::Set;

pub(super) struct Desk {
    runner: Rc<Runner>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Asked and not answered. A tab that asks anew because the leader changed may do so twice.
    open: Set<AskId>,
    /// While the account is being opened, whoever asks for something else would hear that nobody is signed in: wait.
    attaching: Option<AskId>,
    held: VecDeque<(AskId, Question)>,
    /// The latest of what a tab that comes later has missed.
    connection: Option<Connection>,
    share: Option<Option<TabShare>>,
}

impl Desk {
    pub(super) fn new(runner: Rc<Runner>) -> Self {
        Self { runner, state: RefCell::default() }
    }

    pub(super) fn ask(&self, ask: AskId, question: Question) {
        let mut state = self.state.borrow_mut();
        if state.open.insert(ask) {
            state.held.push_back((ask, question));
            self.let_through(&mut state);
        }
    }

    pub(super) fn online(&self, online: bool) {
        self.runner.feed(Input::Online(online));
    }

    /// Returns what the tab should hear before this answer.
    pub(super) fn answered(&self, ask: AskId) -> Vec<Event> {
        let mut state = self.state.borrow_mut();
        state.open.remove(&ask);
        if state.attaching != Some(ask) {
            return Vec::new();
        }
        state.attaching = None;
        self.let_through(&mut state);
        let share = state.share.map(Event::KeepShare);
        share.into_iter().chain(state.connection.map(Event::Connection)).collect()
    }

    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::Connection(connection) => self.state.borrow_mut().connection = Some(*connection),
            Event::KeepShare(share) => self.state.borrow_mut().share = Some(*share),
            _ => {}
        }
    }

    fn let_through(&self, state: &mut State) {
        while state.attaching.is_none()
            && let Some((ask, question)) = state.held.pop_front()
        {
            if matches!(question, Question::Attach(_)) {
                state.attaching = Some(ask);
            }
            self.runner.feed(Input::Ask { ask, question });
        }
    }
}
