//! The table of problems: every refusal the API knows (RFC 9457), with its status, stable code and
//! title. The reference page and the OpenAPI document are made from this table.

use std::fmt;

use serde::Serialize;

use crate::{Secret, Sentence, Span, access::limit::Taken, say};

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident $status:literal $code:literal $title:literal;)+) => {
        /// What kind of problem it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status),+ }
            }

            /// The stable word that clients compare.
            pub const fn word(self) -> &'static str {
                match self { $(Code::$name => $code),+ }
            }

            /// The same sentence for every occurrence.
            pub const fn title(self) -> Sentence {
                match self { $(Code::$name => say!($title)),+ }
            }

            /// When it occurs, for the reference.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n"),+)),+ }
            }
        }
    };
}

problems! {
    /// The body is not the JSON or form that its `Content-Type` says, or is not UTF-8.
    MalformedRequest 400 "malformed_request" "The request could not be read.";
    /// One or more fields are missing or wrong; `errors` says which and why.
    Validation 400 "validation_error" "Some fields are not valid.";
    /// The single-use token is unknown, spent, replaced by a newer one or too old.
    InvalidLink 400 "invalid_token" "This link is not valid or has been used.";
    /// Unknown account, wrong password, or an account that may not sign in: always the same answer.
    InvalidCredentials 401 "invalid_credentials" "Wrong sign-in name or password.";
    /// The same as `invalid_credentials`, in the words of SimpleJWT, on `/api/token`.
    NoActiveAccount 401 "no_active_account" "No active account found with the given credentials";
    /// No credentials were sent to an operation that needs them.
    NotAuthenticated 401 "not_authenticated" "Authentication is required.";
    /// The token is malformed, forged, expired, or of another issuer, audience or purpose.
    InvalidToken 401 "token_not_valid" "The token is not valid.";
    /// The session of the token has ended: sign in again.
    SessionEnded 401 "session_ended" "The session has ended.";
    /// A refresh token that had been replaced was presented again, which ends the session
    /// (RFC 9700, section 4.14.2).
    RefreshTokenReused 401 "refresh_token_reused" "The refresh token has been used before.";
    /// The caller is known and may not do this.
    PermissionDenied 403 "permission_denied" "You may not do this.";
    /// A right password, but the address has to be verified first.
    EmailNotVerified 403 "email_not_verified" "The email address is not verified yet.";
    /// Too many wrong passwords in a row for this name, whether or not somebody has it;
    /// `Retry-After` says until when.
    AccountLocked 403 "account_locked" "Too many wrong passwords.";
    /// A right password, but the account was deleted by its owner; `restore_token` brings it back.
    AccountDeleted 403 "account_deleted" "This account has been deleted.";
    /// Nobody can make an account here.
    RegistrationClosed 403 "registration_closed" "Registration is closed.";
    /// Only who was invited can make an account here, and the invitation is missing, void or for
    /// another address.
    InvitationRequired 403 "invitation_required" "An invitation is required.";
    /// The session's last proof of identity is too old for this operation.
    StepUpRequired 403 "step_up_required" "Confirm that it is you first.";
    /// A browser sent this from a page of another origin.
    OriginNotAllowed 403 "origin_not_allowed" "Requests from this origin are not allowed.";
    /// The CSRF token is missing or does not match its cookie.
    CsrfFailed 403 "csrf_failed" "The form has expired.";
    /// Nothing is here, or nothing that the caller may know of.
    NotFound 404 "not_found" "Not found.";
    /// The path exists, but not with this method; `Allow` lists those it has.
    MethodNotAllowed 405 "method_not_allowed" "This method is not allowed here.";
    /// The client took too long to send its request.
    RequestTimeout 408 "request_timeout" "The request took too long to arrive.";
    /// The body is larger than the operation accepts.
    PayloadTooLarge 413 "payload_too_large" "The request is too large.";
    /// The body is neither JSON nor, where it is flat, a form.
    UnsupportedMediaType 415 "unsupported_media_type" "This content type is not supported.";
    /// The `Host` is not one this server answers for.
    MisdirectedRequest 421 "misdirected_request" "This server does not answer for this host.";
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused 422 "idempotency_key_reused" "This idempotency key was used before.";
    /// A rate limit is used up; `Retry-After` says until when.
    RateLimited 429 "rate_limited" "Too many requests.";
    /// A defect of the server. The correlation id finds it in the log.
    Internal 500 "internal_error" "Something went wrong on our side.";
    /// The database is away, a queue is full or the server is stopping: try again shortly.
    Unavailable 503 "service_unavailable" "The service is not available right now.";
    /// The operation took longer than the deadline of a request; it may have completed.
    Timeout 504 "timeout" "The request took too long.";
}

