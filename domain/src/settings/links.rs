//! `[links]`

use super::section;
use crate::Span;

section! {
    /// Links in mails: how long they are good for and where they lead.
    pub struct Links {
        /// How long a verification link is good for.
        pub verify_email_lifetime: Span = Span::hours(24),
        /// Where a verification link leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub verify_email_url: String = String::new(),
    }
}
