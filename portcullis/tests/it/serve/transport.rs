//! How tokens travel: cookies and their attributes, bodies, origins, CSRF tokens, devices.

use domain::settings::RefreshTransport;
use http::Method;
use serde_json::json;

use crate::world::{Answer, Browser, PASSWORD, World};

const ANNA: &str = "anna@example.com";
const APP: &str = "https://app.example.com";

/// The name and value of a cookie, and its attributes in the order of the alphabet.
fn parsed(answer: &Answer, name: &str) -> (String, Vec<String>) {
    let line = answer.cookie(name).unwrap();
    let mut parts = line.split("; ").map(str::to_owned);
    let pair = parts.next().unwrap();
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort();
    (pair.split_once('=').unwrap().1.to_owned(), attributes)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_cookie_is_for_the_server_alone() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let answer = anna.register(ANNA).await;
    let (value, attributes) = parsed(&answer, "refresh_token");
    assert_eq!(attributes, ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax"]);
    assert_eq!(value, anna.refresh_token());
    let (_, device) = parsed(&answer, "device");
    assert_eq!(device, ["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax"]);
    let (value, attributes) = parsed(&anna.refresh().await, "refresh_token");
    assert_eq!(attributes, ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax"]);
    assert_eq!(value, anna.refresh_token());
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_secure_where_the_site_is_https() {
    let world = World::with(|it| it.server.public_url = "https://auth.example.com".into()).await;
    let mut browser = world.browser();
    browser.page = vec![("origin", "https://auth.example.com".into())];
    let mut anna = world.stranger();
    let answers = [
        ("refresh_token", anna.register(ANNA).await),
        ("device", browser.login(ANNA).await),
        ("csrftoken", browser.get("/api/v1/auth/csrf").await),
        ("refresh_token", browser.post("/api/v1/auth/logout", json!({})).await),
    ];
    for (name, answer) in answers {
        let (_, attributes) = parsed(&answer, name);
        assert!(attributes.contains(&"Secure".to_owned()), "{name}: {attributes:?}");
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    }
}

/// Whether a sign-in and a refresh return the refresh token in the cookie, and in the body.
async fn where_tokens_are(browser: &mut Browser) -> [(bool, bool); 2] {
    let places =
        |it: &Answer| (it.cookie("refresh_token").is_some(), it.json.get("refresh").is_some());
    let login = browser.login(ANNA).await;
    login.clone().ok();
    let held = browser.cookies.get("refresh_token").cloned();
    let held = held.or_else(|| Some(login["refresh"].as_str()?.to_owned()));
    let refresh = browser.post("/api/v1/auth/token/refresh", json!({ "refresh": held })).await;
    refresh.clone().ok();
    assert!(refresh["access"].is_string());
    [places(&login), places(&refresh)]
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_in_pages_never_see_the_refresh_token() {
    let world = World::start().await;
    let mut browser = world.browser();
    let body = crate::world::registration(ANNA);
    let made = browser.post("/api/v1/auth/register", body).await;
    assert!(made.cookie("refresh_token").is_some());
    assert!(made.created().get("refresh").is_none());
    let pages = [
        vec![("origin", world.url(""))],
        vec![("sec-fetch-site", "same-origin".to_owned())],
        vec![("sec-fetch-site", "none".to_owned())],
    ];
    for page in pages {
        let mut browser = world.browser();
        browser.page = page;
        assert_eq!(where_tokens_are(&mut browser).await, [(true, false); 2]);
    }
    let mut program = world.browser();
    program.page.clear();
    assert_eq!(where_tokens_are(&mut program).await, [(true, true); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_chooses_the_transport() {
    let cases = [
        (RefreshTransport::Cookie, (true, false)),
        (RefreshTransport::Body, (false, true)),
        (RefreshTransport::Both, (true, true)),
    ];
    for (transport, places) in cases {
        let world = World::with(|it| it.tokens.refresh_transport = transport).await;
        world.registered(ANNA).await;
        let mut browser = world.browser();
        assert_eq!(where_tokens_are(&mut browser).await, [places; 2], "{transport:?}");
        browser.page.clear();
        assert_eq!(where_tokens_are(&mut browser).await, [places; 2], "{transport:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_refreshes_by_its_cookie_alone() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    let first = browser.cookies["refresh_token"].clone();
    browser.refresh().await.ok();
    assert_ne!(browser.cookies["refresh_token"], first);
    browser.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_session_the_newer_token_wins() {
    let world = World::start().await;
    world.registered(ANNA).await;
    for newer_is_cookie in [true, false] {
        let mut browser = world.browser();
        browser.login(ANNA).await.ok();
        let old = browser.cookies["refresh_token"].clone();
        browser.refresh().await.ok();
        browser.get("/api/v1/auth/csrf").await.ok();
        world.pass(domain::Span::minutes(1)).await;
        let new = browser.cookies["refresh_token"].clone();
        let (cookie, body) = if newer_is_cookie { (new, old) } else { (old, new) };
        browser.cookies.insert("refresh_token".into(), cookie);
        browser.post("/api/v1/auth/token/refresh", json!({ "refresh": body })).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sessions_the_body_wins() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    let mut browser = world.browser();
    browser.cookies.insert("refresh_token".into(), anna.refresh_token());
    let body = json!({ "refresh": bert.refresh_token() });
    let pair = browser.post("/api/v1/auth/token/refresh", body).await.ok();
    assert_eq!(pair["user"]["email"], "bert@example.com");
    // A malformed token in the body does not fall back to the cookie.
    let junk = json!({ "refresh": "junk" });
    browser.post("/api/v1/auth/token/refresh", junk).await.refused("token_not_valid");
    let pair = browser.post("/api/v1/auth/token/refresh", json!({ "refresh": "" })).await.ok();
    assert_eq!(pair["user"]["email"], "bert@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_change_nothing() {
    let world = World::with(|it| it.cors.allowed_origins = vec![APP.into()]).await;
    world.registered(ANNA).await;
    let own = world.url("");
    let cases: [(&[(&'static str, &str)], bool); 11] = [
        (&[], true),
        (&[("origin", &own)], true),
        (&[("origin", APP), ("sec-fetch-site", "cross-site")], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], false),
        (&[("origin", "https://app.example.com.evil.example")], false),
        (&[("origin", "http://app.example.com")], false),
        (&[("origin", "null")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
    ];
    for (page, is_allowed) in cases {
        let mut browser = world.browser();
        browser.page = page.iter().map(|(name, it)| (*name, (*it).to_owned())).collect();
        let answer = browser.login(ANNA).await;
        match is_allowed {
            true => drop(answer.ok()),
            false => {
                assert!(answer.cookie("refresh_token").is_none());
                answer.refused("origin_not_allowed");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_neither_refreshes_nor_signs_out() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    let own = browser.page.clone();
    browser.page = vec![("origin", "https://evil.example".into())];
    browser.refresh().await.refused("origin_not_allowed");
    let out = browser.post("/api/v1/auth/logout", json!({})).await;
    assert!(out.cookie("refresh_token").is_none());
    out.refused("origin_not_allowed");
    browser.page = own;
    browser.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_allowed_origins_may_read_answers() {
    let world = World::with(|it| it.cors.allowed_origins = vec![APP.into()]).await;
    let nobody = world.stranger();
    let ask = async |method: Method, origin: &str| {
        let request = nobody.request(method, "/api/v1/auth/login").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let asked = "authorization,content-type,x-csrftoken";
        nobody.send(request.header("access-control-request-headers", asked)).await
    };
    let preflight = ask(Method::OPTIONS, APP).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.headers["access-control-allow-origin"], APP);
    assert_eq!(preflight.headers["access-control-allow-credentials"], "true");
    for (header, word) in [("methods", "POST"), ("headers", "authorization")] {
        let told = &preflight.headers[format!("access-control-allow-{header}")];
        assert!(told.to_str().unwrap().contains(word), "{told:?}");
    }
    // A refusal is readable too.
    let refused = ask(Method::POST, APP).await;
    assert_eq!(refused.headers["access-control-allow-origin"], APP);
    refused.refused("validation_error");
    for method in [Method::OPTIONS, Method::POST] {
        let foreign = ask(method, "https://evil.example").await;
        assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    }
}

/// The answer to a preflight from this origin for these headers.
async fn asked_for(world: &World, origin: &str, headers: &str) -> (Option<String>, Vec<String>) {
    let nobody = world.stranger();
    let request = nobody.request(Method::OPTIONS, "/api/v1/auth/login").header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    let answer = nobody.send(request.header("access-control-request-headers", headers)).await;
    let told = |name: &str| Some(answer.headers.get(name)?.to_str().unwrap().to_owned());
    let allowed = told("access-control-allow-headers").unwrap_or_default();
    let allowed = allowed.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    (told("access-control-allow-origin"), allowed.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_extensions_are_origins_too() {
    let origins = [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://obsidian.md",
        "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
        "moz-extension://2f3c1b3e-7a52-4d2b-9a2c-0b5e1a0c9d11",
        "safari-web-extension://6F3C1B3E-7A52-4D2B-9A2C-0B5E1A0C9D11",
    ];
    let world =
        World::with(|it| it.cors.allowed_origins = origins.map(str::to_owned).to_vec()).await;
    world.registered(ANNA).await;
    for origin in origins {
        let (allowed, _) = asked_for(&world, origin, "content-type").await;
        assert_eq!(allowed.as_deref(), Some(origin));
        let mut app = world.browser();
        app.page = vec![("origin", origin.into()), ("sec-fetch-site", "cross-site".into())];
        let answer = app.login(ANNA).await;
        assert_eq!(answer.headers["access-control-allow-origin"], origin);
        answer.ok();
    }
    for origin in ["capacitor://localhost.evil", "capacitor://", "tauri://LOCALHOST", "null"] {
        assert_eq!(asked_for(&world, origin, "content-type").await.0, None, "{origin}");
        let mut app = world.browser();
        app.page = vec![("origin", origin.into())];
        app.login(ANNA).await.refused("origin_not_allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_may_send_the_headers_of_their_tracing() {
    let world = World::with(|it| it.cors.allowed_origins = vec![APP.into()]).await;
    let tracing = "authorization,baggage,content-type,sentry-trace,traceparent,tracestate";
    let (origin, headers) = asked_for(&world, APP, tracing).await;
    assert_eq!(origin.as_deref(), Some(APP));
    assert_eq!(headers.join(","), tracing);
    // Headers that only proxies may send, and invalid names.
    let asked = "X-Forwarded-For, forwarded,x-real-ip,via,b\"c,,traceparent";
    assert_eq!(asked_for(&world, APP, asked).await.1, ["traceparent"]);
    let many = (0..1_000).map(|it| format!("x-{it}")).collect::<Vec<_>>().join(",");
    assert!(asked_for(&world, APP, &many).await.1.len() < 100);
    assert_eq!(asked_for(&world, "https://evil.example", tracing).await.0, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_can_list_the_headers_of_pages() {
    let world = World::with(|it| {
        it.cors.allowed_origins = vec![APP.into()];
        it.cors.allowed_headers = vec!["Traceparent".into()];
    })
    .await;
    let asked = "authorization,baggage,content-type,idempotency-key,traceparent,x-csrftoken";
    let (_, headers) = asked_for(&world, APP, asked).await;
    assert_eq!(headers.join(","), asked.replace("baggage,", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_stays_the_same_device() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    let device = browser.cookies["device"].clone();
    assert!(browser.login(ANNA).await.cookie("device").is_none());
    let list = anna.sessions().await;
    let other = list.iter().find(|it| it["is_current"] == true).unwrap();
    let of_browser: Vec<_> = list.iter().filter(|it| it["is_current"] == false).collect();
    assert_eq!(of_browser.len(), 2);
    assert_eq!(of_browser[0]["device_fingerprint"], of_browser[1]["device_fingerprint"]);
    assert_ne!(of_browser[0]["device_fingerprint"], other["device_fingerprint"]);
    // A device cookie that we did not sign is ignored.
    browser.cookies.insert("device".into(), "A".repeat(64));
    browser.login(ANNA).await.ok();
    assert!(browser.cookies["device"] != "A".repeat(64) && browser.cookies["device"] != device);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_keeps_its_csrf_token() {
    let world = World::start().await;
    let mut browser = world.browser();
    let answer = browser.get("/api/v1/auth/csrf").await;
    let (value, attributes) = parsed(&answer, "csrftoken");
    assert_eq!(attributes, ["Max-Age=31536000", "Path=/", "SameSite=Lax"]);
    assert_eq!(answer.ok()["csrfToken"], value);
    assert_eq!(browser.get("/api/v1/auth/csrf").await.ok()["csrfToken"], value);
    browser.cookies.insert("csrftoken".into(), "chosen by somebody else".into());
    let fresh = browser.get("/api/v1/auth/csrf").await.ok();
    assert_ne!(fresh["csrfToken"], "chosen by somebody else");
    assert_ne!(fresh["csrfToken"], value);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_signed_in_hears_how_long_it_took() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let profile = anna.profile().await;
    assert!(profile.headers.contains_key("server-timing"));
    assert!(profile.headers.contains_key("x-response-time"));
    assert_eq!(profile.headers["cache-control"], "no-store");
    let body = json!({ "email": ANNA, "password": PASSWORD });
    let login = world.stranger().post("/api/v1/auth/login", body).await;
    assert!(!login.headers.contains_key("server-timing"));
    assert_eq!(login.headers["cache-control"], "no-store");
}
