//! Exchange tokens: a flow that continued in a mail ends signed in, without a JWT in a URL. A token
//! is valid for one minute, once, and only where the flow began.

use domain::{
    ChallengeId, Code, Secret, UserId, mac,
    notify::link as token,
    settings::Limit,
    sign_in::{ChallengeKind, Proof, Proofs, WayIn},
};
use store::{
    Db,
    challenges::{self, Challenge},
};

use super::finish::{self, DraftOutcome, Finished, SignIn};
use crate::{App, Ctx, Error, Result, access::guard, notify::link, random, tx::Tx};

const KIND: ChallengeKind = ChallengeKind::Exchange;

/// Proof that the flow began in this browser or app.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The preimage of `code_challenge` (RFC 7636).
    pub code_verifier: Option<Secret>,
}

impl Evidence {
    /// Whether a flow with this binding began here.
    pub fn matches(&self, ctx: &Ctx, binding: Option<[u8; 32]>) -> bool {
        use subtle::ConstantTimeEq as _;
        let Some(binding) = binding else { return false };
        let verifier = self.code_verifier.as_ref().map(|it| mac::sha256(it.expose().as_bytes()));
        let shown = [link::device_binding(ctx), verifier];
        shown.into_iter().flatten().any(|it| it.ct_eq(&binding).into())
    }
}

/// An exchange token to be written, in the transaction that grants it.
#[derive(Debug, Clone)]
pub(crate) struct ExchangeToken {
    row: Challenge,
    token: Secret,
}

impl ExchangeToken {
    /// A token for the browser or app of `binding`.
    pub fn draft(
        app: &App,
        ctx: &Ctx,
        user: UserId,
        binding: Option<[u8; 32]>,
    ) -> Result<ExchangeToken> {
        let token = token::token(&random::bytes()?);
        let hash = token::hash(token.expose())
            .ok_or_else(|| Error::broken("a new token cannot be hashed"))?;
        let row = Challenge {
            id: ChallengeId::new(ctx.now, random::bytes()?),
            kind: KIND.word().into(),
            hash,
            user_id: Some(user),
            binding,
            proofs: Proofs::of(&[Proof::Link]).to_string(),
            tries_left: 1,
            created_at: ctx.now,
            expires_at: ctx.now + KIND.lifetime(&app.settings),
        };
        Ok(ExchangeToken { row, token })
    }

    pub async fn write(&self, tx: &Tx) -> Result<()> {
        Ok(challenges::insert(tx, &self.row).await.map(drop)?)
    }

    pub fn token(self) -> Secret {
        self.token
    }
}

/// Signs in with an exchange token. Also returns whether it is the first sign-in of the user.
pub async fn redeem(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    evidence: &Evidence,
) -> Result<(Finished, bool)> {
    guard::anybody(app, ctx, Limit::Exchange).await?;
    let (hash, now) = (link::presented("exchange_token", token)?, ctx.now);
    let unit = async move |db: Db| challenges::by_hash(&db, &hash, KIND, now).await;
    let pending = app.store.get(unit).await?.ok_or(Code::InvalidLink)?;
    if !evidence.matches(ctx, pending.binding) {
        return Err(Code::InvalidLink.into());
    }
    let id = pending.user_id.ok_or(Code::InvalidLink)?;
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    let user = user.ok_or(Code::InvalidLink)?;
    let sign_in = SignIn::new(WayIn::ExchangeToken, Proofs::parse(&pending.proofs));
    let draft = match finish::draft(app, ctx, &user, sign_in)? {
        DraftOutcome::Session(draft) => draft,
        DraftOutcome::Challenge(challenge) => match challenge {},
        DraftOutcome::OfferRestore => return Err(Code::InvalidLink.into()),
        DraftOutcome::Refused(code) => return Err(code.into()),
    };
    let written = draft.clone();
    let unit = async move |tx: Tx| -> Result<()> {
        // Always the user before the token, because revoking the tokens of a user locks the user
        // too.
        tx.lock("users", id).await?;
        let spent = challenges::spend(&tx, &hash, KIND, tx.now()).await?;
        if spent.is_none() || !written.write(&tx, None).await? {
            return Err(Code::InvalidLink.into());
        }
        Ok(())
    };
    app.write(ctx, unit).await?;
    let is_first = user.last_login_at.is_none();
    let pair = draft.tokens(app, ctx, user)?;
    Ok((Finished::SignedIn(Box::new(pair)), is_first))
}
