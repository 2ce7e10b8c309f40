//! An audit entry, as a use case writes it. The transaction adds time, request, client and actor.

use domain::{EventId, SessionId, UserId, event::Event};
use serde_json::{Map, Value as Json};
use store::events::AuditEvent;

use crate::{Ctx, Result, access::guard::Author, random};

/// What happened, to whom, and whether it succeeded.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    event: Event,
    has_failed: bool,
    actor: Option<UserId>,
    subject: Option<UserId>,
    session: Option<SessionId>,
    details: Map<String, Json>,
}

impl From<Event> for Entry {
    fn from(event: Event) -> Entry {
        Entry {
            event,
            has_failed: false,
            actor: None,
            subject: None,
            session: None,
            details: Map::new(),
        }
    }
}

impl Entry {
    /// An event whose actor is also its subject, proved by what they present.
    pub fn by(event: Event, user: UserId) -> Entry {
        Entry { actor: Some(user), subject: Some(user), ..event.into() }
    }

    /// An event whose subject did not cause it.
    pub fn about(event: Event, user: impl Into<Option<UserId>>) -> Entry {
        Entry { subject: user.into(), ..event.into() }
    }

    pub fn failed(mut self) -> Entry {
        self.has_failed = true;
        self
    }

    /// The session that it is about. Where somebody acts, it is theirs.
    pub fn in_session(mut self, session: SessionId) -> Entry {
        self.session = Some(session);
        self
    }

    /// Adds a detail, which must not be secret or personal.
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Entry {
        self.details.insert(key.into(), value.into());
        self
    }

    /// The row. Actor and session are those of the author; with [`Author::Own`] the subject is too.
    pub(crate) fn row(self, ctx: &Ctx, author: &Author) -> Result<AuditEvent> {
        let device = ctx.client.device();
        let mut entry = self;
        match author {
            Author::Nobody => {}
            Author::Own(caller) => {
                entry.actor = Some(caller.user.id);
                entry.subject = Some(caller.user.id);
                entry.session = Some(caller.session.id);
            }
            Author::Admin(caller) => {
                entry.actor = Some(caller.user.id);
                entry.session = Some(caller.session.id);
            }
            Author::Operator => entry = entry.with("by", "operator"),
        }
        Ok(AuditEvent {
            id: EventId::new(ctx.now, random::bytes()?),
            made_at: ctx.now,
            event: entry.event.word().into(),
            outcome: if entry.has_failed { "failure" } else { "success" }.into(),
            risk: entry.event.risk().word().into(),
            actor_id: entry.actor,
            subject_id: entry.subject,
            session_id: entry.session,
            ip_address: ctx.client.ip.to_string(),
            user_agent: ctx.client.user_agent.clone(),
            browser: device.browser.clone(),
            os: device.os.clone(),
            device_type: device.kind.into(),
            request_id: ctx.request_id.clone(),
            details: Json::Object(entry.details),
        })
    }
}
