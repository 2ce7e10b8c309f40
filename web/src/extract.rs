//! What handlers take out of a request.

mod bearer;
mod body;
mod caller;
mod circumstances;
mod fields;
mod form;
mod lenient;
mod path;
mod query;

pub use self::{
    bearer::Bearer,
    body::Body,
    caller::{MaybeCaller, SignedIn},
    circumstances::{Circumstances, FromPage},
    lenient::lenient_bool,
    path::Path,
    query::Query,
};
