//! The machine's part that is fetched when it is first wanted. What only [`carry_out`] reaches, the build moves to a file of
//! its own.

use core::task::{Context, Poll, Waker};
use std::pin::pin;

use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::run::Rng;
use crate::machine::{Machine, Task};

struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

#[wasm_split(later, fallible, preload(fetch_part))]
fn carry_out_there(machine: &mut Machine<Rng>, task: Task) -> Result<(), NotFetched> {
    machine.carry_out(task);
    Ok(())
}

/// Without it the machine says that it is missing.
pub(super) async fn fetch() {
    let _ = fetch_part().await;
}

/// The machine waits for nothing: whoever feeds it has fetched the part before.
pub(super) fn carry_out(machine: &mut Machine<Rng>, task: Task) {
    let ask = task.ask();
    let done = {
        let mut turn = pin!(carry_out_there(machine, task));
        turn.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    if !matches!(done, Poll::Ready(Ok(()))) {
        machine.cannot_carry_out(ask);
    }
}
