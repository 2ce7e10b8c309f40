//! `[log]`

use serde::{Deserialize, Serialize};

use super::section;

section! {
    /// What the server says of its work, on standard error.
    pub struct Log {
        /// `auto` (text in development, JSON in production), `text` or `json`.
        pub format: LogFormat = LogFormat::Auto,
        /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,store=debug`.
        pub level: String = "info".into(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}
