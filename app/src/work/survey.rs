//! Counts the kinds of hashes that accounts have.

use domain::UserId;
use store::Db;

use crate::{App, Result, engine::hasher::Census};

/// How many accounts one statement reads.
const PAGE: i64 = 200;

/// Counts them all, and has the hasher take note.
pub(crate) async fn survey(app: &App) -> Result<()> {
    let (mut census, mut after) = (Census::default(), UserId(Default::default()));
    loop {
        let unit = async move |db: Db| store::passwords::current(&db, after, PAGE).await;
        let page = app.store.get(unit).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for it in &page {
            census.count(&it.password_hash);
        }
        // Nobody is in a hurry for it.
        tokio::task::yield_now().await;
    }
    app.hasher.learn(&census);
    Ok(())
}
