//! The black-box suite: the whole server over real HTTP, in one binary, so that it links once. One
//! folder per subject, as in the crates; `house` has the checks of the whole.
//!
//! `world` is a server for one test, `clients` are programs that call it as browsers, phones and scripts
//! do, and `fakes` are servers that it calls. `world/program.rs` runs the real program, for what only a
//! process can show: signals, logs, exit statuses.
//!
//! Elsewhere: `domain` has its tests in the file, as tables of cases, and proptest for what parses text
//! from outside; `store/tests/it` has the seam, the statements, the migrations and races;
//! `outside/tests/it` has the cache, mail and calls against real servers on loopback that fail on
//! command; `web/src` has layers, extractors and pages.
//!
//! Tests have no branch on the backend, with two exceptions: `store/tests/it`, where one database has a
//! danger of its own, and several servers on one database, which SQLite does not have. Files that are
//! generated from the code are committed, and a test compares them.

#![cfg(test)]

mod access;
mod account;
mod audit;
mod cli;
mod clients;
mod compat;
mod factor;
mod fakes;
mod house;
mod notify;
mod serve;
mod session;
mod sign_in;
mod work;
mod world;

/// rustls has one crypto provider per process, and tests start in any order.
fn install_crypto() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(rustls::crypto::aws_lc_rs::default_provider().install_default()));
}
