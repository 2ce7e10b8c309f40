//! Refresh tokens as generations of a session: the table of the rule, through the front door.

use domain::Span;
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_exchanged_for_a_fresh_pair() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let (access, refresh) = (anna.access.clone(), anna.refresh_token());
    let pair = anna.refresh().await.ok();
    assert_ne!((&anna.access, &anna.refresh_token()), (&access, &refresh));
    assert_eq!(pair["access"], pair["access_token"]);
    assert_eq!(pair["token_type"], "Bearer");
    assert_eq!(pair["expires_in"], 900);
    assert_eq!(pair["user"]["email"], "anna@example.com");
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_refresh_token_ends_the_session() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let stolen = anna.refresh_token();
    anna.refresh().await.ok();
    // Confirms the rotation.
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    anna.present(&stolen).await.refused("refresh_token_reused");
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    let letters = world.letters("anna@example.com").await;
    assert!(letters[0]["subject"].as_str().unwrap().contains("Someone used an old sign-in"));
    let events = world.audit(&anna).await;
    assert!(events.contains(&("session.refresh_reused".into(), "failure".into())), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_in_time_gets_the_same_head_again() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let before = anna.refresh_token();
    anna.refresh().await.ok();
    anna.profile().await.ok();
    world.pass(Span::seconds(9)).await;
    let again = anna.present(&before).await.ok();
    assert_eq!(again["refresh"], anna.refresh_token());
    assert_ne!(again["access"], json!(anna.access));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_made_up_for_and_its_orphan_is_theft() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let before = anna.refresh_token();
    let lost = anna.present(&before).await.ok()["refresh"].as_str().unwrap().to_owned();
    world.pass(Span::minutes(1)).await;
    anna.refresh().await.ok();
    assert_ne!(anna.refresh_token(), lost);
    let events = world.audit(&anna).await;
    assert!(events.contains(&("session.refresh_recovered".into(), "success".into())));
    anna.profile().await.ok();
    anna.present(&lost).await.refused("refresh_token_reused");
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leeway_any_older_token_is_stolen() {
    let world = World::with(|it| it.tokens.refresh_leeway = Span::ZERO).await;
    let mut anna = world.registered("anna@example.com").await;
    let before = anna.refresh_token();
    anna.refresh().await.ok();
    anna.present(&before).await.refused("refresh_token_reused");
}
