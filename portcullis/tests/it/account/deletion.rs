//! Deleting an account, restoring it within the grace period, and erasing it after that.

use domain::Span;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, access, at_once};

const DELETE: &str = "/api/v1/auth/delete-account";
const RESTORE: &str = "/api/v1/auth/restore-account";

access! {
    POST "/api/v1/auth/delete-account" [401, 400, 400, 400],
        body = |_| json!({ "password": "wrong" });
    POST "/api/v1/auth/restore-account" [400, 400, 400, 400], body = |_| json!({ "token": "none" });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_ends_everywhere_and_comes_back_by_its_password() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let answer = anna.post(DELETE, json!({ "password": PASSWORD })).await;
    assert!(answer.cookie("refresh_token").unwrap().contains("Max-Age=0"));
    assert!(answer.ok()["erased_at"].is_string());
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    let wrong = json!({ "email": "anna@example.com", "password": "wrong" });
    world.stranger().login_as(wrong).await.refused("invalid_credentials");
    let refused = world.stranger().login("anna@example.com").await.refused("account_deleted");
    let token = refused["restore_token"].as_str().unwrap();
    let body = json!({ "token": token });
    world.stranger().post(RESTORE, body.clone()).await.ok();
    world.stranger().post(RESTORE, body).await.refused("invalid_token");
    world.stranger().login("anna@example.com").await.ok();
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_leads_back_and_so_does_a_reset() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let first = world.token("anna@example.com", "/restore-account?token=").await;
    world.pass(Span::days(1)).await;
    let asked = json!({ "email": "anna@example.com" });
    world.stranger().post("/api/v1/auth/password/reset", asked).await.ok();
    let second = world.token("anna@example.com", "/restore-account?token=").await;
    assert_ne!(first, second);
    world.stranger().post(RESTORE, json!({ "token": second })).await.ok();
    world.stranger().login("anna@example.com").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_the_password_or_a_fresh_sign_in() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let wrong = json!({ "password": "wrong" });
    anna.post(DELETE, wrong).await.invalid(&[("password", "password_incorrect")]);
    world.pass(Span::minutes(11)).await;
    anna.post(DELETE, json!({})).await.refused("step_up_required");
    anna.profile().await.ok();
    let mut fresh = world.stranger();
    fresh.login("anna@example.com").await.ok();
    fresh.post(DELETE, json!({})).await.ok();
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_grace_it_is_erased_and_the_address_is_free() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let token = world.token("anna@example.com", "/restore-account?token=").await;
    let taken = [("email", "email_taken")];
    world.stranger().register("anna@example.com").await.invalid(&taken);
    world.pass(Span::days(29)).await;
    world.settle().await;
    world.stranger().login("anna@example.com").await.refused("account_deleted");
    world.pass(Span::days(2)).await;
    world.settle().await;
    world.stranger().login("anna@example.com").await.refused("invalid_credentials");
    world.stranger().post(RESTORE, json!({ "token": token })).await.refused("invalid_token");
    let events = world.audit(&anna).await;
    assert!(events.iter().any(|it| it.0 == "user.erased"), "{events:?}");
    let id = anna.user_id();
    let unit = async move |db| store::events::of_subject(&db, id, 100).await;
    for row in world.store().get(unit).await.unwrap() {
        let is_personal = row.event != "user.erased" && !row.ip_address.is_empty();
        assert!(!is_personal && row.user_agent.is_empty(), "{row:?}");
    }
    let again = world.stranger().register("anna@example.com").await.created();
    assert_ne!(again["user_id"], Value::from(id.to_string()));
}

/// The restore token that a sign-in offers.
async fn offered(world: &World) -> Value {
    let refused = world.stranger().login("anna@example.com").await.refused("account_deleted");
    json!({ "token": refused["restore_token"].as_str().unwrap() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_to_restore_voids_the_older_offers_and_is_audited() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let (first, second) = (offered(&world).await, offered(&world).await);
    world.stranger().post(RESTORE, first).await.refused("invalid_token");
    let refused = ("session.refused".to_owned(), "failure".to_owned());
    let events = world.audit(&anna).await;
    assert_eq!(events.iter().filter(|it| **it == refused).count(), 2, "{events:?}");
    let unit = async |db: store::Db| {
        let statement = "SELECT COUNT(*) FROM links WHERE purpose LIKE '%restore%'";
        db.value::<i64>(statement, store::args![]).await
    };
    // The last restore token, and the one in the mail.
    assert_eq!(world.store().get(unit).await.unwrap(), 2);
    world.stranger().post(RESTORE, second).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_password_cannot_void_the_way_back_in_the_mailbox() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let mailed = world.token("anna@example.com", "/restore-account?token=").await;
    let mailed = json!({ "token": mailed });
    let (_, offer) = (offered(&world).await, offered(&world).await);
    world.stranger().post(RESTORE, mailed.clone()).await.ok();
    // Restoring revokes all restore tokens.
    for old in [mailed, offer] {
        world.stranger().post(RESTORE, old).await.refused("invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_mail_voids_the_way_back_of_the_older_one() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let older = world.token("anna@example.com", "/restore-account?token=").await;
    let asked = json!({ "email": "anna@example.com" });
    world.stranger().post("/api/v1/auth/password/reset", asked).await.ok();
    let newer = world.token("anna@example.com", "/restore-account?token=").await;
    world.stranger().post(RESTORE, json!({ "token": older })).await.refused("invalid_token");
    let offer = offered(&world).await;
    world.stranger().post(RESTORE, offer).await.ok();
    world.stranger().post(RESTORE, json!({ "token": newer })).await.refused("invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_offers_at_once_one_restores() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    let tokens = at_once(20, |_| {
        let mut person = world.stranger();
        async move { person.login("anna@example.com").await.refused("account_deleted") }
    })
    .await;
    let mut good = 0;
    for it in tokens {
        let body = json!({ "token": it["restore_token"] });
        good += usize::from(world.stranger().post(RESTORE, body).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_to_restore_are_limited_as_failed_sign_ins_are() {
    let world = World::with(|it| {
        it.limits.enabled = true;
        it.limits.login = "3/1h".parse().unwrap();
    })
    .await;
    let anna = world.registered("anna@example.com").await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    for _ in 0..3 {
        offered(&world).await;
    }
    world.stranger().login("anna@example.com").await.refused("rate_limited");
}
