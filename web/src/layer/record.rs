//! The outermost layer: the request's id on the way in; on the way out the body of a problem, the
//! headers that every answer has, and one line in the log.

use std::{sync::Arc, time::Instant};

use axum::{
    body::HttpBody as _,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tracing::Instrument as _;

use super::{Edge, Seen, secure};
use crate::problem;

pub async fn record(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let seen = Arc::new(Seen::of(&edge, &request));
    let mut line = Line::begin(&request, seen.clone());
    request.extensions_mut().insert(seen.clone());

    let span = tracing::info_span!("request", request_id = seen.request_id);
    let response = next.run(request).instrument(span).await;

    let language = || seen.language();
    let mut response =
        problem::finish(response, &seen.request_id, &edge.site.base, &edge.locale, language);
    secure::write(response.headers_mut(), &edge.site);
    write_own(response.headers_mut(), &seen, &line);
    line.status = response.status().as_u16();
    line.bytes = response.body().size_hint().exact();
    response
}

fn write_own(headers: &mut HeaderMap, seen: &Seen, line: &Line) {
    set(headers, "x-request-id", &seen.request_id);
    if let Some(language) = seen.spoken() {
        let tag = HeaderValue::from_static(language.tag());
        headers.insert(header::CONTENT_LANGUAGE, tag);
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    }
    if seen.is_authenticated() {
        let millis = line.millis();
        set(headers, "server-timing", &format!("app;dur={millis:.3}"));
        set(headers, "x-response-time", &format!("{millis:.3}ms"));
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // Both an id that was let in and a number are plain ASCII, which any header can hold.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The status in the log of a client that hung up before its answer.
const HUNG_UP: u16 = 499;

/// A line of the access log, written when it is dropped, so also when the client hangs up. It holds
/// no address, query or body: those may hold what must not be kept.
struct Line {
    arrived: Instant,
    method: Method,
    route: Option<MatchedPath>,
    seen: Arc<Seen>,
    status: u16,
    bytes: Option<u64>,
}

impl Line {
    fn begin(request: &Request, seen: Arc<Seen>) -> Line {
        #[expect(clippy::disallowed_methods, reason = "measures work, decides nothing")]
        let arrived = Instant::now();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = request.method().clone();
        Line { arrived, method, route, seen, status: HUNG_UP, bytes: None }
    }

    /// The template of the route and not the path, which may hold ids and tokens.
    fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    fn millis(&self) -> f64 {
        self.arrived.elapsed().as_secs_f64() * 1_000.0
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        tracing::info!(
            target: "access",
            method = self.method.as_str(),
            path = self.route(),
            status = self.status,
            duration_ms = self.millis(),
            bytes = self.bytes,
            client = if self.seen.is_from_page { "page" } else { "program" },
            request_id = self.seen.request_id,
        );
    }
}
