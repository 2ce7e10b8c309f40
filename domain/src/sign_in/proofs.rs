//! How somebody proved who they are, and what follows from it: `amr` (RFC 8176), `acr` (the levels of
//! NIST SP 800-63B-4), whether a second factor is done, and whether the proof is fresh.

use std::fmt;

use crate::{Span, Time, reach::SKEW};

/// For how long a proof is fresh.
pub const FRESH: Span = Span::minutes(10);

macro_rules! proofs {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal $amr:literal $channel:ident;)+) => {
        /// One way to prove who one is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Proof {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Proof {
            pub const ALL: &[Proof] = &[$(Proof::$name),+];

            /// Its name in the session's row.
            const fn word(self) -> &'static str {
                match self { $(Proof::$name => $word),+ }
            }

            /// Its value in `amr`: RFC 8176 where it has one.
            const fn amr(self) -> &'static str {
                match self { $(Proof::$name => $amr),+ }
            }

            const fn channel(self) -> Channel {
                match self { $(Proof::$name => Channel::$channel),+ }
            }
        }
    };
}

/// What a proof rests on. Two proofs that rest on the same are one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Knowledge,
    Mailbox,
    Phone,
    Device,
    Key,
    Provider,
}

proofs! {
    /// A password.
    Password "pwd" "pwd" Knowledge;
    /// A mailed link, in the browser or app that had asked for it.
    Link "link" "link" Mailbox;
    /// A mailed code.
    EmailCode "email" "otp" Mailbox;
    /// A code sent to a phone.
    SmsCode "sms" "sms" Phone;
    /// A code of an authenticator app (RFC 6238).
    Totp "otp" "otp" Device;
    /// A backup code.
    BackupCode "backup" "otp" Device;
    /// A passkey whose key can be copied, such as a synchronised one.
    SoftwareKey "swk" "swk" Key;
    /// A passkey whose key cannot leave its device.
    HardwareKey "hwk" "hwk" Key;
    /// The passkey has verified its user, by PIN or biometrics.
    UserVerified "user" "user" Key;
    /// The word of an identity provider.
    Identity "fed" "fed" Provider;
}

/// The set of proofs that a sign-in rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proofs(u16);

impl Proofs {
    pub fn of(proofs: &[Proof]) -> Proofs {
        Proofs(proofs.iter().fold(0, |set, it| set | 1 << *it as u8))
    }

    /// Of a session's row; words of a newer version are left out.
    pub fn parse(words: &str) -> Proofs {
        let known = |word: &str| Proof::ALL.iter().copied().find(|it| it.word() == word);
        Proofs(words.split_whitespace().filter_map(known).fold(0, |set, it| set | 1 << it as u8))
    }

    /// What a session rests on once its owner has proved something better than a mailed link, which it
    /// may have begun with.
    pub fn raised_by(self, proof: Proof) -> Proofs {
        Proofs((self.0 & !(1 << Proof::Link as u8)) | 1 << proof as u8)
    }

    pub fn has(self, proof: Proof) -> bool {
        self.0 & (1 << proof as u8) != 0
    }

    fn all(self) -> impl Iterator<Item = Proof> {
        Proof::ALL.iter().copied().filter(move |it| self.has(*it))
    }

    fn rests_on(self, channel: Channel) -> bool {
        self.all().any(|it| it.channel() == channel)
    }

    /// How many factors there are beside the mailbox.
    fn factors(self) -> usize {
        use Channel::{Device, Key, Knowledge, Phone, Provider};
        let channels = [Knowledge, Phone, Device, Key, Provider];
        let own = channels.into_iter().filter(|it| self.rests_on(*it)).count();
        own + usize::from(self.rests_on(Key) && self.has(Proof::UserVerified))
    }

    /// Whether two factors are proved. A passkey that verifies its user is both.
    pub fn has_second_factor(self) -> bool {
        self.factors() + usize::from(self.rests_on(Channel::Mailbox)) > 1
    }

    /// The `amr` of tokens.
    pub fn amr(self) -> Vec<String> {
        let mut values: Vec<&str> = Vec::new();
        for value in self.all().map(Proof::amr) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if self.has_second_factor() {
            values.push("mfa");
        }
        values.into_iter().map(str::to_owned).collect()
    }

