//! The audit log. Rows are inserted and read; they change only when a person is erased.

use domain::{EventId, SessionId, Time, UserId};

use crate::{Db, Result, args, db::Json, entity, sql};

entity! {
    /// A security event.
    pub struct AuditEvent {
        pub id: EventId,
        pub made_at: Time,
        pub event: String,
        /// `success` or `failure`
        pub outcome: String,
        pub risk: String,
        /// Who did it.
        pub actor_id: Option<UserId>,
        /// Whom it concerns.
        pub subject_id: Option<UserId>,
        pub session_id: Option<SessionId>,
        pub ip_address: String,
        pub user_agent: String,
        pub browser: String,
        pub os: String,
        pub device_type: String,
        pub request_id: String,
        pub details: Json,
    }
}

pub async fn insert(db: &Db, event: &AuditEvent) -> Result<u64> {
    let statement =
        sql!("INSERT INTO audit_events (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(event)).await
}

/// The events about a user, the latest first.
pub async fn of_subject(db: &Db, subject: UserId, limit: i64) -> Result<Vec<AuditEvent>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM audit_events WHERE subject_id = $1 ORDER BY id DESC LIMIT $2"
    );
    db.all(statement, args![subject, limit]).await
}

/// What the index of sign-ins is about, in the words of its migration, so that it is used.
macro_rules! sign_ins {
    () => {
        " FROM audit_events
         WHERE subject_id = $1 AND event IN ('session.started', 'session.refused')"
    };
}

/// Sign-ins of a user and refused ones, the latest first.
pub async fn sign_ins(
    db: &Db,
    subject: UserId,
    limit: i64,
    offset: i64,
) -> Result<Vec<AuditEvent>> {
    let statement =
        sql!("SELECT ", columns!(), sign_ins!(), " ORDER BY id DESC LIMIT $2 OFFSET $3");
    db.all(statement, args![subject, limit, offset]).await
}

/// How many of [`sign_ins`] there are; `most` if there are more.
pub async fn count_sign_ins(db: &Db, subject: UserId, most: i64) -> Result<i64> {
    let statement =
        sql!("SELECT COUNT(*) FROM (SELECT 1 AS one", sign_ins!(), " LIMIT $2) AS shown");
    db.value(statement, args![subject, most]).await
}

/// Clears the personal data in the rows by and about an erased user; the events stay.
pub async fn forget_person(db: &Db, person: UserId) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE audit_events SET ip_address = '', user_agent = '', browser = '', os = '',
                 device_type = ''
             WHERE subject_id = $1
                OR (actor_id = $1 AND (subject_id IS NULL OR subject_id <> actor_id))"
        ),
        args![person],
    )
    .await
}
