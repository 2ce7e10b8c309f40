//! An unreachable database: reported as such, waited for, and no half-done work.

use serde_json::json;

use crate::world::{Answer, PASSWORD, World, access, eventually};

access! {
    GET "/health" | "/api/v1/auth/health" [200, 200, 200, 200];
    GET "/ready" [200, 200, 200, 200];
}

/// Asserts a 503 with `Retry-After`.
#[track_caller]
fn unavailable(answer: Answer) {
    let wait = answer.headers.get("retry-after").map(|it| it.to_str().unwrap().to_owned());
    assert!(wait.is_some_and(|it| it.parse::<u32>().unwrap() > 0), "{answer:?}");
    answer.refused("service_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_and_its_return_is_noticed() {
    let mut world = World::with_breakable_database().await;
    let mut anna = world.registered("anna@example.com").await;
    world.settle().await;

    world.database_goes_away().await;
    let login = json!({ "email": "anna@example.com", "password": PASSWORD });
    unavailable(world.stranger().post("/api/v1/auth/login", login).await);
    unavailable(world.stranger().register("ben@example.com").await);
    unavailable(anna.refresh_with(&anna.refresh_token()).await);
    unavailable(anna.logout().await);

    world.database_comes_back().await;
    let logged_in =
        async || (world.stranger().login("anna@example.com").await.status == 200).then_some(());
    eventually("the database to be noticed", logged_in).await;
    // Nothing of what was answered with 503 was done.
    anna.profile().await.ok();
    anna.refresh().await.ok();
    world.stranger().register("ben@example.com").await.created();
    assert_eq!(world.mails("ben@example.com").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_makes_the_server_unready() {
    let mut world = World::with_breakable_database().await;
    world.registered("anna@example.com").await;
    world.settle().await;
    assert_eq!(world.stranger().get("/ready/").await.status, 200);

    world.database_only_reads().await;
    unavailable(world.stranger().register("ben@example.com").await);
    let unready = async || (world.stranger().get("/ready/").await.status == 503).then_some(());
    eventually("the server to be unready", unready).await;

    world.database_can_be_written_again().await;
    // This is noticed without any request that writes.
    let ready = async || (world.stranger().get("/ready/").await.status == 200).then_some(());
    eventually("the server to be ready", ready).await;
    world.stranger().register("ben@example.com").await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_works_behind_a_pooler() {
    let Some(world) = World::behind_a_pooler().await else { return };
    assert!(world.store().is_pooled());
    let mut anna = world.verified("anna@example.com").await;
    let mut others = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (mut person, mut again) = (world.stranger(), world.stranger());
        others.spawn(async move {
            person.register(&format!("person{number}@example.com")).await.created();
            again.login("anna@example.com").await.ok();
            again.refresh().await.ok();
            again.profile().await.ok();
            again.logout().await.ok();
        });
    }
    others.join_all().await;
    anna.refresh().await.ok();
    assert_eq!(world.mails("person7@example.com").await.len(), 1);
    assert_eq!(world.stranger().get("/ready/").await.ok()["database"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_wait_for_a_database_that_is_away() {
    let mut world = World::with_breakable_database().await;
    let request = world.stranger();
    world.database_goes_away().await;
    unavailable(
        request.post("/api/v1/auth/email/resend", json!({ "email": "a@example.com" })).await,
    );
    world.database_comes_back().await;
    let accepted = async || {
        let answer = world.stranger().register("carl@example.com").await;
        (answer.status == 201).then_some(())
    };
    eventually("the database to be noticed", accepted).await;
    // The worker is still running.
    let delivered = async || {
        let all = world.stranger().get("/dev/inbox.json").await.ok();
        (!all.as_array().unwrap().is_empty()).then_some(())
    };
    eventually("the mail", delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_its_database_when_it_starts() {
    let world = World::before_its_database().await;
    world.registered("anna@example.com").await.profile().await.ok();
    assert_eq!(world.stranger().get("/ready/").await.ok()["database"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_that_the_database_is_gone() {
    let mut world = World::start().await;
    assert_eq!(world.stranger().get("/health/").await.ok()["status"], "healthy");
    world.store().close().await;
    for path in ["/health/", "/ready/", "/api/v1/auth/health/"] {
        let answer = world.stranger().get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(
            (&answer["status"], &answer["database"]),
            (&json!("unhealthy"), &json!("disconnected"))
        );
        assert_eq!(answer["queue"], json!(null));
    }
    unavailable(world.stranger().login("anna@example.com").await);
    world.stop().await;
}
