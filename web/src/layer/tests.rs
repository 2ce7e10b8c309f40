//! Requests through all layers to small handlers.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
    routing::{get, post},
};
use domain::{Span, Time};
use http::{HeaderMap, StatusCode};
use hyper::body::Frame;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::*;
use crate::extract;

#[derive(Serialize, Deserialize)]
struct Sample {
    name: String,
    #[serde(default, deserialize_with = "extract::lenient_bool")]
    remember_me: Option<bool>,
}

async fn echo(extract::Body(sample): extract::Body<Sample>) -> Json<Sample> {
    Json(sample)
}

async fn nothing(extract::Body(_): extract::Body<serde_json::Map<String, Value>>) {}

async fn client(axum::Extension(context): axum::Extension<Arc<RequestContext>>) -> String {
    format!("{} {}", context.client.ip, context.is_from_page)
}

async fn known(axum::Extension(context): axum::Extension<Arc<RequestContext>>) {
    context.set_authenticated();
}

async fn explode() -> Response {
    panic!("a secret of the code")
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/auth/email/verify", post(|| async { "verified" }))
        .route("/echo", post(echo))
        .route("/nothing", post(nothing))
        .route("/client", get(client))
        .route("/known", get(known))
        .route("/panic", get(explode).post(explode))
        .route("/health", get(|| async { "healthy" }))
        .route("/stuck", get(std::future::pending::<()>))
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.server.public_url = "https://auth.example.com".into();
    settings.server.body_limit = 100;
    settings.server.body_timeout = Span::millis(50);
    settings.server.request_timeout = Span::millis(200);
    settings.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    settings.cors.allowed_origins = vec!["https://app.example.com".into()];
    settings
}

fn wrapped(routes: Router, settings: &Settings) -> Routes {
    wrap(routes, state(settings))
}

pub fn state(settings: &Settings) -> LayerState {
    let site = Arc::new(Site::new(settings).unwrap());
    let clock = Clock::manual(Time::from_seconds(1_800_000_000));
    let locale = app::engine::templates::compile("").unwrap().locale;
    LayerState::new(settings, site, locale, clock, TaskTracker::new())
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "auth.example.com")
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

async fn answer(routes: Routes, request: Request) -> Answer {
    let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}

async fn asked(request: Request) -> Answer {
    answer(wrapped(routes(), &settings()), request).await
}

async fn get_(path: &str) -> Answer {
    asked(request("GET", path).body(Body::empty()).unwrap()).await
}

