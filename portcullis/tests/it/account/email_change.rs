//! Changing an account's address.

use domain::Span;
use serde_json::{Value, json};

use crate::world::{Attempt, PASSWORD, Person, World, access};

const NEW: &str = "anna@example.org";
const CONFIRM: &str = "/api/v1/auth/email/change/confirm";
const UNDO: &str = "/api/v1/auth/email/change/undo";
const RESET: &str = "/api/v1/auth/password/reset";
const TYPO: &str = "ana@example.com";

access! {
    POST "/api/v1/auth/email/change" [401, 200, 200, 200], body = to_another_address;
    POST "/api/v1/auth/email/change/confirm" [400, 400, 400, 400],
        body = |_| json!({ "token": "none" });
}

fn to_another_address(attempt: &Attempt) -> Value {
    let new = format!("moved{}@example.com", attempt.unique);
    json!({ "new_email": new, "password": PASSWORD })
}

async fn ask_for_change(person: &Person, new: &str) {
    let body = json!({ "new_email": new, "password": PASSWORD });
    person.post("/api/v1/auth/email/change", body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_address_confirms_and_this_session_goes_on() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let mut phone = world.stranger();
    phone.login("anna@example.com").await.ok();
    ask_for_change(&anna, NEW).await;
    assert_eq!(anna.profile().await.ok()["email"], "anna@example.com");
    let token = world.token(NEW, "/change-email?token=").await;
    let before = anna.clone();
    let answer = anna.post(CONFIRM, json!({ "token": token })).await;
    anna.take_tokens(&answer);
    answer.ok();
    let profile = anna.profile().await.ok();
    assert_eq!((&profile["email"], &profile["email_verified"]), (&json!(NEW), &json!(true)));
    before.profile().await.refused("token_not_valid");
    phone.profile().await.refused("session_ended");
    anna.post(CONFIRM, json!({ "token": token })).await.refused("invalid_token");
    world.stranger().login("anna@example.com").await.refused("invalid_credentials");
    world.stranger().login(NEW).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_can_take_it_back_even_after_more_changes() {
    let world = World::start().await;
    world.verified("anna@example.com").await;
    // A thief who knows her password.
    let mut thief = world.stranger();
    thief.login("anna@example.com").await.ok();
    for new in ["thief@example.org", "thief@example.net"] {
        ask_for_change(&thief, new).await;
        let token = world.token(new, "/change-email?token=").await;
        let answer = thief.post(CONFIRM, json!({ "token": token })).await;
        thief.take_tokens(&answer);
        answer.ok();
        world.pass(Span::minutes(1)).await;
    }
    let change = json!({ "old_password": PASSWORD, "new_password": "An0ther&Quiet-River" });
    thief.change_password(change).await.ok();
    let back = world.token("anna@example.com", "/undo-email-change?token=").await;
    let thiefs = world.token("thief@example.org", "/undo-email-change?token=").await;
    let deletion = json!({ "password": "An0ther&Quiet-River" });
    thief.post("/api/v1/auth/delete-account", deletion).await.ok();
    let anna = world.stranger();
    anna.post(UNDO, json!({ "token": back })).await.ok();
    thief.profile().await.refused("session_ended");
    anna.post(UNDO, json!({ "token": thiefs })).await.refused("invalid_token");
    let known = json!({ "email": "anna@example.com", "password": "An0ther&Quiet-River" });
    world.stranger().login_as(known).await.refused("invalid_credentials");
    let reset = world.token("anna@example.com", "/reset-password?token=").await;
    let confirm = json!({ "token": reset, "new_password": "Her0wn&Quiet-River" });
    anna.post("/api/v1/auth/password/reset/confirm", confirm).await.ok();
    let own = json!({ "email": "anna@example.com", "password": "Her0wn&Quiet-River" });
    world.stranger().login_as(own).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_the_password_and_a_free_address() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    world.registered("bert@example.com").await;
    let ask = |new: &str, password: &str| {
        let body = json!({ "new_email": new, "password": password });
        let anna = anna.clone();
        async move { anna.post("/api/v1/auth/email/change", body).await }
    };
    ask("nonsense", PASSWORD).await.invalid(&[("new_email", "invalid")]);
    ask("anna@example.com", PASSWORD).await.invalid(&[("new_email", "unchanged")]);
    ask(NEW, "wrong").await.invalid(&[("password", "password_incorrect")]);
    ask("bert@example.com", PASSWORD).await.invalid(&[("new_email", "email_taken")]);
    assert!(world.mails(NEW).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_taken_meanwhile_stays_its_owners() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    ask_for_change(&anna, NEW).await;
    let token = world.token(NEW, "/change-email?token=").await;
    world.registered(NEW).await;
    anna.post(CONFIRM, json!({ "token": token })).await.invalid(&[("new_email", "email_taken")]);
    assert_eq!(anna.profile().await.ok()["email"], "anna@example.com");
}

/// Changes the address and confirms it; the session goes on.
async fn change_address(world: &World, person: &mut Person, new: &str) {
    ask_for_change(person, new).await;
    let token = world.token(new, "/change-email?token=").await;
    let answer = person.post(CONFIRM, json!({ "token": token })).await;
    person.take_tokens(&answer);
    answer.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_proved_gets_no_way_back() {
    let world = World::start().await;
    let mut anna = world.registered(TYPO).await;
    world.stranger().post(RESET, json!({ "email": TYPO })).await.ok();
    let verify = json!({ "token": world.token(TYPO, "/verify-email?token=").await });
    let token = world.token(TYPO, "/reset-password?token=").await;
    let reset = json!({ "token": token, "new_password": "St0len&Quiet-River" });
    let before = world.mails(TYPO).await.len();
    for new in ["anna@example.com", NEW] {
        change_address(&world, &mut anna, new).await;
        let stranger = world.stranger();
        stranger.post("/api/v1/auth/email/verify", verify.clone()).await.refused("invalid_token");
        let path = "/api/v1/auth/password/reset/confirm";
        stranger.post(path, reset.clone()).await.refused("invalid_token");
    }
    assert_eq!(world.mails(TYPO).await.len(), before);
    // The address in between was verified.
    world.token("anna@example.com", "/undo-email-change?token=").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_an_account_over_for_good_that_was_registered_under_another_address() {
    let world = World::start().await;
    let mut eve = world.registered("eve@example.com").await;
    // Anna presses the button for an account that she did not make.
    change_address(&world, &mut eve, "anna@example.com").await;
    let anna = world.stranger();
    anna.post(RESET, json!({ "email": "anna@example.com" })).await.ok();
    let token = world.token("anna@example.com", "/reset-password?token=").await;
    let confirm = json!({ "token": token, "new_password": "Her0wn&Quiet-River" });
    anna.post("/api/v1/auth/password/reset/confirm", confirm).await.ok();
    eve.profile().await.refused("session_ended");
    eve.refresh().await.refused("session_ended");
    eve.login("anna@example.com").await.refused("invalid_credentials");
    let letters = world.mails("eve@example.com").await;
    let leads_back = |it: &serde_json::Value| it.to_string().contains("/undo-email-change?token=");
    assert!(!letters.iter().any(leads_back), "{letters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_proved_while_it_is_changed_keeps_its_way_back() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    ask_for_change(&anna, NEW).await;
    let verify = json!({ "token": world.token("anna@example.com", "/verify-email?token=").await });
    anna.post("/api/v1/auth/email/verify", verify).await.ok();
    let token = world.token(NEW, "/change-email?token=").await;
    let answer = anna.post(CONFIRM, json!({ "token": token })).await;
    anna.take_tokens(&answer);
    answer.ok();
    let back = world.token("anna@example.com", "/undo-email-change?token=").await;
    world.stranger().post(UNDO, json!({ "token": back })).await.ok();
}
