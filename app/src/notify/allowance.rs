//! Limits of mails per address.

use domain::{account::Email, notify::Letter, settings::Limit};

use crate::{App, Ctx, access::limits};

/// Counts a mail of this kind to this address, and returns whether it is within the limit. The
/// client does not see the result.
pub(crate) async fn may_write_to(app: &App, ctx: &Ctx, letter: Letter, email: &Email) -> bool {
    let recipient = app.keys.index(&email.canonical());
    let who = format!("{}:{recipient}", letter.name());
    limits::take(app, ctx, Limit::EmailRecipient, &who).await.is_ok()
}
