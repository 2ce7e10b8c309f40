//! Extractors of handlers.

mod bearer;
mod body;
mod caller;
mod context;
mod fields;
mod form;
mod idempotency;
mod json;
mod lenient;
mod path;
mod query;
mod text;
mod words;

pub use self::{
    bearer::Bearer,
    body::Body,
    caller::{MaybeCaller, SignedIn},
    context::{Context, FromPage},
    idempotency::{IDEMPOTENCY_KEY, IdempotencyKey},
    lenient::lenient_bool,
    path::Path,
    query::Query,
    words::{MessageResponse, Words},
};
