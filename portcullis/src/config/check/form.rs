//! Texts that have to be addresses, origins or filters, and numbers that must not be zero.

use domain::{
    account::metadata::chosen_key,
    notify::link::Purpose,
    settings::{Profile, Settings},
};
use outside::mail::{SmtpAddress, is_hello_name};
use tracing_subscriber::EnvFilter;
use url::Url;
use web::site;

use super::{Finding, database_kind, finding, link_urls};

pub fn find(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(addresses(settings));
    findings.extend(origins(settings));
    findings.extend(links(settings));
    findings.extend(mail(settings));
    findings.extend(smtp(settings));
    findings.extend(claims(settings));
    findings.extend(schedules(settings));
    findings.extend(zeros(settings));
    findings
}

fn addresses(settings: &Settings) -> impl Iterator<Item = Finding> {
    let public = &settings.server.public_url;
    let redis = settings.cache.url.expose();
    let is_redis = redis.is_empty() || matches!(scheme(redis), "redis" | "rediss");
    [
        (!public.is_empty() && site::address(public).is_none()).then(|| {
            finding(
                "server.public_url",
                format!("{public:?} is not the URL of a site"),
                "give scheme and host, and a path of letters, digits and -._~ if there is one, \
                 such as https://example.com/accounts",
            )
        }),
        database_kind(settings).is_none().then(|| {
            finding(
                "database.url",
                "the URL names no supported database",
                "use sqlite://path/to/file.db or postgres://user:password@host/database",
            )
        }),
        (!is_redis).then(|| {
            let remedy = "use redis://host:6379/0 or rediss://…, or leave it empty";
            finding("cache.url", "the address is not one of Redis", remedy)
        }),
        EnvFilter::try_new(&settings.log.level).err().map(|error| {
            let remedy =
                "use error, warn, info, debug, trace, or a filter such as info,store=debug";
            finding("log.level", format!("{:?}: {error}", settings.log.level), remedy)
        }),
    ]
    .into_iter()
    .flatten()
}

fn claims(settings: &Settings) -> impl Iterator<Item = Finding> {
    let wrong = settings.tokens.metadata_claims.iter().filter(|it| chosen_key(it).is_none());
    wrong.map(|choice| {
        finding(
            "tokens.metadata_claims",
            format!("{choice:?} is not a valid claim for a token"),
            "write user.KEY or app.KEY, with a key that is not a reserved claim",
        )
    })
}

fn schedules(settings: &Settings) -> impl Iterator<Item = Finding> {
    let jobs = &settings.jobs;
    let all = [("jobs.cleanup", &jobs.cleanup), ("jobs.erase", &jobs.erase)];
    all.into_iter().filter_map(|(name, cron)| {
        let error = app::work::schedule::check_cron(cron).err()?;
        Some(finding(name, error, "write five fields, such as \"0 0 * * *\" for midnight in UTC"))
    })
}

fn origins(settings: &Settings) -> impl Iterator<Item = Finding> {
    let cors = &settings.cors;
    let origins = cors.allowed_origins.iter().filter(|it| site::allowed_origin(it).is_none());
    let headers = cors.allowed_headers.iter();
    let headers = headers.filter(|it| *it != site::ANY && site::header_name(it).is_none());
    let origins = origins.map(|origin| {
        finding(
            "cors.allowed_origins",
            format!("{origin:?} is not an origin"),
            "list each origin as scheme://host, such as https://app.example.com; there is no wildcard",
        )
    });
    origins.chain(headers.map(|header| {
        finding(
            "cors.allowed_headers",
            format!("{header:?} is not the name of a header"),
            "list names such as traceparent, or * alone",
        )
    }))
}

fn links(settings: &Settings) -> impl Iterator<Item = Finding> {
    let wrong = link_urls(settings).filter(|it| !is_link(it.1));
    wrong.map(|(name, url)| {
        let why = format!("{url:?} is not a URL with {{token}} in it");
        finding(name, why, "use one such as https://app.example.com/page?token={token}")
    })
}

