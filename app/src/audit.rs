//! The audit log: every security event is one row, written in the transaction of the change. What
//! people see of it is read from the same rows.

mod entry;

use store::Db;
pub use store::events::AuditEvent;

pub(crate) use self::entry::Entry;
use crate::{App, Result, access::caller::Caller};

/// How many sign-ins of one person are shown, so that no page is expensive to find. Refused ones count:
/// at the limits of networks, strangers would need days to push a sign-in out of the list.
const MOST_SIGN_INS: i64 = 100_000;

/// A page of the sign-ins of one user.
#[derive(Debug, Clone)]
pub struct LoginHistory {
    pub entries: Vec<AuditEvent>,
    /// On all pages.
    pub count: i64,
}

/// The sign-ins of the caller, successful and failed, newest first. Pages count from 1.
pub async fn login_history(
    app: &App,
    caller: &Caller,
    page: i64,
    page_size: i64,
) -> Result<LoginHistory> {
    let user = caller.user.id;
    let offset = page.saturating_sub(1).saturating_mul(page_size);
    let limit = page_size.min(MOST_SIGN_INS.saturating_sub(offset)).max(0);
    let unit = async move |db: Db| {
        let count = store::events::count_sign_ins(&db, user, MOST_SIGN_INS).await?;
        let entries = store::events::sign_ins(&db, user, limit, offset).await?;
        Ok(LoginHistory { entries, count })
    };
    Ok(app.store.read(unit).await?)
}
