//! The body of a problem.

use std::collections::BTreeMap;

use domain::{
    Code, Problem,
    problem::{FieldError, FieldErrors},
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// What is wrong, in the form of RFC 9457. For `validation_error`, each wrong field is also a
/// member of its own with the messages about it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView<'a> {
    /// The page that describes this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid_credentials", format = "uri-reference")]
    kind: String,
    /// The same sentence for every occurrence.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 401)]
    status: u16,
    /// A sentence about this occurrence.
    detail: &'a str,
    /// The correlation id: what the log of the server has this under.
    instance: &'a str,
    /// The stable word to compare.
    #[schema(example = "invalid_credentials")]
    code: &'a str,
    /// The same as `detail`.
    error: &'a str,
    /// The wrong fields, for `validation_error`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "by_field")]
    #[schema(required = false, value_type = BTreeMap<String, Vec<FieldErrorView>>)]
    errors: Option<&'a FieldErrors>,
    /// For a refused access token, what SimpleJWT says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Vec<TokenMessageView>)]
    messages: Option<[TokenMessageView; 1]>,
    /// What brings a deleted account back, for `account_deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    restore_token: Option<&'a str>,
    #[serde(flatten)]
    #[schema(ignore)]
    fields: BTreeMap<&'a str, Vec<&'a str>>,
}

/// What is wrong with a field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct FieldErrorView {
    /// The stable word to compare.
    #[schema(example = "required")]
    pub code: String,
    /// A sentence about it.
    #[schema(example = "This field is required.")]
    pub message: String,
}

const MEMBERS: &[&str] =
    &["type", "title", "status", "detail", "instance", "code", "error", "errors", "messages"];

/// Why a token is refused, in the words of SimpleJWT.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenMessage)]
pub struct TokenMessageView {
    #[schema(example = "AccessToken")]
    token_class: &'static str,
    #[schema(example = "access")]
    token_type: &'static str,
    #[schema(example = "Token is invalid or expired")]
    message: &'static str,
}

const REFUSED_ACCESS_TOKEN: TokenMessageView = TokenMessageView {
    token_class: "AccessToken",
    token_type: "access",
    message: "Token is invalid or expired",
};

impl<'a> ProblemView<'a> {
    /// With the correlation id of the request, and what stands before the paths of this server.
    pub fn new(
        problem: &'a Problem,
        title: &'a str,
        request_id: &'a str,
        base: &str,
    ) -> ProblemView<'a> {
        let errors = Some(&problem.errors).filter(|it| !it.is_empty());
        let fields = problem.errors.iter().filter(|(field, _)| !MEMBERS.contains(field));
        ProblemView {
            kind: format!("{base}/problems/{}", problem.code),
            title,
            status: problem.code.status(),
            detail: problem.detail(),
            instance: request_id,
            code: problem.code.word(),
            error: problem.detail(),
            errors,
            messages: None,
            restore_token: problem.restore_token.as_ref().map(domain::Secret::expose),
            fields: fields.map(|(field, it)| (field, messages(it))).collect(),
        }
    }

    /// With the `messages` of SimpleJWT, which has none for ended sessions.
    pub fn of_access_token(self) -> ProblemView<'a> {
        let is_refused = self.code == Code::InvalidToken.word();
        ProblemView { messages: is_refused.then_some([REFUSED_ACCESS_TOKEN]), ..self }
    }
}

fn messages(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|it| it.message.as_str()).collect()
}

fn by_field<S: Serializer>(
    errors: &Option<&FieldErrors>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(errors.iter().flat_map(|it| it.iter()))
}
