//! How long a connection may wait for its client.
//!
//! While no request is in work, a head that has begun has `head`, and a connection with nothing at
//! all has `idle`. An answer has `answer` for each next piece to be taken. While a request is in work
//! and has no answer yet, the connection waits for us, and others bound that.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What remains open after the orderly end of a connection has begun, with nothing left to do.
pub const LINGER: Duration = Duration::from_secs(5);

/// How long it may wait, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub head: Duration,
    pub idle: Duration,
    pub answer: Duration,
}

/// What one connection waits for.
#[derive(Debug)]
pub struct Pace {
    pub patience: Patience,
    state: Mutex<State>,
    /// The connection is to end in an orderly way.
    ending: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// Heads that have arrived whole and whose answers are not handed over yet.
    requests: usize,
    /// Those of them that are answered.
    answers: usize,
    /// A part of a head is there.
    in_head: bool,
    /// When something happened last.
    moved_at: Instant,
}

/// What to do about a connection on which nothing comes.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Look again then.
    Wait(Instant),
    Cut,
}

impl Pace {
    /// Of a connection that was accepted at `now`. Browsers and pools open some before they need
    /// them.
    pub fn new(patience: Patience, now: Instant) -> Pace {
        let state = State { requests: 0, answers: 0, in_head: false, moved_at: now };
        Pace { patience, state: Mutex::new(state), ending: CancellationToken::new() }
    }

    /// Bytes came that are part of an HTTP/1 head if none is in work.
    pub fn note_bytes(&self, now: impl FnOnce() -> Instant) {
        let mut state = self.state();
        if state.requests == 0 && !state.in_head {
            state.in_head = true;
            state.moved_at = now();
        }
    }

    /// The client speaks HTTP/2. What it sends between requests, such as answers to pings, buys it
    /// no time.
    pub fn note_http2(&self, now: Instant) {
        let mut state = self.state();
        state.in_head = false;
        state.moved_at = now;
    }

    pub fn note_request(&self, now: Instant) {
        let mut state = self.state();
        state.requests += 1;
        state.in_head = false;
        state.moved_at = now;
    }

    /// A request was answered; the client has yet to take the answer.
    pub fn note_answer(&self, now: Instant) {
        let mut state = self.state();
        state.answers += 1;
        state.moved_at = now;
    }

    /// A piece of an answer was taken.
    pub fn note_piece(&self, now: Instant) {
        self.state().moved_at = now;
    }

    /// A request is over, with its answer taken or without an answer.
    pub fn note_over(&self, was_answered: bool, now: Instant) {
        let mut state = self.state();
        state.requests = state.requests.saturating_sub(1);
        state.answers = state.answers.saturating_sub(usize::from(was_answered));
        state.moved_at = now;
    }

    /// Has the connection end in an orderly way.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// Until [`Pace::end`].
    pub async fn ending(&self) {
        self.ending.cancelled().await;
    }

    pub fn look(&self, now: Instant) -> Verdict {
        let mut state = self.state();
        let is_idle = state.requests == 0 && !state.in_head;
        let patience = match &*state {
            _ if is_idle && self.ending.is_cancelled() => LINGER,
            _ if is_idle => self.patience.idle,
            it if it.in_head => self.patience.head,
            it if it.answers > 0 => self.patience.answer,
            _ => return Verdict::Wait(self.next_look(now)),
        };
        let until = after(state.moved_at, patience);
        match until > now {
            true => Verdict::Wait(until),
            false if is_idle && !self.ending.is_cancelled() => {
                state.moved_at = now;
                self.ending.cancel();
                Verdict::Wait(after(now, LINGER))
            }
            false => Verdict::Cut,
        }
    }

    /// When to look again at a connection that may begin to wait without being read from: no wait
    /// that begins later is over sooner.
    pub fn next_look(&self, now: Instant) -> Instant {
        after(now, self.patience.answer.min(self.patience.idle))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole, so what a panic left is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Far enough in the future to be never.
const NEVER: Duration = Duration::from_hours(24 * 365);

pub fn after(start: Instant, span: Duration) -> Instant {
    start + span.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        answer: Duration::from_secs(30),
    };

    struct Watched {
        pace: Pace,
        start: Instant,
    }

    impl Watched {
        fn new() -> Watched {
            let start = Instant::now();
            Watched { pace: Pace::new(PATIENCE, start), start }
        }

        fn at(&self, second: u64) -> Instant {
            self.start + Duration::from_secs(second)
        }

        /// Asserts that the connection waits until just then, and is cut or ends.
        fn waits_until(&self, second: u64) {
            let end = self.at(second);
            assert_eq!(self.pace.look(end - Duration::from_millis(1)), Verdict::Wait(end));
        }

        fn is_cut_at(&self, second: u64) {
            self.waits_until(second);
            assert_eq!(self.pace.look(self.at(second)), Verdict::Cut);
        }
    }

    #[test]
    fn the_first_head_has_its_time_from_its_first_byte() {
        let it = Watched::new();
        it.waits_until(75);
        it.pace.note_bytes(|| it.at(60));
        it.pace.note_bytes(|| it.at(69));
        it.is_cut_at(70);
    }

    #[test]
    fn a_connection_without_requests_ends_in_order_and_then_is_cut() {
        let it = Watched::new();
        it.pace.note_request(it.at(1));
        it.pace.note_answer(it.at(2));
        it.pace.note_over(true, it.at(3));
        it.waits_until(78);
        assert_eq!(it.pace.look(it.at(78)), Verdict::Wait(it.at(83)));
        assert!(it.pace.ending.is_cancelled());
        it.is_cut_at(83);
    }

    #[test]
    fn a_later_head_has_its_time_from_its_first_byte() {
        let it = Watched::new();
        it.pace.note_request(it.at(1));
        it.pace.note_over(false, it.at(2));
        it.pace.note_bytes(|| it.at(50));
        it.pace.note_bytes(|| it.at(59));
        it.is_cut_at(60);
    }

    #[test]
    fn work_of_ours_is_waited_for_and_answers_have_their_time() {
        let it = Watched::new();
        it.pace.note_request(it.at(1));
        it.pace.note_bytes(|| it.at(2));
        assert_eq!(it.pace.look(it.at(600)), Verdict::Wait(it.at(630)));
        it.pace.note_answer(it.at(600));
        it.pace.note_piece(it.at(620));
        it.is_cut_at(650);
    }

    #[test]
    fn another_request_at_work_does_not_excuse_an_answer_that_is_not_taken() {
        let it = Watched::new();
        it.pace.note_request(it.at(0));
        it.pace.note_request(it.at(0));
        it.pace.note_answer(it.at(1));
        it.is_cut_at(31);
    }

    #[test]
    fn http2_has_the_idle_time_before_its_first_request() {
        let it = Watched::new();
        it.pace.note_http2(it.at(1));
        it.waits_until(76);
    }
}
