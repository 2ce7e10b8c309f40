//! Every setting of the server: one file a section, with its default and the words the reference
//! says about it. Where values come from (files, environment, profiles) is the binary's business.

mod accounts;
mod cache;
mod cors;
mod database;
mod email;
mod jobs;
mod limits;
mod links;
mod lockout;
mod log;
mod outbound;
mod passwords;
mod privacy;
mod purposes;
mod registration;
mod secrets;
mod server;
mod sessions;
mod tokens;

use serde::{Deserialize, Serialize};

pub use self::{
    accounts::Accounts,
    cache::Cache,
    cors::Cors,
    database::{Database, PoolMode},
    email::Email,
    jobs::Jobs,
    limits::{Limit, Limits, Per},
    links::Links,
    lockout::Lockout,
    log::{Log, LogFormat},
    outbound::Outbound,
    passwords::{PasswordPolicy, Passwords},
    privacy::{Enumeration, Privacy},
    registration::{Registration, RegistrationMode},
    secrets::Secrets,
    server::Server,
    sessions::Sessions,
    tokens::{RefreshTransport, SigningAlgorithm, Tokens},
};

/// A key of a section, for the example file and the reference.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub key: &'static str,
    pub about: &'static [&'static str],
}

/// A section, for the example file and the reference.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub name: &'static str,
    pub about: &'static [&'static str],
    pub fields: &'static [Field],
}

/// A struct of settings with its defaults; the doc comments are the reference.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident {
            $($(#[doc = $doc:expr])+ pub $key:ident: $ty:ty = $default:expr,)*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($key: $default,)* }
            }
        }

        impl $name {
            pub const ABOUT: &[&str] = &[$($about),+];
            pub const FIELDS: &[$crate::settings::Field] = &[
                $($crate::settings::Field { key: stringify!($key), about: &[$($doc),+] },)*
            ];
        }
    };
}
pub(crate) use purposes::purposes;
use section;

macro_rules! settings {
    ($($name:ident: $ty:ident,)+) => {
        /// All of them.
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Settings {
            pub profile: Profile,
            $(pub $name: $ty,)+
        }

        impl Settings {
            pub const SECTIONS: &[Section] = &[
                $(Section { name: stringify!($name), about: $ty::ABOUT, fields: $ty::FIELDS },)+
            ];
        }
    };
}

settings! {
    server: Server,
    cors: Cors,
    database: Database,
    cache: Cache,
    secrets: Secrets,
    tokens: Tokens,
    sessions: Sessions,
    passwords: Passwords,
    registration: Registration,
    accounts: Accounts,
    privacy: Privacy,
    links: Links,
    email: Email,
    limits: Limits,
    lockout: Lockout,
    jobs: Jobs,
    outbound: Outbound,
    log: Log,
}

/// Which defaults apply, and how strict the server is about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    #[default]
    Development,
    Production,
    Testing,
}

impl Profile {
    pub const fn word(self) -> &'static str {
        match self {
            Profile::Development => "development",
            Profile::Production => "production",
            Profile::Testing => "testing",
        }
    }
}
