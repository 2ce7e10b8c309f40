//! The end of every sign-in, whatever the proof was. It decides whether the account may sign in and
//! whether a second step is needed, and makes the session.
//!
//! A sign-in is drafted before its transaction and written in it, together with what it follows
//! from: a redeemed token, a new account. The transport decides what the session becomes (a token
//! pair, a cookie). Nothing else inserts sessions.

use std::sync::Arc;

use domain::{
    Code, SessionId,
    account::User,
    event::Event,
    session::{Session, Superseded, device::DeviceId, expires_at},
    sign_in::{Admission, Challenge, Decision, Proofs, WayIn, admit, decide},
};

use super::risk;
use crate::{
    App, Ctx, Result,
    audit::Entry,
    random,
    session::tokens::{self, TokenPair},
    tx::Tx,
};

/// The input of a sign-in after its proof.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub way_in: WayIn,
    pub proofs: Proofs,
    pub remembered: bool,
    /// Empty: named after the user agent.
    pub device_name: String,
}

impl SignIn {
    /// On an unnamed device, with the default lifetime.
    pub fn new(way_in: WayIn, proofs: Proofs) -> SignIn {
        SignIn { way_in, proofs, remembered: false, device_name: String::new() }
    }
}

/// The result of [`draft`].
#[derive(Debug)]
pub(crate) enum DraftOutcome {
    Session(Box<SessionDraft>),
    Challenge(Challenge),
    /// The account is deleted, and its owner may restore it.
    OfferRestore,
    Refused(Code),
}

/// The result of a sign-in.
#[derive(Debug)]
pub enum Finished {
    SignedIn(Box<TokenPair>),
    /// A second step is needed first.
    Challenged(Challenge),
}

/// A session to be written.
#[derive(Debug, Clone)]
pub(crate) struct SessionDraft {
    session: Session,
    max_per_user: i64,
}

/// Decides how the sign-in of a user who has proved their identity goes on.
pub(crate) fn draft(app: &App, ctx: &Ctx, user: &User, sign_in: SignIn) -> Result<DraftOutcome> {
    match admit(sign_in.way_in, user, &app.settings, ctx.now) {
        Admission::Admitted => {}
        Admission::OfferRestore => return Ok(DraftOutcome::OfferRestore),
        Admission::Refused(code) => return Ok(DraftOutcome::Refused(code)),
    }
    match decide(sign_in.proofs, risk::assess(user, ctx)) {
        Decision::Challenge(challenge) => Ok(DraftOutcome::Challenge(challenge)),
        Decision::Session => {
            Ok(DraftOutcome::Session(Box::new(SessionDraft::new(app, ctx, user, sign_in)?)))
        }
    }
}

impl SessionDraft {
    fn new(app: &App, ctx: &Ctx, user: &User, sign_in: SignIn) -> Result<SessionDraft> {
        let device = ctx.client.device().clone();
        let title = device.title();
        let named = Some(sign_in.device_name).filter(|it| !it.is_empty());
        let session = Session {
            id: SessionId::new(ctx.now, random::bytes()?),
            user_id: user.id,
            secret: random::bytes()?,
            head: 1,
            parent: None,
            superseded: Superseded::default(),
            floor: 1,
            head_made_at: ctx.now,
            head_shown: false,
            remembered: sign_in.remembered,
            device_name: named.unwrap_or(title),
            device_fingerprint: device_id(ctx)?.fingerprint(),
            user_agent: ctx.client.user_agent.clone(),
            browser: device.browser,
            os: device.os,
            device_type: device.kind.into(),
            ip_address: ctx.client.ip.to_string(),
            city: String::new(),
            country: String::new(),
            mfa_verified: sign_in.proofs.has_second_factor(),
            amr: sign_in.proofs.to_string(),
            authenticated_at: ctx.now,
            created_at: ctx.now,
            last_activity_at: ctx.now,
            last_rotation_at: None,
            expires_at: expires_at(ctx.now, ctx.now, sign_in.remembered, &app.settings.tokens),
            ended_at: None,
            end_reason: None,
        };
        let max_per_user = i64::from(app.settings.sessions.max_per_user.max(1));
        Ok(SessionDraft { session, max_per_user })
    }

    /// Writes the session and `last_login_at` of an account that was read before. `hash` is the
    /// password hash that was checked, if any. Returns false if the account has changed since, or
    /// may no longer sign in.
    pub async fn write(&self, tx: &Tx, hash: Option<&str>) -> Result<bool> {
        let user = self.session.user_id;
        if !store::users::record_sign_in(tx, user, hash, tx.now()).await? {
            return Ok(false);
        }
        tx.changed_locally(user);
        self.insert(tx).await?;
        Ok(true)
    }

    /// Writes the session, in the transaction that made the account.
    pub async fn insert(&self, tx: &Tx) -> Result<()> {
        let Session { id, user_id: user, .. } = self.session;
        // Serializes concurrent sign-ins, so that together they keep to the maximum.
        tx.lock("users", user).await?;
        store::sessions::insert(tx, &self.session).await?;
        tx.audit(Entry::by(Event::SignedIn, user).in_session(id)).await?;
        if store::sessions::count(tx, user).await? <= self.max_per_user {
            return Ok(());
        }
        // The new session is never ended as idle, even if others were used since its request
        // arrived.
        if tx.end_idle_sessions(user, id, self.max_per_user - 1).await? > 0 {
            tx.audit(Entry::by(Event::SessionReplaced, user).in_session(id)).await?;
        }
        Ok(())
    }

    /// The token pair of the written session.
    pub fn tokens(self, app: &App, ctx: &Ctx, user: User) -> Result<TokenPair> {
        let user = User { last_login_at: Some(self.session.created_at), ..user };
        tokens::issue(app, ctx, &Arc::new(user), &Arc::new(self.session))
    }
}

fn device_id(ctx: &Ctx) -> Result<DeviceId> {
    match ctx.device {
        Some(device) => Ok(device),
        None => Ok(DeviceId(random::bytes()?)),
    }
}
