//! Invitations to register, which operators send.

use domain::{
    Code, InvitationId, Secret,
    account::{Email, User, profile},
    event::Event,
    notify::{
        Letter,
        link::{self as token, Purpose},
    },
    problem::FieldErrors,
};
use store::Db;
pub use store::invitations::Invitation;

use super::names;
use crate::{
    App, Ctx, Error, Result,
    access::{
        Acting, Admin,
        idempotency::{self, Key},
        permission::Permission,
    },
    audit::Entry,
    engine::locale::Language,
    queue::{Envelope, Task},
    random,
    tx::Tx,
};

/// The open invitation of a token.
pub(crate) async fn acceptable(app: &App, ctx: &Ctx, presented: &Secret) -> Result<Invitation> {
    let hash = token::hash(presented.expose().trim()).ok_or(Code::InvitationRequired)?;
    let now = ctx.now;
    let unit = async move |db: Db| store::invitations::by_hash(&db, &hash, now).await;
    Ok(app.store.get(unit).await?.ok_or(Code::InvitationRequired)?)
}

/// The fields of a new invitation.
#[derive(Debug, Clone, Default)]
pub struct NewInvitation {
    pub email: Option<String>,
    /// The language of the mail, a BCP 47 tag. Default: the language of the request, else of the
    /// caller.
    pub language: Option<String>,
    pub idempotency_key: Option<String>,
}

/// Mails an invitation, and revokes earlier ones to the same address.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    new: NewInvitation,
) -> Result<Invitation> {
    acting.require(Permission::WriteInvitations)?;
    let mut errors = FieldErrors::default();
    let email = errors.take("email", Email::parse(&new.email.unwrap_or_default()));
    let tag = new.language.as_deref().map(profile::language).transpose();
    let tag = errors.take("language", tag).flatten();
    errors.check()?;
    let Some(email) = email else {
        return Err(Error::broken("no address although no error was reported"));
    };
    let caller = acting.caller();
    let own = || Language::of(&caller?.user.profile.language);
    let spoken = ctx.language.or_else(own);
    let language = match tag {
        Some(tag) => Language::of(&tag),
        None => spoken,
    };
    let who = caller.map_or_else(|| "operator".into(), |it| it.user.id.to_string());
    let scope = format!("invitations:{who}");
    let body = [email.as_str(), new.language.as_deref().unwrap_or_default()].join("\n");
    let key = idempotency::key(app, &scope, new.idempotency_key.as_deref(), body.as_bytes())?;
    if let Some(known) = idempotency::find_result(app, ctx, key).await? {
        return by_id(app, InvitationId(known)).await;
    }
    match create_new(app, ctx, acting, email, language, key).await {
        Ok(invitation) => Ok(invitation),
        Err(error) => {
            let known = idempotency::find_result_after(app, ctx, key, error).await?;
            by_id(app, InvitationId(known)).await
        }
    }
}

async fn create_new(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    email: Email,
    language: Option<Language>,
    key: Option<Key>,
) -> Result<Invitation> {
    let somebody =
        User::new(domain::UserId::new(ctx.now, random::bytes()?), email.clone(), ctx.now);
    if names::email_owner(app, &somebody).await?.is_some() {
        return Err(names::email_taken().into());
    }
    let secret = token::token(&random::bytes()?);
    let invitation = Invitation {
        id: InvitationId::new(ctx.now, random::bytes()?),
        email: email.to_string(),
        email_canonical: email.canonical(),
        hash: token::hash(secret.expose())
            .ok_or_else(|| Error::broken("a new token cannot be hashed"))?,
        invited_by: acting.caller().map(|it| it.user.id),
        created_at: ctx.now,
        expires_at: ctx.now + Purpose::Invitation.lifetime(&app.settings),
        accepted_at: None,
        revoked_at: None,
    };
    let envelope = Envelope {
        letter: Letter::Invitation,
        user_id: None,
        to: Some(email),
        token: Some(secret),
        language,
    };
    let (made, task) = (invitation.clone(), Task::Letter(envelope));
    let unit = async move |tx: Tx| -> Result<()> {
        store::invitations::revoke_for(&tx, &made.email_canonical, tx.now()).await?;
        store::invitations::insert(&tx, &made).await?;
        idempotency::record(&tx, key, made.id.0, tx.now()).await?;
        tx.queue(&task).await?;
        let entry = Entry::from(Event::UserInvited);
        tx.audit(entry.with("invitation", made.id.to_string())).await
    };
    app.write_as(ctx, acting, unit).await?;
    Ok(invitation)
}

async fn by_id(app: &App, id: InvitationId) -> Result<Invitation> {
    let found = app.store.get(async move |db| store::invitations::by_id(&db, id).await).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

/// A page of invitations, newest first, older than `before`; and the cursor of the next page.
pub async fn list(
    app: &App,
    acting: &Acting<Admin>,
    before: Option<InvitationId>,
    limit: i64,
) -> Result<(Vec<Invitation>, Option<InvitationId>)> {
    acting.require(Permission::ReadInvitations)?;
    let unit = async move |db: Db| store::invitations::page(&db, before, limit).await;
    let page = app.store.get(unit).await?;
    let is_full = i64::try_from(page.len()).is_ok_and(|it| it == limit);
    let next = page.last().map(|it| it.id).filter(|_| is_full);
    Ok((page, next))
}

/// Revokes an invitation that was not accepted.
pub async fn revoke(app: &App, ctx: &Ctx, acting: &Acting<Admin>, id: InvitationId) -> Result<()> {
    acting.require(Permission::WriteInvitations)?;
    let unit = async move |tx: Tx| -> Result<()> {
        if !store::invitations::revoke(&tx, id, tx.now()).await? {
            return Err(Code::NotFound.into());
        }
        let entry = Entry::from(Event::InvitationRevoked);
        tx.audit(entry.with("invitation", id.to_string())).await
    };
    app.write_as(ctx, acting, unit).await
}
