//! The connection to Redis: shared, with time limits, and reconnected when it breaks.
//!
//! A call ends within [`PATIENCE`], connecting included. An outage and its end are logged once
//! each. During an outage only one call at a time tries Redis.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisResult, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::{sync::Mutex as Turn, time::timeout};

/// How long a call may take.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

type Connection = Arc<MultiplexedConnection>;

pub(super) struct SharedConnection {
    pub(super) client: Client,
    standing: Mutex<Option<Connection>>,
    /// Held while connecting.
    turn: Turn<()>,
    is_away: AtomicBool,
}

/// A request to Redis.
pub(super) enum Call<'a> {
    Command(Cmd),
    Script(ScriptInvocation<'a>),
}

impl SharedConnection {
    pub(super) fn new(client: Client) -> SharedConnection {
        let is_away = AtomicBool::new(false);
        SharedConnection { client, standing: Mutex::default(), turn: Turn::default(), is_away }
    }

    pub(super) fn is_healthy(&self) -> bool {
        !self.is_away.load(Ordering::Relaxed)
    }

    /// Returns the answer. `None`: Redis is unavailable.
    pub(super) async fn run<T: FromRedisValue>(&self, call: &Call<'_>) -> Option<T> {
        let cause = match timeout(PATIENCE, self.ask(call)).await {
            Ok(Ok(answer)) => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the cache is back: limits are shared again");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                *self.standing() = None;
                format!("no answer within {PATIENCE:?}")
            }
        };
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(cause, "the cache is away: each node counts limits in its own memory");
        }
        None
    }

    async fn ask<T: FromRedisValue>(&self, call: &Call<'_>) -> RedisResult<T> {
        let standing = self.standing().clone();
        if let Some(connection) = standing {
            match call.on(&connection).await {
                Ok(answer) => return Ok(answer),
                // A retry may count twice if only the answer was lost. That errs on the strict
                // side.
                Err(_) => self.forget(&connection),
            }
        }
        let connection = self.connect().await?;
        let answer = call.on(&connection).await;
        if answer.is_err() {
            self.forget(&connection);
        }
        answer
    }

    async fn connect(&self) -> RedisResult<Connection> {
        let _turn = match self.is_healthy() {
            true => self.turn.lock().await,
            false => self.turn.try_lock().map_err(|_| {
                ::redis::RedisError::from((ErrorKind::Io, "another call is connecting"))
            })?,
        };
        if let Some(connection) = self.standing().clone() {
            return Ok(connection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let connection = Arc::new(connection);
        *self.standing() = Some(connection.clone());
        Ok(connection)
    }

    /// Drops this connection, unless a newer one has replaced it.
    fn forget(&self, broken: &Connection) {
        let mut standing = self.standing();
        if standing.as_ref().is_some_and(|it| Arc::ptr_eq(it, broken)) {
            *standing = None;
        }
    }

    fn standing(&self) -> MutexGuard<'_, Option<Connection>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call<'_> {
    async fn on<T: FromRedisValue>(&self, connection: &Connection) -> RedisResult<T> {
        let mut connection = MultiplexedConnection::clone(connection);
        match self {
            Call::Command(command) => command.query_async(&mut connection).await,
            Call::Script(script) => script.invoke_async(&mut connection).await,
        }
    }
}
