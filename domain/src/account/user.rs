//! A person who can sign in.

use serde_json::Value as Json;

use super::{Email, Profile};
use crate::{Time, UserId, settings::Privacy};

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// [`Email::canonical`], which is unique.
    pub email_canonical: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// In E.164 form. Only a verified one is unique and can be signed in with.
    pub phone_number: Option<String>,
    pub phone_verified_at: Option<Time>,
    pub email_verified_at: Option<Time>,
    /// A PHC string. `None`: the person has no password.
    pub password_hash: Option<String>,
    pub is_active: bool,
    pub is_staff: bool,
    pub is_superuser: bool,
    pub profile: Profile,
    /// Metadata of the person's own.
    pub user_metadata: Json,
    /// Metadata of the operator's.
    pub app_metadata: Json,
    pub created_at: Time,
    pub updated_at: Time,
    pub last_login_at: Option<Time>,
    pub deleted_at: Option<Time>,
}

impl User {
    /// A new account with an address and nothing else.
    pub fn new(id: UserId, email: Email, now: Time) -> User {
        User {
            id,
            email_canonical: email.canonical(),
            email,
            username: None,
            first_name: String::new(),
            last_name: String::new(),
            phone_number: None,
            phone_verified_at: None,
            email_verified_at: None,
            password_hash: None,
            is_active: true,
            is_staff: false,
            is_superuser: false,
            profile: Profile::default(),
            user_metadata: Json::Object(Default::default()),
            app_metadata: Json::Object(Default::default()),
            created_at: now,
            updated_at: now,
            last_login_at: None,
            deleted_at: None,
        }
    }

    /// Whether this account may sign in and its sessions are valid.
    pub fn is_usable(&self) -> bool {
        self.is_active && self.deleted_at.is_none()
    }

    /// Whether this account must look as if it did not exist. Otherwise whoever registered it could
    /// tell that the address was free before.
    pub fn is_hidden(&self, privacy: &Privacy) -> bool {
        privacy.is_strict() && self.email_verified_at.is_none()
    }

    /// Whether this is the account's address and has been proved.
    pub fn has_proved(&self, address: &Email) -> bool {
        self.email_verified_at.is_some() && self.email == *address
    }

    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// How a mail to this address greets the person. Anybody can make us write to any address, by
    /// registering it or by changing to or from it, under a name that they choose: so the greeting
    /// has no name unless the address is the account's own and proved.
    pub fn greeting(&self, to: &Email) -> Option<&str> {
        let names = [Some(self.first_name.as_str()), self.username.as_deref()];
        names.into_iter().flatten().find(|it| self.has_proved(to) && is_name(it))
    }

    /// The display name in the `To` header of a mail, by the same rule.
    pub fn mailbox_name(&self, to: &Email) -> Option<String> {
        Some(self.full_name()).filter(|it| self.has_proved(to) && is_name(it))
    }

    /// The names of the roles a token carries.
    pub fn roles(&self) -> Vec<&'static str> {
        let mut roles = Vec::new();
        if self.is_superuser {
            roles.push("admin");
        }
        if self.is_staff {
            roles.push("staff");
        }
        roles
    }

    /// What a password must not resemble, as pairs of field and value.
    pub fn attributes(&self) -> [(&'static str, &str); 4] {
        [
            ("email_address", self.email.as_str()),
            ("username", self.username.as_deref().unwrap_or_default()),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
        ]
    }
}

/// Longer names are not used in a greeting.
const NAME_LENGTH: usize = 50;
/// More digits may be a telephone number.
const MOST_DIGITS: usize = 4;
/// What browsers take for a dot in a host name (UTS 46).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Whether a name can be used in a greeting: it must not read like a message or contain a link, as
/// somebody else may control the account of whoever gets the mail.
fn is_name(text: &str) -> bool {
    let is_long = text.chars().nth(NAME_LENGTH).is_some();
    let is_number = text.chars().filter(|it| it.is_numeric()).nth(MOST_DIGITS).is_some();
    // What mail programs turn into a link: `example.com`, but not `J.R.` or `Mary St. John`.
    let mut parts = text.split(DOTS).skip(1);
    let has_domain = parts.any(|it| it.chars().take_while(|it| it.is_alphanumeric()).count() > 1);
    let is_plain = !text.contains([':', '/', '@', '\\']);
    !text.is_empty() && is_plain && !is_long && !is_number && !has_domain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_addressed_by_what_is_a_name() {
        let long = "Dear customer, your account is in danger, call us at once";
        let cases = [
            ("Anna", Some("anna_1"), Some("Anna")),
            ("J.R. Mary", Some("anna_1"), Some("J.R. Mary")),
            ("Mary St. John", Some("anna_1"), Some("Mary St. John")),
            ("", Some("anna_1984"), Some("anna_1984")),
            ("", None, None),
            ("see evil.example", Some("anna_1"), Some("anna_1")),
            ("see evil\u{3002}example", Some("anna_1"), Some("anna_1")),
            ("http://evil", Some("anna_1"), Some("anna_1")),
            ("a@evil", Some("evil.example"), None),
            ("call +1 900 555 0100", Some("0900555"), None),
            (long, None, None),
        ];
        let email = Email::parse("anna.l@example.com").unwrap();
        for (first_name, username, expected) in cases {
            let user = User {
                first_name: first_name.into(),
                username: username.map(str::to_owned),
                email_verified_at: Some(Time(0)),
                ..User::new(UserId::new(Time(0), [1; 10]), email.clone(), Time(0))
            };
            assert_eq!(user.greeting(&email), expected, "{first_name}");
            let in_head = user.mailbox_name(&email);
            assert_eq!(in_head.as_deref(), expected.filter(|it| *it == first_name));
        }
    }

    #[test]
    fn only_the_accounts_own_proved_address_is_addressed_by_name() {
        let own = Email::parse("anna@example.com").unwrap();
        let other = Email::parse("anna@example.org").unwrap();
        let user = User::new(UserId::new(Time(0), [1; 10]), own.clone(), Time(0));
        let user = User { first_name: "Anna".into(), last_name: "Lindholm".into(), ..user };
        let proved = User { email_verified_at: Some(Time(0)), ..user.clone() };
        for (user, to) in [(&user, &own), (&user, &other), (&proved, &other)] {
            assert_eq!((user.greeting(to), user.mailbox_name(to)), (None, None));
        }
        assert_eq!(proved.greeting(&own), Some("Anna"));
        assert_eq!(proved.mailbox_name(&own).as_deref(), Some("Anna Lindholm"));
    }
}
