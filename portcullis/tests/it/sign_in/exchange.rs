//! Exchange tokens: a mailed link signs in the browser that registered, and no other one.

use domain::Span;
use serde_json::{Value, json};
use store::{Db, args};

use crate::world::{Answer, PASSWORD, Person, World, access, at_once, merged, registration};

const ANNA: &str = "anna@example.com";
const VERIFY: &str = "/api/v1/auth/email/verify";
const EXCHANGE: &str = "/api/v1/auth/exchange-token";

access! {
    POST "/api/v1/auth/exchange-token" [400, 400, 400, 400],
        body = |_| json!({ "exchange_token": "none" });
}

/// A registration without a sign-in. Returns the device cookie.
async fn register(world: &World, more: Value) -> (Person, String) {
    let mut anna = world.stranger();
    let answer = anna.register_as(merged(registration(ANNA), more)).await;
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
    let token = world.token(ANNA, "/verify-email?token=").await;
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
    let token = world.token(ANNA, "/verify-email?token=").await;
    let verified = anna.post(VERIFY, json!({ "token": token })).await.ok();
    assert_eq!(verified["exchange_token"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_token_lives_for_a_minute() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let (anna, device) = register(&world, json!({})).await;
    let token = world.token(ANNA, "/verify-email?token=").await;
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
    let token = world.token(ANNA, "/verify-email?token=").await;
    let body = json!({ "token": token, "code_verifier": verifier });
    let verified = anna.post(VERIFY, body).await.ok();
    let exchange = |verifier: &str| json!({ "exchange_token": verified["exchange_token"], "code_verifier": verifier });
    anna.post(EXCHANGE, exchange("another")).await.refused("invalid_token");
    anna.post(EXCHANGE, exchange(verifier)).await.ok();
}

/// A browser with an exchange token that it has not spent.
struct Browser {
    person: Person,
    device: String,
    body: Value,
}

impl Browser {
    /// Registers and verifies the address.
    async fn begin(world: &World, email: &str) -> Browser {
        let (person, device) = register(world, json!({ "email": email })).await;
        let token = world.token(email, "/verify-email?token=").await;
        let verified = post(&person, VERIFY, json!({ "token": token }), &device).await.ok();
        let body = json!({ "exchange_token": verified["exchange_token"] });
        Browser { person, device, body }
    }

    async fn exchange(&self) -> Answer {
        post(&self.person, EXCHANGE, self.body.clone(), &self.device).await
    }
}

async fn without_sign_in() -> World {
    World::with(|it| it.registration.auto_login = false).await
}

async fn pending(world: &World) -> i64 {
    let unit = async |db: Db| db.value("SELECT COUNT(*) FROM challenges", args![]).await;
    world.store().get(unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_present_one_exchange_token_one_is_signed_in() {
    let world = without_sign_in().await;
    let browser = Browser::begin(&world, ANNA).await;
    let answers = at_once(20, |_| {
        let (person, device, body) =
            (browser.person.clone(), browser.device.clone(), browser.body.clone());
        async move { post(&person, EXCHANGE, body, &device).await }
    })
    .await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
    assert_eq!(good.len(), 1);
    for answer in bad {
        answer.refused("invalid_token");
    }
    let winner = browser.person.bearing(good[0]["access"].as_str().unwrap());
    assert_eq!(winner.sessions().await.len(), 1);
    assert_eq!(pending(&world).await, 0);
}

/// What voids the exchange tokens of a user.
#[derive(Debug, Clone, Copy)]
enum Voiding {
    PasswordChange,
    PasswordReset,
    EmailChange,
    Disabling,
    Deletion,
}

async fn void(world: &World, email: &str, voiding: Voiding) {
    let (mut anna, new) = (world.signed_in(email).await, "An0ther&Quiet-River");
    let auth = |path: &str| format!("/api/v1/auth{path}");
    match voiding {
        Voiding::PasswordChange => {
            let body = json!({ "old_password": PASSWORD, "new_password": new });
            anna.change_password(body).await.ok();
        }
        Voiding::PasswordReset => {
            anna.post(&auth("/password/reset"), json!({ "email": email })).await.ok();
            let token = world.token(email, "/reset-password?token=").await;
            let body = json!({ "token": token, "new_password": new });
            anna.post(&auth("/password/reset/confirm"), body).await.ok();
        }
        Voiding::EmailChange => {
            let body = json!({ "new_email": format!("new-{email}"), "password": PASSWORD });
            anna.post(&auth("/email/change"), body).await.ok();
            let token = world.token(&format!("new-{email}"), "/change-email?token=").await;
            anna.post(&auth("/email/change/confirm"), json!({ "token": token })).await.ok();
        }
        Voiding::Disabling => world.disable(&anna).await,
        Voiding::Deletion => {
            let body = json!({ "password": PASSWORD });
            anna.post(&auth("/delete-account"), body).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_token_is_void_after_a_change_of_what_signs_in() {
    let world = without_sign_in().await;
    let voidings = [
        Voiding::PasswordChange,
        Voiding::PasswordReset,
        Voiding::EmailChange,
        Voiding::Disabling,
        Voiding::Deletion,
    ];
    let bystander = Browser::begin(&world, "bert@example.com").await;
    for (number, voiding) in voidings.into_iter().enumerate() {
        let email = format!("anna{number}@example.com");
        let browser = Browser::begin(&world, &email).await;
        void(&world, &email, voiding).await;
        let answer = browser.exchange().await;
        assert_eq!(answer.json["code"], "invalid_token", "{voiding:?}: {}", answer.text);
        answer.refused("invalid_token");
        assert_eq!(pending(&world).await, 1, "{voiding:?}");
    }
    bystander.exchange().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_token_outlives_a_restart_and_not_its_minute() {
    let mut world = without_sign_in().await;
    let mut early = Browser::begin(&world, ANNA).await;
    let mut late = Browser::begin(&world, "bert@example.com").await;
    world.restart(|_| {}).await;
    for browser in [&mut early, &mut late] {
        browser.person = browser.person.at(world.url(""));
    }
    world.pass(Span::seconds(59)).await;
    early.exchange().await.ok();
    world.pass(Span::seconds(1)).await;
    late.exchange().await.refused("invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cleanup_deletes_exchange_tokens_that_expired() {
    let world = without_sign_in().await;
    let expired = Browser::begin(&world, ANNA).await;
    // Half a minute before midnight: every world begins at 08:00 UTC.
    world.pass(Span::seconds(16 * 3600 - 30)).await;
    let good = Browser::begin(&world, "bert@example.com").await;
    assert_eq!(pending(&world).await, 2);
    world.pass(Span::seconds(30)).await;
    world.settle().await;
    assert_eq!(pending(&world).await, 1);
    expired.exchange().await.refused("invalid_token");
    good.exchange().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_browser_does_not_spend_an_exchange_token() {
    let world = without_sign_in().await;
    let browser = Browser::begin(&world, ANNA).await;
    let (_, other) = register(&world, json!({ "email": "eve@example.com" })).await;
    for wrong in [other.as_str(), "device=", "other=1"] {
        let answer = post(&browser.person, EXCHANGE, browser.body.clone(), wrong).await;
        answer.refused("invalid_token");
    }
    assert_eq!(pending(&world).await, 1);
    browser.exchange().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_makes_no_exchange_token_good_again() {
    let world = without_sign_in().await;
    let spent = Browser::begin(&world, ANNA).await;
    spent.exchange().await.ok();
    let voided = Browser::begin(&world, "bert@example.com").await;
    void(&world, "bert@example.com", Voiding::PasswordChange).await;
    for step in [Span::seconds(30), Span::days(1)] {
        world.step_back(step).await;
        for browser in [&spent, &voided] {
            browser.exchange().await.refused("invalid_token");
        }
    }
}
