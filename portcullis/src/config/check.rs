//! Checks of settings that were read: values that contradict each other, and in production values
//! that are not safe. All findings are reported at once.

mod contradictions;
mod form;
mod production;

use std::fmt;

use domain::{
    notify::link::Purpose,
    settings::{Profile, Settings},
};

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

/// Where links in mails lead, with the names of the settings; not those that lead to pages of this
/// server.
fn link_urls(settings: &Settings) -> impl Iterator<Item = (&'static str, &str)> {
    let destinations = Purpose::ALL.iter().filter_map(|it| it.destination());
    destinations.filter_map(|it| Some((it.url_setting, it.template(&settings.links)?)))
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
