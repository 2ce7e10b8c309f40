//! What people see of the audit log.

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
}
