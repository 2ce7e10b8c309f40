//! The JSON API: a file for each group of operations, each with its `routes()`.

pub mod account;
pub mod admin;
pub mod csrf;
pub mod email;
pub mod email_change;
pub mod exchange;
pub mod login;
pub mod operations;
pub mod password;
pub mod profile;
pub mod register;
pub mod sessions;
pub mod simplejwt;
pub mod tokens;
mod transport;
mod view;

pub use self::view::MessageResponse;

use utoipa_axum::router::OpenApiRouter;

use crate::state::WebState;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .merge(register::routes())
        .merge(login::routes())
        .merge(tokens::routes())
        .merge(exchange::routes())
        .merge(password::routes())
        .merge(email::routes())
        .merge(email_change::routes())
        .merge(profile::routes())
        .merge(sessions::routes())
        .merge(simplejwt::routes())
        .merge(csrf::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(operations::routes())
}
