//! The ways to sign in.

pub mod exchange;
pub mod login;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().merge(login::routes()).merge(exchange::routes())
}
