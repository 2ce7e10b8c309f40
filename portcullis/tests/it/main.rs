//! The black-box suite: one binary, so that it links once. One folder per subject, as in the
//! crates; `house` has the checks of the whole.

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
