//! Issues and redeems single-use tokens, which are mailed as links or given to the client.

use domain::{
    Code, LinkId, Problem, Secret, Time, UserId,
    account::{Email, User},
    mac,
    notify::{
        Letter,
        link::{self, Purpose},
    },
};
use store::{
    Db,
    links::{self, Link, Recipient},
};

use crate::{
    App, Ctx, Error, Result,
    queue::{Envelope, Task},
    random,
    tx::Tx,
};

/// A mail with a link that is not in the database yet: the hash of its token, and the job that will
/// carry the token, sealed.
#[derive(Debug, Clone)]
pub(crate) struct Mailed {
    link: Link,
    task: Task,
    purpose: Purpose,
}

impl Mailed {
    /// To the address of the user.
    pub fn draft(app: &App, ctx: &Ctx, user: &User, letter: Letter) -> Result<Mailed> {
        Mailed::to(app, ctx, user, letter, &user.email)
    }

    /// To any address.
    pub fn to(app: &App, ctx: &Ctx, user: &User, letter: Letter, to: &Email) -> Result<Mailed> {
        let purpose = letter.purpose().ok_or_else(|| Error::broken("a letter without a link"))?;
        let (link, token) = draft(app, ctx, user, purpose, to)?;
        let envelope = Envelope::new(letter, user.id);
        let task = Task::Letter(Envelope { to: Some(to.clone()), token: Some(token), ..envelope });
        Ok(Mailed { link, task, purpose })
    }

    /// Binds the token to a browser or app.
    pub fn bound(mut self, binding: Option<[u8; 32]>) -> Mailed {
        self.link.binding = binding;
        self
    }

    /// Revokes older tokens of the same purpose, and queues this mail.
    pub async fn write(&self, tx: &Tx) -> Result<()> {
        self.void_older(tx).await?;
        self.add(tx).await
    }

    /// Revokes older tokens of the same purpose.
    pub async fn void_older(&self, tx: &Tx) -> Result<()> {
        // Of two concurrent requests, only one may leave a valid token.
        tx.lock("users", self.link.user_id).await?;
        Ok(links::revoke(tx, self.link.user_id, self.purpose).await.map(drop)?)
    }

    /// Queues this mail with the latest token of its purpose. Older ones stay valid. The caller has
    /// locked the user. A request may end after one that began later, and the clock may step back.
    pub async fn add_latest(mut self, tx: &Tx) -> Result<()> {
        if let Some(latest) = links::latest(tx, self.link.user_id, self.purpose).await? {
            self.link.created_at = self.link.created_at.max(Time(latest.0.saturating_add(1)));
        }
        self.add(tx).await
    }

    /// Queues this mail. Older tokens stay valid.
    pub async fn add(&self, tx: &Tx) -> Result<()> {
        links::insert(tx, &self.link).await?;
        tx.queue(&self.task).await
    }
}

/// A new token, and its row.
pub fn draft(
    app: &App,
    ctx: &Ctx,
    user: &User,
    purpose: Purpose,
    email: &Email,
) -> Result<(Link, Secret)> {
    let token = link::token(&random::bytes()?);
    let hash = link::hash(token.expose()).ok_or_else(|| Error::broken("a token's hash"))?;
    let link = Link {
        id: LinkId::new(ctx.now, random::bytes()?),
        user_id: user.id,
        purpose: purpose.word().into(),
        hash,
        email: email.to_string(),
        binding: None,
        created_at: ctx.now,
        expires_at: ctx.now + purpose.lifetime(&app.settings),
        spent_at: None,
    };
    Ok((link, token))
}

/// The hash of a presented token.
pub fn presented(field: &str, token: &Secret) -> Result<[u8; 32]> {
    let token = token.expose().trim();
    if token.is_empty() {
        return Err(
            Problem::field(field, "required", domain::say!("This field is required.")).into()
        );
    }
    Ok(link::hash(token).ok_or(Code::InvalidLink)?)
}

/// Looks a token up without spending it. [`spend`] does that.
pub async fn presentable(
    app: &App,
    ctx: &Ctx,
    hash: [u8; 32],
    purpose: Purpose,
) -> Result<Recipient> {
    let now = ctx.now;
    let unit = async move |db: Db| links::by_hash(&db, &hash, purpose, now).await;
    Ok(app.store.get(unit).await?.ok_or(Code::InvalidLink)?)
}

/// Spends a token, in the transaction of what it is good for. Of concurrent requests, one succeeds.
/// The user is always locked before the token, as by everything that revokes the tokens of a user.
pub async fn spend(tx: &Tx, user: UserId, hash: &[u8; 32], purpose: Purpose) -> Result<Recipient> {
    tx.lock("users", user).await?;
    Ok(links::consume(tx, hash, purpose, tx.now()).await?.ok_or(Code::InvalidLink)?)
}

/// Binds a flow to the device of the browser in which it began.
pub fn device_binding(ctx: &Ctx) -> Option<[u8; 32]> {
    ctx.device.map(|it| mac::sha256(&it.0))
}
