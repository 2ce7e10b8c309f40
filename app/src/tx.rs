//! A transaction that owns what follows from it.
//!
//! A use case changes things through a [`Tx`]. It collects what follows: sessions and users to be
//! forgotten here, revocations that other nodes must hear of, jobs that wait. Revocations are written as
//! the last statements, because their counter is locked from then until COMMIT. The rest happens after
//! COMMIT. A unit may run more than once; each run has effects of its own, and those of a run that
//! failed are dropped.
//!
//! Nothing else touches the revocations, what the look-aside forgets, the job table's new rows or the
//! bell that wakes the workers.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    Code, JobId, SessionId, Time, UserId,
    account::User,
    notify::Letter,
    session::{EndReason, Session},
    sign_in::Proofs,
};
use store::{Db, sessions::Ended};

use crate::{
    App, Ctx, Result,
    access::{
        caller::Caller,
        guard::{Acts, Author},
    },
    audit::Entry,
    queue::{self, Task},
};

/// What wakes the other nodes' polls of revocations.
pub(crate) const REVOCATIONS: &str = "revocations";
/// What wakes the workers of other nodes.
pub(crate) const JOBS: &str = "jobs";

/// A transaction under way. Statements run on it as on the [`Db`] that it derefs to.
#[derive(Clone)]
pub(crate) struct Tx(Arc<Inner>);

struct Inner {
    db: Db,
    app: App,
    ctx: Arc<Ctx>,
    author: Arc<Author>,
    effects: Mutex<Effects>,
}

/// What follows from a transaction, once it is durable.
#[derive(Debug, Default)]
struct Effects {
    /// To be forgotten here and on every other node.
    sessions: Vec<SessionId>,
    users: Vec<UserId>,
    keys: bool,
    /// To be forgotten here alone.
    stale: Vec<UserId>,
    has_jobs: bool,
}

/// Whether whoever acts must still be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Session,
    Nothing,
}

impl App {
    /// Runs a transaction that nobody in particular acts in: a sign-in, a mailed link, a job. Durable
    /// when this returns; an error undoes it.
    pub(crate) async fn write<T, F, Fut>(&self, ctx: &Ctx, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        self.transact(ctx, Author::Nobody, Hold::Nothing, unit).await
    }

    /// Runs a transaction in which somebody acts. The audit log says who. It holds their session until
    /// its end, so that nothing is left behind by somebody who has just been shut out, here or on a
    /// node that this one has not heard of yet: refused with `session_ended`.
    pub(crate) async fn write_as<T, F, Fut>(
        &self,
        ctx: &Ctx,
        acting: &impl Acts,
        unit: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        self.transact(ctx, acting.author(), Hold::Session, unit).await
    }

    /// [`App::write_as`] for what counts against whoever acts, such as a wrong password: being shut out
    /// must not undo it.
    pub(crate) async fn record_against<T, F, Fut>(
        &self,
        ctx: &Ctx,
        acting: &impl Acts,
        unit: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        self.transact(ctx, acting.author(), Hold::Nothing, unit).await
    }

    async fn transact<T, F, Fut>(&self, ctx: &Ctx, author: Author, hold: Hold, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let (app, ctx, author) = (self.clone(), Arc::new(ctx.clone()), Arc::new(author));
        let run = async move |db: Db| -> Result<_> {
            let effects = Mutex::default();
            let tx = Tx(Arc::new(Inner { db, app, ctx, author, effects }));
            if hold == Hold::Session {
                tx.hold_author().await?;
            }
            let value = unit(tx.clone()).await?;
            let effects = std::mem::take(&mut *tx.effects()).distinct();
            effects.write(&tx, tx.now()).await?;
            Ok((value, effects))
        };
        let (value, effects) = self.store.attempt(run).await?;
        let has_new_keys = effects.keys;
        effects.apply_after_commit(self);
        if has_new_keys {
            self.keys.reload().await?;
        }
        Ok(value)
    }

    /// Writes one session over what was read of it, and remembers what was written. False: somebody
    /// was faster.
    pub(crate) async fn rotate(&self, seen: &Arc<Session>, next: &Arc<Session>) -> Result<bool> {
        let epoch = self.lookaside.epoch();
        let (seen, written) = (seen.clone(), next.clone());
        let unit = async move |db: Db| store::sessions::rotate(&db, &seen, &written).await;
        let rotated = self.store.put(unit).await?;
        if rotated {
            self.lookaside.update(next, epoch);
        }
        Ok(rotated)
    }

