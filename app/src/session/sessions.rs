//! Sessions as their owner manages them.

use domain::{
    Code, Secret, SessionId, UserId,
    event::Event,
    session::{EndReason, Session, refresh::RefreshToken},
};

use super::tokens::{self, Presented};
use crate::{
    App, Ctx, Result,
    access::{Acting, Own, caller::Caller},
    audit::Entry,
    tx::Tx,
};

/// The sessions of the caller, the most recently used first.
pub async fn list(app: &App, ctx: &Ctx, acting: &Acting<Own>) -> Result<Vec<Session>> {
    let (user, now) = (acting.caller().user.id, ctx.now);
    Ok(app.store.get(async move |db| store::sessions::of_user(&db, user, now).await).await?)
}

/// Ends one session of the caller.
pub async fn end(app: &App, ctx: &Ctx, acting: &Acting<Own>, id: SessionId) -> Result<()> {
    let user = acting.caller().user.id;
    let unit = async move |tx: Tx| end_one(&tx, user, id, EndReason::Revoked).await;
    if app.write_as(ctx, acting, unit).await? { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// Which sessions of the caller to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    AllOthers,
}

/// Ends sessions of the caller, and returns their number.
pub async fn end_all(app: &App, ctx: &Ctx, acting: &Acting<Own>, which: Which) -> Result<usize> {
    let Caller { user, session } = acting.caller();
    let user = user.id;
    let keep = Some(session.id).filter(|_| which == Which::AllOthers);
    let unit = async move |tx: Tx| {
        let ended = tx.end_sessions_of(user, keep, EndReason::Revoked).await?;
        let entry = Entry::from(Event::SessionsEnded);
        tx.audit(entry.with("include_current", which == Which::All)).await?;
        Ok(ended)
    };
    app.write_as(ctx, acting, unit).await
}

/// Signs out: ends the session of the access token and of each genuine refresh token, because the
/// client drops its cookie. Without any, the client is signed out already.
pub async fn sign_out(
    app: &App,
    ctx: &Ctx,
    caller: Option<&Caller>,
    presented: &Presented,
) -> Result<()> {
    let own = caller.map(|it| it.session.id);
    if let Some(Caller { user, session }) = caller {
        end_presented(app, ctx, user.id, session.id).await?;
    }
    for token in presented.well_formed().iter().filter(|it| Some(it.session_id) != own) {
        end_genuine(app, ctx, token).await?;
    }
    Ok(())
}

/// Ends the session of a refresh token. Refuses if there is none.
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

/// Returns whether the session was alive; `None` for a forged token.
async fn end_genuine(app: &App, ctx: &Ctx, token: &RefreshToken) -> Result<Option<bool>> {
    let facts = app.lookaside.load(&app.store, token.session_id).await?;
    // An older generation is enough: whoever held it may end the session.
    let Some(facts) = facts.filter(|it| app.keys.is_genuine(token, &it.session)) else {
        return Ok(None);
    };
    end_presented(app, ctx, facts.user.id, facts.session.id).await.map(Some)
}

/// Ends the session of a presented token. Holding the token is all the permission needed.
async fn end_presented(app: &App, ctx: &Ctx, user: UserId, id: SessionId) -> Result<bool> {
    let unit = async move |tx: Tx| end_one(&tx, user, id, EndReason::SignedOut).await;
    app.write(ctx, unit).await
}

async fn end_one(tx: &Tx, user: UserId, id: SessionId, reason: EndReason) -> Result<bool> {
    let ended = tx.end_session(user, id, reason).await?;
    if ended {
        let entry = Entry::by(Event::SessionEnded, user).in_session(id);
        let entry = entry.with("reason", reason.word());
        tx.audit(entry.with("ended_session", id.to_string())).await?;
    }
    Ok(ended)
}
