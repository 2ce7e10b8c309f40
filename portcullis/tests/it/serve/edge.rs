//! What every request meets before its handler and every answer after it, over real connections.

use domain::{Span, settings::Profile};
use http::{HeaderMap, Method};
use serde_json::json;

use crate::world::{Answer, Person, Raw, World, access};

access! {
    GET "/api/v1/auth/csrf" [200, 200, 200, 200];
}

async fn with_header(person: &Person, name: &str, value: &str) -> Answer {
    let request = person.request(Method::GET, "/api/v1/auth/profile");
    person.send(request.header(name, value)).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|it| it.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_are_taken_over_or_made() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let id = "checkout-7.2027_01";
    let answer = with_header(&anna, "x-request-id", id).await;
    assert_eq!(header(&answer.headers, "x-request-id"), Some(id));
    let mut seen = vec![id.to_owned()];
    for malformed in ["short", "with space in it", "a;b;c;d;e;f", &"x".repeat(129)] {
        let answer = with_header(&anna, "x-request-id", malformed).await;
        let made = header(&answer.headers, "x-request-id").unwrap().to_owned();
        assert!(!seen.contains(&made) && made != malformed, "{malformed}");
        seen.push(made);
    }
    let problem = with_header(&world.stranger(), "x-request-id", id).await;
    assert_eq!(problem.refused("not_authenticated")["instance"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_what_not_to_do() {
    let world = World::start().await;
    let nobody = world.stranger();
    for path in ["/", "/swagger/", "/redoc/", "/api/v1/auth/profile", "/health/", "/nowhere"] {
        let answer = nobody.get(path).await;
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer.headers, name), Some(value), "{name} of {path}");
        }
        let policy = header(&answer.headers, "content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        // Forms on pages must send their origin, but only to this site.
        let referrer = header(&answer.headers, "referrer-policy").unwrap();
        assert!(matches!(referrer, "no-referrer" | "same-origin"), "{path}: {referrer}");
        assert!(header(&answer.headers, "permissions-policy").is_some(), "{path}");
        assert_eq!(header(&answer.headers, "strict-transport-security"), None, "{path}");
        assert_eq!(header(&answer.headers, "server"), None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_stay_with_https_where_there_is_https() {
    let world = World::with(|it| it.server.public_url = "https://auth.example.com".into()).await;
    let answer = world.stranger().get("/api/v1/auth/profile").await;
    assert_eq!(header(&answer.headers, "strict-transport-security"), Some("max-age=31536000"));
    let mut anna = world.stranger();
    let cookie = anna.register("anna@example.com").await.cookie("refresh_token").unwrap();
    assert!(cookie.contains("Secure"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_credentials_are_not_kept() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let answers = [
        anna.register("anna@example.com").await,
        anna.login("anna@example.com").await,
        anna.refresh().await,
        anna.profile().await,
        anna.get("/api/v1/auth/csrf").await,
        world.stranger().profile().await,
    ];
    for answer in answers {
        assert_eq!(header(&answer.headers, "cache-control"), Some("no-store"), "{answer:?}");
    }
}

/// The answer to a request with these lines, on a connection of its own.
async fn raw(world: &World, lines: &[&str]) -> String {
    let mut connection = Raw::connect(world.address()).await;
    connection.send(&format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"))).await;
    connection.rest().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_for_its_own_hosts_alone() {
    let world = World::with(|it| {
        it.server.public_url = "http://auth.example.com".into();
        it.server.allowed_hosts = vec!["internal.example".into()];
    })
    .await;
    let path = "GET /api/v1/auth/csrf HTTP/1.1";
    let cases = [
        (&["Host: auth.example.com"][..], "200"),
        (&["Host: AUTH.example.com:443"], "200"),
        (&["Host: internal.example"], "200"),
        (&["Host: evil.example"], "421"),
        (&["Host: auth.example.com.evil.example"], "421"),
        (&["Host: auth.example.com@evil.example"], "421"),
        (&["Host: auth.example.com", "Host: evil.example"], "400"),
        (&[], "400"),
    ];
    for (hosts, status) in cases {
        let answer = raw(&world, &[&[path], hosts].concat()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
    }
    // Load balancers use the IP address as host.
    assert!(raw(&world, &["GET /health/ HTTP/1.1", "Host: 10.0.0.7"]).await.contains(" 200 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_head_too_slowly_is_hung_up_on() {
    let world = World::with(|it| it.server.header_timeout = Span::millis(200)).await;
    for begun in ["G", "GET /health/ HTTP/1.1\r\n", "GET /health/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX"]
    {
        let mut connection = Raw::connect(world.address()).await;
        connection.send(begun).await;
        let answer = connection.rest().await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{begun:?}: {answer}");
    }
    world.stranger().get("/health/").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_body_too_slowly_is_told() {
    let world = World::with(|it| it.server.body_timeout = Span::millis(200)).await;
    let mut connection = Raw::connect(world.address()).await;
    connection.begin("/api/v1/auth/login", 100).await;
    connection.send("{\"email\":").await;
    let answer = connection.head().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.to_lowercase().contains("application/problem+json"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_one_time_however_often_a_byte_of_it_comes() {
    let world = World::with(|it| it.server.body_timeout = Span::millis(500)).await;
    let mut connection = Raw::connect(world.address()).await;
    connection.begin("/api/v1/auth/login", 60_000).await;
    // Bytes keep coming until the server closes the connection: none of them extends the time.
    let answer = connection.trickle().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_body_slowly_keeps_nobody_out() {
    let world = World::with(|it| it.server.max_requests = 1).await;
    let body = json!({ "email": "anna@example.com", "password": "wrong" }).to_string();
    let mut slow = Raw::connect(world.address()).await;
    slow.begin("/api/v1/auth/login", body.len()).await;
    world.stranger().get("/api/v1/auth/csrf").await.ok();
    world.stranger().login("nobody@example.com").await.refused("invalid_credentials");
    slow.send(&body).await;
    let answer = slow.head().await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

/// An HTTP/2 client that starts this number of requests and finishes none.
async fn unfinished(world: &World, streams: usize) -> Vec<u16> {
    let socket = tokio::net::TcpStream::connect(world.address()).await.unwrap();
    let (send, connection) = h2::client::handshake(socket).await.unwrap();
    let mut send = send.ready().await.unwrap();
    let work = async {
        let mut waiting = Vec::new();
        for _ in 0..streams {
            let request = http::Request::post("http://127.0.0.1/api/v1/auth/login").body(());
            let (answer, mut body) = send.send_request(request.unwrap(), false).unwrap();
            body.send_data("{".into(), false).unwrap();
            waiting.push((answer, body));
        }
        let mut statuses = Vec::new();
        for (answer, _body) in waiting {
            statuses.push(answer.await.map_or(0, |it| it.status().as_u16()));
        }
        statuses
    };
    // The connection ends only when the server closes it.
    let (_, statuses) = tokio::join!(connection, work);
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_never_whole_keep_nobody_out() {
    let world = World::with(|it| {
        it.server.max_requests = 2;
        it.server.body_timeout = Span::millis(1500);
    })
    .await;
    let others = async {
        for _ in 0..5 {
            world.stranger().get("/api/v1/auth/csrf").await.ok();
            world.stranger().login("nobody@example.com").await.refused("invalid_credentials");
        }
    };
    let (one, two, ()) = tokio::join!(unfinished(&world, 100), unfinished(&world, 100), others);
    for statuses in [one, two] {
        assert!(statuses.contains(&408), "{statuses:?}");
        assert!(statuses.iter().all(|it| matches!(it, 0 | 408)), "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_wanted_holds_no_connection() {
    let world = World::with(|it| {
        it.server.body_timeout = Span::hours(1);
        it.server.idle_timeout = Span::hours(1);
    })
    .await;
    for (host, length, status) in [("evil.example", 100, 421), ("127.0.0.1", 100_000, 413)] {
        let mut connection = Raw::connect(world.address()).await;
        let head = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: {host}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"
        );
        connection.send(&head).await;
        let answer = connection.rest().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        // So that the client sends no other request on it.
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let world = World::with(|it| it.server.header_timeout = Span::seconds(1)).await;
    let mut connection = Raw::connect(world.address()).await;
    for idle in [1200, 0] {
        connection.send("HEAD /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
        let answer = connection.head().await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        tokio::time::sleep(std::time::Duration::from_millis(idle)).await;
    }
    // The time for a head starts with its first byte.
    connection.send("HEAD /health HTTP/1.1\r\n").await;
    assert_eq!(connection.rest().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_proved_who_they_are_learn_how_long_it_took() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let strangers = [
        anna.register("anna@example.com").await,
        anna.login("anna@example.com").await,
        world.stranger().login("nobody@example.com").await,
        anna.refresh().await,
        world.stranger().profile().await,
    ];
    for answer in strangers {
        for name in ["server-timing", "x-response-time"] {
            assert_eq!(header(&answer.headers, name), None, "{answer:?}");
        }
    }
    let answer = anna.profile().await;
    assert!(header(&answer.headers, "server-timing").unwrap().starts_with("app;dur="));
    assert!(header(&answer.headers, "x-response-time").unwrap().ends_with("ms"));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_does_without_a_body() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    for path in ["/health/", "/", "/api/v1/auth/profile", "/openapi.json", "/nowhere"] {
        let get = anna.get(path).await;
        let head = anna.send(anna.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.headers["content-type"], get.headers["content-type"], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_works_without_an_upgrade() {
    let world = World::start().await;
    #[expect(clippy::disallowed_methods, reason = "a client that calls us, not one of ours")]
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let body = json!({
        "email": "anna@example.com",
        "password": crate::world::PASSWORD,
        "first_name": "Anna",
        "last_name": "Lindholm",
    });
    let made = client.post(world.url("/api/v1/auth/register/")).json(&body).send().await.unwrap();
    assert_eq!((made.version(), made.status().as_u16()), (http::Version::HTTP_2, 201));
    let pair = Answer::of(made).await;
    let request = client.get(world.url("/api/v1/auth/profile/"));
    let profile = request.bearer_auth(pair["access"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(profile.version(), http::Version::HTTP_2);
    assert_eq!(Answer::of(profile).await.ok()["email"], "anna@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn production_has_no_development_inbox() {
    let folder = tempfile::tempdir().unwrap();
    let mails = format!("file:{}", folder.path().join("mails").display());
    let world = World::with(|it| {
        it.profile = Profile::Production;
        it.server.public_url = "https://auth.example.com".into();
        it.email.url = mails.into();
    })
    .await;
    let nobody = world.stranger();
    for path in ["/dev/inbox", "/dev/inbox/", "/dev/inbox.json", "/dev/inbox/1"] {
        let request = nobody.request(Method::GET, path).header("host", "auth.example.com");
        nobody.send(request).await.refused("not_found");
    }
    let development = World::start().await;
    assert_eq!(development.stranger().get("/dev/inbox/").await.status, 200);
}

/// The URLs in the attributes of a page.
fn references(page: &str) -> Vec<&str> {
    let starts = ["src=\"", "href=\"", "action=\""];
    let after = |start: &'static str| page.split(start).skip(1);
    let all = starts.into_iter().flat_map(after);
    all.map(|it| it.split('"').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_api_needs_no_other_host() {
    let world = World::start().await;
    let nobody = world.stranger();
    let document = nobody.get("/openapi.json").await.ok();
    assert!(document["paths"].get("/api/v1/auth/login").is_some());
    for path in ["/swagger/", "/redoc/", "/"] {
        let page = nobody.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(header(&page.headers, "content-type").unwrap().starts_with("text/html"));
        for reference in references(&page.text) {
            let is_ours = reference.starts_with('#')
                || reference.starts_with('/') && !reference.starts_with("//");
            assert!(is_ours, "{path} leads to {reference}");
            let target = reference.split('#').next().unwrap();
            if !target.is_empty() {
                let status = nobody.get(target).await.status;
                assert_eq!(status, 200, "{path} leads to {target}");
            }
        }
    }
}
