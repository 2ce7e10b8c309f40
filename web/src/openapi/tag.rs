//! The groups of operations.

use utoipa::openapi::{Tag, tag::TagBuilder};

pub const AUTHENTICATION: &str = "authentication";
pub const ACCOUNT: &str = "account";
pub const SESSIONS: &str = "sessions";
pub const SIMPLEJWT: &str = "SimpleJWT";
pub const ADMIN: &str = "admin";
pub const OPERATIONS: &str = "operations";

const ALL: &[(&str, &str)] = &[
    (AUTHENTICATION, "Register, sign in and out, and keep access tokens fresh."),
    (ACCOUNT, "The person's own data."),
    (SESSIONS, "Where the person is signed in."),
    (SIMPLEJWT, "Tokens for programs that were written for Django's SimpleJWT."),
    (ADMIN, "What operators do with the accounts of others."),
    (OPERATIONS, "For load balancers and for those who verify tokens."),
];

pub fn all() -> Vec<Tag> {
    let tag = |(name, about): &(&str, &str)| {
        TagBuilder::new().name(*name).description(Some(*about)).build()
    };
    ALL.iter().map(tag).collect()
}
