//! Clients of Django's SimpleJWT. The expected answers were recorded from version 5.3.1 with
//! rotation and blacklist on. Our problems have additional members, never different ones.

use domain::{Span, access::limit::Rate};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Attempt, MEMBER, PASSWORD, Person, World, access, claims};

const ANNA: &str = "anna@example.com";
const TOKEN: &str = "/api/token/";
const REFRESH: &str = "/api/token/refresh/";
const VERIFY: &str = "/api/token/verify/";
const BLACKLIST: &str = "/api/token/blacklist/";

access! {
    POST "/api/token" [200, 200, 200, 200],
        body = |_| json!({ "email": MEMBER, "password": PASSWORD });
    POST "/api/token/blacklist" [401, 200, 200, 200], body = refresh, credential = Body;
    POST "/api/token/refresh" [401, 200, 200, 200], body = refresh, credential = Body;
    POST "/api/token/verify" [401, 200, 200, 200],
        body = |it| json!({ "token": it.access() }), credential = Body;
}

fn refresh(attempt: &Attempt) -> Value {
    json!({ "refresh": attempt.refresh() })
}

fn required() -> Value {
    json!(["This field is required."])
}

fn blank() -> Value {
    json!(["This field may not be blank."])
}

fn not_null() -> Value {
    json!(["This field may not be null."])
}

fn not_a_string() -> Value {
    json!(["Not a valid string."])
}

fn no_account() -> Value {
    json!({ "detail": "No active account found with the given credentials" })
}

fn invalid() -> Value {
    json!({ "detail": "Token is invalid or expired", "code": "token_not_valid" })
}

fn blacklisted() -> Value {
    json!({ "detail": "Token is blacklisted", "code": "token_not_valid" })
}

