//! What operators keep about people.

use app::{
    access::{guard, permission::Permission},
    account::users,
};
use axum::{Json, extract::State};
use domain::{UserId, account::User};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Context, Path, SignedIn},
    openapi::tag,
    problem::Result,
    state::WebState,
    view::UserView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(show_user, update_user))
}

/// Somebody, as operators see them.
#[derive(Serialize, ToSchema)]
#[schema(as = ManagedUser)]
pub struct ManagedUserView {
    #[serde(flatten)]
    #[schema(inline)]
    user: UserView,
    /// The operator's own data.
    #[schema(value_type = Object)]
    app_metadata: Value,
}

impl From<&User> for ManagedUserView {
    fn from(user: &User) -> ManagedUserView {
        ManagedUserView { user: UserView::from(user), app_metadata: user.app_metadata.clone() }
    }
}

/// See an account
#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{id}",
    tag = tag::ADMIN,
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = ManagedUserView)),
)]
async fn show_user(
    State(web): State<WebState>,
    SignedIn(caller): SignedIn,
    Path(id): Path<UserId>,
) -> Result<Json<ManagedUserView>> {
    let acting = guard::admin(caller, Permission::ReadUsers)?;
    let user = users::read(&web.app, &acting, id).await?;
    Ok(Json(ManagedUserView::from(&user)))
}

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManageUserRequest {
    /// A merge patch (RFC 7396): members replace those of the same name, `null` removes one.
    #[schema(value_type = Option<Object>)]
    app_metadata: Option<Value>,
}

/// Change what you keep about an account
#[utoipa::path(
    patch,
    path = "/api/v1/admin/users/{id}",
    tag = tag::ADMIN,
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account.")),
    request_body = ManageUserRequest,
    responses((status = 200, description = "The account, changed.", body = ManagedUserView)),
)]
async fn update_user(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    Path(id): Path<UserId>,
    Body(request): Body<ManageUserRequest>,
) -> Result<Json<ManagedUserView>> {
    let patch = request.app_metadata.unwrap_or_else(|| Value::Object(Default::default()));
    let acting = guard::admin(caller, Permission::WriteUsers)?;
    let user = users::update_metadata(&web.app, &ctx, &acting, id, &patch).await?;
    Ok(Json(ManagedUserView::from(&*user)))
}
