//! The audit log: every security event is one row, written in the transaction of the change.

use domain::{EventId, SessionId, UserId, event::Event};
use serde_json::Value as Json;
use store::{Db, events::AuditEvent};

use crate::{Ctx, Result, random};

/// A row in the making.
#[derive(Debug, Clone)]
pub struct Entry(AuditEvent);

/// Who changes what is not their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Whoever runs commands at the server, who needs no permission.
    Operator,
    /// Somebody whose permission has been checked.
    Admin(UserId),
}

/// A successful event of this request.
pub fn event(ctx: &Ctx, event: Event) -> Result<Entry> {
    let device = ctx.client.device();
    Ok(Entry(AuditEvent {
        id: EventId::new(ctx.now, random::bytes()?),
        made_at: ctx.now,
        event: event.word().into(),
        outcome: "success".into(),
        risk: event.risk().word().into(),
        actor_id: None,
        subject_id: None,
        session_id: None,
        ip_address: ctx.client.ip.to_string(),
        user_agent: ctx.client.user_agent.clone(),
        browser: device.browser.clone(),
        os: device.os.clone(),
        device_type: device.kind.into(),
        request_id: ctx.request_id.clone(),
        details: Json::Object(Default::default()),
    }))
}

/// Writes the row, in the transaction of what it is about.
pub async fn record(db: &Db, entry: &Entry) -> store::Result<()> {
    store::events::insert(db, &entry.0).await.map(drop)
}

impl Entry {
    pub fn failed(mut self) -> Entry {
        self.0.outcome = "failure".into();
        self
    }

    /// Something that people do to themselves.
    pub fn by(mut self, user: UserId) -> Entry {
        self.0.actor_id = Some(user);
        self.0.subject_id = Some(user);
        self
    }

    /// Something that somebody does, to whoever it is about.
    pub fn actor(mut self, user: UserId) -> Entry {
        self.0.actor_id = Some(user);
        self
    }

    /// Something that happens to somebody, by nobody who is known.
    pub fn about(mut self, user: Option<UserId>) -> Entry {
        self.0.subject_id = user;
        self
    }

    /// Something that somebody else does.
    pub fn done(mut self, by: By) -> Entry {
        match by {
            By::Operator => self.with("by", "operator"),
            By::Admin(actor) => {
                self.0.actor_id = Some(actor);
                self
            }
        }
    }

    pub fn in_session(mut self, session: SessionId) -> Entry {
        self.0.session_id = Some(session);
        self
    }

    /// A detail that is neither secret nor personal.
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Entry {
        if let Json::Object(details) = &mut self.0.details {
            details.insert(key.into(), value.into());
        }
        self
    }
}
