//! Races: of concurrent requests one wins, all are answered alike, and nothing ended comes back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, World, at_once, registration};

const ANNA: &str = "anna@example.com";
const MANY: usize = 20;

/// The answers that succeeded, and the problem codes of the others.
fn split_outcomes(answers: Vec<Answer>) -> (Vec<Answer>, BTreeSet<String>) {
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status < 300);
    let codes = bad.iter().map(|it| it["code"].as_str().unwrap_or(&it.text).to_owned());
    (good, codes.collect())
}

fn only(code: &str) -> BTreeSet<String> {
    BTreeSet::from([code.to_owned()])
}

/// With limits and without.
async fn world(has_limits: &bool) -> World {
    World::with(|it| it.limits.enabled = *has_limits).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_present_a_verification_token_one_spends_it() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = world.token(ANNA, "/verify-email?token=").await;
    let answers = at_once(MANY, |_| {
        let (anna, body) = (anna.clone(), json!({ "token": token }));
        async move { anna.post("/api/v1/auth/email/verify", body).await }
    })
    .await;
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (1, only("invalid_token")));
    let letters = world.mails(ANNA).await;
    let welcomes = letters.iter().filter(|it| it["subject"].as_str().unwrap().contains("Welcome"));
    assert_eq!(welcomes.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_with_one_token_rotate_once_and_answer_alike() {
    for has_limits in &[false, true] {
        let world = world(has_limits).await;
        let mut anna = world.registered(ANNA).await;
        for round in 1..4 {
            let token = anna.refresh_token();
            let answers = at_once(MANY, |_| {
                let (anna, token) = (anna.clone(), token.clone());
                async move { anna.refresh_with(&token).await }
            })
            .await;
            let (good, codes) = split_outcomes(answers);
            assert_eq!((good.len(), codes), (MANY, BTreeSet::new()));
            let texts = |key: &str| -> BTreeSet<String> {
                good.iter().map(|it| it[key].as_str().unwrap().to_owned()).collect()
            };
            assert_eq!(texts("refresh").len(), 1);
            assert_eq!(texts("access").len(), MANY);
            assert_eq!(world.session(&anna).await.head, 1 + round);
            anna.refresh = texts("refresh").first().cloned();
            anna.access = texts("access").first().cloned();
            anna.profile().await.ok();
            world.settle().await;
        }
        assert!(!world.audit(&anna).await.iter().any(|it| it.0.contains("refresh")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_registrations_of_one_address_make_one_account() {
    let world = World::start().await;
    let spellings = [ANNA, "ANNA@example.com", " anna@EXAMPLE.com"];
    let answers = at_once(MANY, |number| {
        let (nobody, body) = (world.stranger(), registration(spellings[number % 3]));
        async move { nobody.post("/api/v1/auth/register", body).await }
    })
    .await;
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (1, only("validation_error")));
    assert_eq!(world.mails(ANNA).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_register_one_username_one_gets_it() {
    let world = World::start().await;
    let answers = at_once(MANY, |number| {
        let mut body = registration(&format!("anna{number}@example.com"));
        body["username"] = json!("anna");
        let nobody = world.stranger();
        async move { nobody.post("/api/v1/auth/register", body).await }
    })
    .await;
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (1, only("validation_error")));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_cap_of_three_twenty_sign_ins_leave_three_sessions() {
    let world = World::with(|it| it.sessions.max_per_user = 3).await;
    let first = world.registered(ANNA).await;
    let answers = at_once(MANY, |_| {
        let mut person = world.stranger();
        async move {
            let answer = person.login(ANNA).await;
            (person, answer)
        }
    })
    .await;
    let (mut people, answers): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    // All were used at the same time: the first one may be among those that are kept.
    people.push(first);
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (MANY, BTreeSet::new()));
    let mut alive = Vec::new();
    for person in people {
        match person.profile().await {
            answer if answer.status == 200 => alive.push(person),
            answer => drop(answer.refused("session_ended")),
        }
    }
    assert_eq!(alive.len(), 3);
    assert_eq!(alive[0].sessions().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sign_ins_succeed_while_the_hash_is_replaced() {
    let mut world = World::start().await;
    world.registered(ANNA).await;
    world.restart(|it| it.passwords.iterations = 2).await;
    let answers = at_once(MANY, |_| {
        let mut person = world.stranger();
        async move { person.login(ANNA).await }
    })
    .await;
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (MANY, BTreeSet::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_does_not_outlive_a_logout() {
    let world = World::start().await;
    world.registered(ANNA).await;
    for _ in 0..5 {
        let mut anna = world.stranger();
        anna.login(ANNA).await.ok();
        let answers = at_once(MANY, |number| {
            let anna = anna.clone();
            async move {
                match number {
                    0 => anna.logout().await,
                    _ => anna.refresh_with(&anna.refresh_token()).await,
                }
            }
        })
        .await;
        let (good, codes) = split_outcomes(answers);
        assert!(!good.is_empty());
        assert!(codes.iter().all(|it| it == "session_ended"), "{codes:?}");
        anna.profile().await.refused("session_ended");
        anna.refresh().await.refused("session_ended");
        for pair in good.iter().filter(|it| it["access"].is_string()) {
            let text = |key: &str| pair[key].as_str().map(str::to_owned);
            (anna.access, anna.refresh) = (text("access"), text("refresh"));
            anna.profile().await.refused("session_ended");
            anna.refresh().await.refused("session_ended");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_outlive_ending_all() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    for _ in 0..9 {
        world.stranger().login(ANNA).await.ok();
    }
    let ended = at_once(5, |_| {
        let anna = anna.clone();
        async move { anna.post("/api/v1/auth/sessions/terminate-all", json!({})).await.ok() }
    })
    .await;
    let counts: Vec<i64> = ended.iter().filter_map(|it| it["terminated_count"].as_i64()).collect();
    assert_eq!(counts.iter().sum::<i64>(), 9, "{counts:?}");
    assert_eq!(anna.sessions().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_exact_for_those_who_come_at_once() {
    let world = World::with(|it| it.limits.enabled = true).await;
    let answers = at_once(MANY, |number| {
        let (nobody, body) = (world.stranger(), registration(&format!("anna{number}@example.com")));
        async move { nobody.post("/api/v1/auth/register", body).await }
    })
    .await;
    let (good, codes) = split_outcomes(answers);
    assert_eq!((good.len(), codes), (5, only("rate_limited")));
    let body: Value = json!({ "email": "anna@example.com", "password": PASSWORD });
    world.stranger().post("/api/v1/auth/login", body).await.refused("invalid_credentials");
}
