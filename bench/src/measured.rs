//! The results of a load, or of several with the same shape.

use std::time::Duration;

use crate::process;

/// Sums, and how long each request took.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub connections: usize,
    pub failures: usize,
    /// Nanoseconds, sorted.
    pub latencies: Vec<u64>,
    pub took: Duration,
    pub cpu: Cpu,
}

/// CPU milliseconds of each process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub server: f64,
    /// The part of the threads that hash passwords.
    pub hashers: f64,
    pub database: f64,
    pub generator: f64,
    /// The work of the server and the database that followed it.
    pub behind: f64,
    /// The CPU time of other processes.
    pub others: f64,
}

impl Measured {
    /// Adds a measurement with the same connections.
    pub fn add(&mut self, other: Measured) {
        self.connections = other.connections;
        self.failures += other.failures;
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
        self.took += other.took;
        self.cpu.server += other.cpu.server;
        self.cpu.hashers += other.cpu.hashers;
        self.cpu.database += other.cpu.database;
        self.cpu.generator += other.cpu.generator;
        self.cpu.behind += other.cpu.behind;
        self.cpu.others += other.cpu.others;
    }

    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency in milliseconds that this part of the requests stayed below.
    pub fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.latencies.get(at).map_or(0.0, |it| *it as f64 / 1e6)
    }

    /// CPU milliseconds a request.
    pub fn each(&self) -> Cpu {
        let each = |millis: f64| millis / self.latencies.len().max(1) as f64;
        let Cpu { server, hashers, database, generator, behind, others } = self.cpu;
        Cpu {
            server: each(server),
            hashers: each(hashers),
            database: each(database),
            generator: each(generator),
            behind: each(behind),
            others: each(others),
        }
    }

    /// The part of the machine that other processes used, between 0 and 1.
    pub fn disturbed(&self) -> f64 {
        self.cpu.others / (self.took.as_secs_f64() * 1_000.0 * process::cores())
    }
}
