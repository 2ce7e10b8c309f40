//! The black-box suite: one binary, so that it links once.

#![cfg(test)]

mod cli;
mod refresh;
mod tidy;
mod world;

/// Each process has one provider of cryptography, and tests begin in any order.
fn install_crypto() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(rustls::crypto::aws_lc_rs::default_provider().install_default()));
}
