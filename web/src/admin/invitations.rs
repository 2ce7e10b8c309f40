//! Invitations to make an account.

use app::{
    access::{guard, permission::Permission},
    account::invitations::{self, NewInvitation},
};
use axum::{Json, extract::State};
use domain::{InvitationId, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    extract::{Body, Context, IdempotencyKey, Path, Query, SignedIn},
    openapi::tag,
    problem::Result,
    state::WebState,
};

const PAGE: i64 = 20;
const LARGEST_PAGE: i64 = 100;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(revoke_invitation))
}

/// Somebody who is asked to make an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    id: Uuid,
    #[schema(example = "bert@example.com")]
    email: String,
    /// `pending`, `accepted`, `revoked` or `expired`.
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Time>,
}

impl InvitationView {
    fn new(it: invitations::Invitation, now: Time) -> InvitationView {
        let status = match (it.accepted_at, it.revoked_at) {
            (Some(_), _) => "accepted",
            (None, Some(_)) => "revoked",
            (None, None) if it.expires_at <= now => "expired",
            (None, None) => "pending",
        };
        InvitationView {
            id: it.id.0,
            email: it.email,
            status,
            created_at: it.created_at,
            expires_at: it.expires_at,
            accepted_at: it.accepted_at,
        }
    }
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    #[schema(required, example = "bert@example.com")]
    email: Option<String>,
    /// Of the mail: a BCP 47 tag. Without it the mail speaks the language of this request, or else
    /// yours.
    #[schema(example = "de")]
    language: Option<String>,
}

/// Invite somebody
///
/// Mails a link by which the address can be registered, also while `registration.mode` is
/// `invite`. An invitation that was sent to the address before is void.
#[utoipa::path(
    post,
    path = "/api/v1/admin/invitations",
    tag = tag::ADMIN,
    security(("bearer" = [])),
    params(IdempotencyKey),
    request_body = InviteRequest,
    responses((status = 201, description = "The mail is on its way.", body = InvitationView)),
)]
async fn create_invitation(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Body(request): Body<InviteRequest>,
) -> Result<(StatusCode, Json<InvitationView>)> {
    let acting = guard::admin(caller, Permission::WriteInvitations)?;
    let InviteRequest { email, language } = request;
    let new = NewInvitation { email, language, idempotency_key };
    let invitation = invitations::create(&web.app, &ctx, &acting, new).await?;
    Ok((StatusCode::CREATED, Json(InvitationView::new(invitation, ctx.now))))
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// What `next_cursor` said.
    cursor: Option<Uuid>,
    /// How many, 100 at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
}

/// Invitations, the latest first.
#[derive(Serialize, ToSchema)]
pub struct InvitationsResponse {
    results: Vec<InvitationView>,
    next_cursor: Option<Uuid>,
}

/// List invitations
#[utoipa::path(
    get,
    path = "/api/v1/admin/invitations",
    tag = tag::ADMIN,
    security(("bearer" = [])),
    params(ListQuery),
    responses((status = 200, description = "A page of them.", body = InvitationsResponse)),
)]
async fn list_invitations(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<InvitationsResponse>> {
    let acting = guard::admin(caller, Permission::ReadInvitations)?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let before = query.cursor.map(InvitationId);
    let (page, next) = invitations::list(&web.app, &acting, before, limit).await?;
    let results = page.into_iter().map(|it| InvitationView::new(it, ctx.now)).collect();
    Ok(Json(InvitationsResponse { results, next_cursor: next.map(|it| it.0) }))
}

/// Take an invitation back
#[utoipa::path(
    delete,
    path = "/api/v1/admin/invitations/{id}",
    tag = tag::ADMIN,
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The invitation.")),
    responses((status = 204, description = "Its link leads nowhere now.")),
)]
async fn revoke_invitation(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    Path(id): Path<InvitationId>,
) -> Result<StatusCode> {
    let acting = guard::admin(caller, Permission::WriteInvitations)?;
    invitations::revoke(&web.app, &ctx, &acting, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
