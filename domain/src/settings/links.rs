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
        /// How long a password reset link is good for.
        pub reset_password_lifetime: Span = Span::hours(1),
        /// Where a password reset link leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub reset_password_url: String = String::new(),
        /// How long the link that confirms a new address is good for.
        pub change_email_lifetime: Span = Span::hours(24),
        /// Where the link that confirms a new address leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub change_email_url: String = String::new(),
        /// How long a change of address can be taken back from the old one.
        pub undo_email_change_lifetime: Span = Span::days(7),
        /// Where the link that takes a change of address back leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub undo_email_change_url: String = String::new(),
        /// How long an invitation is good for.
        pub invitation_lifetime: Span = Span::days(7),
        /// Where an invitation leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub invitation_url: String = String::new(),
        /// Where the link that restores a deleted account leads, with `{token}` for the token.
        /// Empty: a page of this server.
        pub restore_account_url: String = String::new(),
        /// How long an exchange token is good for.
        pub exchange_lifetime: Span = Span::seconds(60),
    }
}
