//! `[tokens]`

use serde::{Deserialize, Serialize};

use super::section;
use crate::{Secret, Span};

section! {
    /// Access and refresh tokens.
    pub struct Tokens {
        /// The `iss` of access tokens. Empty: the public URL.
        pub issuer: String = String::new(),
        /// The `aud` of access tokens.
        pub audience: String = "portcullis".into(),
        /// Keys of people's metadata that access tokens carry as claims of the same name:
        /// `user.KEY` of what is the person's own, `app.KEY` of what is the operator's. Together
        /// they may have 3072 bytes of JSON, those of the operator first, and each kind in the order
        /// of this list: one that no longer fits is left out of that person's tokens, and the log
        /// says so. Where both have a key, the operator's is the claim.
        pub metadata_claims: Vec<String> = Vec::new(),
        /// How long an access token lives.
        pub access_lifetime: Span = Span::minutes(15),
        /// How long a session lives without a refresh.
        pub refresh_lifetime: Span = Span::days(7),
        /// The same where the person asked to be remembered.
        pub remember_lifetime: Span = Span::days(14),
        /// How long a session lives at most, however often it is refreshed.
        pub absolute_lifetime: Span = Span::days(90),
        /// How long a superseded refresh token is still answered with the newest, for parallel tabs,
        /// quick retries and requests that others overtook. `0s`: any older token is taken for stolen.
        pub refresh_leeway: Span = Span::seconds(10),
        /// Where the refresh token is given out: `auto` (always a cookie, and the body unless a
        /// browser page asks), `cookie`, `body` or `both`.
        pub refresh_transport: RefreshTransport = RefreshTransport::Auto,
        /// What access tokens are signed with: `EdDSA`, `ES256`, `RS256`, or `HS256` for services
        /// that share a secret. After a change the old key signs until the new one was published
        /// for `tokens.key_prepublish`.
        pub algorithm: SigningAlgorithm = SigningAlgorithm::Eddsa,
        /// For `HS256`: the secret that other services verify tokens with, at least 32 bytes, under
        /// the key id `hs256`. As long as it is set, what it signed is believed.
        /// Empty: one is made and kept sealed, and nobody else can verify.
        pub hs256_secret: Secret = Secret::default(),
        /// How long a key signs before another takes its place. `0s`: until `portcullis keys rotate`.
        pub key_rotation: Span = Span::days(90),
        /// How long a new key is published before it signs, so that services which keep the key set
        /// for a while know it by then.
        pub key_prepublish: Span = Span::days(1),
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

/// How access tokens are signed (RFC 7518, section 3.1; RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    Eddsa,
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
}

impl SigningAlgorithm {
    pub const ALL: [SigningAlgorithm; 4] = [
        SigningAlgorithm::Eddsa,
        SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256,
        SigningAlgorithm::Hs256,
    ];

    /// The `alg` of tokens and key sets.
    pub const fn word(self) -> &'static str {
        match self {
            SigningAlgorithm::Eddsa => "EdDSA",
            SigningAlgorithm::Es256 => "ES256",
            SigningAlgorithm::Rs256 => "RS256",
            SigningAlgorithm::Hs256 => "HS256",
        }
    }
}
