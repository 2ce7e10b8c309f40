//! The pages of mailed links. Opening one changes nothing, because mail scanners open links too. The
//! button does.

use app::{
    account::{
        deletion, email, email_change,
        registration::{self, Registration},
    },
    factor::password::{self, NewPassword, Reset},
    sign_in::exchange::Evidence,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{Problem, Secret, notify::link::Purpose};
use http::{HeaderMap, StatusCode};
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use crate::{
    cookies::SetCookies,
    csrf,
    extract::{Body, Context, Query, Words},
    form::register::RegisterRequest,
    problem::Result,
    state::WebState,
};

/// A field of a form. Its label is `page-field-NAME`.
#[derive(Debug, Clone, Copy, Serialize)]
struct Field {
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
}

const fn field(name: &'static str, kind: &'static str, autocomplete: &'static str) -> Field {
    Field { name, kind, autocomplete }
}

const FIELDS: &[Field] = &[
    field("first_name", "text", "given-name"),
    field("last_name", "text", "family-name"),
    field("username", "text", "username"),
    field("phone_number", "tel", "tel"),
    field("password", "password", "new-password"),
    field("password_confirm", "password", "new-password"),
    field("new_password", "password", "new-password"),
    field("new_password_confirm", "password", "new-password"),
    field("terms_accepted", "checkbox", "off"),
    field("privacy_policy_accepted", "checkbox", "off"),
];

/// The fields of the form of a link.
fn fields(purpose: Purpose, web: &WebState) -> Vec<Field> {
    let required =
        |name: &str| web.app.settings().registration.required_fields.iter().any(|it| it == name);
    let is_asked = |it: &&Field| match purpose {
        Purpose::ResetPassword => it.name.starts_with("new_password"),
        Purpose::Invitation => it.name.starts_with("password") || required(it.name),
        _ => false,
    };
    FIELDS.iter().filter(is_asked).copied().collect()
}

#[derive(Deserialize)]
pub struct LinkQuery {
    #[serde(default)]
    token: Secret,
}

#[derive(Deserialize)]
pub struct LinkForm {
    #[serde(default)]
    token: Secret,
    #[serde(default)]
    csrf_token: Option<String>,
    new_password: Option<Secret>,
    new_password_confirm: Option<Secret>,
    /// Of an invitation. `flatten` loses the name of a field of a wrong type, which these forms never
    /// send.
    #[serde(flatten)]
    account: RegisterRequest,
}

/// Shows the form of a link.
pub async fn show_link(
    purpose: Purpose,
    State(web): State<WebState>,
    words: Words,
    headers: HeaderMap,
    Query(query): Query<LinkQuery>,
) -> Result<Response> {
    let page = LinkPage { web: &web, purpose, words: &words };
    page.form(&headers, &query.token, None)
}

/// Carries out what the link is for.
pub async fn submit_link(
    purpose: Purpose,
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    headers: HeaderMap,
    Body(given): Body<LinkForm>,
) -> Result<Response> {
    let page = LinkPage { web: &web, purpose, words: &words };
    csrf::check(&headers, given.csrf_token.as_deref())?;
    let token = given.token.clone();
    let outcome = match purpose {
        Purpose::VerifyEmail => {
            email::verify(&web.app, &ctx, &token, &Evidence::default()).await.map(drop)
        }
        Purpose::ResetPassword => {
            let new =
                NewPassword { password: given.new_password, confirm: given.new_password_confirm };
            let reset = Reset { token: Some(given.token), uidb64: None, new };
            password::confirm_reset(&web.app, &ctx, reset).await.map(drop)
        }
        Purpose::ChangeEmail => email_change::confirm(&web.app, &ctx, None, &token).await.map(drop),
        Purpose::UndoEmailChange => email_change::undo(&web.app, &ctx, &token).await,
        Purpose::RestoreAccount | Purpose::OfferRestore => {
            deletion::restore(&web.app, &ctx, &token).await
        }
        Purpose::Invitation => {
            let input =
                Registration { invitation_token: Some(given.token), ..given.account.into() };
            registration::register(&web.app, &ctx, input).await.map(drop)
        }
    };
    match outcome {
        Ok(()) => Ok(page.render(context! { step => "done" })?.into_response()),
        Err(app::Error::Refused(problem)) => page.refused(&headers, &token, &problem),
        Err(broken) => Err(broken.into()),
    }
}

/// Renders the page of a link.
struct LinkPage<'a> {
    web: &'a WebState,
    purpose: Purpose,
    words: &'a Words,
}

impl LinkPage<'_> {
    /// Shows the form again if one of its fields is wrong, otherwise the error.
    fn refused(&self, headers: &HeaderMap, token: &Secret, problem: &Problem) -> Result<Response> {
        let problem = self.words.locale().problem(self.words.language(), problem);
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let is_asked = |field: &str| FIELDS.iter().any(|it| it.name == field);
        if problem.errors.iter().any(|(field, _)| is_asked(field)) {
            let form = self.form(headers, token, Some(&problem))?;
            return Ok((status, form).into_response());
        }
        let errors = problem.errors.iter().flat_map(|it| it.1).map(|it| it.message.clone());
        let detail = errors.chain([problem.detail().to_owned()]).next();
        let page = self.render(context! { step => "failed", detail => detail })?;
        Ok((status, page).into_response())
    }

    fn form(
        &self,
        headers: &HeaderMap,
        token: &Secret,
        problem: Option<&Problem>,
    ) -> Result<Response> {
        let csrf_token = csrf::token(headers)?;
        let cookies = SetCookies::none().csrf(&self.web.site, &csrf_token)?;
        let path = self.purpose.destination().map(|it| it.path).unwrap_or_default();
        let messages = problem.iter().flat_map(|it| it.errors.iter()).flat_map(|it| it.1);
        let errors: Vec<String> = messages.map(|it| it.message.clone()).collect();
        let view = context! {
            step => "ask",
            action => format!("{}{}", self.web.site.base, path),
            token => token.expose(),
            csrf_token,
            fields => Value::from(Serde(fields(self.purpose, self.web))),
            errors,
        };
        Ok((cookies, self.render(view)?).into_response())
    }

    fn render(&self, view: Value) -> Result<super::Page> {
        let view = context! { link => self.purpose.word(), ..view };
        self.web.pages.render(self.words.language(), "link.html", view)
    }
}
