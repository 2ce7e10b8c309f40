//! The command line.

mod commands;
mod config;
mod jobs;
mod users;
