//! What is wrong with settings that can all be read: values that contradict each other, and in
//! production values that are not safe. All findings are given at once.

mod contradictions;
mod form;
mod production;

use std::fmt;

use domain::settings::{Profile, Settings};

/// A value that the server does not start with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `section.key`
    pub name: &'static str,
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// Everything that stands in the way of a start.
pub fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings = form::find(settings);
    findings.extend(contradictions::find(settings));
    if settings.profile == Profile::Production {
        findings.extend(production::find(settings));
    }
    findings
}

fn finding(name: &'static str, why: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { name, why: why.into(), remedy: remedy.into() }
}

/// Where links in mails lead; empty ones lead to pages of this server.
fn link_urls(settings: &Settings) -> [(&'static str, &str); 6] {
    let links = &settings.links;
    [
        ("links.verify_email_url", &links.verify_email_url),
        ("links.reset_password_url", &links.reset_password_url),
        ("links.change_email_url", &links.change_email_url),
        ("links.undo_email_change_url", &links.undo_email_change_url),
        ("links.restore_account_url", &links.restore_account_url),
        ("links.invitation_url", &links.invitation_url),
    ]
}

/// The database that an address is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// Which database the settings name; nothing when it is neither.
pub fn database_kind(settings: &Settings) -> Option<DatabaseKind> {
    match settings.database.url.expose().split_once(':') {
        Some(("sqlite", _)) => Some(DatabaseKind::Sqlite),
        Some(("postgres" | "postgresql", _)) => Some(DatabaseKind::Postgres),
        None if settings.database.url.is_empty() => Some(DatabaseKind::Sqlite),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Change = fn(&mut Settings);

    /// Each change of `base` brings a finding about the key beside it, and without it there is
    /// none.
    pub fn assert_findings(base: &Settings, cases: &[(&str, Change)]) {
        assert_eq!(check(base), []);
        for (number, (name, change)) in cases.iter().enumerate() {
            let mut settings = base.clone();
            change(&mut settings);
            let found = check(&settings);
            assert!(found.iter().any(|it| it.name == *name), "{number}. {name}: {found:?}");
            assert!(found.iter().all(|it| !it.why.is_empty() && !it.remedy.is_empty()));
        }
    }

    #[test]
    fn the_database_is_known_by_its_scheme() {
        let cases = [
            ("", Some(DatabaseKind::Sqlite)),
            ("sqlite://a.db", Some(DatabaseKind::Sqlite)),
            ("postgres://a/b", Some(DatabaseKind::Postgres)),
            ("postgresql://a/b", Some(DatabaseKind::Postgres)),
            ("mysql://a/b", None),
            ("a.db", None),
        ];
        for (url, kind) in cases {
            let mut settings = Settings::default();
            settings.database.url = url.into();
            assert_eq!(database_kind(&settings), kind, "{url}");
        }
    }
}