    /// The `acr` of tokens. A mailbox is no authenticator (SP 800-63B-4, section 3.1.3), so it raises
    /// no level.
    pub fn acr(self) -> &'static str {
        match self.factors() {
            0 | 1 => "aal1",
            _ if self.has(Proof::HardwareKey) => "aal3",
            _ => "aal2",
        }
    }

    /// Whether these proofs, given at `proved_at`, still show that it is the same person. What arrived
    /// in a mailbox alone never does, nor does the word of a provider.
    pub fn is_fresh(self, proved_at: Time, now: Time) -> bool {
        use Channel::{Device, Key, Knowledge, Phone};
        // When the clock has stepped back, nobody knows how old a proof is that lies ahead.
        let is_recent = proved_at <= now + SKEW && now.since(proved_at) <= FRESH;
        is_recent && [Knowledge, Phone, Device, Key].into_iter().any(|it| self.rests_on(it))
    }
}

/// As in the session's row: words separated by blanks.
impl fmt::Display for Proofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, proof) in self.all().enumerate() {
            let blank = if number == 0 { "" } else { " " };
            write!(f, "{blank}{}", proof.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Proof::*, *};

    #[test]
    fn what_follows_from_proofs() {
        // The proofs; amr; acr; whether a second factor is done; whether they can be fresh.
        let cases: &[(&[Proof], &str, &str, bool, bool)] = &[
            (&[], "", "aal1", false, false),
            (&[Password], "pwd", "aal1", false, true),
            (&[Link], "link", "aal1", false, false),
            (&[EmailCode], "otp", "aal1", false, false),
            (&[Link, EmailCode], "link otp", "aal1", false, false),
            (&[SmsCode], "sms", "aal1", false, true),
            (&[Identity], "fed", "aal1", false, false),
            (&[Password, EmailCode], "pwd otp mfa", "aal1", true, true),
            (&[Password, SmsCode], "pwd sms mfa", "aal2", true, true),
            (&[Password, Totp], "pwd otp mfa", "aal2", true, true),
            (&[Password, BackupCode], "pwd otp mfa", "aal2", true, true),
            (&[Totp, BackupCode], "otp", "aal1", false, true),
            (&[Link, Totp], "link otp mfa", "aal1", true, true),
            (&[Identity, Totp], "otp fed mfa", "aal2", true, true),
            (&[SoftwareKey], "swk", "aal1", false, true),
            (&[SoftwareKey, UserVerified], "swk user mfa", "aal2", true, true),
            (&[HardwareKey], "hwk", "aal1", false, true),
            (&[HardwareKey, UserVerified], "hwk user mfa", "aal3", true, true),
            (&[Password, HardwareKey], "pwd hwk mfa", "aal3", true, true),
        ];
        let now = Time::from_seconds(1_000_000);
        for (list, amr, acr, has_second_factor, can_be_fresh) in cases {
            let proofs = Proofs::of(list);
            assert_eq!(proofs.amr().join(" "), *amr, "{list:?}");
            assert_eq!(proofs.acr(), *acr, "{list:?}");
            assert_eq!(proofs.has_second_factor(), *has_second_factor, "{list:?}");
            assert_eq!(proofs.is_fresh(now, now), *can_be_fresh, "{list:?}");
            assert_eq!(Proofs::parse(&proofs.to_string()), proofs, "{list:?}");
        }
    }

    #[test]
    fn proofs_are_fresh_for_ten_minutes() {
        let (proofs, now) = (Proofs::of(&[Password]), Time::from_seconds(1_000_000));
        let fresh = |proved_at| proofs.is_fresh(proved_at, now);
        let ago = |seconds| now - Span::seconds(seconds);
        assert_eq!([0, 600, 601].map(ago).map(fresh), [true, true, false]);
        let ahead = |seconds| now + Span::seconds(seconds);
        assert_eq!([30, 31].map(ahead).map(fresh), [true, false]);
    }

    #[test]
    fn a_password_takes_the_place_of_the_link_before_it() {
        let raised = |before: &[Proof]| Proofs::of(before).raised_by(Password);
        assert_eq!(raised(&[Link]), Proofs::of(&[Password]));
        assert_eq!(raised(&[Password, Totp]), Proofs::of(&[Password, Totp]));
    }

    #[test]
    fn words_of_a_newer_version_are_left_out() {
        assert_eq!(Proofs::parse("pwd telepathy otp"), Proofs::of(&[Password, Totp]));
    }
}
