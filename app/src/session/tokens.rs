//! Token pairs: issued for a session, rotated by generation, verified.

use std::{cmp::Reverse, sync::Arc};

use domain::{
    Code, Secret, SessionId,
    account::User,
    event::Event,
    notify::Letter,
    session::{
        EndReason, Session, access_token,
        refresh::{Holder, RefreshToken, Verdict, decide},
    },
    settings::Limit,
    sign_in::{Admission, WayIn, admit},
};
use uuid::Uuid;

use crate::{
    App, Ctx, Error, Result,
    access::{
        caller, guard,
        limits::{self, SpentLimit},
    },
    audit::Entry,
    engine::lookaside::SessionFacts,
    random,
    tx::Tx,
};

/// The number of tries while concurrent refreshes win.
const ROUNDS: usize = 8;

/// The result of a sign-in or a refresh.
#[derive(Debug, Clone)]
pub struct TokenPair {
    pub access: Secret,
    pub refresh: Secret,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    pub user: Arc<User>,
    pub session: Arc<Session>,
}

/// Issues the pair of the session's current generation.
pub fn issue(app: &App, ctx: &Ctx, user: &Arc<User>, session: &Arc<Session>) -> Result<TokenPair> {
    let jti = Uuid::from_bytes(random::bytes()?).simple().to_string();
    let settings = &app.settings.tokens;
    let (claims, left_out) = access_token::claims(user, session, ctx.now, jti, settings);
    if !left_out.is_empty() {
        tracing::warn!(user = %user.id, ?left_out, "metadata is too long for an access token");
    }
    Ok(TokenPair {
        access: app.keys.sign(&claims)?,
        refresh: app.keys.refresh_token(session, session.head),
        expires_in: u64::try_from(claims.exp - claims.iat).unwrap_or(0),
        user: user.clone(),
        session: session.clone(),
    })
}

/// The refresh tokens of a request: from the body, and from cookies of that name, which may be
/// those of other programs.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    pub body: Option<Secret>,
    pub cookies: Vec<Secret>,
    pub holder: Holder,
}

impl Presented {
    /// The tokens that may be used, in the order to try them: of each session the newest generation
    /// first, and with a body only those of its session.
    fn candidates(&self) -> Vec<RefreshToken> {
        let mut all = self.well_formed();
        if let Some(body) = &self.body {
            let body = RefreshToken::parse(body.expose());
            all.retain(|it| body.is_some_and(|body| body.session_id == it.session_id));
        }
        let order: Vec<SessionId> = all.iter().map(|it| it.session_id).collect();
        let place = |it: &RefreshToken| order.iter().position(|id| *id == it.session_id);
        all.sort_by_key(|it| (place(it), Reverse(it.generation)));
        all
    }

    /// All well-formed tokens, the one of the body first.
    pub(crate) fn well_formed(&self) -> Vec<RefreshToken> {
        let all = self.body.iter().chain(&self.cookies);
        all.filter_map(|it| RefreshToken::parse(it.expose())).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.body.is_none() && self.cookies.is_empty()
    }
}

/// A new pair for a refresh token.
pub async fn refresh(app: &App, ctx: &Ctx, presented: &Presented) -> Result<TokenPair> {
    count_failure(app, ctx, refresh_presented(app, ctx, presented).await).await
}

/// Counts failures for the network of the client. Successes do not count, so that neighbours on one
/// network do not block each other.
pub(crate) async fn count_failure<T>(app: &App, ctx: &Ctx, outcome: Result<T>) -> Result<T> {
    match outcome {
        Err(Error::Refused(problem)) if problem.code.status() == 401 => {
            guard::anybody(app, ctx, Limit::RefreshFailures).await?;
            Err(Error::Refused(problem))
        }
        outcome => outcome,
    }
}

async fn refresh_presented(app: &App, ctx: &Ctx, presented: &Presented) -> Result<TokenPair> {
    if presented.is_empty() {
        return Err(Code::NotAuthenticated.into());
    }
    let token = choose(app, ctx, presented).await?;
    let (mut facts, mut is_fresh) = facts_of(app, &token).await?;
    let mut spent = None;
    for _ in 0..ROUNDS {
        let verdict = judge(app, ctx, &token, presented.holder, &facts);
        // Only a rotation may rely on cached facts, because its statement has a guard.
        if is_fresh || matches!(verdict, Ok(Verdict::Rotate)) {
            let verdict = verdict?;
            if verdict != Verdict::Reused && spent.is_none() {
                spent = match take_refresh_limit(app, ctx, &facts.session).await {
                    // Another node may have rotated since; then this is a reuse, which must not be
                    // limited.
                    Err(Error::Refused(_)) if !is_fresh => None,
                    taken => Some(taken?),
                };
            }
            if (verdict == Verdict::Reused || spent.is_some())
                && let Some(pair) = apply(app, ctx, &token, verdict, &facts).await?
            {
                return Ok(pair);
            }
        }
        (facts, is_fresh) = (load_genuine(app, &token).await?, true);
    }
    Err(Error::away("too many concurrent refreshes of one session"))
}

/// The first candidate that gets a pair, else one whose reuse ends its session, else any genuine
/// one. A stale cookie must not hide a valid one.
async fn choose(app: &App, ctx: &Ctx, presented: &Presented) -> Result<RefreshToken> {
    let candidates = presented.candidates();
    if let [only] = candidates[..] {
        return Ok(only);
    }
    let (mut reused, mut ended) = (None, None);
    for token in candidates {
        let facts = match facts_of(app, &token).await {
            Ok((facts, _)) => facts,
            Err(Error::Refused(_)) => continue,
            Err(broken) => return Err(broken),
        };
        match judge(app, ctx, &token, presented.holder, &facts) {
            Ok(Verdict::Reused) => reused = reused.or(Some(token)),
            Ok(_) => return Ok(token),
            Err(_) => ended = ended.or(Some(token)),
        }
    }
    reused.or(ended).ok_or_else(|| Code::InvalidToken.into())
}

