//! The processes that a measurement watches.

use std::time::Duration;

use crate::process::{self, Machine};

/// A server and its database, by their process ids.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    pub server: u32,
    /// The first process of PostgreSQL, where it can be seen.
    pub database: Option<u32>,
}

/// CPU milliseconds so far.
#[derive(Debug, Clone, Copy)]
pub struct CpuTimes {
    pub server: f64,
    /// The part of the threads that hash passwords.
    pub hashers: f64,
    pub database: f64,
    pub generator: f64,
    pub machine: Machine,
}

impl CpuTimes {
    pub fn all(&self) -> f64 {
        self.server + self.database + self.generator
    }
}

/// The interval between checks for remaining work, and the CPU time below which there is none.
const PAUSE: Duration = Duration::from_millis(200);
const LITTLE: f64 = 20.0;
const PATIENCE: usize = 300;

impl Watched {
    pub fn cpu_times(&self) -> CpuTimes {
        CpuTimes {
            server: process::cpu(self.server),
            hashers: process::cpu_of_threads(self.server, "hasher"),
            database: self.database.map_or(0.0, process::cpu_of_family),
            generator: process::cpu(std::process::id()),
            machine: process::machine(),
        }
    }

    /// Waits until the server and its database are idle.
    pub async fn quiet(&self) {
        let work = |it: &CpuTimes| it.server + it.database;
        let mut before = self.cpu_times();
        for _ in 0..PATIENCE {
            tokio::time::sleep(PAUSE).await;
            let now = self.cpu_times();
            if work(&now) - work(&before) <= LITTLE {
                return;
            }
            before = now;
        }
    }
}
