//! The same use cases in the words of others.

pub mod simplejwt;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().merge(simplejwt::routes())
}
