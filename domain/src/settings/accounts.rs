//! `[accounts]`

use super::section;
use crate::Span;

section! {
    /// Accounts at the end of their life.
    pub struct Accounts {
        /// For how long an account that its owner deleted can be restored; then it is erased.
        pub deletion_grace: Span = Span::days(30),
    }
}