/// A pair for Anna, as the person that holds it.
async fn obtained(world: &World) -> Person {
    let body = json!({ "username": ANNA, "password": PASSWORD });
    let answer = world.stranger().post(TOKEN, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut person = world.stranger();
    person.take_tokens(&answer);
    person
}

/// The status is this one, and every member of the recorded answer is there.
#[track_caller]
fn assert_recorded(row: &str, answer: &Answer, status: u16, recorded: &Value) {
    assert_eq!(answer.status, status, "{row}: {}", answer.text);
    for (member, value) in recorded.as_object().unwrap() {
        assert_eq!(&answer[member.as_str()], value, "{row}: {}", answer.text);
    }
    let fields = answer.json.get("errors").and_then(Value::as_object);
    let count = fields.map_or(0, |it| it.len());
    let told = recorded.as_object().unwrap().values().filter(|it| it.is_array()).count();
    assert_eq!(count, told, "{row}: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_a_body_of_two_tokens_and_no_cookie() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let by_name = json!({ "username": ANNA, "password": PASSWORD });
    let by_email = json!({ "email": ANNA, "password": PASSWORD });
    let person = world.stranger();
    let answers = [
        person.post("/api/token", by_name).await,
        person.post(TOKEN, by_email).await,
        person
            .send(person.form(TOKEN, &[("username", "Anna@Example.com"), ("password", PASSWORD)]))
            .await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.headers.contains_key("set-cookie"));
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let members: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["access", "refresh"]);
        let access = answer["access"].as_str().unwrap();
        let said = claims(access);
        assert_eq!((said.user_id, said.jti.len()), (anna.user_id(), 32));
        assert_eq!(json!(said.token_type), "access");
        person.bearing(access).profile().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_for_a_pair_is_told_as_recorded() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let off = world.registered("off@example.com").await;
    world.disable(&off).await;
    let rows = [
        (json!({ "username": ANNA, "password": "wrong" }), 401, no_account()),
        (json!({ "username": "nobody@example.com", "password": "wrong" }), 401, no_account()),
        (json!({ "username": "off@example.com", "password": PASSWORD }), 401, no_account()),
        (json!({}), 400, json!({ "username": required(), "password": required() })),
        (json!({ "username": "a" }), 400, json!({ "password": required() })),
        (json!({ "password": "a" }), 400, json!({ "username": required() })),
        (
            json!({ "username": "", "password": "" }),
            400,
            json!({ "username": blank(), "password": blank() }),
        ),
        (json!({ "username": "  ", "password": "x" }), 400, json!({ "username": blank() })),
        (
            json!({ "username": null, "password": null }),
            400,
            json!({ "username": not_null(), "password": not_null() }),
        ),
        (json!({ "username": [], "password": "x" }), 400, json!({ "username": not_a_string() })),
        (json!({ "username": true, "password": "x" }), 400, json!({ "username": not_a_string() })),
        (json!({ "username": "x", "password": {} }), 400, json!({ "password": not_a_string() })),
    ];
    let person = world.stranger();
    for (body, status, recorded) in rows {
        let answer = person.post(TOKEN, body.clone()).await;
        assert_recorded(&body.to_string(), &answer, status, &recorded);
    }
    let wrong = json!({ "username": ANNA, "password": "wrong" });
    person.post(TOKEN, wrong).await.refused("no_active_account");
    let events = world.audit(&off).await;
    assert!(events.contains(&("session.refused".into(), "failure".into())), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_is_told_as_recorded() {
    let world = World::start().await;
    world.registered(ANNA).await;
    for (path, field) in [(REFRESH, "refresh"), (VERIFY, "token"), (BLACKLIST, "refresh")] {
        let rows = [
            (json!({}), 400, json!({ (field): required() })),
            (json!({ (field): "" }), 400, json!({ (field): blank() })),
            (json!({ (field): null }), 400, json!({ (field): not_null() })),
            (json!({ (field): [] }), 400, json!({ (field): not_a_string() })),
            (json!({ (field): "x" }), 401, invalid()),
            (json!({ (field): "x.y.z" }), 401, invalid()),
        ];
        for (body, status, recorded) in rows {
            let answer = world.stranger().post(path, body.clone()).await;
            assert_recorded(&format!("{path} {body}"), &answer, status, &recorded);
        }
    }
    let anna = obtained(&world).await;
    for path in [REFRESH, BLACKLIST] {
        let access = json!({ "refresh": anna.access() });
        world.stranger().post(path, access).await.refused("token_not_valid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_handler_sees_has_the_recorded_status() {
    let world = World::start().await;
    let person = world.stranger();
    for path in [TOKEN, REFRESH, VERIFY, BLACKLIST] {
        person.get(path).await.refused("method_not_allowed");
        let typed = |kind: &'static str, text: &'static str| {
            person.request(Method::POST, path).header("content-type", kind).body(text)
        };
        assert_eq!(person.send(typed("application/json", "nonsense")).await.status, 400);
        assert_eq!(person.send(typed("application/json", "[]")).await.status, 400);
        assert_eq!(person.send(typed("application/json", "")).await.status, 400);
        assert_eq!(person.send(typed("text/plain", "x")).await.status, 415);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut anna = obtained(&world).await;
    let first = anna.refresh_token();
    let answer = anna.post(REFRESH, json!({ "refresh": first })).await;
    assert!(!answer.headers.contains_key("set-cookie"));
    let members: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access", "refresh"]);
    anna.take_tokens(&answer);
    assert_ne!(anna.refresh_token(), first);
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    let again = world.stranger().post(REFRESH, json!({ "refresh": first })).await;
    assert_recorded("replaced", &again, 401, &blacklisted());
    // Reuse is detected here too: the session has ended.
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_does_not_hinder_a_refresh() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut anna = obtained(&world).await;
    world.pass(Span::minutes(16)).await;
    let refused = anna.profile().await;
    let messages = json!([{
        "token_class": "AccessToken",
        "token_type": "access",
        "message": "Token is invalid or expired",
    }]);
    let recorded = json!({ "code": "token_not_valid", "messages": messages });
    for (member, value) in recorded.as_object().unwrap() {
        assert_eq!(&refused[member.as_str()], value);
    }
    let answer = anna.post(REFRESH, json!({ "refresh": anna.refresh_token() })).await;
    anna.take_tokens(&answer);
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_tokens_verify_until_the_refresh_token_is_blacklisted() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let anna = obtained(&world).await;
    let (access, refresh) = (anna.access().to_owned(), anna.refresh_token());
    let nobody = world.stranger();
    for token in [&access, &refresh] {
        assert_eq!(nobody.post(VERIFY, json!({ "token": token })).await.ok(), json!({}));
    }
    assert_eq!(nobody.post(BLACKLIST, json!({ "refresh": refresh })).await.ok(), json!({}));
    for (path, field) in [(BLACKLIST, "refresh"), (REFRESH, "refresh"), (VERIFY, "token")] {
        let answer = nobody.post(path, json!({ (field): refresh })).await;
        assert_recorded(path, &answer, 401, &blacklisted());
    }
    let answer = nobody.post(VERIFY, json!({ "token": access })).await;
    assert_recorded("access", &answer, 401, &blacklisted());
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_gets_the_token_of_its_cookie_this_way() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    assert!(browser.cookies.contains_key("refresh_token"));
    for path in [REFRESH, BLACKLIST] {
        browser.post(path, json!({})).await.invalid(&[("refresh", "required")]);
    }
    browser.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_shared_with_the_other_endpoints() {
    let world = World::with(|it| {
        it.limits.enabled = true;
        it.limits.login = Rate::new(2, Span::hours(1));
        it.limits.refresh_failures = Rate::new(2, Span::minutes(1));
    })
    .await;
    let person = world.registered(ANNA).await;
    let wrong = json!({ "email": ANNA, "password": "wrong" });
    let right = json!({ "username": ANNA, "password": PASSWORD });
    person.post("/api/v1/auth/login", wrong.clone()).await.refused("invalid_credentials");
    person.post(TOKEN, right.clone()).await.ok();
    person.post(TOKEN, wrong).await.refused("no_active_account");
    person.post(TOKEN, right).await.refused("rate_limited");
    person.refresh_with("junk").await.refused("token_not_valid");
    person.post(BLACKLIST, json!({ "refresh": "junk" })).await.refused("token_not_valid");
    person.post(REFRESH, json!({ "refresh": "junk" })).await.refused("rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_groups_these_endpoints_as_simplejwt() {
    let world = World::start().await;
    let document = world.stranger().get("/openapi.json").await.ok();
    for path in [TOKEN, REFRESH, VERIFY, BLACKLIST] {
        let operation = &document["paths"][path.trim_end_matches('/')]["post"];
        assert_eq!(operation["tags"], json!(["SimpleJWT"]), "{path}");
    }
    let groups = document["tags"].as_array().unwrap();
    assert!(groups.iter().any(|it| it["name"] == "SimpleJWT"));
}
