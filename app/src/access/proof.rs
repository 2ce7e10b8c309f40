//! Asks a signed-in user for the password again.

use domain::{Problem, Secret, account::User, event::Event, say};

use super::guard::{Acting, Own};
use crate::{
    App, Ctx, Result,
    access::lockout::{self, Counters},
    audit::Entry,
    engine::hasher::Verified,
    tx::Tx,
};

/// Refuses a wrong password of `user`, who is the caller, just read from the database. The refusal
/// is an error of `field`; it is recorded, and counts towards a lockout.
pub(crate) async fn prove(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    user: &User,
    field: &str,
    password: Option<Secret>,
) -> Result<()> {
    let Some(password) = password.filter(|it| !it.is_empty()) else {
        return Err(Problem::field(field, "required", say!("This field is required.")).into());
    };
    let counters = Counters::of_check(app, user, &acting.caller().session);
    let (guess, _turns) = lockout::admit(app, ctx, &counters, None).await?;
    let verified = match &user.password_hash {
        Some(hash) => app.hasher.verify(&password, hash).await,
        None => Ok(Verified::Wrong),
    };
    let verified = guess.give_back_on_fault(app, verified, &[]).await?;
    if verified != Verified::Wrong && !guess.counts_as_wrong() {
        if guess.has_rows() {
            let unit = async move |tx: Tx| guess.record_right(&tx).await;
            app.record_against(ctx, acting, unit).await?;
        }
        return Ok(());
    }
    let unit = async move |tx: Tx| {
        tx.audit(Entry::from(Event::PasswordChangeFailed).failed()).await?;
        guess.record_wrong(&tx).await
    };
    app.record_against(ctx, acting, unit).await?;
    Err(Problem::field(field, "password_incorrect", say!("This is not your password.")).into())
}
