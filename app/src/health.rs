//! How the server is.

use store::jobs::Backlog;

use crate::App;

/// What a health check sees.
#[derive(Debug, Clone)]
pub struct Health {
    pub database: bool,
    pub cache: bool,
    /// How much there is to do; `None` where the database could not say.
    pub queue: Option<Backlog>,
}

/// Asks the database and the cache, each for two seconds at most.
pub async fn look(app: &App) -> Health {
    let database = app.store.ping().await.is_ok();
    let queue = match database {
        true => app.store.get(async |db| store::jobs::backlog(&db).await).await.ok(),
        false => None,
    };
    Health { database, cache: app.cache.ping().await.is_ok(), queue }
}
