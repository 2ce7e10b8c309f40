//! `[sessions]`

use super::section;
use crate::Span;

section! {
    /// Sign-ins on devices.
    pub struct Sessions {
        /// How many sessions a user may have; the longest idle one ends for a new one.
        pub max_per_user: u32 = 10,
        /// For how long a node that cannot hear of revocations still trusts what it knows of a
        /// session. After that it asks the database, or answers 503.
        pub revocation_bound: Span = Span::seconds(10),
        /// How often a node asks which sessions were ended elsewhere.
        pub revocation_poll: Span = Span::seconds(1),
        /// How many sessions a node keeps in memory to answer without the database.
        pub memory_entries: u64 = 20_000,
    }
}
