//! `[cors]`

use super::section;

section! {
    /// Pages of other origins that may call the API with credentials.
    pub struct Cors {
        /// Origins as browsers write them, such as `https://app.example.com`,
        /// `capacitor://localhost` or `chrome-extension://id`. A wildcard is not accepted.
        pub allowed_origins: Vec<String> = Vec::new(),
        /// Headers that those pages may send beside the ones that the API reads. `*`: all but
        /// those in which proxies speak, such as `X-Forwarded-For`.
        pub allowed_headers: Vec<String> = vec!["*".into()],
    }
}