/// The session of a genuine token, and whether it was read from the database.
async fn facts_of(app: &App, token: &RefreshToken) -> Result<(SessionFacts, bool)> {
    let remembered = app.lookaside.cached(token.session_id);
    match remembered.filter(|it| app.keys.is_genuine(token, &it.session)) {
        Some(facts) => Ok((facts, false)),
        None => Ok((load_genuine(app, token).await?, true)),
    }
}

/// The session of a genuine token, from the database. A token from before the session secret was
/// renewed counts as forged.
async fn load_genuine(app: &App, token: &RefreshToken) -> Result<SessionFacts> {
    let fresh = app.lookaside.load(&app.store, token.session_id).await?;
    let is_genuine = |it: &SessionFacts| app.keys.is_genuine(token, &it.session);
    fresh.filter(is_genuine).ok_or_else(|| Code::InvalidToken.into())
}

/// The verdict on a genuine token, or why it is refused.
fn judge(
    app: &App,
    ctx: &Ctx,
    token: &RefreshToken,
    holder: Holder,
    facts: &SessionFacts,
) -> Result<Verdict> {
    let SessionFacts { session, user } = facts;
    let admission = admit(WayIn::Session, user, &app.settings, ctx.now);
    if !session.is_alive(ctx.now) || admission != Admission::Admitted {
        return Err(Code::SessionEnded.into());
    }
    let leeway = app.settings.tokens.refresh_leeway;
    match decide(token.generation, session, ctx.now, leeway, holder) {
        Verdict::Ahead => Err(Code::InvalidToken.into()),
        verdict => Ok(verdict),
    }
}

/// Counts the refresh limit of the session, after the verdict: whoever stole a token must not use
/// up the limit and so suppress the detection of its reuse.
async fn take_refresh_limit(app: &App, ctx: &Ctx, session: &Session) -> Result<SpentLimit> {
    limits::take(app, ctx, Limit::Refresh, &session.id.to_string()).await
}

/// Carries out the verdict. `None`: the session has changed since it was read.
async fn apply(
    app: &App,
    ctx: &Ctx,
    token: &RefreshToken,
    verdict: Verdict,
    facts: &SessionFacts,
) -> Result<Option<TokenPair>> {
    let session = match verdict {
        Verdict::Rotate => rotate(app, ctx, facts).await?,
        Verdict::Repeat => Some(facts.session.clone()),
        Verdict::Replace => replace_lost_head(app, ctx, facts).await?,
        Verdict::Reused if end_reused(app, ctx, facts, token).await? => {
            return Err(Code::RefreshTokenReused.into());
        }
        Verdict::Reused | Verdict::Ahead => None,
    };
    session.map(|it| issue(app, ctx, &facts.user, &it)).transpose()
}

/// The usual case: updates the session row, without an audit row.
async fn rotate(app: &App, ctx: &Ctx, facts: &SessionFacts) -> Result<Option<Arc<Session>>> {
    let next = Arc::new(facts.session.rotated(ctx.now, &app.settings.tokens));
    Ok(app.rotate(&facts.session, &next).await?.then_some(next))
}

/// The client never got the current generation: replaces it.
async fn replace_lost_head(
    app: &App,
    ctx: &Ctx,
    facts: &SessionFacts,
) -> Result<Option<Arc<Session>>> {
    let seen = facts.session.clone();
    let next = Arc::new(seen.replaced(ctx.now, &app.settings.tokens));
    let written = next.clone();
    let unit = async move |tx: Tx| {
        let is_replaced = tx.replace_head(&seen, &written).await?;
        if is_replaced {
            let entry = Entry::by(Event::RefreshRecovered, seen.user_id).in_session(seen.id);
            tx.audit(entry.with("replaced_generation", seen.head)).await?;
        }
        Ok(is_replaced)
    };
    Ok(app.write(ctx, unit).await?.then_some(next))
}

/// Ends the session of a reused token, and mails its owner. Returns false if it has ended, or the
/// token is already void.
async fn end_reused(
    app: &App,
    ctx: &Ctx,
    facts: &SessionFacts,
    token: &RefreshToken,
) -> Result<bool> {
    let (SessionFacts { session, user }, presented) = (facts.clone(), token.generation);
    let unit = async move |tx: Tx| {
        let is_ended = tx.end_as_read(&session, EndReason::Reused).await?;
        if is_ended {
            let entry = Entry::about(Event::RefreshReused, user.id)
                .in_session(session.id)
                .with("presented_generation", presented)
                .with("head_generation", session.head)
                .failed();
            tx.audit(entry).await?;
            tx.send(Letter::SessionReused, &user).await?;
        }
        Ok(is_ended)
    };
    app.write(ctx, unit).await
}

/// Accepts a valid access token, or a refresh token that could be refreshed now. It is not used up.
pub async fn verify(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    guard::anybody(app, ctx, Limit::TokenVerify).await?;
    let Some(refresh) = RefreshToken::parse(token.expose()) else {
        return caller::authenticate(app, ctx, token).await.map(drop);
    };
    let facts = load_genuine(app, &refresh).await?;
    match judge(app, ctx, &refresh, Holder::Program, &facts)? {
        Verdict::Rotate | Verdict::Repeat | Verdict::Replace => Ok(()),
        Verdict::Reused | Verdict::Ahead => Err(Code::InvalidToken.into()),
    }
}
