//! What is known of a request once it has arrived.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use app::engine::locale::Language;
use axum::extract::Request;
use domain::{Time, client::Client};
use http::{HeaderMap, header};

use super::{Edge, Peer, address};
use crate::site;

/// A request's time, correlation id and client: an extension of each request.
#[derive(Debug)]
pub struct Seen {
    pub now: Time,
    pub request_id: String,
    pub client: Client,
    /// A page in a browser sent it.
    pub is_from_page: bool,
    is_authenticated: AtomicBool,
    /// What `Accept-Language` likes best.
    asked: Option<Language>,
    /// What the caller has chosen, once it is known who calls.
    own: OnceLock<Language>,
    /// The answer depends on the language.
    is_spoken: AtomicBool,
}

impl Seen {
    pub fn of(edge: &Edge, request: &Request) -> Seen {
        let (now, headers) = (edge.clock.now(), request.headers());
        let peer = request.extensions().get::<Peer>().map(|it| it.0.ip());
        // Only connections without an address, such as those of a test, have no peer.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
        let ip = address::client(peer, headers, |it| edge.site.trusts_proxy(it));
        let user_agent = headers.get(header::USER_AGENT).map(|it| it.as_bytes());
        let user_agent = String::from_utf8_lossy(user_agent.unwrap_or_default());
        Seen {
            now,
            request_id: given_id(headers).unwrap_or_else(|| app::request_id(now)),
            client: Client::new(ip, &user_agent),
            is_from_page: site::is_from_page(headers),
            is_authenticated: AtomicBool::new(false),
            asked: asked_language(headers),
            own: OnceLock::new(),
            is_spoken: AtomicBool::new(false),
        }
    }

    /// The caller has proved who they are, so the answer may say how long it took. To others that
    /// would tell what work was done.
    pub fn note_authenticated(&self) {
        self.is_authenticated.store(true, Ordering::Relaxed);
    }

    /// The language that the request itself asks for.
    pub fn asked_language(&self) -> Option<Language> {
        self.asked
    }

    /// The caller's own language.
    pub fn note_language(&self, tag: &str) {
        if let Some(language) = Language::of(tag) {
            // Whoever is known twice is the same.
            self.own.get_or_init(|| language);
        }
    }

    /// The language to answer in: what the request asks for, else the caller's own, else English.
    pub fn language(&self) -> Language {
        self.is_spoken.store(true, Ordering::Relaxed);
        self.asked.or_else(|| self.own.get().copied()).unwrap_or_default()
    }

    /// The language that something of the answer is in.
    pub(super) fn spoken(&self) -> Option<Language> {
        self.is_spoken.load(Ordering::Relaxed).then(|| self.language())
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.is_authenticated.load(Ordering::Relaxed)
    }
}

/// Several headers of that name are one list.
fn asked_language(headers: &HeaderMap) -> Option<Language> {
    let all = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let all: Vec<_> = all.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
    Language::accepted(&all.join(","))
}

/// The caller's own `X-Request-ID`, if it can go into logs and headers as it is.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    let is_plain = id.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
    ((8..=128).contains(&id.len()) && is_plain).then(|| id.to_owned())
}
