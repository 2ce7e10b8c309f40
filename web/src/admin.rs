//! What operators do. Unknown fields are refused here.

pub mod invitations;
pub mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().merge(invitations::routes()).merge(users::routes())
}
