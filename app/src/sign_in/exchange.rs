//! Exchange tokens: how a flow that left the browser by mail ends signed in, without a JWT in any
//! address. Good for a minute, once, and only where the flow began.

use std::sync::Arc;

use domain::{
    Code, Secret,
    account::{Email, User},
    mac,
    notify::link::Purpose,
};
use store::{Db, links::Link};

use crate::{
    App, Ctx, Result,
    access::limits::{self, Limit},
    notify::link,
    session::{
        sessions::{self, NewSession, Proof},
        tokens::{self, TokenPair},
    },
};

/// What the browser or app that is asking can show for the flow being its own.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What `code_challenge` is the hash of (RFC 7636).
    pub code_verifier: Option<Secret>,
}

impl Evidence {
    /// Whether the flow that was bound to `binding` is this one's.
    pub fn fits(&self, ctx: &Ctx, binding: Option<[u8; 32]>) -> bool {
        use subtle::ConstantTimeEq as _;
        let Some(binding) = binding else { return false };
        let verifier = self.code_verifier.as_ref().map(|it| mac::sha256(it.expose().as_bytes()));
        let shown = [link::device_binding(ctx), verifier];
        shown.into_iter().flatten().any(|it| it.ct_eq(&binding).into())
    }
}

/// A token for whoever `binding` says; its row is written in the transaction that earns it.
pub fn draft(
    app: &App,
    ctx: &Ctx,
    user: &User,
    binding: Option<[u8; 32]>,
) -> Result<(Link, Secret)> {
    let email: &Email = &user.email;
    let (row, token) = link::draft(app, ctx, user, Purpose::Exchange, email)?;
    Ok((Link { binding, ..row }, token))
}

/// A session for an exchange token, and whether it is the user's first.
pub async fn redeem(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    evidence: &Evidence,
) -> Result<(TokenPair, bool)> {
    let limit = Limit { name: "exchange", rate: app.settings.limits.exchange };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let purpose = Purpose::Exchange;
    let hash = link::presented("exchange_token", token)?;
    let found = link::look(app, ctx, hash, purpose).await?;
    if !evidence.fits(ctx, found.binding) {
        return Err(Code::InvalidLink.into());
    }
    let id = found.user_id;
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    let user = user.filter(User::is_usable).ok_or(Code::InvalidLink)?;
    let new = NewSession { remembered: false, device_name: String::new(), proof: Proof::Link };
    let draft = sessions::draft(app, ctx, &user, new)?;
    let (session, now) = (draft.session.clone(), ctx.now);
    let replaced = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            link::spend(&db, id, &hash, purpose, now).await?;
            if !store::users::record_sign_in(&db, id, None, now).await? {
                return Err(Code::InvalidLink.into());
            }
            Ok(sessions::write(&db, &draft, now).await?)
        })
        .await?;
    sessions::announce(app, &replaced);
    app.lookaside.forget_user(id);
    let is_first = user.last_login_at.is_none();
    let user = Arc::new(User { last_login_at: Some(now), ..user });
    Ok((tokens::issue(app, ctx, &user, &Arc::new(session))?, is_first))
}
