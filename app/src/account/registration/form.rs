//! The fields of a registration, with all checks that need no database.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ConsentId, Secret, UserId,
    account::{Email, User, domains, metadata, phone, profile, username},
    problem::{FieldError, FieldErrors},
};
use serde_json::{Value, json};
use store::{consents::Consent, invitations::Invitation};

use crate::{App, Ctx, Result, factor::password, notify::link, random};

/// The fields of a registration, as sent.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    pub email: Option<String>,
    pub password: Option<Secret>,
    pub password_confirm: Option<Secret>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub phone_number: Option<String>,
    pub terms_accepted: Option<bool>,
    pub privacy_policy_accepted: Option<bool>,
    pub user_metadata: Option<Value>,
    /// For apps: binds the verification to the holder of the code verifier (RFC 7636, S256).
    pub code_challenge: Option<String>,
    pub invitation_token: Option<Secret>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
}

impl Registration {
    /// The same bytes for the same request, and others for another: for a keyed hash. A new field does
    /// not compile until it is decided here whether it makes another request.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let Registration {
            email,
            password,
            password_confirm: _,
            first_name,
            last_name,
            username,
            phone_number,
            terms_accepted,
            privacy_policy_accepted,
            user_metadata,
            code_challenge,
            invitation_token,
            idempotency_key: _,
        } = self;
        let secret = |it: &Option<Secret>| it.as_ref().map(|it| it.expose().to_owned());
        let fields = json!([
            email,
            secret(password),
            first_name,
            last_name,
            username,
            phone_number,
            terms_accepted,
            privacy_policy_accepted,
            user_metadata,
            code_challenge,
            secret(invitation_token),
        ]);
        fields.to_string().into_bytes()
    }
}

/// The parsed fields.
pub(super) struct ReadForm {
    pub user: User,
    pub password: Secret,
    /// The hash that the verification is bound to.
    pub binding: Option<[u8; 32]>,
    /// The documents that the user accepted.
    pub consents: Vec<&'static str>,
}

const TERMS: &str = "terms";
const PRIVACY_POLICY: &str = "privacy_policy";

/// Parses every field and collects all errors. The result is only valid without errors.
pub(super) fn read(
    app: &App,
    ctx: &Ctx,
    input: Registration,
    invitation: Option<&Invitation>,
) -> Result<(ReadForm, FieldErrors)> {
    let rules = &app.settings.registration;
    let mut errors = FieldErrors::default();
    let email = address(&mut errors, input.email, invitation);
    if invitation.is_none() {
        errors.take("email", domains::check_domain(&email, rules));
    }
    let (given, repeated) = (input.password, input.password_confirm);
    let password = password::typed(&mut errors, "password", given, "password_confirm", repeated);
    let mut user = User::new(UserId::new(ctx.now, random::bytes()?), email, ctx.now);
    if let Some(language) = ctx.language {
        user.profile.language = language.tag().into();
    }
    user.email_verified_at = invitation.map(|_| ctx.now);
    user.first_name = name(&mut errors, "first_name", input.first_name);
    user.last_name = name(&mut errors, "last_name", input.last_name);
    user.username = optional(&mut errors, "username", input.username, username::parse);
    user.phone_number = optional(&mut errors, "phone_number", input.phone_number, phone::parse);
    if let Some(given) = &input.user_metadata {
        let merged = metadata::merge(&user.user_metadata, given, rules.metadata_limit);
        user.user_metadata = errors.take("user_metadata", merged).unwrap_or_default();
    }
    let agreed = |given: Option<bool>, document| given.unwrap_or_default().then_some(document);
    let terms = agreed(input.terms_accepted, TERMS);
    let privacy = agreed(input.privacy_policy_accepted, PRIVACY_POLICY);
    let consents: Vec<&'static str> = terms.into_iter().chain(privacy).collect();
    let binding = errors.take("code_challenge", binding(ctx, input.code_challenge.as_deref()));
    require(&rules.required_fields, &user, &consents, &mut errors);
    if !password.is_empty() {
        password::note_violations(app, &mut errors, "password", &password, &user);
    }
    let binding = binding.flatten();
    Ok((ReadForm { user, password, binding, consents }, errors))
}

