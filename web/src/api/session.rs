//! Sessions and the tokens that stand for them.

pub mod csrf;
pub mod logout;
pub mod sessions;
pub mod tokens;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .merge(tokens::routes())
        .merge(sessions::routes())
        .merge(logout::routes())
        .merge(csrf::routes())
}
