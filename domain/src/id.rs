//! Ids: UUIDv7 (RFC 9562, section 5.7), one type for each thing so that they cannot be mixed up.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Time;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// An id that sorts by the time it was made.
            pub fn new(now: Time, random: [u8; 10]) -> Self {
                $name(uuid_v7(now, &random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map($name)
            }
        }
    )+ };
}

ids! {
    /// An account.
    UserId,
    /// A sign-in on one device, the unit of revocation.
    SessionId,
    /// A single-use token sent by mail.
    LinkId,
    /// A pending step of a sign-in.
    ChallengeId,
    /// A piece of background work.
    JobId,
    /// A row of the audit log.
    EventId,
    /// A password somebody had.
    PasswordId,
    /// An invitation to make an account.
    InvitationId,
    /// An agreement to a document.
    ConsentId,
}

fn uuid_v7(now: Time, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let early = UserId::new(Time::from_seconds(1), [255; 10]);
        let late = UserId::new(Time::from_seconds(2), [0; 10]);
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<UserId>().unwrap(), early);
    }
}
