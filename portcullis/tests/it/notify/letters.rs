//! Queued mails whose subject changes before they are sent: whether they are sent, and where to.

use domain::Span;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World};

const NEW: &str = "anna@example.org";
const CONFIRM: &str = "/api/v1/auth/email/change/confirm";
const UNDO: &str = "/api/v1/auth/email/change/undo";

async fn ask_for_change(person: &Person, new: &str) {
    let body = json!({ "new_email": new, "password": PASSWORD });
    person.post("/api/v1/auth/email/change", body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_mailed_even_if_the_account_is_gone_first() {
    let world = World::quiet(|_| {}).await;
    for (number, is_deleted) in [true, false].into_iter().enumerate() {
        let email = format!("anna{number}@example.com");
        let anna = world.verified(&email).await;
        let mut thief = anna.clone();
        let new = format!("thief{number}@example.org");
        ask_for_change(&thief, &new).await;
        let token = world.token(&new, "/change-email?token=").await;
        let answer = thief.post(CONFIRM, json!({ "token": token })).await;
        thief.take_tokens(&answer);
        answer.ok();
        // Its mail is still queued.
        if is_deleted {
            let password = json!({ "password": PASSWORD });
            thief.post("/api/v1/auth/delete-account", password).await.ok();
        } else {
            world.disable(&thief).await;
        }
        let back = world.token(&email, "/undo-email-change?token=").await;
        if is_deleted {
            world.stranger().post(UNDO, json!({ "token": back })).await.ok();
            world.token(&email, "/reset-password?token=").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_to_the_address_it_happened_to() {
    let world = World::quiet(|_| {}).await;
    let mut anna = world.verified("anna@example.com").await;
    let replaced = anna.refresh_token();
    anna.refresh().await.ok();
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    let mut thief = world.stranger();
    thief.login("anna@example.com").await.ok();
    ask_for_change(&thief, NEW).await;
    let token = world.token(NEW, "/change-email?token=").await;
    anna.refresh_with(&replaced).await.refused("refresh_token_reused");
    // The notice is still queued.
    thief.post(CONFIRM, json!({ "token": token })).await.ok();
    let letters = world.mails("anna@example.com").await;
    let is_notice = |it: &Value| it.to_string().contains("Someone used an old sign-in");
    assert!(letters.iter().any(is_notice), "{letters:?}");
    assert!(!world.mails(NEW).await.iter().any(is_notice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_void_before_its_mail_is_sent_is_not_sent() {
    let world = World::quiet(|_| {}).await;
    let anna = world.registered("anna@example.com").await;
    world.settle().await;
    let before = world.mails("anna@example.com").await.len();
    world
        .stranger()
        .post("/api/v1/auth/password/reset", json!({ "email": "anna@example.com" }))
        .await
        .ok();
    ask_for_change(&anna, "typo@example.org").await;
    ask_for_change(&anna, NEW).await;
    assert!(world.mails("typo@example.org").await.is_empty());
    let letters = world.mails("anna@example.com").await;
    assert_eq!(letters.len(), before + 1, "the reset");
    assert_eq!(world.mails(NEW).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_account_gets_no_mail_about_its_deletion() {
    let world = World::quiet(|_| {}).await;
    let anna = world.verified("anna@example.com").await;
    anna.post("/api/v1/auth/delete-account", json!({ "password": PASSWORD })).await.ok();
    let offer = world.stranger().login("anna@example.com").await.refused("account_deleted");
    let token = json!({ "token": offer["restore_token"] });
    world.stranger().post("/api/v1/auth/restore-account", token).await.ok();
    let letters = world.mails("anna@example.com").await;
    let leads_back = |it: &Value| it.to_string().contains("/restore-account?token=");
    assert!(!letters.iter().any(leads_back), "{letters:?}");
}
