//! What handlers take out of a request.

mod bearer;
mod body;
mod circumstances;
mod fields;
mod form;
mod lenient;
mod path;
mod query;

pub use self::{
    bearer::Bearer,
    body::Body,
    circumstances::{Circumstances, FromPage},
    lenient::lenient_bool,
    path::Path,
    query::Query,
};
