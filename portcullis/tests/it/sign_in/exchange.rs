//! Exchange tokens: a mailed link signs in the browser that registered, and no other one.

use domain::Span;
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, Person, World, access};

const VERIFY: &str = "/api/v1/auth/email/verify";
const EXCHANGE: &str = "/api/v1/auth/exchange-token";

access! {
    POST "/api/v1/auth/exchange-token" [400, 400, 400, 400],
        body = |_| json!({ "exchange_token": "none" });
}

/// A registration without a sign-in. Returns the device cookie.
async fn register(world: &World, more: Value) -> (Person, String) {
    let mut anna = world.stranger();
    let mut body = json!({
        "email": "anna@example.com",
        "password": PASSWORD,
        "first_name": "Anna",
        "last_name": "Lindholm",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = anna.register_as(body).await;
    let device = answer.cookie("device").unwrap();
    answer.created();
    (anna, device.split(';').next().unwrap().to_owned())
}

async fn post(person: &Person, path: &str, body: Value, cookie: &str) -> Answer {
    let request = person.request(http::Method::POST, path).json(&body);
    person.send(request.header("cookie", cookie)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_that_registered_is_signed_in() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let (anna, device) = register(&world, json!({})).await;
    let token = world.token("anna@example.com", "/verify-email?token=").await;
    let verified = post(&anna, VERIFY, json!({ "token": token }), &device).await.ok();
    let exchange = json!({ "exchange_token": verified["exchange_token"] });
    anna.post(EXCHANGE, exchange.clone()).await.refused("invalid_token");
    let pair = post(&anna, EXCHANGE, exchange.clone(), &device).await.ok();
    assert_eq!(
        (&pair["first_login"], &pair["user"]["email_verified"]),
        (&json!(true), &json!(true))
    );
    assert!(pair["access"].is_string());
    post(&anna, EXCHANGE, exchange, &device).await.refused("invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_only_verifies() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let (anna, _) = register(&world, json!({})).await;
    let token = world.token("anna@example.com", "/verify-email?token=").await;
    let verified = anna.post(VERIFY, json!({ "token": token })).await.ok();
    assert_eq!(verified["exchange_token"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_token_lives_for_a_minute() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let (anna, device) = register(&world, json!({})).await;
    let token = world.token("anna@example.com", "/verify-email?token=").await;
    let verified = post(&anna, VERIFY, json!({ "token": token }), &device).await.ok();
    world.pass(Span::seconds(60)).await;
    let exchange = json!({ "exchange_token": verified["exchange_token"] });
    post(&anna, EXCHANGE, exchange, &device).await.refused("invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_shows_its_code_verifier() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    // The example of RFC 7636, appendix B.
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let (anna, _) = register(&world, json!({ "code_challenge": challenge })).await;
    let token = world.token("anna@example.com", "/verify-email?token=").await;
    let body = json!({ "token": token, "code_verifier": verifier });
    let verified = anna.post(VERIFY, body).await.ok();
    let exchange = |verifier: &str| json!({ "exchange_token": verified["exchange_token"], "code_verifier": verifier });
    anna.post(EXCHANGE, exchange("another")).await.refused("invalid_token");
    anna.post(EXCHANGE, exchange(verifier)).await.ok();
}
