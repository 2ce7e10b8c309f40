//! The server as a whole: it reads the configuration and switches everything on. Nothing else may
//! import it but its tests.

pub mod cli;
pub mod config;
mod files;
pub mod running;
pub mod telemetry;
pub mod working;

pub use running::{Running, StartError, start};
pub use working::Working;
