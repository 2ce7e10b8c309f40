//! How many mails an address may get.

use domain::{account::Email, notify::Letter, settings::Limit};

use crate::{App, Ctx, access::limits};

/// Whether another mail of this kind to this address is within bounds. Nobody is told when it is
/// not.
pub(crate) async fn may_write_to(app: &App, ctx: &Ctx, letter: Letter, email: &Email) -> bool {
    let recipient = app.keys.index(&email.canonical());
    let who = format!("{}:{recipient}", letter.name());
    limits::take(app, ctx, Limit::EmailRecipient, &who).await.is_ok()
}
