//! The server as a whole: it reads the configuration and switches everything on. Nothing else may
//! import it but its tests.

pub mod config;
pub mod telemetry;
