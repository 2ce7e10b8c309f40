//! Requests that are repeated and must not happen twice: the `Idempotency-Key` header, honoured for
//! a day. Of a request only keyed hashes are kept, and the id of what came of it; a repetition is
//! answered from that, without tokens.

use domain::{Code, Span, Time, text};
use store::{
    Db,
    idempotency::{self, Known},
};
use uuid::Uuid;

use crate::{App, Ctx, Error, Result};

/// For how long a key stands for its request.
pub const KEPT: Span = Span::hours(24);
const LENGTH: usize = 255;

/// A key and the request it was sent with.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    hash: [u8; 32],
    body_hash: [u8; 32],
}

/// The key of a request: `scope` is whose keys these are and for which operation, `body` what was
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

/// What came of this request before. `None`: it is new.
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

/// What came of this request after all, where it failed: it may have been sent twice at once.
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

/// Notes what comes of this request, in the transaction that makes it.
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
