//! What people say about themselves. Stored as one JSON object, which is not queried.

use serde::{Deserialize, Serialize};

use crate::{
    problem::{FieldError, FieldErrors},
    say, text,
};

const NAME_LENGTH: usize = 150;
const SHORT_LENGTH: usize = 100;
const URL_LENGTH: usize = 500;
const BIO_LENGTH: usize = 2_000;

/// A change to one's own account: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Empty: it is removed.
    pub username: Option<String>,
    /// Empty: it is removed.
    pub phone_number: Option<String>,
    pub profile: ProfileChange,
    /// A merge patch (RFC 7396) of `user_metadata`.
    pub user_metadata: Option<serde_json::Value>,
}

/// Types are matched as tokens, so that macros of other crates can match them again.
macro_rules! profile {
    ($(
        $(#[doc = $doc:literal])*
        $field:ident: $kind:ident $(<$inner:ident>)? = $default:expr, $check:expr;
    )+) => {
        /// A person's public and personal details, empty where they gave none.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Profile {
            $($(#[doc = $doc])* pub $field: $kind $(<$inner>)?,)+
        }

        impl Default for Profile {
            fn default() -> Self {
                Profile { $($field: $default),+ }
            }
        }

        /// The details to change.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct ProfileChange {
            $(pub $field: Option<$kind $(<$inner>)?>,)+
        }

        impl Profile {
            /// Applies the valid parts of the change and notes the errors of the others.
            pub fn apply(&mut self, change: &ProfileChange, errors: &mut FieldErrors) {
                $(if let Some(value) = &change.$field {
                    let check: Check<$kind $(<$inner>)?> = $check;
                    if let Some(value) = errors.take(stringify!($field), check(value)) {
                        self.$field = value;
                    }
                })+
            }
        }

        impl ProfileChange {
            /// The same, with the values of `other` where this one has none.
            pub fn or(self, other: ProfileChange) -> ProfileChange {
                ProfileChange { $($field: self.$field.or(other.$field)),+ }
            }
        }

        /// Calls the macro `$then` with `$before`, and the name and type of each field.
        #[macro_export]
        macro_rules! profile_fields {
            ($then:ident $before:tt) => {
                $then! { $before $($field: $kind $(<$inner>)?,)+ }
            };
        }
    };
}

type Check<T> = fn(&T) -> Result<T, FieldError>;

profile! {
    bio: String = String::new(), |it| text::paragraph(it, BIO_LENGTH);
    website: String = String::new(), |it| web_address(it);
    location: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    country: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    state: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    city: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    address: String = String::new(), |it| text::paragraph(it, URL_LENGTH);
    /// `YYYY-MM-DD`
    birth_date: Option<String> = None, |it| birth_date(it.as_deref());
    github: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    twitter: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    linkedin: String = String::new(), |it| text::optional_line(it, URL_LENGTH);
    company: String = String::new(), |it| text::optional_line(it, SHORT_LENGTH);
    /// A name of the time zone database, such as `Europe/Berlin`
    timezone: String = "UTC".into(), |it| time_zone(it);
    /// A BCP 47 tag such as `en` or `pt-BR`
    language: String = "en".into(), |it| language(it);
    email_notifications: bool = true, |it| Ok(*it);
    marketing_emails: bool = false, |it| Ok(*it);
}

/// A first or last name.
pub fn name(text: &str) -> Result<String, FieldError> {
    text::optional_line(text, NAME_LENGTH)
}

fn web_address(text: &str) -> Result<String, FieldError> {
    let invalid =
        || FieldError::new("invalid", say!("Enter an address that begins with https://."));
    let text = text::optional_line(text, URL_LENGTH)?;
    if text.is_empty() {
        return Ok(text);
    }
    let url = url::Url::parse(&text).map_err(|_| invalid())?;
    // Links of other schemes may run scripts.
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return Err(invalid());
    }
    Ok(text)
}

fn birth_date(text: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(text) = text.map(str::trim).filter(|it| !it.is_empty()) else { return Ok(None) };
    let invalid = || FieldError::new("invalid", say!("Enter a date as YYYY-MM-DD."));
    if text.len() != 10 {
        return Err(invalid());
    }
    let date: jiff::civil::Date = text.parse().map_err(|_| invalid())?;
    if !(1870..=2100).contains(&date.year()) {
        return Err(invalid());
    }
    Ok(Some(date.to_string()))
}

fn time_zone(text: &str) -> Result<String, FieldError> {
    let text = text::line(text, 64)?;
    let allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '_' | '-' | '+');
    match text.chars().all(allowed) {
        true => Ok(text),
        false => Err(FieldError::new("invalid", say!("Enter a time zone such as Europe/Berlin."))),
    }
}

/// A language tag (BCP 47), of whichever language.
pub fn language(text: &str) -> Result<String, FieldError> {
    let text = text::line(text, 35)?;
    let is_tag = text.split('-').all(|it| {
        (1..=8).contains(&it.len()) && it.chars().all(|letter| letter.is_ascii_alphanumeric())
    });
    match is_tag {
        true => Ok(text),
        false => Err(FieldError::new("invalid", say!("Enter a language such as en or pt-BR."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_details_are_taken_over() {
        let change = ProfileChange {
            website: Some("https://example.com/~anna".into()),
            birth_date: Some(Some("1990-02-28".into())),
            language: Some("pt-BR".into()),
            marketing_emails: Some(true),
            ..ProfileChange::default()
        };
        let (mut profile, mut errors) = (Profile::default(), FieldErrors::default());
        profile.apply(&change, &mut errors);
        assert!(errors.is_empty());
        assert_eq!(profile.birth_date.as_deref(), Some("1990-02-28"));
        assert!(profile.marketing_emails && profile.email_notifications);
    }

    #[test]
    fn wrong_details_change_nothing() {
        let change = ProfileChange {
            website: Some("javascript:alert(1)".into()),
            birth_date: Some(Some("1990-02-30".into())),
            timezone: Some("Europe/Berlin\0".into()),
            language: Some("english please".into()),
            bio: Some("x".repeat(2_001)),
            ..ProfileChange::default()
        };
        let (mut profile, mut errors) = (Profile::default(), FieldErrors::default());
        profile.apply(&change, &mut errors);
        assert_eq!(profile, Profile::default());
        assert_eq!(errors.iter().count(), 5);
    }
}
