//! Tells the hasher which kinds of password hashes the accounts have.

use store::Db;

use crate::{App, Result};

/// Reads the counts per kind, not the accounts.
pub(crate) async fn survey(app: &App) -> Result<()> {
    let kinds = app.store.get(async |db: Db| store::hash_kinds::all(&db).await).await?;
    app.hasher.set_kinds(&kinds);
    Ok(())
}