fn mail(settings: &Settings) -> impl Iterator<Item = Finding> {
    let url = settings.email.url.expose();
    let known = matches!(scheme(url), "smtp" | "smtps" | "sendgrid" | "file" | "inbox");
    let from = &settings.email.from;
    let inbox = settings.profile == Profile::Production && scheme(url) == "inbox";
    let schemes =
        "use smtp://user:password@host:587?tls=required, smtps://…, sendgrid: or file:folder";
    let (sendgrid, api) = (scheme(url) == "sendgrid", &settings.email.sendgrid_url);
    let plain = settings.profile == Profile::Production && !api.starts_with("https://");
    [
        (sendgrid && settings.email.sendgrid_key.is_empty()).then(|| {
            let why = "SendGrid accepts no mail without an API key";
            finding("email.sendgrid_key", why, "create one that may only send mail")
        }),
        (sendgrid && (!is_site(api) || plain)).then(|| {
            let why = format!("{api:?} is not the address of SendGrid's API");
            finding("email.sendgrid_url", why, "use https://api.sendgrid.com, or leave it out")
        }),
        (!known).then(|| finding("email.url", "the URL has an unknown scheme", schemes)),
        inbox.then(|| {
            let why = "mail would stay in memory instead of being sent";
            finding("email.url", why, schemes)
        }),
        (!is_hello_name(&settings.email.hello_name)).then(|| {
            let why = format!("{:?} is not a host name", settings.email.hello_name);
            finding("email.hello_name", why, "use one such as mail.example.com, or leave it empty")
        }),
        (!from.contains('@') || from.chars().any(char::is_control)).then(|| {
            let remedy = "use one such as Accounts <no-reply@example.com>";
            finding("email.from", format!("{from:?} is not a sender"), remedy)
        }),
    ]
    .into_iter()
    .flatten()
}

/// SMTP settings that the server would refuse at start-up.
fn smtp(settings: &Settings) -> Option<Finding> {
    let email = &settings.email;
    if !matches!(scheme(email.url.expose()), "smtp" | "smtps") {
        return None;
    }
    match SmtpAddress::parse(email.url.expose()) {
        Err(why) => {
            let remedy = "use smtp://user:password@host:587?tls=required or smtps://…";
            Some(finding("email.url", why, remedy))
        }
        Ok(address) => {
            let why = address.check_ca(&email.ca_file).err()?;
            Some(finding(
                "email.ca_file",
                why,
                "use a PEM file of certificate authorities, or leave it out",
            ))
        }
    }
}

fn zeros(settings: &Settings) -> impl Iterator<Item = Finding> {
    let (server, database, tokens) = (&settings.server, &settings.database, &settings.tokens);
    let (passwords, sessions, jobs) = (&settings.passwords, &settings.sessions, &settings.jobs);
    let zeros = [
        ("server.listen", server.listen.is_empty()),
        ("server.data_dir", server.data_dir.is_empty()),
        ("server.body_limit", server.body_limit == 0),
        ("server.header_timeout", server.header_timeout.is_zero()),
        ("server.idle_timeout", server.idle_timeout.is_zero()),
        ("server.body_timeout", server.body_timeout.is_zero()),
        ("server.request_timeout", server.request_timeout.is_zero()),
        ("server.write_timeout", server.write_timeout.is_zero()),
        ("server.max_connections", server.max_connections == 0),
        ("server.max_connections_per_client", server.max_connections_per_client == 0),
        ("server.max_reading", server.max_reading == 0),
        ("server.max_requests", server.max_requests == 0),
        ("database.connections", database.connections == 0),
        ("database.statement_timeout", database.statement_timeout.is_zero()),
        ("database.connection_lifetime", database.connection_lifetime.is_zero()),
        ("cache.memory_entries", settings.cache.memory_entries == 0),
        ("tokens.audience", tokens.audience.is_empty()),
        ("tokens.access_lifetime", tokens.access_lifetime.as_seconds() == 0),
        ("tokens.refresh_lifetime", tokens.refresh_lifetime.as_seconds() == 0),
        ("sessions.max_per_user", sessions.max_per_user == 0),
        ("sessions.revocation_poll", sessions.revocation_poll.is_zero()),
        ("sessions.memory_entries", sessions.memory_entries == 0),
        ("passwords.min_length", passwords.min_length == 0),
        ("passwords.iterations", passwords.iterations == 0),
        ("passwords.parallelism", passwords.parallelism == 0),
        ("lockout.failures", settings.lockout.failures == 0),
        ("lockout.span", settings.lockout.span.is_zero()),
        ("lockout.forget_after", settings.lockout.forget_after.is_zero()),
        ("lockout.max_entries", settings.lockout.max_entries == 0),
        ("email.timeout", settings.email.timeout.is_zero()),
        ("jobs.poll", jobs.poll.is_zero()),
        ("jobs.lease", jobs.lease.is_zero()),
        ("links.exchange_lifetime", settings.links.exchange_lifetime.is_zero()),
        ("outbound.timeout", settings.outbound.timeout.is_zero()),
        ("outbound.body_limit", settings.outbound.body_limit == 0),
    ];
    // Deleted accounts may have no grace.
    let lifetimes = Purpose::ALL
        .iter()
        .filter(|it| it.lifetime_setting().starts_with("links."))
        .map(|it| (it.lifetime_setting(), it.lifetime(settings).as_seconds() == 0));
    zeros.into_iter().chain(lifetimes).filter(|it| it.1).map(|(name, _)| {
        finding(name, "it must not be zero or empty", "leave it out for the default")
    })
}

fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |it| it.0)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// A web URL that paths can be appended to.
fn is_site(text: &str) -> bool {
    Url::parse(text).is_ok_and(|it| {
        is_web(&it) && it.query().is_none() && it.fragment().is_none() && it.username().is_empty()
    })
}

fn is_link(text: &str) -> bool {
    text.contains("{token}")
        && Url::parse(&text.replace("{token}", "t")).is_ok_and(|it| is_web(&it))
}

#[cfg(test)]
mod tests {
    use domain::Span;

    use super::{super::tests::assert_findings, *};

    #[test]
    fn texts_that_do_not_read_are_found() {
        assert_findings(
            &Settings::default(),
            &[
                ("server.public_url", |it| it.server.public_url = "example.com".into()),
                ("server.public_url", |it| it.server.public_url = "ftp://example.com".into()),
                ("server.public_url", |it| it.server.public_url = "https://a.example/?b".into()),
                ("server.public_url", |it| it.server.public_url = "https://a.example/a b".into()),
                ("database.url", |it| it.database.url = "mysql://a/b".into()),
                ("cache.url", |it| it.cache.url = "127.0.0.1:6379".into()),
                ("links.verify_email_url", |it| {
                    it.links.verify_email_url = "https://a.example/verify".into();
                }),
                ("links.reset_password_url", |it| {
                    it.links.reset_password_url = "/reset/{token}".into();
                }),
                ("log.level", |it| it.log.level = "info,store=loud".into()),
                ("cors.allowed_origins", |it| it.cors.allowed_origins = vec!["*".into()]),
                ("cors.allowed_origins", |it| it.cors.allowed_origins = vec!["a.example".into()]),
                ("cors.allowed_origins", |it| {
                    it.cors.allowed_origins = vec!["https://a.example/".into()];
                }),
                ("cors.allowed_origins", |it| {
                    it.cors.allowed_origins = vec!["https://*.a.example".into()];
                }),
                ("cors.allowed_headers", |it| it.cors.allowed_headers = vec!["a b".into()]),
                ("email.url", |it| it.email.url = "mail.example.com".into()),
                ("email.url", |it| it.email.url = "smtps://h?tls=none".into()),
                ("email.url", |it| it.email.url = "smtps://h?verify=none".into()),
                ("email.url", |it| it.email.url = "smtp:///x".into()),
                ("email.url", |it| it.email.url = "smtp://u@h?tls=required".into()),
                ("email.url", |it| it.email.url = "smtp://h?tls=required&ca=1".into()),
                ("email.url", |it| it.email.url = "smtp://h?tls=none&tls=required".into()),
                ("email.ca_file", |it| {
                    it.email.url = "smtps://h".into();
                    it.email.ca_file = "/nowhere/ca.pem".into();
                }),
                ("email.from", |it| it.email.from = "Portcullis".into()),
                ("email.hello_name", |it| it.email.hello_name = "mail server".into()),
                ("email.hello_name", |it| it.email.hello_name = "a\r\nRSET".into()),
                ("email.sendgrid_key", |it| it.email.url = "sendgrid:".into()),
                ("email.sendgrid_url", |it| {
                    it.email.url = "sendgrid:".into();
                    it.email.sendgrid_url = "api.sendgrid.com".into();
                }),
            ],
        );
    }

    #[test]
    fn nothing_where_something_is_needed_is_found() {
        assert_findings(
            &Settings::default(),
            &[
                ("server.listen", |it| it.server.listen.clear()),
                ("tokens.access_lifetime", |it| it.tokens.access_lifetime = Span::millis(1)),
                ("links.invitation_lifetime", |it| it.links.invitation_lifetime = Span::ZERO),
                ("sessions.max_per_user", |it| it.sessions.max_per_user = 0),
                ("jobs.lease", |it| it.jobs.lease = Span::ZERO),
                ("lockout.failures", |it| it.lockout.failures = 0),
                ("lockout.max_entries", |it| it.lockout.max_entries = 0),
            ],
        );
    }

    #[test]
    fn texts_that_read_are_fine() {
        let mut settings = Settings::default();
        settings.server.public_url = "https://accounts.example.com/sub/".into();
        settings.cors.allowed_origins =
            vec!["https://app.example.com".into(), "capacitor://localhost".into()];
        settings.cors.allowed_headers = vec!["traceparent".into(), "Baggage".into()];
        settings.links.verify_email_url = "https://app.example.com/#/verify/{token}".into();
        settings.email.url = "smtp://127.0.0.1:2525".into();
        settings.log.level = "info,store=debug".into();
        assert_findings(&settings, &[]);
    }
}
