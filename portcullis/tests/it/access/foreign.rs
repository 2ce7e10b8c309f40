//! Foreign data in a request: cookies of other programs on the same host, and bytes that are not
//! valid text. It is skipped, and never changes how our own data is read.

use domain::Span;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, Person, World};

const ANNA: &str = "anna@example.com";
const REFRESH: &str = "/api/v1/auth/token/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";

/// A well-formed but forged refresh token, for the session of `token` or for no session.
fn forged(token: &str, of_session: bool) -> String {
    let at = if of_session { token.len() - 4 } else { 12 };
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// Cookie headers in which `name` has our value, among foreign cookies.
fn among_others(name: &str, ours: &str, theirs: &[String]) -> Vec<Vec<Vec<u8>>> {
    let pair = format!("{name}={ours}").into_bytes();
    let spring = "campaign=Frühling".as_bytes().to_vec();
    let latin = b"campaign=Fr\xfchling".to_vec();
    let mut all = vec![
        vec![[spring.clone(), pair.clone()].join(&b"; "[..])],
        vec![[pair.clone(), latin.clone()].join(&b";"[..])],
        vec![latin.clone(), pair.clone()],
        vec![[b"no pair; =; ;;".to_vec(), pair.clone(), b"x".to_vec()].join(&b"; "[..])],
    ];
    for their in theirs {
        let their = format!("{name}={their}").into_bytes();
        all.push(vec![[their.clone(), pair.clone()].join(&b"; "[..])]);
        all.push(vec![[pair.clone(), their.clone()].join(&b"; "[..])]);
        all.push(vec![their.clone(), latin.clone(), pair.clone()]);
        all.push(vec![pair.clone(), their]);
    }
    all
}

async fn with_cookies(person: &Person, path: &str, body: Value, lines: &[Vec<u8>]) -> Answer {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("cookie", HeaderValue::from_bytes(line).unwrap());
    }
    person.send(person.request(Method::POST, path).json(&body).headers(headers)).await
}

