//! A connection while it is lent to a unit: its transaction, its statements, and whether it may be
//! reused.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use deadpool_postgres::Object;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::{
    Statement,
    types::{ToSql, Type},
};

use super::{
    Mode, Shared,
    error::{Fault, ONLY_READS, fault, meaning},
    value::type_of,
};
use crate::db::{
    Db, Error, FromRow, Kind, Result, Row, Value,
    row::{Only, Source},
};

/// A connection lent to one unit.
pub(in crate::db) struct Lease {
    /// Always present, until `drop` takes it out to close it.
    object: Option<Object>,
    server: Arc<Shared>,
    /// How to begin the transaction, for units that have one.
    begin: Option<Arc<str>>,
    in_transaction: AtomicBool,
    /// It must not be reused.
    is_unfit: AtomicBool,
    /// Released after the connection.
    _place: OwnedSemaphorePermit,
}

/// What was in progress when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing that could change data.
    Preparing,
    Running,
    Committing,
}

/// An error and the phase it occurred in.
type Failed = (tokio_postgres::Error, Phase);

impl Drop for Lease {
    fn drop(&mut self) {
        let object = self.object.take();
        if *self.in_transaction.get_mut() || *self.is_unfit.get_mut() {
            drop(object.map(Object::take));
        }
    }
}

impl Lease {
    pub(super) async fn take(server: Arc<Shared>, kind: Kind) -> Result<Lease> {
        let (object, place) = server.connection().await?;
        Ok(Lease {
            object: Some(object),
            begin: server.openings.of(kind),
            server,
            in_transaction: AtomicBool::new(false),
            is_unfit: AtomicBool::new(false),
            _place: place,
        })
    }

    pub async fn execute(&self, db: &Db, text: &str, args: &[Value<'_>]) -> Result<u64> {
        let object = self.object()?;
        match self.server.mode {
            Mode::Session => {
                let statement = self.prepared(db, text, args.len()).await?;
                self.send(db, object.execute(&statement, &borrowed(args))).await
            }
            Mode::Transaction => {
                check_unprepared(db, text, args.len())?;
                self.send(db, object.execute_typed(text, &typed(args))).await
            }
        }
    }

    pub async fn query<T: FromRow>(
        &self,
        db: &Db,
        text: &str,
        args: &[Value<'_>],
    ) -> Result<Vec<T>> {
        let object = self.object()?;
        let rows = match self.server.mode {
            Mode::Session => {
                let statement = self.prepared(db, text, args.len()).await?;
                self.send(db, object.query(&statement, &borrowed(args))).await?
            }
            Mode::Transaction => {
                check_unprepared(db, text, args.len())?;
                self.send(db, object.query_typed(text, &typed(args))).await?
            }
        };
        rows.iter().map(|row| T::from_row(&Row::new(Source::Postgres(row)))).collect()
    }

    /// Without a time limit.
    pub async fn script(&self, db: &Db, text: &str) -> Result<()> {
        db.check_open()?;
        let sent = self.flight(db.kind(), self.object()?.batch_execute(text)).await?;
        sent.map_err(|it| self.failed(db, it))
    }

    pub async fn prepare(&self, db: &Db, text: &str) -> Result<()> {
        db.check_open()?;
        self.object()?.prepare(text).await.map(drop).map_err(meaning)
    }

    /// Fails if the server is read-only.
    pub async fn check_writable(&self, db: &Db) -> Result<()> {
        let question = "SELECT current_setting('transaction_read_only') = 'on'";
        match self.query(db, question, &[]).await?.first() {
            Some(Only(false)) => Ok(()),
            _ => Err(self.only_reads(db)),
        }
    }

    /// Ends the transaction, if a statement has begun it.
    pub async fn end(&self, db: &Db, how: &str) -> Result<()> {
        if self.in_transaction.load(Ordering::Acquire) {
            if self.is_unfit.load(Ordering::Acquire) {
                // It will be closed, which ends the transaction; another request would only time
                // out again.
                return Err(Error::Unavailable("the connection is lost".into()));
            }
            let ended = self.in_time(self.object()?.batch_execute(how)).await?;
            ended.map_err(|error| self.failed(db, (error, Phase::Committing)))?;
            self.in_transaction.store(false, Ordering::Release);
        }
        Ok(())
    }

    fn object(&self) -> Result<&Object> {
        self.object.as_ref().ok_or_else(|| Error::Unavailable("the connection is closed".into()))
    }

    async fn prepared(&self, db: &Db, text: &str, args: usize) -> Result<Statement> {
        db.check_open()?;
        let prepared = self.in_time(self.object()?.prepare_cached(text)).await?;
        let statement = prepared.map_err(|error| self.failed(db, (error, Phase::Preparing)))?;
        check_count(args, statement.params().len()).map(|()| statement)
    }

    async fn send<T>(
        &self,
        db: &Db,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let sent = self.in_time(self.flight(db.kind(), statement)).await??;
        sent.map_err(|it| self.failed(db, it))
    }

    /// Sends a statement: BEGIN before the first, and COMMIT after it if it is the only one. Up to
    /// three messages in one round trip.
    async fn flight<T>(
        &self,
        kind: Kind,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<Result<T, Failed>> {
        let running = |error| (error, Phase::Running);
        let first = self.begin.as_ref();
        let Some(begin) = first.filter(|_| !self.in_transaction.swap(true, Ordering::AcqRel))
        else {
            return Ok(statement.await.map_err(running));
        };
        let begun = self.object()?.batch_execute(begin);
        if !kind.is_single() {
            let (begun, answer) = tokio::join!(biased; begun, statement);
            return Ok(begun.and(answer).map_err(running));
        }
        // After a failed statement this rolls back.
        let ended = self.object()?.batch_execute("COMMIT");
        let (begun, answer, ended) = tokio::join!(biased; begun, statement, ended);
        self.in_transaction.store(ended.is_err(), Ordering::Release);
        let answer = begun.and(answer).map_err(running);
        Ok(answer.and_then(|it| ended.map(|()| it).map_err(|error| (error, Phase::Committing))))
    }

    /// A server, or a pooler, that does not answer must not block anybody for ever, nor once for
    /// each connection.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        tokio::time::timeout(self.server.limit, work).await.map_err(|_| {
            self.retire_all();
            Error::Unavailable("no answer in time".into())
        })
    }