/// The address, which must equal that of an invitation if it is sent beside one. An invalid address
/// is replaced by an empty one, so that all errors can be collected; it is never used.
fn address(
    errors: &mut FieldErrors,
    given: Option<String>,
    invitation: Option<&Invitation>,
) -> Email {
    let invited = invitation.map(|it| Email::from(it.email.clone()));
    let nothing = given.as_deref().unwrap_or_default().trim().is_empty();
    let email = match (invited, nothing) {
        (Some(invited), true) => return invited,
        (invited, _) => {
            let parsed = Email::parse(&given.unwrap_or_default()).and_then(|email| {
                if invited.is_none_or(|it| it.canonical() == email.canonical()) {
                    Ok(email)
                } else {
                    let message = domain::say!("The invitation is for another address.");
                    Err(FieldError::new("invitation_mismatch", message))
                }
            });
            errors.take("email", parsed)
        }
    };
    email.unwrap_or_else(|| Email::from(String::new()))
}

/// Binds to the app's code challenge, else to the device of this browser.
fn binding(ctx: &Ctx, code_challenge: Option<&str>) -> Result<Option<[u8; 32]>, FieldError> {
    let Some(challenge) = code_challenge.filter(|it| !it.is_empty()) else {
        return Ok(link::device_binding(ctx));
    };
    let bytes = URL_SAFE_NO_PAD.decode(challenge).ok().and_then(|it| it.try_into().ok());
    let message =
        domain::say!("Send the SHA-256 of the code verifier in base64url (RFC 7636, S256).");
    bytes.map(Some).ok_or_else(|| FieldError::new("code_challenge_invalid", message))
}

pub(crate) fn name(errors: &mut FieldErrors, field: &str, text: Option<String>) -> String {
    errors.take(field, profile::name(&text.unwrap_or_default())).unwrap_or_default()
}

pub(crate) fn optional(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<String>,
    parse: fn(&str) -> Result<String, FieldError>,
) -> Option<String> {
    let text = text.filter(|it| !it.trim().is_empty())?;
    errors.take(field, parse(&text))
}

fn require(fields: &[String], user: &User, consents: &[&str], errors: &mut FieldErrors) {
    for field in fields {
        let is_missing = match field.as_str() {
            "first_name" => user.first_name.is_empty(),
            "last_name" => user.last_name.is_empty(),
            "username" => user.username.is_none(),
            "phone_number" => user.phone_number.is_none(),
            "terms_accepted" => !consents.contains(&TERMS),
            "privacy_policy_accepted" => !consents.contains(&PRIVACY_POLICY),
            _ => false,
        };
        let is_reported = errors.iter().any(|(name, _)| name == field);
        if is_missing && !is_reported {
            errors.add(field, "required", domain::say!("This field is required."));
        }
    }
}

/// The consent rows, with the current versions of the documents.
pub(super) fn consents(
    app: &App,
    ctx: &Ctx,
    user_id: UserId,
    documents: &[&'static str],
) -> Result<Vec<Consent>> {
    let rules = &app.settings.registration;
    let row = |document: &&'static str| -> Result<Consent> {
        let version = match *document {
            TERMS => &rules.terms_version,
            _ => &rules.privacy_policy_version,
        };
        Ok(Consent {
            id: ConsentId::new(ctx.now, random::bytes()?),
            user_id,
            document: (*document).into(),
            version: version.clone(),
            ip_address: ctx.client.ip.to_string(),
            user_agent: ctx.client.user_agent.clone(),
            accepted_at: ctx.now,
        })
    };
    documents.iter().map(row).collect()
}
