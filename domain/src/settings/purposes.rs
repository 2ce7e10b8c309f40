//! The one table of mailed links: `settings/links.rs` makes their settings of it, and
//! `notify/purpose.rs` what they are good for.

/// Calls the macro `$then` with the table. A row has the word, what people call the link, its
/// lifetime, and the path of its page with the setting of an address in its place. A setting with a
/// default is declared here, one without stands in its section.
macro_rules! purposes {
    ($then:ident) => {
        $then! {
            /// Proves an address.
            VerifyEmail "verify_email", "a verification link",
                lifetime: links.verify_email_lifetime = Span::hours(24),
                page: "/verify-email", verify_email_url;
            /// Sets a new password.
            ResetPassword "reset_password", "a password reset link",
                lifetime: links.reset_password_lifetime = Span::hours(1),
                page: "/reset-password", reset_password_url;
            /// Proves the address an account is to have.
            ChangeEmail "change_email", "the link that confirms a new address",
                lifetime: links.change_email_lifetime = Span::hours(24),
                page: "/change-email", change_email_url;
            /// Takes a change of address back.
            UndoEmailChange "undo_email_change", "the link that takes a change of address back",
                lifetime: links.undo_email_change_lifetime = Span::days(7),
                page: "/undo-email-change", undo_email_change_url;
            /// Lets somebody make an account.
            Invitation "invitation", "an invitation",
                lifetime: links.invitation_lifetime = Span::days(7),
                page: "/accept-invitation", invitation_url;
            /// Brings a deleted account back, from the mailbox.
            RestoreAccount "restore_account", "the link that restores a deleted account",
                lifetime: accounts.deletion_grace,
                page: "/restore-account", restore_account_url;
            /// The same for whoever signs in: it must not void the one in the mailbox.
            OfferRestore "offer_restore", "the link that restores a deleted account",
                lifetime: accounts.deletion_grace;
        }
    };
}
pub(crate) use purposes;
