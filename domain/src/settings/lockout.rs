//! `[lockout]`

use super::section;
use crate::Span;

section! {
    /// What wrong passwords in a row lead to. A device that has signed in to an account before has a
    /// count of its own, so that strangers cannot lock its owner out.
    pub struct Lockout {
        /// Whether there is any.
        pub enabled: bool = true,
        /// Wrong passwords in a row for one name, whether or not somebody has it, before it is
        /// locked.
        pub failures: u32 = 5,
        /// Wrong passwords in a row for one account, by all its names and wherever its password is
        /// asked for, before even the right one is answered like a wrong one.
        pub account_failures: u32 = 20,
        /// For how long.
        pub span: Span = Span::minutes(30),
        /// How long wrong passwords are remembered that led to nothing.
        pub forget_after: Span = Span::hours(24),
        /// How many counts are kept; those that were not used for longest go first.
        pub max_entries: u64 = 1_000_000,
    }
}
