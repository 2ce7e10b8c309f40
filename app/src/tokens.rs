//! Token pairs: made for a session, rotated by the rule of generations, looked at.

use std::{sync::Arc, time::Duration};

use domain::{
    Code, Secret, SessionId,
    account::User,
    event::Event,
    session::{
        EndReason, Session, access_token, expires_at,
        refresh::{RefreshToken, Verdict, decide},
    },
};
use store::{Db, sessions::Rotation};
use uuid::Uuid;

use crate::{
    App, Ctx, Error, Result, audit, caller,
    job::{self, Letter, Task},
    limits::{self, Limit},
    lookaside::Facts,
    random, revocations,
    turns::{Share, Turns},
};

/// How long a refresh waits for those before it.
const LONGEST: Duration = Duration::from_secs(2);
/// How often a refresh that others keep overtaking is tried.
const ROUNDS: usize = 8;

/// What a sign-in or a refresh gives out.
#[derive(Debug, Clone)]
pub struct TokenPair {
    pub access: Secret,
    pub refresh: Secret,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    pub user: Arc<User>,
    pub session: Arc<Session>,
}

/// The tokens of a session's head.
pub fn issue(app: &App, ctx: &Ctx, user: &Arc<User>, session: &Arc<Session>) -> Result<TokenPair> {
    let jti = Uuid::from_bytes(random::bytes()?).simple().to_string();
    let settings = &app.settings.tokens;
    let claims = access_token::claims(user, session, ctx.now, jti, settings);
    Ok(TokenPair {
        access: app.keys.sign(&claims)?,
        refresh: app.keys.refresh_token(session, session.head),
        expires_in: u64::try_from(claims.exp - claims.iat).unwrap_or(0),
        user: user.clone(),
        session: session.clone(),
    })
}

/// The refresh tokens of a request: the body's and the cookie's.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    pub body: Option<Secret>,
    pub cookie: Option<Secret>,
}

impl Presented {
    /// The one that counts: the newer of one session's, else the body's.
    pub fn chosen(&self) -> Option<RefreshToken> {
        let parsed = |it: &Secret| RefreshToken::parse(it.expose());
        let Some(body) = &self.body else { return self.cookie.as_ref().and_then(parsed) };
        let body = parsed(body)?;
        let cookie = self.cookie.as_ref().and_then(parsed);
        let newer =
            |it: &RefreshToken| it.session_id == body.session_id && it.generation > body.generation;
        Some(cookie.filter(newer).unwrap_or(body))
    }

    pub fn is_empty(&self) -> bool {
        self.body.is_none() && self.cookie.is_none()
    }
}

/// A fresh pair for a refresh token.
pub async fn refresh(app: &App, ctx: &Ctx, presented: &Presented) -> Result<TokenPair> {
    count_failure(app, ctx, exchange(app, ctx, presented).await).await
}

/// Only failures count for a client's address: a right token must not suffer from a neighbour's.
pub(crate) async fn count_failure<T>(app: &App, ctx: &Ctx, outcome: Result<T>) -> Result<T> {
    match outcome {
        Err(Error::Refused(problem)) if problem.code.status() == 401 => {
            let rate = app.settings.limits.refresh_failures;
            let limit = Limit { name: "refresh_failures", rate };
            limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
            Err(Error::Refused(problem))
        }
        outcome => outcome,
    }
}

/// Many calls of a page may meet an expired token at once, and the one that came first must not
/// find its token replaced twice.
pub(crate) fn turns() -> Turns {
    Turns::new(1, LONGEST)
}

async fn exchange(app: &App, ctx: &Ctx, presented: &Presented) -> Result<TokenPair> {
    if presented.is_empty() {
        return Err(Code::NotAuthenticated.into());
    }
    let token = presented.chosen().ok_or(Code::InvalidToken)?;
    // Whoever has waited long enough goes on without: strangers who know the id can wait too.
    let _turn = app.refreshes.wait(&token.session_id, Share::Whole).await;
    let facts = genuine(app, ctx, &token).await?;
    let limit = Limit { name: "refresh", rate: app.settings.limits.refresh };
    limits::keep(limits::take(app, ctx, limit, &token.session_id.to_string()).await?);
    rotate(app, ctx, &token, facts).await
}

/// The session that a token was made for, by us.
async fn genuine(app: &App, ctx: &Ctx, token: &RefreshToken) -> Result<Facts> {
    let is_genuine = |it: &Facts| app.keys.is_genuine(token, &it.session);
    if let Some(facts) = app.lookaside.remembered(token.session_id, ctx.now).filter(is_genuine) {
        return Ok(facts);
    }
    let fresh = app.lookaside.fresh(&app.store, token.session_id).await?;
    fresh.filter(is_genuine).ok_or_else(|| Code::InvalidToken.into())
}

