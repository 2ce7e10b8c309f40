//! The JSON API: a file for each group of operations, each with its `routes()`.

pub mod csrf;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().merge(csrf::routes())
}
