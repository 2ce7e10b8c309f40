//! The server as a whole: it reads the configuration and starts everything. Only its tests may
//! import it.
//!
//! [`start`] is what the command line and the tests call; [`Working`] is the same without a server.

pub mod cli;
pub mod config;
mod files;
pub mod running;
pub mod telemetry;
pub mod working;

pub use running::{Running, StartError, start};
pub use working::Working;
