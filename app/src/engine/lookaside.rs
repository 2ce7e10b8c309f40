//! What this process remembers of sessions and their users, so that an authenticated request need
//! not ask the database.
//!
//! It guarantees that what was ended or changed by this process is forgotten before the use case
//! answers, and elsewhere within the poll of the revocations; and that nothing is believed any
//! more once the process has not heard of revocations for `sessions.revocation_bound`.
//!
//! Its epoch grows whenever something is forgotten: what was read before that is not remembered after
//! it. Only the rotation of a refresh token may be decided on what is remembered, because its guard is
//! in the statement; any other verdict about a refresh token reads the row first.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use domain::{SessionId, Span, Time, UserId, account::User, session::Session, settings::Sessions};
use moka::sync::Cache;
use store::{Store, revocations::Revocation};

use crate::{Clock, Result, clock::Reading};

/// Well below the time for which revocations are kept.
const MAX_POLL_GAP: Span = Span::hours(12);

/// A session and its user.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    pub session: Arc<Session>,
    pub user: Arc<User>,
}

pub struct LookAside {
    sessions: Cache<SessionId, Arc<Session>>,
    users: Cache<UserId, Arc<User>>,
    max_age: Span,
    clock: Clock,
    /// Grows with every invalidation. What was read before one is not cached after it.
    epoch: AtomicU64,
    /// When this process last polled revocations, by the wall clock and by the monotonic one, and
    /// the last sequence number. The wall clock may step back, which would hide a gap.
    polled_at: AtomicI64,
    polled_at_monotonic: AtomicI64,
    sequence: AtomicI64,
}

impl LookAside {
    pub fn new(settings: &Sessions, clock: Clock) -> LookAside {
        LookAside {
            sessions: Cache::new(settings.memory_entries),
            users: Cache::new(settings.memory_entries),
            max_age: settings.revocation_bound,
            epoch: AtomicU64::new(0),
            clock,
            polled_at: AtomicI64::new(i64::MIN),
            polled_at_monotonic: AtomicI64::new(0),
            sequence: AtomicI64::new(0),
        }
    }

    /// Returns cached facts, unless the last poll is too long ago.
    pub fn cached(&self, id: SessionId) -> Option<SessionFacts> {
        if self.since_last_poll() > self.max_age {
            return None;
        }
        let session = self.sessions.get(&id)?;
        let user = self.users.get(&session.user_id)?;
        Some(SessionFacts { session, user })
    }

    /// Reads from the database, and caches the result.
    pub async fn load(&self, store: &Store, id: SessionId) -> Result<Option<SessionFacts>> {
        let epoch = self.epoch.load(Ordering::Acquire);
        let found = store
            .read(async move |db| {
                let Some(session) = store::sessions::by_id(&db, id).await? else {
                    return Ok(None);
                };
                let user = store::users::by_id(&db, session.user_id).await?;
                Ok(user.map(|user| (session, user)))
            })
            .await?;
        let Some((session, user)) = found else { return Ok(None) };
        let facts = SessionFacts { session: Arc::new(session), user: Arc::new(user) };
        self.remember(&facts, epoch);
        Ok(Some(facts))
    }

    /// The epoch for [`LookAside::update`], taken before the change.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Caches what this process has just written, unless something was invalidated since `epoch`.
    pub fn update(&self, session: &Arc<Session>, epoch: u64) {
        if self.epoch.load(Ordering::Acquire) == epoch {
            self.sessions.insert(session.id, session.clone());
            // A concurrent invalidation raises the epoch first.
            if self.epoch.load(Ordering::Acquire) != epoch {
                self.sessions.invalidate(&session.id);
            }
        }
    }

    fn remember(&self, facts: &SessionFacts, epoch: u64) {
        self.update(&facts.session, epoch);
        if self.epoch.load(Ordering::Acquire) == epoch {
            self.users.insert(facts.user.id, facts.user.clone());
            if self.epoch.load(Ordering::Acquire) != epoch {
                self.users.invalidate(&facts.user.id);
            }
        }
    }

    pub fn forget_session(&self, id: SessionId) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.sessions.invalidate(&id);
    }

    pub fn forget_user(&self, id: UserId) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.users.invalidate(&id);
    }

    pub(crate) fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.sessions.invalidate_all();
        self.users.invalidate_all();
    }

    /// Sets the position after a poll.
    pub(crate) fn start(&self, sequence: i64, asked: Reading) {
        self.sequence.store(sequence, Ordering::Release);
        self.polled_at.store(asked.now.0, Ordering::Release);
        self.polled_at_monotonic.store(asked.monotonic.micros(), Ordering::Release);
    }

    /// The time since the last poll.
    fn since_last_poll(&self) -> Span {
        let polled_at_monotonic =
            Span::from_micros(self.polled_at_monotonic.load(Ordering::Acquire));
        self.clock.monotonic().beyond(polled_at_monotonic)
    }

    /// The sequence number of the last revocation read.
    pub fn last_sequence(&self) -> i64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Whether the last poll is so long ago that unread revocations may have been deleted.
    pub fn may_have_missed_any(&self, now: Time) -> bool {
        // Also by the wall clock, which decides deletion and may step forward.
        let by_clock = now.since(Time(self.polled_at.load(Ordering::Acquire)));
        by_clock.max(self.since_last_poll()) > MAX_POLL_GAP
    }

    /// Invalidates what was revoked. `asked` is the time before the query.
    pub(crate) fn apply(&self, revocations: &[Revocation], asked: Reading) {
        // Revocations may have been deleted unread.
        if self.may_have_missed_any(asked.now) {
            self.forget_all();
        }
        let mut last = self.last_sequence();
        for revocation in revocations {
            if revocation.sequence > last + 1 {
                // Rows were deleted before this process read them.
                self.forget_all();
            }
            last = revocation.sequence;
            if let Some(id) = revocation.session_id {
                self.forget_session(id);
            }
            if let Some(id) = revocation.user_id {
                self.forget_user(id);
            }
        }
        self.start(last, asked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_as_long_as_it_lasts_whatever_the_clock_shows() {
        let clock = Clock::manual(Time::from_seconds(1_800_000_000));
        let aside = LookAside::new(&Sessions::default(), clock.clone());
        aside.start(0, clock.reading());
        clock.step_back(Span::days(1));
        clock.pass(Span::seconds(10));
        assert!(
            aside.since_last_poll() <= aside.max_age && !aside.may_have_missed_any(clock.now())
        );
        clock.pass(Span::seconds(1));
        assert!(aside.since_last_poll() > aside.max_age);
        clock.pass(MAX_POLL_GAP);
        assert!(aside.may_have_missed_any(clock.now()));
        aside.start(0, clock.reading());
        assert!(!aside.may_have_missed_any(clock.now() + MAX_POLL_GAP));
        assert!(
            aside.may_have_missed_any(clock.now() + MAX_POLL_GAP + Span::seconds(1)),
            "stepped forward"
        );
    }
}
