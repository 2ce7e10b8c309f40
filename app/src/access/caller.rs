//! The caller: a valid access token with its live session and its user.

use std::sync::Arc;

use domain::{
    Code, Secret, Span,
    account::User,
    session::{Session, access_token::Claims},
    sign_in::{Admission, WayIn, admit},
};

use crate::{App, Ctx, Result, engine::lookaside::SessionFacts};

/// The precision of `last_activity_at`.
const ACTIVITY: Span = Span::seconds(60);

/// A signed-in user.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Caller {
    pub user: Arc<User>,
    pub session: Arc<Session>,
}

/// The caller of an access token, or why the token is not valid.
pub async fn authenticate(app: &App, ctx: &Ctx, token: &Secret) -> Result<Caller> {
    let verified = app.keys.verify(token.expose(), ctx.now).await?;
    let claims = verified.ok_or(Code::InvalidToken)?;
    claims.check(ctx.now, &app.settings.tokens)?;
    let epoch = app.lookaside.epoch();
    let SessionFacts { session, user } = facts(app, &claims).await?;
    let known = session.floor..=session.head;
    if session.user_id != claims.sub || !known.contains(&claims.generation) {
        return Err(Code::InvalidToken.into());
    }
    let admission = admit(WayIn::Session, &user, &app.settings, ctx.now);
    if !session.is_alive(ctx.now) || admission != Admission::Admitted {
        return Err(Code::SessionEnded.into());
    }
    record_use(app, ctx, &session, &claims, epoch);
    Ok(Caller { user, session })
}

async fn facts(app: &App, claims: &Claims) -> Result<SessionFacts> {
    let remembered = app.lookaside.cached(claims.sid);
    // A token of a later generation than the cached one: another node has rotated.
    if let Some(facts) = remembered.filter(|it| claims.generation <= it.session.head) {
        return Ok(facts);
    }
    let fresh = app.lookaside.load(&app.store, claims.sid).await?;
    fresh.ok_or_else(|| Code::SessionEnded.into())
}

/// Records that the client has the session's head token, and when the session was used. It is
/// written later, in the background. `epoch` is from before the session was read, so that a session
/// that has ended since is not cached again.
fn record_use(app: &App, ctx: &Ctx, session: &Arc<Session>, claims: &Claims, epoch: u64) {
    let is_first = claims.generation == session.head && !session.head_shown;
    if !is_first && ctx.now.since(session.last_activity_at) < ACTIVITY {
        return;
    }
    if app.activity.record(session.id, claims.generation, ctx.now) {
        let used = Session {
            head_shown: session.head_shown || is_first,
            last_activity_at: session.last_activity_at.max(ctx.now),
            ..Session::clone(session)
        };
        app.lookaside.update(&Arc::new(used), epoch);
    }
}
