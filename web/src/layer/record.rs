//! The outermost layer. It creates the context of the request, and then writes the body of a
//! problem, the headers that every answer has, and one line of the access log.

use std::{sync::Arc, time::Instant};

use axum::{
    body::HttpBody as _,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tracing::Instrument as _;

use super::{LayerState, RequestContext, secure};
use crate::problem;

pub async fn record(
    State(state): State<Arc<LayerState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let context = Arc::new(RequestContext::of(&state, &request));
    let mut log_line = AccessLogLine::begin(&request, context.clone());
    request.extensions_mut().insert(context.clone());

    let span = tracing::info_span!("request", request_id = context.request_id);
    let response = next.run(request).instrument(span).await;

    let language = || context.language();
    let mut response =
        problem::finish(response, &context.request_id, &state.site.base, &state.locale, language);
    secure::write(response.headers_mut(), &state.site);
    write_own(response.headers_mut(), &context, &log_line);
    log_line.status = response.status().as_u16();
    log_line.bytes = response.body().size_hint().exact();
    response
}

fn write_own(headers: &mut HeaderMap, context: &RequestContext, log_line: &AccessLogLine) {
    set(headers, "x-request-id", &context.request_id);
    if let Some(language) = context.answer_language() {
        let tag = HeaderValue::from_static(language.tag());
        headers.insert(header::CONTENT_LANGUAGE, tag);
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    }
    if context.is_authenticated() {
        let millis = log_line.millis();
        set(headers, "server-timing", &format!("app;dur={millis:.3}"));
        set(headers, "x-response-time", &format!("{millis:.3}ms"));
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // Ids and numbers are plain ASCII, which is valid in any header.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The status in the log where the client hung up before the answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A line of the access log. It is written when it is dropped, so also when the client hangs up. It
/// has no address, query or body, because these may contain personal data and secrets.
struct AccessLogLine {
    arrived: Instant,
    method: Method,
    route: Option<MatchedPath>,
    context: Arc<RequestContext>,
    status: u16,
    bytes: Option<u64>,
}

impl AccessLogLine {
    fn begin(request: &Request, context: Arc<RequestContext>) -> AccessLogLine {
        #[expect(clippy::disallowed_methods, reason = "measures work, decides nothing")]
        let arrived = Instant::now();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = request.method().clone();
        AccessLogLine {
            arrived,
            method,
            route,
            context,
            status: CLIENT_CLOSED_REQUEST,
            bytes: None,
        }
    }

    /// The template of the route and not the path, which may contain ids and tokens.
    fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    fn millis(&self) -> f64 {
        self.arrived.elapsed().as_secs_f64() * 1_000.0
    }
}

impl Drop for AccessLogLine {
    fn drop(&mut self) {
        tracing::info!(
            target: "access",
            method = self.method.as_str(),
            path = self.route(),
            status = self.status,
            duration_ms = self.millis(),
            bytes = self.bytes,
            client = if self.context.is_from_page { "page" } else { "program" },
            request_id = self.context.request_id,
        );
    }
}
