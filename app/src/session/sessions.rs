//! Sessions as their owner sees them: made by a sign-in, listed, ended.

use domain::{
    Code, Secret, SessionId, Time, UserId,
    account::User,
    event::Event,
    session::{
        EndReason, Session, Superseded, device::DeviceId, expires_at, refresh::RefreshToken,
    },
};
use store::{Db, sessions::Ended};

use crate::{
    App, Ctx, Result,
    access::{
        caller::Caller,
        limits::{self, Limit},
    },
    audit::{self, Entry},
    queue, random, revocations,
    session::tokens::{self, Presented},
};

/// How a new session comes about.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub remembered: bool,
    pub device_name: String,
    pub proof: Proof,
}

/// How the person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Password,
    /// A mailed link, in the browser that had asked for it. Never a step-up.
    Link,
}

impl Proof {
    /// The `amr` of tokens: RFC 8176 where it has a word.
    pub const fn amr(self) -> &'static str {
        match self {
            Proof::Password => "pwd",
            Proof::Link => "link",
        }
    }
}

/// A session that is yet to be written, with what is written beside it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub session: Session,
    started: Entry,
    replaced: Entry,
    max_per_user: i64,
}

/// A new session of `user` on the device of the request.
pub fn draft(app: &App, ctx: &Ctx, user: &User, new: NewSession) -> Result<Draft> {
    let device = ctx.client.device().clone();
    let id = SessionId::new(ctx.now, random::bytes()?);
    let title = device.title();
    let session = Session {
        id,
        user_id: user.id,
        secret: random::bytes()?,
        head: 1,
        parent: None,
        superseded: Superseded::default(),
        floor: 1,
        head_made_at: ctx.now,
        head_shown: false,
        remembered: new.remembered,
        device_name: if new.device_name.is_empty() { title } else { new.device_name },
        device_fingerprint: device_id(ctx)?.fingerprint(),
        user_agent: ctx.client.user_agent.clone(),
        browser: device.browser,
        os: device.os,
        device_type: device.kind.into(),
        ip_address: ctx.client.ip.to_string(),
        city: String::new(),
        country: String::new(),
        mfa_verified: false,
        amr: new.proof.amr().into(),
        authenticated_at: ctx.now,
        created_at: ctx.now,
        last_activity_at: ctx.now,
        last_rotation_at: None,
        expires_at: expires_at(ctx.now, ctx.now, new.remembered, &app.settings.tokens),
        ended_at: None,
        end_reason: None,
    };
    Ok(Draft {
        started: audit::event(ctx, Event::SignedIn)?.by(user.id).in_session(id),
        replaced: audit::event(ctx, Event::SessionReplaced)?.by(user.id).in_session(id),
        max_per_user: i64::from(app.settings.sessions.max_per_user.max(1)),
        session,
    })
}

fn device_id(ctx: &Ctx) -> Result<DeviceId> {
    match ctx.device {
        Some(device) => Ok(device),
        None => Ok(DeviceId(random::bytes()?)),
    }
}

/// Writes a draft; gives the sessions that made room for it.
pub async fn write(db: &Db, draft: &Draft, now: Time) -> store::Result<Vec<SessionId>> {
    let user = draft.session.user_id;
    // Twenty sign-ins at once must not each find room for one.
    db.lock("users", user).await?;
    store::sessions::insert(db, &draft.session).await?;
    audit::record(db, &draft.started).await?;
    if store::sessions::count(db, user).await? <= draft.max_per_user {
        return Ok(Vec::new());
    }
    // The new one is not idle, even where others were used since its request arrived.
    let (new, keep) = (draft.session.id, draft.max_per_user - 1);
    let replaced = store::sessions::end_idle(db, user, new, keep, EndReason::Replaced, now).await?;
    if !replaced.is_empty() {
        audit::record(db, &draft.replaced).await?;
    }
    revoke(db, &replaced, now).await
}

/// Announces sessions that ended, in the transaction that ends them; gives which those are.
pub(crate) async fn revoke(db: &Db, ended: &[Ended], now: Time) -> store::Result<Vec<SessionId>> {
    for it in ended {
        revocations::session(db, it.id, now).await?;
    }
    Ok(ended.iter().map(|it| it.id).collect())
}

/// After the transaction: sessions that ended are dead here at once.
pub fn announce(app: &App, ended: &[SessionId]) {
    revocations::announced(app, ended, None);
}

/// After the transaction of a change that a user's sessions do not survive, but for one that is
/// renewed: all of it is known here at once, and mails are on their way.
pub(crate) fn announce_change(
    app: &App,
    user: UserId,
    ended: &[SessionId],
    renewed: Option<SessionId>,
) {
    let sessions: Vec<SessionId> = ended.iter().copied().chain(renewed).collect();
    revocations::announced(app, &sessions, Some(user));
    queue::wake(app);
}

