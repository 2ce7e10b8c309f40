//! The black-box suite: one binary, so that it links once.

#![cfg(test)]

mod access_table;
mod admission;
mod bad_input;
mod cli;
mod cli_config;
mod cli_jobs;
mod cli_users;
mod clients;
mod clock_back;
mod database_away;
mod deletion;
mod edge;
mod email;
mod email_change;
mod exchange;
mod fakes;
mod files;
mod foreign;
mod greetings;
mod keys;
mod kill;
mod languages;
mod leaks;
mod letters;
mod limits;
mod lockout;
mod login;
mod logout;
mod mail;
mod nodes;
mod openapi;
mod password;
mod profile;
mod public_path;
mod races;
mod refresh;
mod register;
mod schedules;
mod sentences;
mod sessions;
mod shutdown;
mod simplejwt;
mod smtp_failures;
mod states;
mod strict;
mod tidy;
mod tokens;
mod transport;
mod undo;
mod unicode;
mod worker;
mod world;

/// Each process has one provider of cryptography, and tests begin in any order.
fn install_crypto() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(rustls::crypto::aws_lc_rs::default_provider().install_default()));
}
