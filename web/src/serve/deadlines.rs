//! How long a connection waits for its client.
//!
//! While no request is running, a head that has begun has `head` to arrive, and an idle connection
//! has `idle`. The client has `answer` to take each piece of an answer. While a request is running
//! and not answered yet, the connection waits for the server, which the layers limit.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long an idle connection stays open once its graceful shutdown has begun.
pub const LINGER: Duration = Duration::from_secs(5);

/// How long a connection waits, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub head: Duration,
    pub idle: Duration,
    pub answer: Duration,
}

/// What a connection waits for.
#[derive(Debug)]
pub struct Deadlines {
    pub timeouts: Timeouts,
    state: Mutex<State>,
    /// Starts the graceful shutdown.
    ending: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// Requests whose head has arrived and whose answer is not finished.
    requests: usize,
    /// How many of them are answered.
    answers: usize,
    /// A head has begun and is not complete.
    in_head: bool,
    /// The last event.
    moved_at: Instant,
}

/// What to do with a connection on which nothing arrives.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Check again then.
    Wait(Instant),
    Cut,
}

impl Deadlines {
    /// For a connection that was accepted at `now`. It begins idle, because browsers and pools open
    /// connections before they need them.
    pub fn new(timeouts: Timeouts, now: Instant) -> Deadlines {
        let state = State { requests: 0, answers: 0, in_head: false, moved_at: now };
        Deadlines { timeouts, state: Mutex::new(state), ending: CancellationToken::new() }
    }

    /// Bytes arrived. They belong to an HTTP/1 head if no request is running.
    pub fn note_bytes(&self, now: impl FnOnce() -> Instant) {
        let mut state = self.state();
        if state.requests == 0 && !state.in_head {
            state.in_head = true;
            state.moved_at = now();
        }
    }

    /// The client speaks HTTP/2. Frames between requests, such as pings, do not extend its time.
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

    /// A request was answered. The client has not taken the answer yet.
    pub fn note_answer(&self, now: Instant) {
        let mut state = self.state();
        state.answers += 1;
        state.moved_at = now;
    }

    /// A piece of an answer was taken.
    pub fn note_piece(&self, now: Instant) {
        self.state().moved_at = now;
    }

    /// A request has ended, with or without an answer.
    pub fn note_over(&self, was_answered: bool, now: Instant) {
        let mut state = self.state();
        state.requests = state.requests.saturating_sub(1);
        state.answers = state.answers.saturating_sub(usize::from(was_answered));
        state.moved_at = now;
    }

    /// Starts the graceful shutdown of the connection.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// Until [`Deadlines::end`].
    pub async fn ending(&self) {
        self.ending.cancelled().await;
    }

    pub fn check(&self, now: Instant) -> Verdict {
        let mut state = self.state();
        let is_idle = state.requests == 0 && !state.in_head;
        let timeout = match &*state {
            _ if is_idle && self.ending.is_cancelled() => LINGER,
            _ if is_idle => self.timeouts.idle,
            it if it.in_head => self.timeouts.head,
            it if it.answers > 0 => self.timeouts.answer,
            _ => return Verdict::Wait(self.next_check(now)),
        };
        let until = after(state.moved_at, timeout);
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

    /// When to check a connection again that may begin to wait before it is read from. No wait that
    /// begins later can end earlier.
    pub fn next_check(&self, now: Instant) -> Instant {
        after(now, self.timeouts.answer.min(self.timeouts.idle))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete, so the state after a panic is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounds spans, so that adding one cannot overflow.
const NEVER: Duration = Duration::from_hours(24 * 365);

pub fn after(start: Instant, span: Duration) -> Instant {
    start + span.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        answer: Duration::from_secs(30),
    };

    struct Watched {
        deadlines: Deadlines,
        start: Instant,
    }

    impl Watched {
        fn new() -> Watched {
            let start = Instant::now();
            Watched { deadlines: Deadlines::new(TIMEOUTS, start), start }
        }

        fn at(&self, second: u64) -> Instant {
            self.start + Duration::from_secs(second)
        }

        /// Asserts that the connection waits until just then, and is cut or ends.
        fn waits_until(&self, second: u64) {
            let end = self.at(second);
            assert_eq!(self.deadlines.check(end - Duration::from_millis(1)), Verdict::Wait(end));
        }

        fn is_cut_at(&self, second: u64) {
            self.waits_until(second);
            assert_eq!(self.deadlines.check(self.at(second)), Verdict::Cut);
        }
    }

    #[test]
    fn the_first_head_has_its_time_from_its_first_byte() {
        let it = Watched::new();
        it.waits_until(75);
        it.deadlines.note_bytes(|| it.at(60));
        it.deadlines.note_bytes(|| it.at(69));
        it.is_cut_at(70);
    }

    #[test]
    fn a_connection_without_requests_ends_in_order_and_then_is_cut() {
        let it = Watched::new();
        it.deadlines.note_request(it.at(1));
        it.deadlines.note_answer(it.at(2));
        it.deadlines.note_over(true, it.at(3));
        it.waits_until(78);
        assert_eq!(it.deadlines.check(it.at(78)), Verdict::Wait(it.at(83)));
        assert!(it.deadlines.ending.is_cancelled());
        it.is_cut_at(83);
    }

    #[test]
    fn a_later_head_has_its_time_from_its_first_byte() {
        let it = Watched::new();
        it.deadlines.note_request(it.at(1));
        it.deadlines.note_over(false, it.at(2));
        it.deadlines.note_bytes(|| it.at(50));
        it.deadlines.note_bytes(|| it.at(59));
        it.is_cut_at(60);
    }

    #[test]
    fn work_of_ours_is_waited_for_and_answers_have_their_time() {
        let it = Watched::new();
        it.deadlines.note_request(it.at(1));
        it.deadlines.note_bytes(|| it.at(2));
        assert_eq!(it.deadlines.check(it.at(600)), Verdict::Wait(it.at(630)));
        it.deadlines.note_answer(it.at(600));
        it.deadlines.note_piece(it.at(620));
        it.is_cut_at(650);
    }

    #[test]
    fn another_request_at_work_does_not_excuse_an_answer_that_is_not_taken() {
        let it = Watched::new();
        it.deadlines.note_request(it.at(0));
        it.deadlines.note_request(it.at(0));
        it.deadlines.note_answer(it.at(1));
        it.is_cut_at(31);
    }

    #[test]
    fn http2_has_the_idle_time_before_its_first_request() {
        let it = Watched::new();
        it.deadlines.note_http2(it.at(1));
        it.waits_until(76);
    }
}
