//! `[cors]`

use super::section;

section! {
    /// Pages of other origins that may call the API with credentials.
    pub struct Cors {
        /// Origins such as `https://app.example.com`. A wildcard is not accepted.
        pub allowed_origins: Vec<String> = Vec::new(),
    }
}
