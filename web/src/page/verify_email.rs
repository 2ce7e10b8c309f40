//! Where a verification link leads. Opening it changes nothing, since programs that check mails do
//! that too; the button does.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::Secret;
use http::{HeaderMap, StatusCode};
use minijinja::context;
use serde::Deserialize;

use crate::{
    cookies::SetCookies,
    csrf,
    extract::{Body, Circumstances, Query},
    problem::Result,
    state::WebState,
};

#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    token: Secret,
    #[serde(default)]
    csrf_token: Option<String>,
}

pub async fn ask(
    State(web): State<WebState>,
    headers: HeaderMap,
    Query(link): Query<Link>,
) -> Result<Response> {
    let csrf_token = csrf::token(&headers)?;
    let cookies = SetCookies::none().csrf(&web.site, &csrf_token)?;
    let view = context! { step => "ask", token => link.token, csrf_token };
    Ok((cookies, web.pages.render("verify_email.html", view)?).into_response())
}

pub async fn verify(
    State(web): State<WebState>,
    Circumstances(ctx): Circumstances,
    headers: HeaderMap,
    Body(form): Body<Form>,
) -> Result<Response> {
    csrf::check(&headers, form.csrf_token.as_deref())?;
    let refused = match app::email::verify(&web.app, &ctx, &form.token).await {
        Ok(()) => None,
        Err(app::Error::Refused(problem)) => Some(problem),
        Err(broken) => return Err(broken.into()),
    };
    let Some(problem) = refused else {
        let page = web.pages.render("verify_email.html", context! { step => "done" })?;
        return Ok(page.into_response());
    };
    let view = context! { step => "failed", detail => problem.detail() };
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Ok((status, web.pages.render("verify_email.html", view)?).into_response())
}
