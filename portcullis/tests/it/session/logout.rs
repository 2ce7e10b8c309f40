//! Signing out: every token of the session is invalid at once, and signing out never fails.

use domain::Span;
use serde_json::json;

use crate::world::{World, access};

const ANNA: &str = "anna@example.com";

access! {
    POST "/api/v1/auth/logout" [200, 200, 200, 200];
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_kills_both_tokens_and_clears_the_cookie() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let answer = anna.logout().await;
    let cookie = answer.cookie("refresh_token").unwrap();
    assert_eq!(cookie, "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    assert!(answer.ok()["message"].is_string());
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    let events = world.audit(&anna).await;
    assert!(events.contains(&("session.ended".into(), "success".into())), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_one_session_only() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let mut at_home = world.stranger();
    at_home.login(ANNA).await.ok();
    anna.logout().await.ok();
    at_home.profile().await.ok();
    at_home.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_signs_out_by_the_refresh_token_of_the_body() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    world.pass(Span::minutes(16)).await;
    anna.profile().await.refused("token_not_valid");
    let refresh = anna.refresh_token();
    anna.post("/api/v1/auth/logout", json!({ "refresh": refresh })).await.ok();
    anna.refresh().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_out_by_its_cookie() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    let held = browser.cookies.clone();
    browser.post("/api/v1/auth/logout", json!({})).await.ok();
    assert!(!browser.cookies.contains_key("refresh_token"));
    browser.refresh().await.refused("not_authenticated");
    browser.cookies = held;
    browser.refresh().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_generation_may_sign_out() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let old = anna.refresh_token();
    anna.refresh().await.ok();
    let program = world.stranger();
    program.post("/api/v1/auth/logout", json!({ "refresh": old })).await.ok();
    anna.profile().await.refused("session_ended");
    assert!(
        world
            .mails(ANNA)
            .await
            .iter()
            .all(|it| { !it["subject"].as_str().unwrap().contains("Someone used an old sign-in") })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_may_sign_out() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let nobody = world.stranger();
    nobody.logout().await.ok();
    for junk in ["", "x", "pcr_AAAA", anna.access()] {
        nobody.post("/api/v1/auth/logout", json!({ "refresh": junk })).await.ok();
    }
    anna.profile().await.ok();
    anna.logout().await.ok();
    anna.logout().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_refresh_token_signs_nobody_out() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let mut forged = anna.refresh_token();
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    world.stranger().post("/api/v1/auth/logout", json!({ "refresh": forged })).await.ok();
    anna.profile().await.ok();
    anna.refresh().await.ok();
}