impl Code {
    /// With a sentence about this occurrence.
    pub fn because(self, detail: Sentence) -> Problem {
        self.because_verbatim(detail)
    }

    /// With a detail that is not translated: clients compare it, or it has values in it.
    pub fn because_verbatim(self, detail: impl Into<String>) -> Problem {
        Problem { detail: Some(detail.into()), ..Problem::from(self) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A refusal: what the caller is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub code: Code,
    /// About this occurrence; the title where there is none.
    pub detail: Option<String>,
    pub errors: FieldErrors,
    pub retry_after: Option<Span>,
    /// The limit that was in the way, and its name.
    pub limit: Option<(&'static str, Taken)>,
    /// What brings the account back that this is about.
    pub restore_token: Option<Secret>,
}

impl Problem {
    /// To be tried again after `span`.
    pub fn retry_after(self, span: Span) -> Problem {
        Problem { retry_after: Some(span), ..self }
    }

    pub fn limited(name: &'static str, taken: Taken) -> Problem {
        let problem = Problem::from(Code::RateLimited).retry_after(taken.retry_after);
        Problem { limit: Some((name, taken)), ..problem }
    }

    /// One wrong field.
    pub fn field(field: &str, code: &'static str, message: Sentence) -> Problem {
        Problem::of_field(field, FieldError::new(code, message))
    }

    /// A field with an error of its own.
    pub fn of_field(field: &str, error: FieldError) -> Problem {
        let mut errors = FieldErrors::default();
        errors.push(field, error);
        errors.into()
    }

    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.code.title().as_str())
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        let errors = FieldErrors::default();
        Problem { code, detail: None, errors, retry_after: None, limit: None, restore_token: None }
    }
}

impl From<FieldErrors> for Problem {
    fn from(errors: FieldErrors) -> Problem {
        Problem { errors, ..Problem::from(Code::Validation) }
    }
}

/// What is wrong with which field, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldErrors(Vec<(String, Vec<FieldError>)>);

/// A wrong field: a stable word, and an English sentence that is translated where it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub code: &'static str,
    pub message: String,
    /// What the sentence was made from. Such a sentence is found in other languages by its code,
    /// others by their words.
    #[serde(skip)]
    pub values: Vec<(&'static str, Value)>,
}

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Text(String),
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number as u64)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl FieldErrors {
    pub fn add(&mut self, field: &str, code: &'static str, message: Sentence) {
        self.push(field, FieldError::new(code, message));
    }

    pub fn push(&mut self, field: &str, error: FieldError) {
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, errors)) => errors.push(error),
            None => self.0.push((field.to_owned(), vec![error])),
        }
    }

    /// Notes the error, if it is one, under `field`.
    pub fn take<T>(&mut self, field: &str, outcome: Result<T, FieldError>) -> Option<T> {
        outcome.map_err(|it| self.push(field, it)).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same errors, each changed by `change`.
    pub fn map(&self, change: impl Fn(&FieldError) -> FieldError) -> FieldErrors {
        let changed = |(field, errors): &(String, Vec<FieldError>)| {
            (field.clone(), errors.iter().map(&change).collect())
        };
        FieldErrors(self.0.iter().map(changed).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0.iter().map(|(field, errors)| (field.as_str(), errors.as_slice()))
    }

    /// A refusal if anything is wrong.
    pub fn check(self) -> Result<(), Problem> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl FieldError {
    pub fn new(code: &'static str, message: Sentence) -> FieldError {
        FieldError { code, message: message.into(), values: Vec::new() }
    }

    /// With values in the message. Its entry in `locales/*.ftl` is `error-<code>`.
    pub fn filled(
        code: &'static str,
        message: String,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> FieldError {
        FieldError { code, message, values: values.into_iter().collect() }
    }

    pub fn required() -> FieldError {
        FieldError::new("required", say!("This field is required."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_snake_case_and_used_once() {
        let mut words: Vec<&str> = Code::ALL.iter().map(|it| it.word()).collect();
        let snake = |it: &&str| it.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(words.iter().all(snake));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|it| (400..600).contains(&it.status())));
    }

    #[test]
    fn errors_gather_by_field() {
        let mut errors = FieldErrors::default();
        errors.add("password", "too_short", say!("Use at least one digit."));
        errors.push("email", FieldError::required());
        errors.add("password", "too_common", say!("This password is too common."));
        let counts: Vec<_> = errors.iter().map(|(field, it)| (field, it.len())).collect();
        assert_eq!(counts, [("password", 2), ("email", 1)]);
        assert_eq!(errors.check().unwrap_err().code, Code::Validation);
    }
}