fn foreign_tokens(token: &str) -> Vec<String> {
    let ill_formed = ["", "x", "pcr_AAAA", "\"quoted\"", "eyJhbGciOiJIUzI1NiJ9.e30.x"];
    let mut all: Vec<_> = ill_formed.map(str::to_owned).to_vec();
    all.extend([forged(token, true), forged(token, false)]);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_cookie_does_not_hide_the_refresh_token() {
    let world = World::with(|it| it.limits.refresh.count = 1_000).await;
    let mut anna = world.registered(ANNA).await;
    let theirs = foreign_tokens(&anna.refresh_token());
    for number in 0..among_others("refresh_token", "", &theirs).len() {
        let lines =
            among_others("refresh_token", &anna.refresh_token(), &theirs).swap_remove(number);
        let answer = with_cookies(&world.stranger(), REFRESH, json!({}), &lines).await;
        assert_eq!(answer.status, 200, "{lines:?}: {}", answer.text);
        anna.take_tokens(&answer);
    }
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_does_not_miss_the_session_behind_foreign_cookies() {
    let world = World::with(|it| it.sessions.max_per_user = 1_000).await;
    let mut anna = world.registered(ANNA).await;
    let theirs = foreign_tokens(&anna.refresh_token());
    for number in 0..among_others("refresh_token", "", &theirs).len() {
        anna.login(ANNA).await.ok();
        let lines =
            among_others("refresh_token", &anna.refresh_token(), &theirs).swap_remove(number);
        with_cookies(&world.stranger(), LOGOUT, json!({}), &lines).await.ok();
        assert_eq!(anna.profile().await["code"], "session_ended", "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_of_every_token_that_is_presented() {
    let world = World::start().await;
    let [one, two, three, four] = [
        world.registered(ANNA).await,
        signed_in(&world).await,
        signed_in(&world).await,
        signed_in(&world).await,
    ];
    let cookies =
        format!("refresh_token={}; refresh_token={}", two.refresh_token(), three.refresh_token());
    let body = json!({ "refresh": four.refresh_token() });
    with_cookies(&one, LOGOUT, body, &[cookies.into_bytes()]).await.ok();
    for person in [one, two, three, four] {
        person.profile().await.refused("session_ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_in_the_body_does_not_keep_the_cookie_signed_in() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    for wrong in
        ["x".to_owned(), forged(&anna.refresh_token(), true), forged(&anna.refresh_token(), false)]
    {
        anna.login(ANNA).await.ok();
        let cookie = format!("refresh_token={}", anna.refresh_token()).into_bytes();
        with_cookies(&world.stranger(), LOGOUT, json!({ "refresh": wrong }), &[cookie]).await.ok();
        assert_eq!(anna.profile().await["code"], "session_ended", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cookies_of_ours_the_newer_and_the_living_one_counts() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let ended = signed_in(&world).await;
    ended.logout().await.ok();
    let older = anna.refresh_token();
    anna.refresh().await.ok();
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    for stale in [older, ended.refresh_token()] {
        for is_first in [true, false] {
            let head = anna.refresh_token();
            let order = if is_first { [&stale, &head] } else { [&head, &stale] };
            let line = order.map(|it| format!("refresh_token={it}")).join("; ").into_bytes();
            let answer = with_cookies(&world.stranger(), REFRESH, json!({}), &[line]).await;
            anna.take_tokens(&answer);
            answer.ok();
        }
    }
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_cookie_neither_hides_a_good_one_nor_ends_its_own_session() {
    let world = World::start().await;
    let mut first = world.registered(ANNA).await;
    let mut second = world.stranger();
    second.login(ANNA).await.ok();
    let stale = first.refresh_token();
    first.refresh().await.ok();
    first.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    let both = |one: &str, other: &str| {
        vec![format!("refresh_token={one}; refresh_token={other}").into_bytes()]
    };
    let good = second.refresh_token();
    let answer = with_cookies(&world.stranger(), REFRESH, json!({}), &both(&stale, &good)).await;
    second.take_tokens(&answer);
    answer.ok();
    first.profile().await.ok();
    // Beside a token of an ended session it is judged as if it were alone.
    second.logout().await.ok();
    let over = both(&second.refresh_token(), &stale);
    let answer = with_cookies(&world.stranger(), REFRESH, json!({}), &over).await;
    answer.refused("refresh_token_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_cookies_than_are_looked_at_are_refused_and_not_overlooked() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let nobody = world.stranger();
    let mut all: Vec<_> = (0..8).map(|it| format!("refresh_token=junk{it}")).collect();
    all.push(format!("refresh_token={}", anna.refresh_token()));
    for path in [REFRESH, LOGOUT] {
        let line = all.join("; ").into_bytes();
        with_cookies(&nobody, path, json!({}), &[line]).await.refused("malformed_request");
    }
    anna.profile().await.ok();
    let line = all.split_off(1).join("; ").into_bytes();
    with_cookies(&nobody, LOGOUT, json!({}), &[line]).await.ok();
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_cookies_of_the_same_names_hide_neither_device_nor_csrf_token() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.get("/api/v1/auth/csrf").await.ok();
    browser.login(ANNA).await.ok();
    let (device, csrf) = (browser.cookies["device"].clone(), browser.cookies["csrftoken"].clone());
    let login = json!({ "email": ANNA, "password": PASSWORD });
    for lines in among_others("device", &device, &["".into(), "tablet".into(), "A".repeat(64)]) {
        let answer =
            with_cookies(&world.stranger(), "/api/v1/auth/login", login.clone(), &lines).await;
        assert!(answer.cookie("device").is_none(), "{lines:?}");
        answer.ok();
    }
    let nobody = world.stranger();
    for lines in
        among_others("csrftoken", &csrf, &["".into(), "x".into(), "B".repeat(43), "C".repeat(32)])
    {
        let form = nobody.form("/verify-email", &[("token", "none"), ("csrf_token", &csrf)]);
        let mut headers = HeaderMap::new();
        for line in &lines {
            headers.append("cookie", HeaderValue::from_bytes(line).unwrap());
        }
        let answer = nobody.send(form.headers(headers)).await;
        assert_eq!(answer.status, 400, "{lines:?}: {}", answer.text);
    }
}

async fn signed_in(world: &World) -> Person {
    let mut person = world.stranger();
    person.login(ANNA).await.ok();
    person
}

/// The answer to a GET with a header of these bytes.
async fn with_bytes(person: &Person, path: &str, name: &'static str, value: &[u8]) -> Answer {
    let request = person.request(Method::GET, path);
    person.send(request.header(name, HeaderValue::from_bytes(value).unwrap())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_hide_nothing_that_is() {
    let world = World::start().await;
    let nobody = world.stranger();
    let german = with_bytes(&nobody, "/nowhere", "accept-language", b"x-\xfc, de").await;
    assert_eq!(german.headers["content-language"], "de");
    // Another scheme than Bearer is ignored.
    let basic = with_bytes(&nobody, "/api/v1/auth/csrf", "authorization", b"Basic \xfc").await;
    basic.ok();
    let profile = "/api/v1/auth/profile";
    with_bytes(&nobody, profile, "authorization", b"Basic \xfc").await.refused("not_authenticated");
    with_bytes(&nobody, profile, "authorization", b"Bearer \xfc").await.refused("token_not_valid");
    let kind = HeaderValue::from_bytes(b"application/json; title=\"Fr\xfchling\"").unwrap();
    let body = json!({ "email": ANNA, "password": "wrong" }).to_string();
    let request = nobody.request(Method::POST, "/api/v1/auth/login").header("content-type", kind);
    nobody.send(request.body(body)).await.refused("invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_before_the_address_of_a_client_do_not_hide_it() {
    let world = World::with(|it| {
        it.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut anna = world.registered(ANNA).await;
    for (name, value) in [
        ("x-forwarded-for", &b"Fr\xfchling, 192.0.2.7"[..]),
        ("forwarded", b"for=Fr\xfchling, for=192.0.2.7"),
    ] {
        let value = HeaderValue::from_bytes(value).unwrap();
        let body = json!({ "email": ANNA, "password": PASSWORD });
        let login = world.stranger().request(Method::POST, "/api/v1/auth/login").json(&body);
        let answer = anna.send(login.header(name, value)).await;
        answer.clone().ok();
        anna.take_tokens(&answer);
        let sessions = anna.sessions().await;
        let current = sessions.iter().find(|it| it["is_current"] == true).unwrap();
        assert_eq!(current["ip_address"], "192.0.2.7", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_content_encoding_is_not_overlooked() {
    let world = World::start().await;
    let nobody = world.stranger();
    let request = nobody.request(Method::POST, "/api/v1/auth/login").body("{}");
    let request = request.header("content-type", "application/json");
    let request = request.header("content-encoding", "identity").header("content-encoding", "gzip");
    nobody.send(request).await.refused("unsupported_media_type");
}
