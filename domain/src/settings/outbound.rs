//! `[outbound]`

use super::section;
use crate::Span;

section! {
    /// Calls that the server makes to others over HTTP.
    pub struct Outbound {
        /// How long a call may take.
        pub timeout: Span = Span::seconds(10),
        /// The largest answer, in bytes.
        pub body_limit: usize = 1024 * 1024,
        /// Hosts that may resolve to private, loopback and link-local addresses; all others must
        /// not.
        pub allowed_hosts: Vec<String> = Vec::new(),
        /// A PEM file of a certificate authority to trust beside those of the web.
        pub ca_file: String = String::new(),
    }
}
