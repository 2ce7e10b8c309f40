//! The JSON API: a folder a subject, in it a file for each group of operations, each with its
//! `routes()`.

pub mod account;
pub mod audit;
pub mod factor;
pub mod operations;
pub mod session;
pub mod sign_in;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .merge(account::routes())
        .merge(sign_in::routes())
        .merge(session::routes())
        .merge(factor::routes())
        .merge(audit::routes())
        .merge(operations::routes())
}
