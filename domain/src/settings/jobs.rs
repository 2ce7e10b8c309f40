//! `[jobs]`

use super::section;
use crate::Span;

section! {
    /// Background work.
    pub struct Jobs {
        /// How many jobs run at once, mails and what comes with the clock alike. 0: this process
        /// runs none.
        pub workers: usize = 2,
        /// How often a failed job is tried again before it is a dead letter.
        pub retries: u32 = 3,
        /// The wait before the first retry; it doubles with each.
        pub backoff: Span = Span::seconds(60),
        /// How often to look for work that nobody announced.
        pub poll: Span = Span::seconds(1),
        /// How long a worker may take; after that another may take the job over. Cleaning up goes
        /// on where it was.
        pub lease: Span = Span::minutes(5),
        /// When expired sessions and tokens are deleted: a cron expression in UTC.
        pub cleanup: String = "0 0 * * *".into(),
        /// When accounts whose grace is over are erased: a cron expression in UTC.
        pub erase: String = "0 1 * * *".into(),
    }
}
