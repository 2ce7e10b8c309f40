//! Values that are fine in development and not safe in production.

use std::{collections::BTreeSet, net::IpAddr};

use domain::{Secret, Span, settings::Settings};
use outside::mail::SmtpAddress;

use super::{DatabaseKind, Finding, database_kind, finding, link_urls};

/// Memory in KiB and passes that OWASP's Password Storage Cheat Sheet names as equal minima for
/// Argon2id with one lane.
const ARGON2_MINIMA: [(u32, u32); 5] =
    [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
const LONGEST_ACCESS: Span = Span::hours(1);
const SHORTEST_PASSWORD: usize = 8;
/// Random text of 32 characters in hexadecimal has fewer in one of 10⁸ cases.
const DISTINCT_IN_MASTER: usize = 7;

pub fn find(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(addresses(settings));
    findings.extend(links(settings));
    findings.extend(mail(settings));
    findings.extend(secrets(settings));
    findings.extend(strengths(settings));
    findings
}

fn addresses(settings: &Settings) -> impl Iterator<Item = Finding> {
    let server = &settings.server;
    let origins = &settings.cors.allowed_origins;
    let everyone = server.trusted_proxies.iter().find(|it| it.prefix_len() == 0);
    [
        (!server.public_url.starts_with("https://")).then(|| {
            let why = "people would send their passwords over a connection that others can read";
            let remedy = "set the address that people use, such as https://accounts.example.com";
            finding("server.public_url", why, remedy)
        }),
        everyone.map(|network| {
            let why = format!("{network} trusts the client address that anybody sends");
            finding("server.trusted_proxies", why, "list only the networks of your proxies")
        }),
        server.allowed_hosts.iter().any(|it| it == "*").then(|| {
            let why = "the server would answer for every host name";
            finding("server.allowed_hosts", why, "list the names, or leave it empty")
        }),
        origins.iter().find(|it| it.starts_with("http://")).map(|origin| {
            let why = format!("the pages of {origin} could be changed in transit");
            finding("cors.allowed_origins", why, "list https origins alone")
        }),
    ]
    .into_iter()
    .flatten()
}

fn links(settings: &Settings) -> impl Iterator<Item = Finding> {
    let open = link_urls(settings).filter(|it| it.1.starts_with("http://"));
    open.map(|(name, _)| finding(name, "the token could be read in transit", "use https"))
}

fn mail(settings: &Settings) -> Option<Finding> {
    // An invalid URL has a finding of its own.
    let address = SmtpAddress::parse(settings.email.url.expose()).ok()?;
    let host = address.host();
    let is_near = matches!(host, "localhost" | "localhost.")
        || host.parse::<IpAddr>().is_ok_and(|it| it.to_canonical().is_loopback());
    (!address.insists_on_tls() && !is_near && !settings.email.allow_unencrypted).then(|| {
        let why = "the tokens in mails could be read in transit, or the offer of TLS removed";
        let remedy = "add ?tls=required, or use smtps://; email.allow_unencrypted = true on a network \
                      of your own";
        finding("email.url", why, remedy)
    })
}

fn secrets(settings: &Settings) -> impl Iterator<Item = Finding> {
    let master = &settings.secrets.master;
    let shared = database_kind(settings) == Some(DatabaseKind::Postgres);
    let known = &settings.tokens.hs256_secret;
    let remedy = "use the output of: openssl rand -base64 32";
    [
        (shared && master.is_empty()).then(|| {
            let why = "each node would generate its own and refuse the tokens of the others";
            finding("secrets.master", why, format!("{remedy}, the same on every node"))
        }),
        (!master.is_empty() && distinct_in(master) < DISTINCT_IN_MASTER)
            .then(|| finding("secrets.master", "it is not random", remedy)),
        (!known.is_empty() && distinct_in(known) < DISTINCT_IN_MASTER)
            .then(|| finding("tokens.hs256_secret", "it is not random", remedy)),
    ]
    .into_iter()
    .flatten()
}

/// The number of different characters in it.
fn distinct_in(secret: &Secret) -> usize {
    secret.expose().chars().collect::<BTreeSet<_>>().len()
}

fn strengths(settings: &Settings) -> impl Iterator<Item = Finding> {
    let rules = &settings.passwords;
    let enough = |(memory, passes)| rules.memory_kib >= memory && rules.iterations >= passes;
    [
        (!ARGON2_MINIMA.into_iter().any(enough)).then(|| {
            let why = "passwords could be recovered too fast from stolen hashes";
            let remedy = "use at least 19456 KiB and 2 passes, or an equivalent";
            finding("passwords.memory_kib", why, remedy)
        }),
        (rules.min_length < SHORTEST_PASSWORD).then(|| {
            let why = "passwords this short are easy to guess";
            finding("passwords.min_length", why, format!("use {SHORTEST_PASSWORD} or more"))
        }),
        (!settings.limits.enabled).then(|| {
            let why = "passwords and codes could be guessed without limit";
            finding("limits.enabled", why, "leave it on, and raise individual limits if needed")
        }),
        (!settings.lockout.enabled).then(|| {
            let why = "the password of one account could be guessed from many addresses";
            finding("lockout.enabled", why, "leave it on, and raise lockout.failures if needed")
        }),
        (settings.tokens.access_lifetime > LONGEST_ACCESS).then(|| {
            let why =
                "services that verify tokens locally would accept a stolen one for a long time";
            finding("tokens.access_lifetime", why, "use an hour or less")
        }),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use domain::settings::Profile;

    use super::{super::tests::assert_findings, *};

    fn production() -> Settings {
        let mut settings = Settings { profile: Profile::Production, ..Settings::default() };
        settings.server.public_url = "https://accounts.example.com".into();
        settings.email.url = "smtps://mail.example.com".into();
        settings
    }

    #[test]
    fn unsafe_values_are_found() {
        assert_findings(
            &production(),
            &[
                ("server.public_url", |it| it.server.public_url.clear()),
                ("server.public_url", |it| it.server.public_url = "http://a.example".into()),
                ("email.url", |it| it.email.url = "inbox:".into()),
                ("email.url", |it| it.email.url = "smtp://mail.example.com:25".into()),
                ("email.url", |it| it.email.url = "smtp://u:p@mail.example.com?tls=none".into()),
                ("email.url", |it| it.email.url = "smtp://10.0.0.1?tls=opportunistic".into()),
                ("email.url", |it| it.email.url = "smtp://[2001:db8::1]".into()),
                ("email.url", |it| it.email.url = "smtp://h.example?tls=none&tls=required".into()),
                ("secrets.master", |it| it.database.url = "postgres://db/portcullis".into()),
                ("secrets.master", |it| it.secrets.master = "portcullis".into()),
                ("secrets.master", |it| it.secrets.master = "abcabc".repeat(9).into()),
                ("tokens.hs256_secret", |it| {
                    it.tokens.hs256_secret = "abcabc".repeat(9).into();
                }),
                ("cors.allowed_origins", |it| {
                    it.cors.allowed_origins = vec!["http://app.example.com".into()];
                }),
                ("cors.allowed_origins", |it| it.cors.allowed_origins = vec!["*".into()]),
                ("server.trusted_proxies", |it| {
                    it.server.trusted_proxies = vec!["0.0.0.0/0".parse().unwrap()];
                }),
                ("server.trusted_proxies", |it| {
                    it.server.trusted_proxies = vec!["::/0".parse().unwrap()];
                }),
                ("server.allowed_hosts", |it| it.server.allowed_hosts = vec!["*".into()]),
                ("passwords.memory_kib", |it| it.passwords.memory_kib = 19_455),
                ("passwords.memory_kib", |it| it.passwords.iterations = 1),
                ("passwords.min_length", |it| it.passwords.min_length = 7),
                ("limits.enabled", |it| it.limits.enabled = false),
                ("lockout.enabled", |it| it.lockout.enabled = false),
                ("tokens.access_lifetime", |it| it.tokens.access_lifetime = Span::minutes(61)),
                ("links.verify_email_url", |it| {
                    it.links.verify_email_url = "http://a.example/{token}".into();
                }),
            ],
        );
    }

    #[test]
    fn equals_of_the_minimum_are_fine() {
        for (memory, passes) in ARGON2_MINIMA {
            let mut settings = production();
            (settings.passwords.memory_kib, settings.passwords.iterations) = (memory, passes);
            assert_findings(&settings, &[]);
        }
    }

    #[test]
    fn mail_may_travel_encrypted_or_not_at_all_or_knowingly() {
        let urls = [
            "smtp://u:p@mail.example.com:587?tls=required",
            "smtp://127.0.0.1:25?tls=none",
            "smtp://[::1]:25",
            "smtp://localhost",
            "file:/var/mail",
        ];
        for url in urls {
            let mut settings = production();
            settings.email.url = url.into();
            assert_findings(&settings, &[]);
        }
        let mut settings = production();
        settings.email.url = "smtp://mail.internal?tls=none".into();
        settings.email.allow_unencrypted = true;
        assert_findings(&settings, &[]);
    }

    #[test]
    fn all_findings_come_at_once() {
        let settings = Settings { profile: Profile::Production, ..Settings::default() };
        let names: Vec<_> = super::super::check(&settings).iter().map(|it| it.name).collect();
        assert_eq!(names, ["email.url", "server.public_url"]);
    }
}
