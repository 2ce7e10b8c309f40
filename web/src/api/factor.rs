//! What people prove themselves with.

pub mod password;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().merge(password::routes())
}
