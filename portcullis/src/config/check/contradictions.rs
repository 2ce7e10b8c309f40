//! Values that are valid alone and contradict each other, in every profile.

use domain::{Secret, settings::Settings};

use super::{Finding, finding};

const REQUIRABLE: [&str; 6] = [
    "first_name",
    "last_name",
    "username",
    "phone_number",
    "terms_accepted",
    "privacy_policy_accepted",
];
const MASTER_LENGTH: usize = 32;

pub fn find(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(lifetimes(settings));
    findings.extend(passwords(settings));
    findings.extend(secrets(settings));
    findings.extend(lockout(settings));
    findings.extend(others(settings));
    findings
}

fn lifetimes(settings: &Settings) -> impl Iterator<Item = Finding> {
    let tokens = &settings.tokens;
    let sessions = &settings.sessions;
    [
        (tokens.refresh_leeway >= tokens.access_lifetime).then(|| {
            let why =
                "a replaced refresh token would be answered for longer than an access token lives";
            finding("tokens.refresh_leeway", why, "make it shorter than tokens.access_lifetime")
        }),
        (tokens.access_lifetime >= tokens.refresh_lifetime).then(|| {
            let why = "an access token would outlive its session";
            finding("tokens.access_lifetime", why, "make it shorter than tokens.refresh_lifetime")
        }),
        (tokens.remember_lifetime < tokens.refresh_lifetime).then(|| {
            let why = "remembered sessions would end sooner than others";
            let remedy = "make it as long as tokens.refresh_lifetime, or longer";
            finding("tokens.remember_lifetime", why, remedy)
        }),
        (tokens.absolute_lifetime < tokens.refresh_lifetime.max(tokens.remember_lifetime)).then(
            || {
                let why = "a session would end before its first refresh token does";
                let remedy = "make it as long as the longest refresh lifetime, or longer";
                finding("tokens.absolute_lifetime", why, remedy)
            },
        ),
        (!tokens.key_rotation.is_zero() && tokens.key_prepublish >= tokens.key_rotation).then(
            || {
                let why = "a new key would be due before the one before it signs";
                finding("tokens.key_prepublish", why, "make it shorter than tokens.key_rotation")
            },
        ),
        (sessions.revocation_poll >= sessions.revocation_bound).then(|| {
            let why = "a node would distrust its cached sessions before it polls again";
            let remedy = "make it shorter than sessions.revocation_bound";
            finding("sessions.revocation_poll", why, remedy)
        }),
    ]
    .into_iter()
    .flatten()
}

fn passwords(settings: &Settings) -> impl Iterator<Item = Finding> {
    let rules = &settings.passwords;
    let least = rules.parallelism.saturating_mul(8);
    [
        (rules.min_length > rules.max_length).then(|| {
            let why = "no password has a valid length";
            finding("passwords.min_length", why, "make it at most passwords.max_length")
        }),
        (!(0.0..=1.0).contains(&rules.max_similarity)).then(|| {
            let why = format!("{} is not a similarity", rules.max_similarity);
            finding("passwords.max_similarity", why, "use a number from 0 to 1")
        }),
        (rules.memory_kib < least).then(|| {
            let why = "Argon2 needs 8 KiB for each lane (RFC 9106, section 3.1)";
            finding("passwords.memory_kib", why, format!("use {least} or more"))
        }),
    ]
    .into_iter()
    .flatten()
}

