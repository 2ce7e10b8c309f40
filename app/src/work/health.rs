//! The health check.

use crate::App;
pub use crate::engine::health::Health;

/// Pings the database and the cache, each with a timeout of two seconds.
pub async fn check(app: &App) -> Health {
    app.health.run(async || ping_all(app).await).await
}

async fn ping_all(app: &App) -> Health {
    let database = app.store.ping().await.is_ok();
    let queue = if database {
        app.store.get(async |db| store::jobs::backlog(&db).await).await.ok()
    } else {
        None
    };
    Health { database, cache: app.cache.ping().await.is_ok(), queue }
}
