//! A person who can sign in.

use serde_json::Value as Json;

use super::{Email, Profile};
use crate::{Time, UserId};

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// [`Email::canonical`], which is unique.
    pub email_canonical: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// E.164. Unique and good for signing in only once it is verified.
    pub phone_number: Option<String>,
    pub phone_verified_at: Option<Time>,
    pub email_verified_at: Option<Time>,
    /// A PHC string; people who came by another way have none.
    pub password_hash: Option<String>,
    pub is_active: bool,
    pub is_staff: bool,
    pub is_superuser: bool,
    pub profile: Profile,
    /// The person's own.
    pub user_metadata: Json,
    /// The operator's.
    pub app_metadata: Json,
    pub created_at: Time,
    pub updated_at: Time,
    pub last_login_at: Option<Time>,
    pub deleted_at: Option<Time>,
}

impl User {
    /// Somebody new, with nothing but an address.
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

    /// Whether this account may sign in and its sessions count.
    pub fn is_usable(&self) -> bool {
        self.is_active && self.deleted_at.is_none()
    }

    /// Whether this is the account's address, and proved.
    pub fn has_proved(&self, address: &Email) -> bool {
        self.email_verified_at.is_some() && self.email == *address
    }

    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// How to address the person. Anybody can have us write to anybody by registering, under a name
    /// that they choose: one that reads like a message or leads to a site is not repeated.
    pub fn greeting(&self) -> &str {
        let names = [Some(self.first_name.as_str()), self.username.as_deref()];
        let name = names.into_iter().flatten().find(|it| is_name(it));
        name.unwrap_or_else(|| self.email.local())
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

    /// What a password must not resemble: field and value.
    pub fn attributes(&self) -> [(&'static str, &str); 4] {
        [
            ("email_address", self.email.as_str()),
            ("username", self.username.as_deref().unwrap_or_default()),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
        ]
    }
}

/// Longer ones are no way to address somebody.
const GREETING_LENGTH: usize = 50;

fn is_name(text: &str) -> bool {
    let is_long = text.chars().nth(GREETING_LENGTH).is_some();
    // What mail programs make a link of: `example.com`, but not `J.R.` or `Mary St. John`.
    let mut parts = text.split('.').skip(1);
    let has_domain = parts.any(|it| it.chars().take_while(|it| it.is_alphanumeric()).count() > 1);
    !text.is_empty() && !is_long && !has_domain && !text.contains([':', '/', '@', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_addressed_by_what_is_a_name() {
        let long = "Dear customer, your account is in danger, call us at once";
        let cases = [
            ("Anna", Some("anna_1"), "Anna"),
            ("J.R. Mary", Some("anna_1"), "J.R. Mary"),
            ("Mary St. John", Some("anna_1"), "Mary St. John"),
            ("", Some("anna_1"), "anna_1"),
            ("", None, "anna.l"),
            ("see evil.example", Some("anna_1"), "anna_1"),
            ("http://evil", Some("anna_1"), "anna_1"),
            ("a@evil", Some("evil.example"), "anna.l"),
            (long, None, "anna.l"),
        ];
        for (first_name, username, expected) in cases {
            let email = Email::parse("anna.l@example.com").unwrap();
            let user = User::new(UserId::new(Time(0), [1; 10]), email, Time(0));
            let username = username.map(str::to_owned);
            let user = User { first_name: first_name.into(), username, ..user };
            assert_eq!(user.greeting(), expected, "{first_name}");
        }
    }
}
