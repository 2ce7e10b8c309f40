//! Whether somebody who has proved who they are may come in: the states of accounts, one rule for every
//! way in.
//!
//! A locked name or account is no state of the account. [`lockout`](crate::access::lockout) decides about that
//! before a proof is looked at.

use crate::{Code, Time, account::User, settings::Settings};

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// By what they know or have: password, code, passkey.
    Credentials,
    /// By an exchange token, at the end of a flow that went through a mailbox.
    ExchangeToken,
    /// By having made the account a moment ago.
    Registration,
    /// By a session: its access and refresh tokens.
    Session,
    /// To the mailbox, by asking for a mail that leads to a new password.
    Reset,
}

/// What the state of the account allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// The account is deleted and can be brought back.
    OfferRestore,
    Refused(Code),
}

/// The state of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Verified,
    Unverified,
    Disabled,
    /// Deleted, within the grace.
    Deleted,
    /// The grace is over: erased as soon as the job for that runs.
    Over,
}

impl State {
    fn of(user: &User, settings: &Settings, now: Time) -> State {
        let grace = settings.accounts.deletion_grace;
        match user.deleted_at {
            _ if !user.is_active => State::Disabled,
            Some(deleted_at) if now < deleted_at + grace => State::Deleted,
            Some(_) => State::Over,
            None if user.email_verified_at.is_some() => State::Verified,
            None => State::Unverified,
        }
    }
}

/// The table of states.
pub fn admit(way_in: WayIn, user: &User, settings: &Settings, now: Time) -> Admission {
    let refused = Admission::Refused(match way_in {
        WayIn::Credentials | WayIn::Registration => Code::InvalidCredentials,
        WayIn::ExchangeToken => Code::InvalidLink,
        WayIn::Session => Code::SessionEnded,
        WayIn::Reset => Code::NotFound,
    });
    let needs_proof = settings.registration.require_verified_email;
    let is_strict = settings.privacy.is_strict();
    match (State::of(user, settings, now), way_in) {
        // Strict privacy: until an address is proved, nobody has it.
        (_, WayIn::Credentials) if user.is_hidden(&settings.privacy) => refused,
        // Strict privacy: the answer is that of a known address, so there is nobody to be signed in.
        (State::Verified | State::Unverified, WayIn::Registration) if is_strict => {
            Admission::Refused(Code::EmailNotVerified)
        }
        (State::Verified, _) | (State::Unverified, WayIn::Session) => Admission::Admitted,
        // What was mailed proves the address, and what only its owner sees tells nobody else.
        (State::Unverified, WayIn::Reset) => Admission::Admitted,
        (State::Unverified, WayIn::ExchangeToken) if needs_proof || is_strict => refused,
        (State::Unverified, WayIn::Credentials | WayIn::Registration) if needs_proof => {
            Admission::Refused(Code::EmailNotVerified)
        }
        (State::Unverified, _) => Admission::Admitted,
        (State::Deleted, WayIn::Credentials | WayIn::Reset) => Admission::OfferRestore,
        (State::Deleted | State::Disabled | State::Over, _) => refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission::*, *};
    use crate::{Span, UserId, account::Email, settings::Enumeration};

    const WAYS_IN: [WayIn; 5] = [
        WayIn::Credentials,
        WayIn::ExchangeToken,
        WayIn::Registration,
        WayIn::Session,
        WayIn::Reset,
    ];

    fn somebody(state: State, now: Time) -> User {
        let email = Email::parse("anna@example.com").unwrap();
        let user = User::new(UserId::new(now, [1; 10]), email, now);
        let ago = |days| Some(now - Span::days(days));
        match state {
            State::Verified => User { email_verified_at: ago(1), ..user },
            State::Unverified => user,
            // Deleted too: disabled counts.
            State::Disabled => User { is_active: false, deleted_at: ago(1), ..user },
            State::Deleted => User { deleted_at: ago(29), email_verified_at: ago(31), ..user },
            State::Over => User { deleted_at: ago(30), ..user },
        }
    }

    fn table(settings: &Settings, rows: &[(State, [Admission; 5])]) {
        let now = Time::from_seconds(1_800_000_000);
        for (state, expected) in rows {
            let user = somebody(*state, now);
            let admitted = WAYS_IN.map(|it| admit(it, &user, settings, now));
            assert_eq!(admitted, *expected, "{state:?}");
        }
    }

    fn refused() -> [Admission; 5] {
        [
            Refused(Code::InvalidCredentials),
            Refused(Code::InvalidLink),
            Refused(Code::InvalidCredentials),
            Refused(Code::SessionEnded),
            Refused(Code::NotFound),
        ]
    }

    /// Deleted accounts are offered a way back where they show credentials or ask for a reset.
    fn offered() -> [Admission; 5] {
        let [_, exchange, registration, session, _] = refused();
        [OfferRestore, exchange, registration, session, OfferRestore]
    }

    #[test]
    fn states_decide_who_comes_in() {
        let mut settings = Settings::default();
        settings.accounts.deletion_grace = Span::days(30);
        let rows = [
            (State::Verified, [Admitted; 5]),
            (State::Unverified, [Admitted; 5]),
            (State::Disabled, refused()),
            (State::Deleted, offered()),
            (State::Over, refused()),
        ];
        table(&settings, &rows);
    }

    #[test]
    fn where_addresses_must_be_proved() {
        let mut settings = Settings::default();
        settings.accounts.deletion_grace = Span::days(30);
        settings.registration.require_verified_email = true;
        let unverified = Refused(Code::EmailNotVerified);
        let rows = [
            (State::Verified, [Admitted; 5]),
            (
                State::Unverified,
                [unverified, Refused(Code::InvalidLink), unverified, Admitted, Admitted],
            ),
            (State::Deleted, offered()),
        ];
        table(&settings, &rows);
    }

    #[test]
    fn where_nobody_is_to_find_out_who_has_an_account() {
        let mut settings = Settings::default();
        settings.accounts.deletion_grace = Span::days(30);
        settings.privacy.enumeration = Enumeration::Strict;
        let [credentials, exchange, ..] = refused();
        let unverified = Refused(Code::EmailNotVerified);
        let rows = [
            (State::Verified, [Admitted, Admitted, unverified, Admitted, Admitted]),
            (State::Unverified, [credentials, exchange, unverified, Admitted, Admitted]),
            (State::Deleted, offered()),
        ];
        table(&settings, &rows);
    }
}
