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

    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// How to address the person.
    pub fn greeting(&self) -> &str {
        match (self.first_name.as_str(), self.username.as_deref()) {
            ("", Some(username)) => username,
            ("", None) => self.email.local(),
            (first_name, _) => first_name,
        }
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