fn secrets(settings: &Settings) -> impl Iterator<Item = Finding> {
    let (master, previous) = (&settings.secrets.master, &settings.secrets.previous);
    let shared = settings.tokens.hs256_secret.expose();
    let is_short = |it: &Secret| it.expose().chars().count() < MASTER_LENGTH;
    let remedy = "use the output of: openssl rand -base64 32";
    [
        (!master.is_empty() && is_short(master)).then(|| {
            let why = format!("it is shorter than {MASTER_LENGTH} characters");
            finding("secrets.master", why, remedy)
        }),
        previous.iter().any(is_short).then(|| {
            let why = format!("one is shorter than {MASTER_LENGTH} characters");
            finding("secrets.previous", why, "list the older values of secrets.master as they were")
        }),
        previous.iter().any(|it| it.expose() == master.expose()).then(|| {
            let remedy = "list older values alone";
            finding("secrets.previous", "the current secrets.master is among them", remedy)
        }),
        (!shared.is_empty() && shared.len() < MASTER_LENGTH).then(|| {
            let why = format!("it is shorter than {MASTER_LENGTH} bytes (RFC 7518, section 3.2)");
            finding("tokens.hs256_secret", why, remedy)
        }),
    ]
    .into_iter()
    .flatten()
}

fn lockout(settings: &Settings) -> impl Iterator<Item = Finding> {
    let lockout = &settings.lockout;
    [
        (lockout.account_failures < lockout.failures).then(|| {
            let why = "a lock would never be reported";
            finding("lockout.account_failures", why, "make it at least lockout.failures")
        }),
        (lockout.forget_after < lockout.span).then(|| {
            let why = "with pauses between attempts, guessing would be faster than a lock allows";
            finding("lockout.forget_after", why, "make it at least lockout.span")
        }),
    ]
    .into_iter()
    .flatten()
}

fn others(settings: &Settings) -> impl Iterator<Item = Finding> {
    let fields = &settings.registration.required_fields;
    let unknown: Vec<&str> =
        fields.iter().map(String::as_str).filter(|it| !REQUIRABLE.contains(it)).collect();
    let server = &settings.server;
    let least = web::serve::min_reading(server.body_limit);
    [
        (!unknown.is_empty()).then(|| {
            let why = format!("there is no such field: {}", unknown.join(", "));
            let remedy = format!("use any of {}", REQUIRABLE.join(", "));
            finding("registration.required_fields", why, remedy)
        }),
        (server.max_reading < least).then(|| {
            let why = "no client could send a body of server.body_limit";
            finding("server.max_reading", why, format!("make it at least {least}"))
        }),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use domain::Span;

    use super::{super::tests::assert_findings, *};

    #[test]
    fn contradictions_are_found() {
        assert_findings(
            &Settings::default(),
            &[
                ("tokens.refresh_leeway", |it| it.tokens.refresh_leeway = Span::minutes(15)),
                ("tokens.access_lifetime", |it| it.tokens.access_lifetime = Span::days(7)),
                ("tokens.remember_lifetime", |it| it.tokens.remember_lifetime = Span::days(1)),
                ("tokens.absolute_lifetime", |it| it.tokens.absolute_lifetime = Span::days(13)),
                ("sessions.revocation_poll", |it| it.sessions.revocation_poll = Span::minutes(1)),
                ("passwords.min_length", |it| it.passwords.min_length = 129),
                ("passwords.max_similarity", |it| it.passwords.max_similarity = f64::NAN),
                ("passwords.max_similarity", |it| it.passwords.max_similarity = 70.0),
                ("passwords.memory_kib", |it| it.passwords.memory_kib = 7),
                ("passwords.memory_kib", |it| it.passwords.parallelism = u32::MAX),
                ("registration.required_fields", |it| {
                    it.registration.required_fields = vec!["shoe_size".into()];
                }),
                ("secrets.master", |it| it.secrets.master = "short".into()),
                ("secrets.previous", |it| it.secrets.previous = vec!["short".into()]),
                ("secrets.previous", |it| {
                    it.secrets.master = "x".repeat(32).into();
                    it.secrets.previous = vec!["x".repeat(32).into()];
                }),
                ("tokens.hs256_secret", |it| it.tokens.hs256_secret = "short".into()),
                ("server.max_reading", |it| it.server.max_reading = 400_000),
                ("lockout.account_failures", |it| it.lockout.account_failures = 4),
                ("lockout.forget_after", |it| it.lockout.forget_after = Span::minutes(29)),
                ("tokens.key_prepublish", |it| it.tokens.key_prepublish = Span::days(90)),
            ],
        );
    }
}