async fn sent(content_type: &str, body: &str) -> Answer {
    let request = request("POST", "/echo").header("content-type", content_type);
    asked(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn errors_of_every_kind_are_problems() {
    let cases = [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/echo", 405, "method_not_allowed"),
        ("GET", "/panic", 500, "internal_error"),
        ("POST", "/panic", 500, "internal_error"),
        ("GET", "/stuck", 504, "timeout"),
    ];
    for (method, path, status, code) in cases {
        let answer = asked(request(method, path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.code(), code, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(!answer.text.contains("secret"));
        let body: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(body["instance"], answer.headers["x-request-id"].to_str().unwrap());
    }
    assert_eq!(get_("/echo").await.headers["allow"], "POST");
    assert_eq!(get_("/stuck").await.headers["connection"], "close");
    assert!(!get_("/panic").await.headers.contains_key("connection"));
}

#[tokio::test]
async fn paths_answer_with_and_without_a_slash_and_by_other_names() {
    for path in
        ["/api/v1/auth/email/verify", "/api/v1/auth/email/verify/", "/api/v1/auth/verify-email/"]
    {
        let answer = asked(request("POST", path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "verified"), "{path}");
    }
    assert_eq!(get_("/api/v1/auth/health/").await.text, "healthy");
}

#[tokio::test]
async fn bodies_are_json_or_forms() {
    let whole = json!({"name": "Ada", "remember_me": true}).to_string();
    for (kind, body) in [
        ("application/json", whole.as_str()),
        ("application/json", r#"{"name":"Ada","remember_me":"1","more":[]}"#),
        ("application/x-www-form-urlencoded", "name=Ada&remember_me=on"),
    ] {
        let answer = sent(kind, body).await;
        assert_eq!((answer.status.as_u16(), &answer.text), (200, &whole), "{body}");
    }
    let empty = asked(request("POST", "/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(empty.status, 200);
}

#[tokio::test]
async fn wrong_bodies_are_refused_by_kind() {
    let json = "application/json";
    let deep = "[".repeat(90);
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(100));
    let cases = [
        (json, "{", 400, "malformed_request"),
        (json, "[]", 400, "malformed_request"),
        (json, deep.as_str(), 400, "malformed_request"),
        (json, "{\"name\":\"a\0\"}", 400, "malformed_request"),
        (json, r#"{"name":"a\u0000"}"#, 400, "validation_error"),
        (json, r#"{"name":5}"#, 400, "validation_error"),
        (json, "{}", 400, "validation_error"),
        (json, long.as_str(), 413, "payload_too_large"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
    ];
    for (kind, body, status, code) in cases {
        let answer = sent(kind, body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body}");
    }
    let body = sent(json, r#"{"name":5}"#).await.text;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["name"], json!(["Not a valid string."]));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let request = request("POST", "/echo").header("content-type", "application/json");
    let answer = asked(request.body(Body::new(Never)).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (408, "request_timeout"));
    assert_eq!(answer.headers["connection"], "close");
}

#[tokio::test]
async fn a_body_that_does_not_come_takes_no_place() {
    let mut settings = settings();
    settings.server.max_requests = 1;
    settings.server.body_timeout = Span::hours(1);
    let routes = wrapped(routes(), &settings);
    let slow = request("POST", "/echo").header("content-type", "application/json");
    let slow = answer(routes.clone(), slow.body(Body::new(Never)).unwrap());
    let others = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer(routes.clone(), request("GET", "/client").body(Body::empty()).unwrap()).await
    };
    tokio::select! {
        _ = slow => panic!("a body that did not come was answered"),
        other = others => assert_eq!(other.status, 200),
    }
}

#[tokio::test]
async fn the_bodies_of_a_connection_have_so_many_bytes_together() {
    // Room for the head and a small body.
    let bodies = BodyBudgets::for_connection(1, 100, [budget(2355)]);
    let send = |text: String| {
        let request = request("POST", "/echo").header("content-type", "application/json");
        let mut request = request.body(Body::from(text)).unwrap();
        request.extensions_mut().insert(bodies.clone());
        asked(request)
    };
    let refused = send(format!("{{\"name\":\"{}\"}}", "x".repeat(85))).await;
    assert_eq!(
        (refused.status.as_u16(), refused.headers["retry-after"].as_bytes()),
        (503, &b"1"[..])
    );
    for _ in 0..3 {
        // What was read gives its room back.
        assert_eq!(send(json!({ "name": "Ada Lovelace" }).to_string()).await.status, 200);
    }
}

/// A body that has nothing and does not end.
struct Never;

impl hyper::body::Body for Never {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn hosts_are_known_or_refused() {
    let ask = |hosts: &'static [&'static str], path: &'static str| async move {
        let mut request = Request::builder().uri(path);
        for host in hosts {
            request = request.header("host", *host);
        }
        asked(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    assert_eq!(ask(&["auth.example.com:8443"], "/client").await, 200);
    assert_eq!(ask(&["evil.example"], "/client").await, 421);
    assert_eq!(ask(&[], "/client").await, 400);
    assert_eq!(ask(&["auth.example.com", "auth.example.com"], "/client").await, 400);
    assert_eq!(ask(&["evil.example"], "http://auth.example.com/client").await, 400);
    assert_eq!(ask(&["10.1.2.3:8000"], "/health/").await, 200);
}

#[tokio::test]
async fn doubled_headers_are_refused() {
    for name in ["authorization", "x-request-id", "origin"] {
        let request = request("GET", "/client").header(name, "one-value").header(name, "one-value");
        let answer = asked(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed_request"));
    }
}

#[tokio::test]
async fn more_than_a_hundred_headers_are_refused() {
    let ask = |more: usize| {
        let names = (0..more).map(|it| format!("x-{it}"));
        let request = names.fold(request("GET", "/client"), |request, it| request.header(it, ""));
        asked(request.body(Body::empty()).unwrap())
    };
    assert_eq!(ask(99).await.status, 200);
    let refused = ask(100).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "malformed_request"));
}

#[tokio::test]
async fn foreign_pages_change_nothing_and_read_nothing() {
    let post = |origin: &'static str| {
        request("POST", "/nothing").header("origin", origin).body(Body::empty()).unwrap()
    };
    let foreign = asked(post("https://evil.example")).await;
    assert_eq!((foreign.status.as_u16(), foreign.code().as_str()), (403, "origin_not_allowed"));
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    let friend = asked(post("https://app.example.com")).await;
    assert_eq!(friend.status, 200);
    assert_eq!(friend.headers["access-control-allow-origin"], "https://app.example.com");
    assert_eq!(friend.headers["access-control-allow-credentials"], "true");
}

#[tokio::test]
async fn preflights_are_answered() {
    let request = request("OPTIONS", "/echo")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let answer = asked(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn answers_carry_their_headers() {
    let answer = get_("/client").await;
    let expected = [
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000"),
        ("cross-origin-opener-policy", "same-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(answer.headers[name], value);
    }
    assert!(!answer.headers.contains_key("server-timing"));
    let known = get_("/known").await;
    assert!(known.headers["server-timing"].to_str().unwrap().starts_with("app;dur="));
    assert!(known.headers.contains_key("x-response-time"));
}

#[tokio::test]
async fn request_ids_are_taken_over_or_made() {
    let ask = |id: &'static str| async move {
        let request = request("GET", "/client").header("x-request-id", id);
        let answer = asked(request.body(Body::empty()).unwrap()).await;
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(ask("trace-12_3.4").await, "trace-12_3.4");
    for wrong in ["short", "with spaces in it", "a\"quoted\"one"] {
        assert_ne!(ask(wrong).await, wrong);
    }
    assert_eq!(ask("short").await.len(), 36);
}

#[tokio::test]
async fn clients_are_known_by_address() {
    let ask = |peer: [u8; 4]| async move {
        let request = request("GET", "/client").header("x-forwarded-for", "192.0.2.7");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(SocketAddr::from((peer, 4711))));
        asked(request).await.text
    };
    assert_eq!(ask([10, 0, 0, 1]).await, "192.0.2.7 false");
    assert_eq!(ask([203, 0, 113, 9]).await, "203.0.113.9 false");
}

#[tokio::test]
async fn a_full_server_says_so_at_once() {
    let mut settings = settings();
    settings.server.max_requests = 1;
    let routes = wrapped(routes(), &settings);
    let ask = |path: &str| request("GET", path).body(Body::empty()).unwrap();
    let stuck = answer(routes.clone(), ask("/stuck"));
    let others = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        (answer(routes.clone(), ask("/client")).await, answer(routes.clone(), ask("/health")).await)
    };
    let (_, (refused, health)) = tokio::join!(stuck, others);
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "service_unavailable"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(health.status, 200);
    assert_eq!(answer(routes.clone(), ask("/client")).await.status, 200);
}

#[tokio::test]
async fn what_changes_something_runs_to_its_end() {
    let (begun, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (ours, end) = (begun.clone(), done.clone());
    let slow = move || async move {
        ours.notify_one();
        tokio::time::sleep(Duration::from_millis(50)).await;
        end.notify_one();
    };
    let routes = wrapped(Router::new().route("/slow", post(slow)), &settings());
    let request = request("POST", "/slow").body(Body::empty()).unwrap();
    let hung_up = tokio::select! {
        _ = answer(routes, request) => false,
        () = begun.notified() => true,
    };
    assert!(hung_up);
    tokio::time::timeout(Duration::from_secs(5), done.notified()).await.unwrap();
}
