//! `[server]`

use std::net::SocketAddr;

use ipnet::IpNet;

use super::section;
use crate::Span;

section! {
    /// Where the server listens and what it accepts.
    pub struct Server {
        /// The name that pages and mails show.
        pub name: String = "Portcullis".into(),
        /// The addresses to listen on.
        pub listen: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 8000))],
        /// Where people reach the server; links, cookies and the token issuer follow from it. It may
        /// have a path, which the proxy in front has to take off.
        /// Empty: `http://` and the first address listened on.
        pub public_url: String = String::new(),
        /// The folder of the SQLite database and of generated secrets.
        pub data_dir: String = "data".into(),
        /// A folder with templates and texts in place of built-in ones of the same name
        /// (`docs/guide/templates.md`). Empty: none.
        pub templates_dir: String = String::new(),
        /// Host names to answer for beside that of `public_url`. Every name that resolves to this
        /// machine's loopback (`localhost`, `127.0.0.1`, `[::1]`) is among them in development.
        pub allowed_hosts: Vec<String> = Vec::new(),
        /// Networks of the proxies whose `Forwarded` and `X-Forwarded-For` are believed.
        pub trusted_proxies: Vec<IpNet> = Vec::new(),
        /// The largest body of an API request, in bytes.
        pub body_limit: usize = 64 * 1024,
        /// How many bytes requests may hold together while their bodies are read, heads included;
        /// more are refused with 503. One client address may have a quarter of them, and all of an
        /// IPv6 /48 half.
        pub max_reading: usize = 64 * 1024 * 1024,
        /// How long a client may take to send the head of a request.
        pub header_timeout: Span = Span::seconds(10),
        /// How long a connection may stay open between requests.
        pub idle_timeout: Span = Span::seconds(75),
        /// How long a client may take to send a body.
        pub body_timeout: Span = Span::seconds(10),
        /// How long an answer may take.
        pub request_timeout: Span = Span::seconds(30),
        /// How long a client may go without reading any of an answer that is ready.
        pub write_timeout: Span = Span::seconds(30),
        /// How many connections may be open; more wait to be accepted.
        pub max_connections: usize = 10_000,
        /// How many of them one client address may have, and at most a quarter of all; more are
        /// closed at once. Trusted proxies are not counted. A client address is an IPv4 address or
        /// an IPv6 /64; all of a /48 may have 16 times as many together, and at most half of all.
        pub max_connections_per_client: usize = 1_000,
        /// How many requests may be in work; more are refused with 503.
        pub max_requests: usize = 2_048,
        /// How long readiness is off before the server stops to accept connections, so that a load
        /// balancer can notice.
        pub shutdown_delay: Span = Span::ZERO,
        /// How long requests in work may take to end at shutdown.
        pub shutdown_grace: Span = Span::seconds(15),
    }
}