    /// Maps an error of a unit, and allows a retry where it has certainly changed nothing.
    fn failed(&self, db: &Db, (error, phase): Failed) -> Error {
        match fault(&error) {
            Fault::Statement => {}
            Fault::LostRace => db.note_may_repeat(),
            Fault::OnlyReads if db.kind() == Kind::Read => {
                return Error::Bug("a write in get or read, which only read".into());
            }
            Fault::OnlyReads => return self.only_reads(db),
            Fault::Connection => {
                self.is_unfit.store(true, Ordering::Release);
                if has_changed_nothing(db.kind(), phase, &error) {
                    db.note_may_repeat();
                }
            }
        }
        meaning(error)
    }

    /// The server has become read-only. A retry helps only if this connection is an older one: a
    /// new one would lead to the same server.
    fn only_reads(&self, db: &Db) -> Error {
        self.is_unfit.store(true, Ordering::Release);
        let metrics = self.object.as_ref().map(Object::metrics);
        if metrics.is_some_and(|it| it.recycle_count > 0) {
            self.retire_all();
            db.note_may_repeat();
        }
        Error::Unavailable(ONLY_READS.into())
    }

    /// Retires this connection and all older ones.
    fn retire_all(&self) {
        self.is_unfit.store(true, Ordering::Release);
        if let Some(object) = &self.object {
            self.server.freshness.retire_all(Object::metrics(object).created);
        }
    }
}

fn has_changed_nothing(kind: Kind, phase: Phase, error: &tokio_postgres::Error) -> bool {
    match (kind, phase) {
        (Kind::Get | Kind::Read, _) | (_, Phase::Preparing) => true,
        (_, Phase::Committing) => false,
        (Kind::Write, Phase::Running) => true,
        // It commits itself. The server has reported that it failed, or nothing at all.
        (Kind::Put, Phase::Running) => error.code().is_some_and(|it| !it.code().starts_with("08")),
    }
}

/// The error that the server would report for a statement that it prepares.
fn check_unprepared(db: &Db, text: &str, args: usize) -> Result<()> {
    db.check_open()?;
    let numbers = text.split('$').skip(1).filter_map(|it| {
        let digits = it.find(|it: char| !it.is_ascii_digit()).unwrap_or(it.len());
        it.get(..digits)?.parse().ok()
    });
    check_count(args, numbers.max().unwrap_or(0))
}

fn check_count(args: usize, expected: usize) -> Result<()> {
    match args == expected {
        true => Ok(()),
        false => Err(Error::Bug(format!("{args} values for {expected} placeholders"))),
    }
}

fn borrowed<'a>(args: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    args.iter().map(|it| it as &(dyn ToSql + Sync)).collect()
}

fn typed<'a>(args: &'a [Value<'a>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    args.iter().map(|it| (it as &(dyn ToSql + Sync), type_of(it))).collect()
}
