//! Where links in mails lead. Opening one changes nothing, since programs that check mails do that
//! too; the button does.

use app::{
    email, email_change,
    exchange::Evidence,
    password::{self, NewPassword, Reset},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{Problem, Secret};
use http::{HeaderMap, StatusCode};
use minijinja::{Value, context};
use serde::Deserialize;

use crate::{
    cookies::SetCookies,
    csrf,
    extract::{Body, Circumstances, Query},
    problem::Result,
    state::WebState,
};

/// Which link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    VerifyEmail,
    ResetPassword,
    ChangeEmail,
    UndoEmailChange,
}

impl Link {
    pub const ALL: &[Link] =
        &[Link::VerifyEmail, Link::ResetPassword, Link::ChangeEmail, Link::UndoEmailChange];

    pub const fn path(self) -> &'static str {
        match self {
            Link::VerifyEmail => "/verify-email",
            Link::ResetPassword => "/reset-password",
            Link::ChangeEmail => "/change-email",
            Link::UndoEmailChange => "/undo-email-change",
        }
    }

    /// What the texts of its page are called.
    const fn name(self) -> &'static str {
        match self {
            Link::VerifyEmail => "verify_email",
            Link::ResetPassword => "reset_password",
            Link::ChangeEmail => "change_email",
            Link::UndoEmailChange => "undo_email_change",
        }
    }
}

#[derive(Deserialize)]
pub struct Opened {
    #[serde(default)]
    token: Secret,
}

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    token: Secret,
    #[serde(default)]
    csrf_token: Option<String>,
    new_password: Option<Secret>,
    new_password_confirm: Option<Secret>,
}

/// Shows the button, and what else is asked for.
pub async fn ask(
    link: Link,
    State(web): State<WebState>,
    headers: HeaderMap,
    Query(opened): Query<Opened>,
) -> Result<Response> {
    form(&web, link, &headers, (&opened.token, None))
}

/// Does what the link is for.
pub async fn act(
    link: Link,
    State(web): State<WebState>,
    Circumstances(ctx): Circumstances,
    headers: HeaderMap,
    Body(given): Body<Form>,
) -> Result<Response> {
    csrf::check(&headers, given.csrf_token.as_deref())?;
    let token = given.token.clone();
    let outcome = match link {
        Link::VerifyEmail => {
            email::verify(&web.app, &ctx, &token, &Evidence::default()).await.map(drop)
        }
        Link::ResetPassword => {
            let new =
                NewPassword { password: given.new_password, confirm: given.new_password_confirm };
            let reset = Reset { token: Some(given.token), uidb64: None, new };
            password::confirm_reset(&web.app, &ctx, reset).await
        }
        Link::ChangeEmail => email_change::confirm(&web.app, &ctx, None, &token).await.map(drop),
        Link::UndoEmailChange => email_change::undo(&web.app, &ctx, &token).await,
    };
    match outcome {
        Ok(()) => Ok(page(&web, link, context! { step => "done" })?.into_response()),
        Err(app::Error::Refused(problem)) => refused(&web, link, &headers, (&token, &problem)),
        Err(broken) => Err(broken.into()),
    }
}

/// What can be mended is asked for again; a link that is no good is not.
fn refused(
    web: &WebState,
    link: Link,
    headers: &HeaderMap,
    (token, problem): (&Secret, &Problem),
) -> Result<Response> {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    if problem.errors.iter().any(|(field, _)| field.starts_with("new_password")) {
        return Ok((status, form(web, link, headers, (token, Some(problem)))?).into_response());
    }
    let errors = problem.errors.iter().flat_map(|it| it.1).map(|it| it.message.clone());
    let detail = errors.chain([problem.detail().to_owned()]).next();
    let view = context! { step => "failed", detail => detail };
    Ok((status, page(web, link, view)?).into_response())
}

fn form(
    web: &WebState,
    link: Link,
    headers: &HeaderMap,
    (token, problem): (&Secret, Option<&Problem>),
) -> Result<Response> {
    let csrf_token = csrf::token(headers)?;
    let cookies = SetCookies::none().csrf(&web.site, &csrf_token)?;
    let messages = problem.iter().flat_map(|it| it.errors.iter()).flat_map(|it| it.1);
    let errors: Vec<String> = messages.map(|it| it.message.clone()).collect();
    let view = context! {
        step => "ask",
        action => link.path(),
        token => token.expose(),
        csrf_token,
        asks_password => link == Link::ResetPassword,
        errors,
    };
    Ok((cookies, page(web, link, view)?).into_response())
}

fn page(web: &WebState, link: Link, view: Value) -> Result<super::Page> {
    web.pages.render("link.html", context! { link => link.name(), ..view })
}
