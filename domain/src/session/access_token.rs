//! The claims of an access token (modelled on RFC 9068, with those that SimpleJWT's clients read),
//! and when it is valid.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    Code, SessionId, Time, UserId,
    account::{User, metadata},
    reach::SKEW,
    settings::Tokens,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: UserId,
    pub aud: String,
    /// Seconds since 1970, as all times here (RFC 7519, section 4.1).
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub sid: SessionId,
    /// The generation of the refresh token it came with.
    #[serde(rename = "gen")]
    pub generation: i64,
    pub token_type: TokenType,
    pub user_id: UserId,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub is_staff: bool,
    pub email_verified: bool,
    pub roles: Vec<String>,
    pub amr: Vec<String>,
    pub acr: String,
    pub auth_time: i64,
    /// Metadata of the person that the operator selected. Never read back.
    #[serde(flatten, skip_deserializing)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    Access,
}

/// The claims of a token for the head of `session`. `jti` is random. The second part names the
/// metadata that did not fit.
pub fn claims<'a>(
    user: &User,
    session: &Session,
    now: Time,
    jti: String,
    tokens: &'a Tokens,
) -> (Claims, Vec<&'a str>) {
    let (metadata, left_out) = metadata::claims(user, &tokens.metadata_claims);
    // A token never outlives its session.
    let expires_at = (now + tokens.access_lifetime).min(session.expires_at);
    let claims = Claims {
        iss: tokens.issuer.clone(),
        sub: user.id,
        aud: tokens.audience.clone(),
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti,
        sid: session.id,
        generation: session.head,
        token_type: TokenType::Access,
        user_id: user.id,
        email: user.email.to_string(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        is_staff: user.is_staff,
        email_verified: user.email_verified_at.is_some(),
        roles: user.roles().into_iter().map(str::to_owned).collect(),
        amr: session.proofs().amr(),
        acr: session.proofs().acr().into(),
        auth_time: session.authenticated_at.seconds(),
        metadata,
    };
    (claims, left_out)
}

impl Claims {
    /// Whether a token that we signed is valid at `now`.
    pub fn check(&self, now: Time, tokens: &Tokens) -> Result<(), Code> {
        let is_ours = self.iss == tokens.issuer && self.aud == tokens.audience;
        let is_of_one = self.sub == self.user_id;
        let is_from_the_future = Time::from_seconds(self.iat) > now + SKEW;
        let is_over = Time::from_seconds(self.exp) <= now;
        if is_ours && is_of_one && !is_from_the_future && !is_over {
            Ok(())
        } else {
            Err(Code::InvalidToken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        let id = UserId::new(Time(0), [1; 10]);
        Claims {
            iss: "https://id.example.com".into(),
            sub: id,
            aud: "portcullis".into(),
            exp: 1_900,
            iat: 1_000,
            jti: "x".into(),
            sid: SessionId::new(Time(0), [2; 10]),
            generation: 1,
            token_type: TokenType::Access,
            user_id: id,
            email: "anna@example.com".into(),
            first_name: String::new(),
            last_name: String::new(),
            is_staff: false,
            email_verified: false,
            roles: Vec::new(),
            amr: Vec::new(),
            acr: "aal1".into(),
            auth_time: 1_000,
            metadata: Default::default(),
        }
    }

    #[test]
    fn a_token_counts_in_its_time_and_place() {
        let check = |claims: &Claims, seconds| {
            let now = Time::from_seconds(seconds);
            let issuer = "https://id.example.com".into();
            claims.check(now, &Tokens { issuer, ..Tokens::default() }).is_ok()
        };
        let cases = [(1_000, true), (1_899, true), (1_900, false), (971, true), (969, false)];
        for (seconds, counts) in cases {
            assert_eq!(check(&claims(), seconds), counts, "at {seconds}");
        }
        assert!(!check(&Claims { iss: "https://evil.example".into(), ..claims() }, 1_000));
        assert!(!check(&Claims { aud: "another".into(), ..claims() }, 1_000));
    }
}
