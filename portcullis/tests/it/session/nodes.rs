//! Several servers on one database. SQLite means one node, so that these tests run on PostgreSQL
//! alone and return early elsewhere: the one exception to the rule that no test knows its backend.

use std::collections::BTreeMap;

use domain::{Span, Time, settings::Settings};
use serde_json::json;
use store::schedules::{self, Schedule};
use tokio::task::JoinSet;

use crate::{
    fakes::smtp::SmtpServer,
    world::{Node, PASSWORD, World, eventually},
};

async fn two_nodes() -> Option<(World, Node)> {
    World::of_two_nodes(|_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_on_one_node_is_dead_on_the_other_once_it_has_heard() {
    let Some((world, node)) = two_nodes().await else { return };
    let anna = world.registered("anna@example.com").await;
    let there = anna.at(node.url());
    there.profile().await.ok();
    anna.logout().await.ok();
    node.settle().await;
    there.profile().await.refused("session_ended");
    there.refresh_with(&anna.refresh_token()).await.refused("session_ended");
    node.stop().await;
}

/// Ends a session on one node and waits until the other node refuses it.
async fn log_out_and_wait_for((world, node): (World, Node)) {
    let anna = world.registered("anna@example.com").await;
    let there = anna.at(node.url());
    there.profile().await.ok();
    anna.logout().await.ok();
    eventually("the other node hears of it", async || {
        (there.profile().await.status == 401).then_some(())
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_node_hears_by_asking_the_database() {
    let nodes = World::of_two_nodes(|it| {
        it.cache.url = "".into();
        it.sessions.revocation_poll = Span::millis(100);
    });
    if let Some(nodes) = nodes.await {
        log_out_and_wait_for(nodes).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_a_node_is_told() {
    let nodes = World::of_two_nodes(|it| it.sessions.revocation_poll = Span::hours(1));
    if let Some(nodes) = nodes.await {
        log_out_and_wait_for(nodes).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shut_out_leaves_nothing_behind_on_a_node_that_has_not_heard() {
    let nodes = World::of_two_nodes(|it| {
        it.cache.url = "".into();
        it.sessions.revocation_poll = Span::hours(1);
    });
    let Some((world, node)) = nodes.await else { return };
    let mut anna = world.registered("anna@example.com").await;
    let mut thief = anna.at(node.url());
    thief.login("anna@example.com").await.ok();
    thief.profile().await.ok();
    let new = json!({ "old_password": PASSWORD, "new_password": "An0ther&Quiet-River" });
    anna.change_password(new).await.ok();
    // The other node's cache still has the session as active.
    thief.profile().await.ok();
    let theirs = json!({ "new_email": "thief@example.com", "password": PASSWORD });
    thief.post("/api/v1/auth/email/change", theirs).await.refused("session_ended");
    let body = json!({ "password": PASSWORD });
    thief.post("/api/v1/auth/delete-account", body).await.refused("session_ended");
    anna.profile().await.ok();
    assert!(world.mails("thief@example.com").await.is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_that_ended_on_one_node_are_dead_on_the_other() {
    let Some((world, node)) = two_nodes().await else { return };
    let anna = world.registered("anna@example.com").await;
    let mut elsewhere = anna.at(node.url());
    elsewhere.login("anna@example.com").await.ok();
    elsewhere.profile().await.ok();
    let ended = anna.post("/api/v1/auth/sessions/terminate-all", json!({})).await.ok();
    assert_eq!(ended["terminated_count"], 1);
    node.settle().await;
    elsewhere.profile().await.refused("session_ended");
    anna.at(node.url()).profile().await.ok();
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_from_one_node_works_on_the_other_at_once() {
    let Some((world, node)) = two_nodes().await else { return };
    let mut anna = world.registered("anna@example.com").await;
    // The other node has cached the session as it was.
    anna.at(node.url()).profile().await.ok();
    for _ in 0..3 {
        anna.refresh().await.ok();
        anna.at(node.url()).profile().await.ok();
        let mut there = anna.at(node.url());
        there.refresh().await.ok();
        anna = there.at(world.url(""));
        anna.profile().await.ok();
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_changed_on_one_node_has_changed_on_the_other_once_it_has_heard() {
    let Some((world, node)) = two_nodes().await else { return };
    let anna = world.registered("anna@example.com").await;
    let there = anna.at(node.url());
    there.profile().await.ok();
    anna.patch("/api/v1/auth/profile", json!({ "bio": "Here now." })).await.ok();
    node.settle().await;
    assert_eq!(there.profile().await.ok()["profile"]["bio"], "Here now.");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn theft_is_noticed_by_a_node_whose_memory_is_stale() {
    let Some((world, node)) = two_nodes().await else { return };
    let mut anna = world.registered("anna@example.com").await;
    let stolen = anna.refresh_token();
    let thief = anna.at(node.url());
    thief.profile().await.ok();
    anna.refresh().await.ok();
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    thief.refresh_with(&stolen).await.refused("refresh_token_reused");
    thief.profile().await.refused("session_ended");
    world.settle().await;
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_a_change_on_the_other_node_is_void_and_no_theft() {
    let Some((world, node)) = two_nodes().await else { return };
    let mut anna = world.registered("anna@example.com").await;
    let there = anna.at(node.url());
    there.profile().await.ok();
    let body = json!({ "old_password": PASSWORD, "new_password": "An0ther&Quiet-River" });
    anna.change_password(body).await.ok();
    there.refresh_with(&there.refresh_token()).await.refused("token_not_valid");
    node.settle().await;
    anna.at(node.url()).profile().await.ok();
    anna.refresh().await.ok();
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_at_one_node_cannot_use_up_what_the_alarm_at_the_other_needs() {
    let few = |it: &mut Settings| {
        it.limits.enabled = true;
        it.limits.refresh = "8/1h".parse().unwrap();
    };
    let Some((world, node)) = World::of_two_nodes(few).await else { return };
    let mut anna = world.registered("anna@example.com").await;
    anna.refresh().await.ok();
    // So that the first node caches the current state of the session.
    anna.profile().await.ok();
    let mut thief = anna.at(node.url());
    while thief.refresh().await.status == 200 {}
    thief.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    anna.refresh().await.refused("refresh_token_reused");
    node.settle().await;
    thief.profile().await.refused("session_ended");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_on_the_other_node_gets_the_same_head() {
    let Some((world, node)) = two_nodes().await else { return };
    let mut anna = world.registered("anna@example.com").await;
    let (before, there) = (anna.refresh_token(), anna.at(node.url()));
    there.profile().await.ok();
    anna.refresh().await.ok();
    assert_eq!(there.refresh_with(&before).await.ok()["refresh"], anna.refresh_token());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_on_two_nodes_are_one_rotation() {
    let Some((world, node)) = two_nodes().await else { return };
    let anna = world.registered("anna@example.com").await;
    let mut takers = JoinSet::new();
    for taker in 0..20 {
        let base = if taker % 2 == 0 { world.url("") } else { node.url() };
        let person = anna.at(base);
        takers.spawn(async move { person.refresh_with(&person.refresh_token()).await.ok() });
    }
    let mut heads = takers.join_all().await.into_iter().map(|it| it["refresh"].clone());
    let first = heads.next().unwrap();
    assert!(heads.all(|it| it == first));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_nodes_that_see_a_schedule_due_one_runs_it() {
    let Some((world, node)) = two_nodes().await else { return };
    // Never due by this world's clock, so that no worker takes it.
    let due_at = Time::from_seconds(4_000_000_000);
    let schedule = Schedule { name: "of this test".into(), cron: "0 0 * * *".into(), due_at };
    let Schedule { name, cron, .. } = schedule.clone();
    let unit = async move |db| schedules::put(&db, &name, &cron, due_at).await;
    world.store().put(unit).await.unwrap();
    let mut takers = JoinSet::new();
    for taker in 0..20 {
        let store = if taker % 2 == 0 { world.store().clone() } else { node.store().clone() };
        let schedule = schedule.clone();
        takers.spawn(async move {
            let next = due_at + Span::days(1);
            let unit = async move |db| schedules::consume(&db, &schedule, next, due_at).await;
            store.put(unit).await.unwrap()
        });
    }
    let winners = takers.join_all().await.into_iter().filter(|it| *it).count();
    assert_eq!(winners, 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_once_by_the_workers_of_two_nodes() {
    let server = SmtpServer::start().await;
    let url = format!("{}?tls=none", server.url());
    let Some((world, node)) = World::of_two_nodes(|it| it.email.url = url.into()).await else {
        return;
    };
    let mut people = JoinSet::new();
    for number in 0..30 {
        let base = if number % 2 == 0 { world.url("") } else { node.url() };
        let mut person = world.stranger().at(base);
        let register = async move { person.register(&format!("p{number}@example.com")).await };
        people.spawn(async move { register.await.created() });
    }
    people.join_all().await;
    tokio::join!(world.settle(), node.settle());
    let mut counts = BTreeMap::<String, usize>::new();
    for address in server.received().into_iter().flat_map(|it| it.to) {
        *counts.entry(address).or_default() += 1;
    }
    assert_eq!(counts.len(), 30);
    assert!(counts.values().all(|it| *it == 1), "{counts:?}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_make_one_signing_key() {
    let Some((world, node)) = two_nodes().await else { return };
    let anna = world.registered("anna@example.com").await;
    let there = anna.at(node.url());
    let keys = anna.get("/.well-known/jwks.json").await.ok();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!(there.get("/.well-known/jwks.json").await.ok(), keys);
    there.profile().await.ok();
    node.stop().await;
}
