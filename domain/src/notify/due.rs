//! Whether a letter is still sent when its job runs: for which states of the person, and to which
//! address.

use crate::account::{Email, User};

use super::Letter;

/// The state of a person when a letter is due. An erased person gets no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Usable,
    /// In the grace period.
    Deleted,
    Disabled,
}

/// What the address of a letter is to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Proved,
    Unproved,
    /// A former address, or a requested one.
    Other,
}

const ANY: &[Standing] = &[Standing::Usable, Standing::Deleted, Standing::Disabled];
const OWN: &[Whose] = &[Whose::Proved, Whose::Unproved];

impl Standing {
    fn of(user: &User) -> Standing {
        match (user.is_active, user.deleted_at) {
            (false, _) => Standing::Disabled,
            (true, Some(_)) => Standing::Deleted,
            (true, None) => Standing::Usable,
        }
    }
}

impl Whose {
    fn of(to: &Email, user: &User) -> Whose {
        match (user.email == *to, user.email_verified_at) {
            (false, _) => Whose::Other,
            (true, Some(_)) => Whose::Proved,
            (true, None) => Whose::Unproved,
        }
    }
}

impl Letter {
    /// The states of the person in which it is still sent, and the kinds of address that get it.
    const fn due(self) -> (&'static [Standing], &'static [Whose]) {
        use {Standing::*, Whose::*};
        match self {
            Letter::VerifyEmail => (&[Usable], &[Unproved]),
            Letter::Welcome => (&[Usable], &[Proved]),
            Letter::ResetPassword => (&[Usable], OWN),
            Letter::ChangeEmail => (&[Usable], &[Other]),
            // A deleted account is offered its restoration at the next sign-in.
            Letter::RegistrationRepeated => (&[Usable, Deleted], OWN),
            Letter::AccountDeleted => (&[Deleted], OWN),
            // What has happened is reported whatever followed: that may be a thief's doing.
            Letter::EmailChanged => (ANY, &[Other]),
            Letter::SessionReused | Letter::PasswordChanged => (ANY, &[Proved, Unproved, Other]),
            // There is no account yet.
            Letter::Invitation => (&[Usable], &[Unproved]),
        }
    }

    pub fn is_due(self, user: &User, to: &Email) -> bool {
        let (standings, addresses) = self.due();
        standings.contains(&Standing::of(user)) && addresses.contains(&Whose::of(to, user))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Time, UserId};

    use super::*;

    /// Somebody in this state, and an address that is this to them.
    fn somebody(standing: Standing, whose: Whose) -> (User, Email) {
        let own = Email::parse("anna@example.com").unwrap();
        let to = match whose {
            Whose::Other => Email::parse("anna@example.org").unwrap(),
            _ => own.clone(),
        };
        let user = User {
            is_active: standing != Standing::Disabled,
            deleted_at: (standing == Standing::Deleted).then_some(Time(1)),
            email_verified_at: (whose == Whose::Proved).then_some(Time(1)),
            ..User::new(UserId::new(Time(0), [1; 10]), own, Time(0))
        };
        (user, to)
    }

    #[test]
    fn letters_are_sent_in_these_states_and_to_these_addresses() {
        // For each state, to which addresses: P(roved), U(nproved), O(ther).
        let table = [
            (Letter::VerifyEmail, "U", "", ""),
            (Letter::Welcome, "P", "", ""),
            (Letter::ResetPassword, "PU", "", ""),
            (Letter::ChangeEmail, "O", "", ""),
            (Letter::RegistrationRepeated, "PU", "PU", ""),
            (Letter::AccountDeleted, "", "PU", ""),
            (Letter::EmailChanged, "O", "O", "O"),
            (Letter::SessionReused, "PUO", "PUO", "PUO"),
            (Letter::PasswordChanged, "PUO", "PUO", "PUO"),
            (Letter::Invitation, "U", "", ""),
        ];
        assert_eq!(table.len(), Letter::ALL.len());
        for (letter, usable, deleted, disabled) in table {
            let states = [usable, deleted, disabled].into_iter().zip(ANY);
            for (expected, standing) in states {
                let sent = [('P', Whose::Proved), ('U', Whose::Unproved), ('O', Whose::Other)];
                let sent = sent.into_iter().filter(|(_, whose)| {
                    let (user, to) = somebody(*standing, *whose);
                    letter.is_due(&user, &to)
                });
                let sent: String = sent.map(|it| it.0).collect();
                assert_eq!(sent, expected, "{letter:?} {standing:?}");
            }
        }
    }
}