    /// Queues one job by a statement of its own.
    pub(crate) async fn queue(&self, ctx: &Ctx, task: &Task) -> Result<()> {
        let job = queue::draft(self, ctx, task)?;
        self.store.put(async move |db| store::jobs::insert(&db, &job).await).await?;
        self.wake_workers();
        Ok(())
    }

    /// Lets other processes know, without waiting for it: they would find out by themselves.
    fn publish(&self, channel: &'static str) {
        let cache = self.cache.clone();
        self.tasks.spawn(async move { cache.publish(channel).await });
    }

    /// There is work for the workers, here and elsewhere.
    pub(crate) fn wake_workers(&self) {
        self.wake.notify_one();
        self.publish(JOBS);
    }
}

impl Tx {
    /// The time of the request.
    pub fn now(&self) -> Time {
        self.0.ctx.now
    }

    /// Writes an entry into the audit log.
    pub async fn audit(&self, entry: impl Into<Entry>) -> Result<()> {
        let row = entry.into().row(&self.0.ctx, &self.0.author)?;
        Ok(store::events::insert(&self.0.db, &row).await.map(drop)?)
    }

    /// [`Tx::audit`] as if the server had done it on its own: nothing of the request but its id.
    pub async fn audit_locally(&self, entry: Entry) -> Result<()> {
        let ctx = Ctx::local(self.now(), &self.0.ctx.request_id);
        let row = entry.row(&ctx, &Author::Nobody)?;
        Ok(store::events::insert(&self.0.db, &row).await.map(drop)?)
    }

    /// Queues a letter without a link, about what happens to a user now.
    pub async fn send(&self, letter: Letter, user: &User) -> Result<()> {
        self.queue(&Task::letter(letter, user)).await
    }

    /// Queues a job.
    pub async fn queue(&self, task: &Task) -> Result<()> {
        let job = queue::draft(&self.0.app, &self.0.ctx, task)?;
        store::jobs::insert(&self.0.db, &job).await?;
        self.has_jobs();
        Ok(())
    }

    /// Queues a job, unless one of its kind waits already.
    pub async fn queue_once(&self, task: &Task) -> Result<()> {
        let job = queue::draft(&self.0.app, &self.0.ctx, task)?;
        let job = store::jobs::Job { unique_key: Some(job.kind.clone()), ..job };
        store::jobs::insert(&self.0.db, &job).await?;
        self.has_jobs();
        Ok(())
    }

    /// Makes a dead letter due again. False: it is none.
    pub async fn replay_job(&self, id: JobId) -> Result<bool> {
        let is_replayed = store::jobs::replay(&self.0.db, id, self.now()).await?;
        if is_replayed {
            self.has_jobs();
        }
        Ok(is_replayed)
    }

    fn has_jobs(&self) {
        self.effects().has_jobs = true;
    }

    /// Runs a statement that changes a user, who is read anew everywhere if it did.
    pub async fn changing(
        &self,
        id: UserId,
        statement: impl Future<Output = store::Result<bool>>,
    ) -> Result<bool> {
        let changed = statement.await?;
        if changed {
            self.changed(id);
        }
        Ok(changed)
    }

    /// A user was changed: everywhere they are read anew.
    pub fn changed(&self, id: UserId) {
        self.effects().users.push(id);
    }

    /// Of a user something was changed that no other node decides by: only here they are read anew.
    pub fn changed_locally(&self, id: UserId) {
        self.effects().stale.push(id);
    }

    /// Signing keys were changed: everywhere they are read anew.
    pub fn changed_keys(&self) {
        self.effects().keys = true;
    }

    /// Ends one of a user's sessions. False: it is not alive, or not theirs.
    pub async fn end_session(
        &self,
        user: UserId,
        id: SessionId,
        reason: EndReason,
    ) -> Result<bool> {
        let ended = store::sessions::end(&self.0.db, id, user, reason, self.now()).await?;
        Ok(self.revoke_if(id, ended))
    }

    /// Ends a session whose tokens are those that it was read with. False: it has ended, or has
    /// another secret.
    pub async fn end_as_read(&self, session: &Session, reason: EndReason) -> Result<bool> {
        let ended = store::sessions::end_seen(&self.0.db, session, reason, self.now()).await?;
        Ok(self.revoke_if(session.id, ended))
    }

