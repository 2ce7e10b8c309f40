//! Guards: who acts, on whose behalf, and with which permission.
//!
//! A use case that a caller asks for takes an [`Acting`], and only the functions here make one.
//! They refuse callers without permission, and count the rate limit. The audit log takes the actor
//! and the session from it, and its transaction holds that session.

use domain::{
    Code, UserId,
    settings::{Limit, Per},
};

use super::{
    caller::Caller,
    limits::{self, SpentLimit},
    permission::{self, Permission},
};
use crate::{App, Ctx, Result};

/// A caller with permission, either [`Own`] or [`Admin`].
#[derive(Debug, Clone)]
pub struct Acting<R>(R);

/// Permission to act on one's own account.
#[derive(Debug, Clone)]
pub struct Own(Caller);

/// Permission to act on other accounts: of a caller, or of an operator at the server (`None`).
#[derive(Debug, Clone)]
pub struct Admin(Option<(Caller, Permission)>);

/// The actor, for the audit log and for the transaction that holds their session.
#[derive(Debug, Clone)]
pub(crate) enum Author {
    /// Nobody is signed in.
    Nobody,
    Own(Caller),
    Admin(Caller),
    /// An operator who runs a command at the server.
    Operator,
}

/// Anything that has an [`Author`].
pub(crate) trait Acts {
    fn author(&self) -> Author;
}

impl Acts for Acting<Own> {
    fn author(&self) -> Author {
        Author::Own(self.0.0.clone())
    }
}

impl Acts for Acting<Admin> {
    fn author(&self) -> Author {
        match &self.0.0 {
            Some((caller, _)) => Author::Admin(caller.clone()),
            None => Author::Operator,
        }
    }
}

impl Acting<Own> {
    pub fn caller(&self) -> &Caller {
        &self.0.0
    }
}

impl Acting<Admin> {
    /// The caller; `None` for an operator at the server.
    pub fn caller(&self) -> Option<&Caller> {
        self.0.0.as_ref().map(|(caller, _)| caller)
    }

    /// The first line of a use case: refuses whoever was let in for something else. It is a fault of
    /// the handler, and told as any other permission that somebody lacks.
    pub(crate) fn require(&self, permission: Permission) -> Result<()> {
        match &self.0.0 {
            Some((_, granted)) if *granted != permission => Err(Code::PermissionDenied.into()),
            _ => Ok(()),
        }
    }
}

/// Lets the caller act on their own account, within the rate limit.
pub async fn own(app: &App, ctx: &Ctx, caller: Caller, limit: Limit) -> Result<Acting<Own>> {
    match limit.per() {
        Per::Session => limits::take(app, ctx, limit, &caller.session.id.to_string()).await?,
        Per::Network => limits::take(app, ctx, limit, &ctx.client.network()).await?,
        Per::User | Per::Account | Per::Recipient => about(app, ctx, caller.user.id, limit).await?,
    };
    Ok(Acting(Own(caller)))
}

/// Lets the caller act on other accounts. Refuses with `permission_denied`.
pub fn admin(caller: Caller, permission: Permission) -> Result<Acting<Admin>> {
    permission::check(&caller, permission)?;
    Ok(Acting(Admin(Some((caller, permission)))))
}

/// An operator who runs a command at the server may do everything.
pub fn operator() -> Acting<Admin> {
    Acting(Admin(None))
}

/// Lets go on what is about this user, whoever asks for it, as often as the limit allows.
pub(crate) async fn about(app: &App, ctx: &Ctx, user: UserId, limit: Limit) -> Result<SpentLimit> {
    limits::take(app, ctx, limit, &user.to_string()).await
}

/// Lets anybody go on, as often as the limit of their network allows.
pub async fn anybody(app: &App, ctx: &Ctx, limit: Limit) -> Result<()> {
    limits::take(app, ctx, limit, &ctx.client.network()).await.map(drop)
}
