//! The context of a request: it asks the clock once, and names the request, its client and its
//! language. That is what the request asks for, else the caller's own, else English.

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

use super::{LayerState, Peer, address};
use crate::site;

/// The time, correlation id, client and language of a request, as an extension of it.
#[derive(Debug)]
pub struct RequestContext {
    pub now: Time,
    pub request_id: String,
    pub client: Client,
    /// Whether a page in a browser sent it.
    pub is_from_page: bool,
    is_authenticated: AtomicBool,
    /// The first supported language of `Accept-Language`.
    accepted: Option<Language>,
    /// The language of the caller's profile, once the caller is authenticated.
    preferred: OnceLock<Language>,
    /// Whether the answer depends on the language.
    is_localized: AtomicBool,
}

impl RequestContext {
    pub fn of(state: &LayerState, request: &Request) -> RequestContext {
        let (now, headers) = (state.clock.now(), request.headers());
        let peer = request.extensions().get::<Peer>().map(|it| it.0.ip());
        // Only tests have connections without a peer address.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
        let ip = address::client(peer, headers, |it| state.site.trusts_proxy(it));
        let user_agent = headers.get(header::USER_AGENT).map(|it| it.as_bytes());
        let user_agent = String::from_utf8_lossy(user_agent.unwrap_or_default());
        RequestContext {
            now,
            request_id: given_id(headers).unwrap_or_else(|| app::request_id(now)),
            client: Client::new(ip, &user_agent),
            is_from_page: site::is_from_page(headers),
            is_authenticated: AtomicBool::new(false),
            accepted: accepted_language(headers),
            preferred: OnceLock::new(),
            is_localized: AtomicBool::new(false),
        }
    }

    /// Lets the answer say how long it took. For others this would reveal which work was done.
    pub fn set_authenticated(&self) {
        self.is_authenticated.store(true, Ordering::Relaxed);
    }

    /// The language that the request asks for.
    pub fn accepted_language(&self) -> Option<Language> {
        self.accepted
    }

    /// Sets the language of the caller's profile.
    pub fn set_preferred_language(&self, tag: &str) {
        if let Some(language) = Language::of(tag) {
            // A second call is about the same caller.
            self.preferred.get_or_init(|| language);
        }
    }

    /// The language to answer in: of the request, else of the caller's profile, else English.
    pub fn language(&self) -> Language {
        self.is_localized.store(true, Ordering::Relaxed);
        self.accepted.or_else(|| self.preferred.get().copied()).unwrap_or_default()
    }

    /// The language of the answer, if it depends on one.
    pub(super) fn answer_language(&self) -> Option<Language> {
        self.is_localized.load(Ordering::Relaxed).then(|| self.language())
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.is_authenticated.load(Ordering::Relaxed)
    }
}

/// Several headers of this name form one list.
fn accepted_language(headers: &HeaderMap) -> Option<Language> {
    let all = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let all: Vec<_> = all.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
    Language::accepted(&all.join(","))
}

/// The client's `X-Request-ID`, if it is safe in logs and headers.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    let is_plain = id.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
    ((8..=128).contains(&id.len()) && is_plain).then(|| id.to_owned())
}
