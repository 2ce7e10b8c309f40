//! Refusals as problem details (RFC 9457).
//!
//! A handler returns a [`Refusal`], which becomes a status with the problem as an extension. The
//! outermost layer calls [`finish`], which writes the body with the correlation id, and the headers.
//! So all errors look the same, those of the router and of panics too. Internal errors are logged
//! there once, and their text is never sent.

mod headers;
mod view;

use std::{fmt, sync::Arc};

use app::engine::locale::{Language, Locale};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::{Code, Problem, Span, problem::FieldErrors};
use http::{HeaderValue, StatusCode, header};

pub use self::view::{FieldErrorView, ProblemView, TokenMessageView};

/// The result of a handler.
pub type Result<T, E = Refusal> = std::result::Result<T, E>;

/// Why a request is not carried out.
#[derive(Clone)]
pub struct Refusal(Arc<Inner>);

struct Inner {
    problem: Problem,
    /// The cause of an internal error, for the log.
    cause: Option<String>,
    subject: Subject,
}

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Request,
    /// The access token that the request came with.
    AccessToken,
}

impl Refusal {
    /// An internal error.
    pub fn broken(cause: impl fmt::Display) -> Refusal {
        app::Error::broken(cause).into()
    }

    /// The access token of the request was refused.
    pub fn of_access_token(error: app::Error) -> Refusal {
        Refusal::about(Subject::AccessToken, error)
    }

    fn about(subject: Subject, error: app::Error) -> Refusal {
        let cause = error.cause().map(ToString::to_string);
        Refusal(Arc::new(Inner { problem: error.problem(), cause, subject }))
    }

    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    fn status(&self) -> StatusCode {
        let status = StatusCode::from_u16(self.0.problem.code.status());
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<app::Error> for Refusal {
    fn from(error: app::Error) -> Refusal {
        Refusal::about(Subject::Request, error)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        app::Error::from(problem).into()
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Refusal {
        Problem::from(code).into()
    }
}

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Refusal {
        Problem::from(errors).into()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refusal").field(&self.0.problem).finish()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of an error with the correlation id. Its `type` is a page below `base`. `language`
/// is called only for errors. Other answers pass unchanged.
pub fn finish(
    mut response: Response,
    request_id: &str,
    base: &str,
    locale: &Locale,
    language: impl FnOnce() -> Language,
) -> Response {
    let Some(refusal) = refusal_of(&mut response) else {
        return response;
    };
    if let Some(cause) = &refusal.0.cause {
        tracing::error!(request_id, cause, "a request failed");
    }
    let language = language();
    let problem = &locale.problem(language, refusal.problem());
    let title = locale.sentence(language, problem.code.title().as_str());
    let view = ProblemView::new(problem, &title, request_id, base);
    let view = match refusal.0.subject {
        Subject::Request => view,
        Subject::AccessToken => view.of_access_token(),
    };
    let Ok(body) = serde_json::to_vec(&view) else {
        // Serializing texts and lists of texts always succeeds.
        return response;
    };
    headers::write(response.headers_mut(), problem);
    *response.body_mut() = Body::from(body);
    response
}

/// The refusal of this answer: that of the handler, or for an error of the router the first code of
/// the table with its status.
fn refusal_of(response: &mut Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        return Some(refusal);
    }
    let status = response.status();
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let is_error = status.is_client_error() || status.is_server_error();
    let code = Code::ALL.iter().find(|code| code.status() == status.as_u16());
    code.filter(|_| is_bare && is_error).map(|code| Refusal::from(*code))
}

/// The answer to a request whose handler panicked.
pub fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Refusal::broken(format!("panic: {text}")).into_response()
}

/// Overloaded: retry after `span`.
pub fn busy(span: Span) -> Refusal {
    Problem::from(Code::Unavailable).retry_after(span).into()
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

#[cfg(test)]
mod tests {
    use domain::access::limit::{Rate, Taken};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn finished(response: Response) -> Response {
        let locale = app::engine::templates::compile("").unwrap().locale;
        finish(response, "request-1", "", &locale, Language::default)
    }

    async fn answered(refusal: impl IntoResponse) -> (http::response::Parts, Value) {
        let (parts, body) = finished(refusal.into_response()).into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_problem_has_all_its_members() {
        let (parts, body) = answered(Refusal::from(Code::InvalidCredentials)).await;
        assert_eq!(parts.status, 401);
        assert_eq!(parts.headers["content-type"], "application/problem+json");
        assert_eq!(parts.headers["cache-control"], "no-store");
        assert!(parts.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
        let expected = json!({
            "type": "/problems/invalid_credentials",
            "title": "Wrong sign-in name or password.",
            "status": 401,
            "detail": "Wrong sign-in name or password.",
            "instance": "request-1",
            "code": "invalid_credentials",
            "error": "Wrong sign-in name or password.",
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_refused_access_token_is_told_as_simplejwt_tells_it() {
        let (_, body) = answered(Refusal::of_access_token(Code::InvalidToken.into())).await;
        let expected = json!([{
            "token_class": "AccessToken",
            "token_type": "access",
            "message": "Token is invalid or expired",
        }]);
        assert_eq!(body["messages"], expected);
        let (_, body) = answered(Refusal::of_access_token(Code::SessionEnded.into())).await;
        assert_eq!(body["messages"], json!(null));
    }

    #[tokio::test]
    async fn wrong_fields_stand_beside_the_standard_members_and_never_replace_them() {
        let mut errors = FieldErrors::default();
        errors.push("email", domain::problem::FieldError::required());
        errors.add("status", "invalid", domain::say!("Not a valid string."));
        let (_, body) = answered(Refusal::from(errors)).await;
        assert_eq!(body["status"], 400);
        assert_eq!(body["email"], json!(["This field is required."]));
        let status = json!([{"code": "invalid", "message": "Not a valid string."}]);
        assert_eq!(body["errors"]["status"], status);
    }

    #[tokio::test]
    async fn a_limit_says_when_to_come_back() {
        let taken = Taken {
            allowed: false,
            rate: Rate::new(25, Span::hours(1)),
            remaining: 0,
            retry_after: Span::millis(119_001),
            reset_after: Span::hours(1),
        };
        let (parts, _) = answered(Refusal::from(Problem::limited("login", taken))).await;
        assert_eq!(parts.status, 429);
        assert_eq!(parts.headers["retry-after"], "120");
        assert_eq!(parts.headers["ratelimit"], "\"login\";r=0;t=120");
        assert_eq!(parts.headers["ratelimit-policy"], "\"login\";q=25;w=3600");
    }

    #[tokio::test]
    async fn what_is_broken_is_not_told() {
        let (parts, body) = answered(Refusal::broken("the database said: secret")).await;
        assert_eq!(parts.status, 500);
        assert!(!body.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn errors_of_the_router_become_problems_and_keep_their_headers() {
        let bare = (StatusCode::METHOD_NOT_ALLOWED, [("allow", "GET,HEAD")], Body::empty());
        let (parts, body) = answered(bare).await;
        assert_eq!(body["code"], "method_not_allowed");
        assert_eq!(parts.headers["allow"], "GET,HEAD");
    }

    #[tokio::test]
    async fn other_answers_pass() {
        let response = finished((StatusCode::NOT_FOUND, "page").into_response());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "page");
    }
}
