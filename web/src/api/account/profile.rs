//! The person's own data.

use app::{access::guard, account::profile};
use axum::{Json, extract::State};
use domain::settings::Limit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Context, SignedIn},
    form::profile::ProfileRequest,
    openapi::tag,
    problem::Result,
    state::WebState,
    view::UserView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(show_profile, replace_profile, update_profile))
}

/// See your profile
#[utoipa::path(
    get,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    responses((status = 200, description = "You.", body = UserView)),
)]
async fn show_profile(SignedIn(caller): SignedIn) -> Json<UserView> {
    Json(UserView::from(&*caller.user))
}

/// Change your profile
#[utoipa::path(
    patch,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ProfileRequest,
    responses((status = 200, description = "You, changed.", body = UserView)),
)]
async fn update_profile(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    Body(request): Body<ProfileRequest>,
) -> Result<Json<UserView>> {
    let acting = guard::own(&web.app, &ctx, caller, Limit::ProfileUpdate).await?;
    let user = profile::update(&web.app, &ctx, &acting, &request.into()).await?;
    Ok(Json(UserView::from(&*user)))
}

/// Change your profile
///
/// The same as `PATCH`: what is absent stays.
#[utoipa::path(
    put,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ProfileRequest,
    responses((status = 200, description = "You, changed.", body = UserView)),
)]
async fn replace_profile(
    web: State<WebState>,
    context: Context,
    caller: SignedIn,
    body: Body<ProfileRequest>,
) -> Result<Json<UserView>> {
    update_profile(web, context, caller, body).await
}
