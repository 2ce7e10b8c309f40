//! A transaction that owns its effects.
//!
//! A use case changes data through a [`Tx`]. It collects the effects: sessions and users to drop
//! from the cache, revocations for other nodes, new jobs. Revocations are the last statements,
//! because their counter stays locked until COMMIT. The rest happens after COMMIT. A unit may be
//! retried; each run has its own effects, and those of a failed run are dropped.
//!
//! Nothing else inserts revocations or jobs, invalidates the look-aside cache after a change, or
//! wakes the workers.

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

/// The channel that makes other nodes poll revocations.
pub(crate) const REVOCATIONS: &str = "revocations";
/// The channel that wakes the workers of other nodes.
pub(crate) const JOBS: &str = "jobs";

/// A running transaction. Statements run on it as on the [`Db`] that it derefs to.
#[derive(Clone)]
pub(crate) struct Tx(Arc<Inner>);

struct Inner {
    db: Db,
    app: App,
    ctx: Arc<Ctx>,
    author: Arc<Author>,
    effects: Mutex<Effects>,
}

/// The effects of a transaction.
#[derive(Debug, Default)]
struct Effects {
    /// To drop from the cache of every node.
    sessions: Vec<SessionId>,
    users: Vec<UserId>,
    keys: bool,
    /// To drop from the cache of this node only.
    stale: Vec<UserId>,
    has_jobs: bool,
}

/// Whether the session of the actor must be alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Session,
    Nothing,
}

impl App {
    /// Runs a transaction without an actor: a sign-in, a mailed link, a job. It is durable when
    /// this returns; an error rolls it back.
    pub(crate) async fn write<T, F, Fut>(&self, ctx: &Ctx, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        self.transact(ctx, Author::Nobody, Hold::Nothing, unit).await
    }

    /// Runs a transaction of an actor, whom the audit log names. It holds their session until its
    /// end, so that an actor whose session has just ended leaves nothing behind, even if it ended
    /// on a node that this one has not polled yet. Then it refuses with `session_ended`.
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

    /// [`App::write_as`] for what counts against the actor, such as a wrong password: the end of
    /// their session must not undo it.
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

    /// Rotates a session by compare-and-set, and caches the result. Returns false if a concurrent
    /// change was faster.
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

    /// Queues a job without a transaction.
    pub(crate) async fn queue(&self, ctx: &Ctx, task: &Task) -> Result<()> {
        let job = queue::draft(self, ctx, task)?;
        self.store.put(async move |db| store::jobs::insert(&db, &job).await).await?;
        self.wake_workers();
        Ok(())
    }

    /// Notifies other processes, without waiting. They would poll anyway.
    fn publish(&self, channel: &'static str) {
        let cache = self.cache.clone();
        self.tasks.spawn(async move { cache.publish(channel).await });
    }

    /// Wakes the workers of this and of other nodes.
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

    /// Writes an audit row.
    pub async fn audit(&self, entry: impl Into<Entry>) -> Result<()> {
        let row = entry.into().row(&self.0.ctx, &self.0.author)?;
        Ok(store::events::insert(&self.0.db, &row).await.map(drop)?)
    }

    /// [`Tx::audit`] without an actor, and of the request only its id.
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

    /// Queues a job, unless one of its kind is waiting.
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

    /// Runs a statement that changes a user, and if it did, drops the user from the cache of every
    /// node.
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

    /// Drops a changed user from the cache of every node.
    pub fn changed(&self, id: UserId) {
        self.effects().users.push(id);
    }

    /// Drops a user from the cache of this node only, for changes that no other node decides by.
    pub fn changed_locally(&self, id: UserId) {
        self.effects().stale.push(id);
    }

    /// Makes every node reload the signing keys.
    pub fn changed_keys(&self) {
        self.effects().keys = true;
    }

    /// Ends one session of a user. Returns false if it is not alive, or not theirs.
    pub async fn end_session(
        &self,
        user: UserId,
        id: SessionId,
        reason: EndReason,
    ) -> Result<bool> {
        let ended = store::sessions::end(&self.0.db, id, user, reason, self.now()).await?;
        Ok(self.revoke_if(id, ended))
    }

    /// Ends a session unless it has changed. Returns false if it has ended, or has another secret.
    pub async fn end_as_read(&self, session: &Session, reason: EndReason) -> Result<bool> {
        let ended = store::sessions::end_seen(&self.0.db, session, reason, self.now()).await?;
        Ok(self.revoke_if(session.id, ended))
    }

    /// Ends all sessions of a user except `keep`, and returns their number.
    pub async fn end_sessions_of(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: EndReason,
    ) -> Result<usize> {
        let ended = store::sessions::end_all(&self.0.db, user, keep, reason, self.now()).await?;
        Ok(self.revoke_all(&ended))
    }

    /// Ends the sessions of a user that were idle for longest, until at most `keep` are alive
    /// beside `new`. Returns their number.
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

    /// Gives a session a new secret, which voids its older tokens. `proved`: the proofs that it is
    /// based on from now on, if its owner has just proved their identity. `None`: it is not alive,
    /// or not theirs.
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

    /// Replaces a generation that the client never got. Returns false if the session has changed
    /// since it was read.
    pub async fn replace_head(&self, seen: &Session, next: &Session) -> Result<bool> {
        let replaced = store::sessions::replace_head(&self.0.db, seen, next).await?;
        // Other nodes have cached the replaced generation.
        Ok(self.revoke_if(seen.id, replaced))
    }

    /// Revokes every single-use token of a user, except links that undo a change of address.
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

    /// Locks the caller until the transaction ends. Returns false if their session has ended, or has
    /// another secret.
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
    /// Removes duplicates.
    fn distinct(mut self) -> Effects {
        for ids in [&mut self.users, &mut self.stale] {
            ids.sort_unstable();
            ids.dedup();
        }
        self.sessions.sort_unstable();
        self.sessions.dedup();
        self
    }

    /// Writes the revocations, which must be the last statements.
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

    /// After COMMIT: invalidates the cache of this node, and notifies the others before they poll.
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
