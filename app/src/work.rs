//! What goes on beside requests. It calls the use cases, and none of them knows it.
//!
//! [`background`] starts all of it, inside `serve` or apart as `portcullis worker`; with
//! `jobs.workers = 0` a process has neither workers nor schedules. [`worker`] claims what is due, runs
//! each job in a task of its own, and retries or buries it. [`settle`](background::settle) does at once
//! whatever is to be done: tests call it, because their time passes by command.
//!
//! A schedule is a row. The process whose UPDATE moves it on makes a job of it in the same transaction,
//! which is done, retried and buried like any other, and never stands in the queue twice:
//!
//! | schedule | when | what |
//! |---|---|---|
//! | `cleanup` | `jobs.cleanup` | deletes what is over ([`cleanup`]) |
//! | `erase` | `jobs.erase` | accounts whose grace is over |
//! | `keys` | every 5 minutes | makes, promotes and retires signing keys |
//! | `lockouts` | every 10 minutes | forgets counts, and bounds how many there are |

pub(crate) mod background;
pub(crate) mod cleanup;
pub mod health;
pub(crate) mod hearing;
pub mod jobs;
pub mod keys;
pub(crate) mod open;
pub(crate) mod rewind;
pub mod schedule;
pub(crate) mod survey;
pub mod worker;
