//! Accounts: made, proved, changed, deleted.

pub mod deletion;
pub mod email;
pub mod email_change;
pub mod profile;
pub mod register;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .merge(register::routes())
        .merge(email::routes())
        .merge(email_change::routes())
        .merge(profile::routes())
        .merge(deletion::routes())
}
