//! Idempotency keys: a request that is retried with the same `Idempotency-Key` within a day runs
//! once. Only keyed hashes of the request are stored, and the id of its result. A retry is answered
//! from that, without tokens.

use domain::{Code, Span, Time, text};
use store::{
    Db,
    idempotency::{self, Known},
};
use uuid::Uuid;

use crate::{App, Ctx, Error, Result};

/// How long a key is valid.
pub const KEPT: Span = Span::hours(24);
const LENGTH: usize = 255;

/// A key and the request it was sent with.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    hash: [u8; 32],
    body_hash: [u8; 32],
}

/// The key of a request. `scope` says whose key it is and for which operation; `body` is what was
/// sent.
pub fn key(app: &App, scope: &str, sent: Option<&str>, body: &[u8]) -> Result<Option<Key>> {
    let Some(sent) = sent else { return Ok(None) };
    let sent = text::line(sent, LENGTH).map_err(|_| {
        let detail = format!("The Idempotency-Key must be of 1 to {LENGTH} characters.");
        Code::MalformedRequest.because_verbatim(detail)
    })?;
    let scope_length = u64::try_from(scope.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash =
        app.keys.index_of(&[b"idempotency", &scope_length, scope.as_bytes(), sent.as_bytes()]);
    Ok(Some(Key { hash, body_hash: app.keys.index_of(&[&hash, body]) }))
}

/// The result of an earlier request with this key. `None`: the request is new.
pub async fn find_result(app: &App, ctx: &Ctx, key: Option<Key>) -> Result<Option<Uuid>> {
    let Some(key) = key else { return Ok(None) };
    let since = since(ctx.now);
    let unit = async move |db: Db| idempotency::by_hash(&db, &key.hash, since).await;
    match app.store.get(unit).await? {
        Some(known) if known.body_hash == key.body_hash => Ok(Some(known.result_id)),
        Some(_) => Err(Code::IdempotencyKeyReused.into()),
        None => Ok(None),
    }
}

/// After a failure: the result of a concurrent request with this key, if there is one, else the
/// failure.
pub async fn find_result_after(
    app: &App,
    ctx: &Ctx,
    key: Option<Key>,
    failure: Error,
) -> Result<Uuid> {
    match find_result(app, ctx, key).await? {
        Some(known) => Ok(known),
        None => Err(failure),
    }
}

/// Stores the result of the request, in the transaction that makes it.
pub async fn record(db: &Db, key: Option<Key>, result_id: Uuid, now: Time) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    let known = Known { body_hash: key.body_hash, result_id };
    if idempotency::put(db, &key.hash, &known, since(now), now).await? {
        Ok(())
    } else {
        Err(Code::IdempotencyKeyReused.into())
    }
}

fn since(now: Time) -> Time {
    now - KEPT
}
