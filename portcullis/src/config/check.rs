//! Checks of settings that were read: values that contradict each other, and in production values
//! that are not safe. All findings are reported at once.

mod contradictions;
mod form;
mod production;

use std::fmt;

use domain::settings::{Profile, Settings};

/// A value with which the server refuses to start.
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

/// Everything that prevents a start.
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

/// The URLs of links in mails; empty ones stand for pages of this server.
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

/// The kind of database that a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// The kind of database of the settings. `None` if it is neither.
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

    type Edit = fn(&mut Settings);

    /// Each edit of `base` causes a finding about the key beside it; `base` itself has none.
    pub fn assert_findings(base: &Settings, cases: &[(&str, Edit)]) {
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
