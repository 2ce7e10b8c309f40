//! Refresh tokens as generations of a session: the rules for reuse, over HTTP.

use domain::Span;
use serde_json::json;

use crate::world::{PASSWORD, START, World, access};

access! {
    POST "/api/v1/auth/token/refresh" [401, 200, 200, 200],
        body = |it| json!({ "refresh": it.refresh() }), credential = Body;
}

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
    anna.refresh_with(&stolen).await.refused("refresh_token_reused");
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    let letters = world.mails("anna@example.com").await;
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
    let again = anna.refresh_with(&before).await.ok();
    assert_eq!(again["refresh"], anna.refresh_token());
    assert_ne!(again["access"], json!(anna.access));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_made_up_for_and_its_orphan_is_theft() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let before = anna.refresh_token();
    let lost = anna.refresh_with(&before).await.ok()["refresh"].as_str().unwrap().to_owned();
    world.pass(Span::minutes(1)).await;
    anna.refresh().await.ok();
    assert_ne!(anna.refresh_token(), lost);
    let events = world.audit(&anna).await;
    assert!(events.contains(&("session.refresh_recovered".into(), "success".into())));
    anna.profile().await.ok();
    anna.refresh_with(&lost).await.refused("refresh_token_reused");
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_two_others_overtook_gets_the_head() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let late = anna.refresh_token();
    anna.refresh().await.ok();
    world.pass(Span::seconds(1)).await;
    anna.refresh().await.ok();
    anna.profile().await.ok();
    let answer = anna.refresh_with(&late).await.ok();
    assert_eq!(answer["refresh"], anna.refresh_token());
    anna.bearing(answer["access"].as_str().unwrap()).profile().await.ok();
    assert_eq!(world.session(&anna).await.head, 3);
    // It was superseded ten seconds ago, the generation after it nine.
    world.pass(Span::seconds(9)).await;
    anna.refresh_with(&late).await.refused("refresh_token_reused");
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_sixteen_rotations_at_once_the_head_is_answered_with_itself() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let first = anna.refresh_token();
    for _ in 0..20 {
        anna.refresh().await.ok();
    }
    assert_eq!(world.session(&anna).await.head, 17);
    assert_eq!(anna.refresh_with(&first).await.ok()["refresh"], anna.refresh_token());
    world.pass(Span::seconds(10)).await;
    anna.refresh().await.ok();
    assert_eq!(world.session(&anna).await.head, 18);
    anna.refresh_with(&first).await.refused("refresh_token_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_cannot_use_up_what_the_alarm_of_the_owner_needs() {
    let world = World::with(|it| it.limits.enabled = true).await;
    let anna = world.registered("anna@example.com").await;
    let mut thief = anna.clone();
    for _ in 0..60 {
        thief.refresh().await.ok();
    }
    thief.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    for _ in 0..20 {
        assert_eq!(thief.refresh().await.status, 429);
    }
    anna.refresh_with(&anna.refresh_token()).await.refused("refresh_token_reused");
    thief.profile().await.refused("session_ended");
    let letters = world.mails("anna@example.com").await;
    assert!(letters[0]["subject"].as_str().unwrap().contains("Someone used an old sign-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_a_change_of_password_is_void_and_no_theft() {
    // So that each refresh rotates, and any older token of the session counts as reuse.
    let world = World::with(|it| it.tokens.refresh_leeway = Span::ZERO).await;
    let mut anna = world.registered("anna@example.com").await;
    let mut old = PASSWORD.to_owned();
    for round in 0..8 {
        let new = format!("An0ther&Quiet-River-{round}");
        let (mut changer, mut page) = (anna.clone(), anna.clone());
        let body = json!({ "old_password": old, "new_password": new });
        old = new;
        let (changed, _) = tokio::join!(changer.change_password(body), async {
            // The change takes two hashes, so these are more refreshes than fit into its time.
            for _ in 0..10_000 {
                if page.refresh().await.status != 200 {
                    break;
                }
            }
        });
        changed.ok();
        anna = changer;
        anna.profile().await.ok();
        anna.refresh().await.ok();
    }
    let events = world.audit(&anna).await;
    assert!(!events.iter().any(|it| it.0 == "session.refresh_reused"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_behind_notes_that_the_head_has_arrived() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    anna.refresh().await.ok();
    world.clock.step_back(Span::millis(500));
    anna.profile().await.ok();
    world.settle().await;
    let session = world.session(&anna).await;
    assert!(session.head_shown);
    assert_eq!(session.last_activity_at, START);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leeway_any_older_token_is_stolen() {
    let world = World::with(|it| it.tokens.refresh_leeway = Span::ZERO).await;
    let mut anna = world.registered("anna@example.com").await;
    let before = anna.refresh_token();
    anna.refresh().await.ok();
    anna.refresh_with(&before).await.refused("refresh_token_reused");
}
