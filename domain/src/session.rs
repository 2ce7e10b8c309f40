//! Sessions: what a sign-in makes, what its tokens are, and when they count.

pub mod access_token;
pub mod device;
pub mod refresh;
mod superseded;

pub use self::superseded::Superseded;
use crate::{SessionId, Span, Time, UserId, settings::Tokens, sign_in::Proofs};

/// A sign-in on one device. Every token names its session and dies with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// What its refresh tokens are derived from, together with a key that is not in the database.
    pub secret: [u8; 32],
    /// The newest generation of its refresh token.
    pub head: i64,
    /// The generation before the head.
    pub parent: Option<i64>,
    /// Generations before the parent that were superseded a moment ago.
    pub superseded: Superseded,
    /// Access tokens of generations below it are not valid.
    pub floor: i64,
    pub head_made_at: Time,
    /// The head, or an access token that came with it, has been used.
    pub head_shown: bool,
    /// The person asked to stay signed in.
    pub remembered: bool,
    pub device_name: String,
    pub device_fingerprint: String,
    pub user_agent: String,
    pub browser: String,
    pub os: String,
    pub device_type: String,
    pub ip_address: String,
    pub city: String,
    pub country: String,
    pub mfa_verified: bool,
    /// How the person proved who they are: [`Proofs`] as text.
    pub amr: String,
    /// When they last proved it.
    pub authenticated_at: Time,
    pub created_at: Time,
    pub last_activity_at: Time,
    pub last_rotation_at: Option<Time>,
    pub expires_at: Time,
    pub ended_at: Option<Time>,
    pub end_reason: Option<String>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    SignedOut,
    Revoked,
    Replaced,
    Reused,
    PasswordChanged,
    EmailChanged,
    AccountDeleted,
    UserDisabled,
}

impl EndReason {
    pub const fn word(self) -> &'static str {
        match self {
            EndReason::SignedOut => "signed_out",
            EndReason::Revoked => "revoked",
            EndReason::Replaced => "replaced",
            EndReason::Reused => "refresh_token_reused",
            EndReason::PasswordChanged => "password_changed",
            EndReason::EmailChanged => "email_changed",
            EndReason::AccountDeleted => "account_deleted",
            EndReason::UserDisabled => "user_disabled",
        }
    }
}

impl Session {
    pub fn proofs(&self) -> Proofs {
        Proofs::parse(&self.amr)
    }

    /// The session after a rotation.
    pub fn rotated(&self, now: Time, tokens: &Tokens) -> Session {
        let before = self
            .parent
            .map(|it| self.superseded.with(it, self.head_made_at, now, tokens.refresh_leeway));
        Session {
            parent: Some(self.head),
            superseded: before.unwrap_or_default(),
            head_shown: false,
            ..self.replaced(now, tokens)
        }
    }

    /// The session after a recovery, where the response with the head was lost: another head with
    /// the same parent.
    pub fn replaced(&self, now: Time, tokens: &Tokens) -> Session {
        Session {
            head: self.head + 1,
            head_made_at: now,
            last_rotation_at: Some(now),
            last_activity_at: now,
            expires_at: expires_at(self.created_at, now, self.remembered, tokens),
            ..self.clone()
        }
    }

    /// When a generation was superseded, as far as that is remembered.
    fn superseded_at(&self, generation: i64) -> Option<Time> {
        if self.parent == Some(generation) {
            return Some(self.head_made_at);
        }
        self.superseded.at(generation)
    }

    pub fn is_alive(&self, now: Time) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// When a session that is used at `now` expires, if it is not used again: sliding, but never later
/// than the absolute lifetime after it was made.
pub fn expires_at(created_at: Time, now: Time, remembered: bool, tokens: &Tokens) -> Time {
    let lifetime: Span =
        if remembered { tokens.remember_lifetime } else { tokens.refresh_lifetime };
    (now + lifetime).min(created_at + tokens.absolute_lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_slide_up_to_their_absolute_end() {
        let tokens = Tokens::default();
        let made = Time::from_seconds(0);
        let day = |days| made + Span::days(days);
        assert_eq!(expires_at(made, made, false, &tokens), day(7));
        assert_eq!(expires_at(made, made, true, &tokens), day(14));
        assert_eq!(expires_at(made, day(89), true, &tokens), day(90));
    }
}
