//! `[tokens]`

use serde::{Deserialize, Serialize};

use super::section;
use crate::Span;

section! {
    /// Access and refresh tokens.
    pub struct Tokens {
        /// The `iss` of access tokens. Empty: the public URL.
        pub issuer: String = String::new(),
        /// The `aud` of access tokens.
        pub audience: String = "portcullis".into(),
        /// How long an access token lives.
        pub access_lifetime: Span = Span::minutes(15),
        /// How long a session lives without a refresh.
        pub refresh_lifetime: Span = Span::days(7),
        /// The same where the person asked to be remembered.
        pub remember_lifetime: Span = Span::days(14),
        /// How long a session lives at most, however often it is refreshed.
        pub absolute_lifetime: Span = Span::days(90),
        /// How long the refresh token before the newest is still answered with the newest, for
        /// parallel tabs and quick retries. `0s`: any older token is taken for stolen.
        pub refresh_leeway: Span = Span::seconds(10),
        /// Where the refresh token is given out: `auto` (always a cookie, and the body unless a
        /// browser page asks), `cookie`, `body` or `both`.
        pub refresh_transport: RefreshTransport = RefreshTransport::Auto,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshTransport {
    Auto,
    Cookie,
    Body,
    Both,
}
