//! What people see of the audit log.

use app::audit::{self, AuditEvent};
use axum::{Json, extract::State};
use domain::{Code, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    extract::{Query, SignedIn},
    openapi::tag,
    problem::Result,
    state::WebState,
};

const LOGIN_HISTORY: &str = "/api/v1/auth/login-history";
const PAGE_SIZE: i64 = 20;
const LARGEST_PAGE: i64 = 100;

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(list_logins))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// From 1 on.
    #[param(minimum = 1, default = 1)]
    page: Option<i64>,
    /// How many on a page, 100 at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    page_size: Option<i64>,
}

/// A page of sign-ins.
#[derive(Serialize, ToSchema)]
pub struct LoginHistoryResponse {
    /// On all pages; the latest 100,000 are shown.
    count: i64,
    /// The address of the next page.
    next: Option<String>,
    /// The address of the page before.
    previous: Option<String>,
    results: Vec<LoginView>,
}

/// A sign-in, or one that was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = Login)]
pub struct LoginView {
    id: Uuid,
    /// Whose account.
    user: Uuid,
    #[schema(value_type = String, format = DateTime)]
    login_time: Time,
    success: bool,
    /// The code that it was refused with, such as `invalid_credentials`.
    failure_reason: Option<String>,
    ip_address: String,
    /// Empty where it is not known.
    location: String,
    user_agent: String,
    browser: String,
    os: String,
    /// `desktop`, `mobile`, `bot` or `unknown`.
    device_type: String,
    /// The session that was started.
    session_id: Option<Uuid>,
}

impl LoginView {
    fn new(event: AuditEvent, user: Uuid) -> LoginView {
        let reason = event.details.get("reason").and_then(|it| it.as_str());
        LoginView {
            id: event.id.0,
            user,
            login_time: event.made_at,
            success: event.outcome == "success",
            failure_reason: reason.map(str::to_owned),
            ip_address: event.ip_address,
            location: String::new(),
            user_agent: event.user_agent,
            browser: event.browser,
            os: event.os,
            device_type: event.device_type,
            session_id: event.session_id.map(|it| it.0),
        }
    }
}

/// List your sign-ins
///
/// The latest first, those that were refused too. A page beyond the last is not found.
#[utoipa::path(
    get,
    path = "/api/v1/auth/login-history",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = LoginHistoryResponse),
        (status = 404, description = "There is no such page."),
    ),
)]
async fn list_logins(
    State(web): State<WebState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<LoginHistoryResponse>> {
    let size = query.page_size.unwrap_or(PAGE_SIZE).clamp(1, LARGEST_PAGE);
    let page = query.page.unwrap_or(1);
    if page < 1 {
        return Err(Code::NotFound.into());
    }
    let history = audit::login_history(&web.app, &caller, page, size).await?;
    if history.entries.is_empty() && page > 1 {
        return Err(Code::NotFound.into());
    }
    let base = web.app.public_url();
    let address = |page: i64| format!("{base}{LOGIN_HISTORY}?page={page}&page_size={size}");
    let has_next = page.saturating_mul(size) < history.count;
    let user = caller.user.id.0;
    Ok(Json(LoginHistoryResponse {
        count: history.count,
        next: has_next.then(|| address(page.saturating_add(1))),
        previous: (page > 1).then(|| address(page - 1)),
        results: history.entries.into_iter().map(|it| LoginView::new(it, user)).collect(),
    }))
}
