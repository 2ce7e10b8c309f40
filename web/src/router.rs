//! All routes together.

use std::sync::Arc;

use app::App;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    admin, api, compat,
    layer::{self, LayerState, Routes},
    openapi,
    page::{self, PageError, Pages},
    site::{Site, SiteError},
    state::{Ready, WebState},
};

/// Why the server cannot start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Page(#[from] PageError),
}

/// The server as one service. Requests with unsafe methods run in the tasks of the app.
pub fn router(app: App, ready: Ready) -> Result<Routes, SetupError> {
    let site = Arc::new(Site::new(app.settings())?);
    let (locale, clock) = (app.locale().clone(), app.clock().clone());
    let state = LayerState::new(app.settings(), site.clone(), locale, clock, app.tasks().clone());
    let document = openapi::complete(described().into_openapi(), &site.base);
    let pages =
        Pages::new(&site.name, &site.base, app.locale().clone(), app.overrides(), &document)?;
    let (api, _) = described().split_for_parts();
    let routes = api.merge(page::routes());
    Ok(layer::wrap(routes.with_state(WebState::new(app, site, pages, ready)), state))
}

/// The description of the API (OpenAPI 3.1).
pub fn document() -> OpenApi {
    openapi::complete(described().into_openapi(), "")
}

/// What the description of the API lists.
fn described() -> OpenApiRouter<WebState> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(api::routes())
        .merge(compat::routes())
        .merge(admin::routes())
}
