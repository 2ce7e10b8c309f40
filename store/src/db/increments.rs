//! Increments of counters that many transactions share, deferred to the end of a transaction.
//!
//! They are its last statements, one for each counter, in the order of the keys. So a counter's row
//! is locked for a moment only, and no two transactions lock the same counters in different orders.

use std::{
    collections::BTreeMap,
    mem::take,
    sync::{Mutex, PoisonError},
};

use super::{Db, Error, Kind, Result};
use crate::args;

/// The sums, by the statement that adds one and the key of its counter.
#[derive(Default)]
pub(super) struct Increments(Mutex<BTreeMap<(&'static str, String), i64>>);

impl Db {
    /// Adds to a counter at the end of the transaction. `text` takes the key and the number to add.
    pub(crate) fn increment_last(&self, text: &'static str, key: &str, by: i64) -> Result<()> {
        if self.kind() != Kind::Write {
            return self.noting_failure(Err(Error::Bug("an increment outside of write".into())));
        }
        let mut sums = self.0.increments.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry((text, key.to_owned())).or_default();
        *sum = sum.saturating_add(by);
        Ok(())
    }

    /// Runs a unit of work, and at its end the increments.
    pub(super) async fn run<T, E, F, Fut>(&self, unit: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnOnce(Db) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let output = unit(self.handle()).await?;
        let sums = take(&mut *self.0.increments.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((text, key), sum) in sums {
            if sum != 0 {
                self.execute(text, args![key, sum]).await?;
            }
        }
        Ok(output)
    }
}