/// The caller's own, the latest used first.
pub async fn list(app: &App, ctx: &Ctx, caller: &Caller) -> Result<Vec<Session>> {
    let limit = Limit { name: "sessions", rate: app.settings.limits.sessions };
    limits::keep(limits::take(app, ctx, limit, &caller.session.id.to_string()).await?);
    let (user, now) = (caller.user.id, ctx.now);
    Ok(app.store.get(async move |db| store::sessions::of_user(&db, user, now).await).await?)
}

/// Ends one of the caller's own.
pub async fn end(app: &App, ctx: &Ctx, caller: &Caller, id: SessionId) -> Result<()> {
    let limit = Limit { name: "session_end", rate: app.settings.limits.session_end };
    limits::keep(limits::take(app, ctx, limit, &caller.session.id.to_string()).await?);
    match end_session(app, ctx, &caller.user, id, EndReason::Revoked).await? {
        true => Ok(()),
        false => Err(Code::NotFound.into()),
    }
}

/// Which of the caller's sessions to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    AllOthers,
}

/// Ends the caller's sessions; gives how many that were.
pub async fn end_all(app: &App, ctx: &Ctx, caller: &Caller, which: Which) -> Result<usize> {
    let limit = Limit { name: "session_end_all", rate: app.settings.limits.session_end_all };
    limits::keep(limits::take(app, ctx, limit, &caller.session.id.to_string()).await?);
    let (user, current, now) = (caller.user.id, caller.session.id, ctx.now);
    let but = match which {
        Which::All => None,
        Which::AllOthers => Some(current),
    };
    let entry = audit::event(ctx, Event::SessionsEnded)?
        .by(user)
        .in_session(current)
        .with("include_current", which == Which::All);
    let ended = app
        .store
        .write(async move |db| {
            let reason = EndReason::Revoked;
            let ended = store::sessions::end_all(&db, user, but, reason, now).await?;
            audit::record(&db, &entry).await?;
            revoke(&db, &ended, now).await
        })
        .await?;
    announce(app, &ended);
    Ok(ended.len())
}

/// Signs out: ends the session of the access token and of each refresh token that is genuine, since
/// nobody holds the cookie any more then. Whoever has none is signed out already.
pub async fn sign_out(
    app: &App,
    ctx: &Ctx,
    caller: Option<&Caller>,
    presented: &Presented,
) -> Result<()> {
    let own = caller.map(|it| it.session.id);
    if let Some(caller) = caller {
        let id = caller.session.id;
        end_session(app, ctx, &caller.user, id, EndReason::SignedOut).await?;
    }
    for token in presented.well_formed().iter().filter(|it| Some(it.session_id) != own) {
        end_genuine(app, ctx, token).await?;
    }
    Ok(())
}

/// Ends the session of a refresh token; refused where there is none to end.
pub async fn end_by_token(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let outcome = match RefreshToken::parse(token.expose()) {
        None => Err(Code::InvalidToken.into()),
        Some(token) => match end_genuine(app, ctx, &token).await? {
            Some(true) => Ok(()),
            Some(false) => Err(Code::SessionEnded.into()),
            None => Err(Code::InvalidToken.into()),
        },
    };
    tokens::count_failure(app, ctx, outcome).await
}

/// Whether the session was still there to end; `None` for a token that is not genuine.
async fn end_genuine(app: &App, ctx: &Ctx, token: &RefreshToken) -> Result<Option<bool>> {
    let facts = app.lookaside.fresh(&app.store, token.session_id).await?;
    // An older generation will do: who held it may at least end what it began.
    let Some(facts) = facts.filter(|it| app.keys.is_genuine(token, &it.session)) else {
        return Ok(None);
    };
    let id = facts.session.id;
    end_session(app, ctx, &facts.user, id, EndReason::SignedOut).await.map(Some)
}

async fn end_session(
    app: &App,
    ctx: &Ctx,
    user: &User,
    id: SessionId,
    reason: EndReason,
) -> Result<bool> {
    let (user, now) = (user.id, ctx.now);
    let entry = audit::event(ctx, Event::SessionEnded)?
        .by(user)
        .in_session(id)
        .with("reason", reason.word());
    let ended = app
        .store
        .write(async move |db| {
            let ended = store::sessions::end(&db, id, user, reason, now).await?;
            if ended {
                audit::record(&db, &entry).await?;
                revocations::session(&db, id, now).await?;
            }
            Ok(ended)
        })
        .await?;
    if ended {
        announce(app, &[id]);
    }
    Ok(ended)
}