    /// Ends all of a user's sessions, or all but one; gives how many.
    pub async fn end_sessions_of(
        &self,
        user: UserId,
        but: Option<SessionId>,
        reason: EndReason,
    ) -> Result<usize> {
        let ended = store::sessions::end_all(&self.0.db, user, but, reason, self.now()).await?;
        Ok(self.revoke_all(&ended))
    }

    /// Ends the longest idle sessions of a user until at most `keep` are alive beside `new`; gives how
    /// many.
    pub async fn end_idle_sessions(
        &self,
        user: UserId,
        new: SessionId,
        keep: i64,
    ) -> Result<usize> {
        let (reason, now) = (EndReason::Replaced, self.now());
        let ended = store::sessions::end_idle(&self.0.db, user, new, keep, reason, now).await?;
        Ok(self.revoke_all(&ended))
    }

    /// Draws a new secret for a session that goes on, so that every token made before is void.
    /// `proved`: what it rests on from now on, where its owner has just proved who they are. `None`: it is not alive or not theirs.
    pub async fn renew_session(
        &self,
        user: UserId,
        id: SessionId,
        secret: &[u8; 32],
        proved: Option<Proofs>,
    ) -> Result<Option<Session>> {
        let now = self.now();
        let renewed = store::sessions::renew(&self.0.db, id, user, secret, proved, now).await?;
        self.revoke_if(id, renewed.is_some());
        Ok(renewed)
    }

    /// Writes a head over one whose answer was lost. False: the session has changed since it was read.
    pub async fn replace_head(&self, seen: &Session, next: &Session) -> Result<bool> {
        let replaced = store::sessions::replace_head(&self.0.db, seen, next).await?;
        // Other nodes remember a head that is an orphan now.
        Ok(self.revoke_if(seen.id, replaced))
    }

    /// Voids everything that was mailed or handed to a user to be presented later, but the ways back to
    /// an old address.
    pub async fn void_tokens_of(&self, user: UserId) -> Result<()> {
        store::links::revoke_all(&self.0.db, user).await?;
        Ok(store::challenges::revoke_all(&self.0.db, user).await.map(drop)?)
    }

    fn revoke_all(&self, ended: &[Ended]) -> usize {
        self.effects().sessions.extend(ended.iter().map(|it| it.id));
        ended.len()
    }

    fn revoke_if(&self, id: SessionId, is_revoked: bool) -> bool {
        if is_revoked {
            self.effects().sessions.push(id);
        }
        is_revoked
    }

    /// Keeps somebody from being shut out until the transaction ends. False: they have been.
    pub async fn holds(&self, caller: &Caller) -> Result<bool> {
        self.lock("users", caller.user.id).await?;
        Ok(store::sessions::is_unchanged(&self.0.db, &caller.session, self.now()).await?)
    }

    async fn hold_author(&self) -> Result<()> {
        let (Author::Own(caller) | Author::Admin(caller)) = &*self.0.author else { return Ok(()) };
        if self.holds(caller).await? { Ok(()) } else { Err(Code::SessionEnded.into()) }
    }

    fn effects(&self) -> MutexGuard<'_, Effects> {
        self.0.effects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Tx {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0.db
    }
}

impl Effects {
    /// Each session and user once.
    fn distinct(mut self) -> Effects {
        for ids in [&mut self.users, &mut self.stale] {
            ids.sort_unstable();
            ids.dedup();
        }
        self.sessions.sort_unstable();
        self.sessions.dedup();
        self
    }

    /// The revocations, which have to be the last statements.
    async fn write(&self, db: &Db, now: Time) -> store::Result<()> {
        for id in &self.sessions {
            store::revocations::insert(db, Some(*id), None, now).await?;
        }
        for id in &self.users {
            store::revocations::insert(db, None, Some(*id), now).await?;
        }
        if self.keys {
            store::revocations::insert(db, None, None, now).await?;
        }
        Ok(())
    }

    /// After COMMIT: forgets here at once, and lets others know sooner than they would ask.
    fn apply_after_commit(self, app: &App) {
        for id in &self.sessions {
            app.lookaside.forget_session(*id);
        }
        for id in self.users.iter().chain(&self.stale) {
            app.lookaside.forget_user(*id);
        }
        if self.keys || !self.sessions.is_empty() || !self.users.is_empty() {
            app.publish(REVOCATIONS);
        }
        if self.has_jobs {
            app.wake_workers();
        }
    }
}