async fn rotate(app: &App, ctx: &Ctx, token: &RefreshToken, facts: Facts) -> Result<TokenPair> {
    let leeway = app.settings.tokens.refresh_leeway;
    let (mut facts, mut is_fresh) = (facts, false);
    for _ in 0..ROUNDS {
        let Facts { session, user } = &facts;
        let is_alive = session.is_alive(ctx.now) && user.is_usable();
        match decide(token.generation, session, ctx.now, leeway) {
            Verdict::Rotate if is_alive => {
                if let Some(session) = advance(app, ctx, &facts).await? {
                    return issue(app, ctx, user, &session);
                }
            }
            // Only a rotation may be decided on what is remembered: its guard is in the statement.
            _ if !is_fresh => {}
            _ if !is_alive => return Err(Code::SessionEnded.into()),
            Verdict::Repeat => return issue(app, ctx, user, session),
            Verdict::Replace => {
                if let Some(session) = recover(app, ctx, &facts, token.generation).await? {
                    return issue(app, ctx, user, &session);
                }
            }
            Verdict::Reused => return Err(end_reused(app, ctx, &facts, token).await),
            Verdict::Ahead => return Err(Code::InvalidToken.into()),
            Verdict::Rotate => return Err(Code::SessionEnded.into()),
        }
        let fresh = app.lookaside.fresh(&app.store, token.session_id).await?;
        (facts, is_fresh) = (fresh.ok_or(Code::SessionEnded)?, true);
    }
    Err(Error::away("a session is refreshed too often at once"))
}

fn rotation(app: &App, ctx: &Ctx, session: &Session, parent: i64) -> Rotation {
    let expires_at =
        expires_at(session.created_at, ctx.now, session.remembered, &app.settings.tokens);
    Rotation { head: session.head, parent, expires_at }
}

/// The routine: columns of the session's row, and no audit row.
async fn advance(app: &App, ctx: &Ctx, facts: &Facts) -> Result<Option<Arc<Session>>> {
    let epoch = app.lookaside.epoch();
    let (session, now) = (facts.session.clone(), ctx.now);
    let rotation = rotation(app, ctx, &session, session.head);
    let unit = async move |db: Db| store::sessions::rotate(&db, &session, rotation, now).await;
    if !app.store.put(unit).await? {
        return Ok(None);
    }
    let session = Arc::new(Session {
        head: rotation.head + 1,
        parent: Some(rotation.parent),
        head_made_at: now,
        head_shown: false,
        last_rotation_at: Some(now),
        last_activity_at: now,
        expires_at: rotation.expires_at,
        ..Session::clone(&facts.session)
    });
    app.lookaside.update(&session, epoch);
    Ok(Some(session))
}

/// The head's answer was lost: another takes its place.
async fn recover(app: &App, ctx: &Ctx, facts: &Facts, parent: i64) -> Result<Option<Arc<Session>>> {
    let (session, now) = (facts.session.clone(), ctx.now);
    let rotation = rotation(app, ctx, &session, parent);
    let entry = audit::event(ctx, Event::RefreshRecovered)?
        .by(session.user_id)
        .in_session(session.id)
        .with("replaced_generation", session.head);
    let replaced = app
        .store
        .write(async move |db| {
            let replaced = store::sessions::replace_head(&db, &session, rotation, now).await?;
            if let Some(session) = &replaced {
                audit::record(&db, &entry).await?;
                // Other nodes remember a head that is an orphan now.
                revocations::session(&db, session.id, now).await?;
            }
            Ok(replaced)
        })
        .await?;
    if replaced.is_some() {
        revocations::announced(app, &[facts.session.id], None);
    }
    Ok(replaced.map(Arc::new))
}

/// A replaced token was presented: the session ends and its owner is told.
async fn end_reused(app: &App, ctx: &Ctx, facts: &Facts, token: &RefreshToken) -> Error {
    match try_end_reused(app, ctx, facts, token).await {
        Ok(()) => Code::RefreshTokenReused.into(),
        Err(error) => error,
    }
}

async fn try_end_reused(app: &App, ctx: &Ctx, facts: &Facts, token: &RefreshToken) -> Result<()> {
    let (id, user, now): (SessionId, _, _) = (facts.session.id, facts.user.id, ctx.now);
    let entry = audit::event(ctx, Event::RefreshReused)?
        .about(Some(user))
        .in_session(id)
        .with("presented_generation", token.generation)
        .with("head_generation", facts.session.head)
        .failed();
    let job = job::draft(app, ctx, &Task::letter(Letter::SessionReused, user))?;
    app.store
        .write(async move |db| {
            if store::sessions::end(&db, id, user, EndReason::Reused, now).await? {
                audit::record(&db, &entry).await?;
                store::jobs::insert(&db, &job).await?;
                revocations::session(&db, id, now).await?;
            }
            Ok(())
        })
        .await?;
    revocations::announced(app, &[id], None);
    job::wake(app);
    Ok(())
}

/// Whether a token is one of ours and counts: an access token, or a refresh token that could be
/// exchanged now, which it stays.
pub async fn verify(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let limit = Limit { name: "token_verify", rate: app.settings.limits.token_verify };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let Some(refresh) = RefreshToken::parse(token.expose()) else {
        return caller::authenticate(app, ctx, token).await.map(drop);
    };
    let fresh = app.lookaside.fresh(&app.store, refresh.session_id).await?;
    let facts =
        fresh.filter(|it| app.keys.is_genuine(&refresh, &it.session)).ok_or(Code::InvalidToken)?;
    if !facts.session.is_alive(ctx.now) || !facts.user.is_usable() {
        return Err(Code::SessionEnded.into());
    }
    let leeway = app.settings.tokens.refresh_leeway;
    match decide(refresh.generation, &facts.session, ctx.now, leeway) {
        Verdict::Rotate | Verdict::Repeat | Verdict::Replace => Ok(()),
        Verdict::Reused | Verdict::Ahead => Err(Code::InvalidToken.into()),
    }
}
