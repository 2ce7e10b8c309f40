//! Connections, headers, addresses: what every request meets.

mod edge;
mod public_path;
mod transport;
