//! What the audit log says, and what people see of it.

mod actors;

use domain::Span;
use serde_json::{Value, json};

use crate::world::{World, access, claims};

const ANNA: &str = "anna@example.com";
const HISTORY: &str = "/api/v1/auth/login-history";

access! {
    GET "/api/v1/auth/login-history" [401, 200, 200, 200];
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_did_it_and_in_which_session() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    world.pass(Span::minutes(1)).await;
    anna.patch("/api/v1/auth/profile", json!({ "bio": "Sailor" })).await.ok();
    let (id, session) = (anna.user_id(), claims(anna.access()).sid);
    let unit = async move |db| store::events::of_subject(&db, id, 1).await;
    let rows = world.store().get(unit).await.unwrap();
    assert_eq!(rows[0].event, "user.profile_updated");
    assert_eq!((rows[0].actor_id, rows[0].session_id), (Some(id), Some(session)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_history_has_sign_ins_and_refused_ones_the_latest_first() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    world.pass(Span::minutes(1)).await;
    let body = json!({ "email": ANNA, "password": "wrong" });
    world.stranger().login_as(body).await.refused("invalid_credentials");
    world.pass(Span::minutes(1)).await;
    anna.login(ANNA).await.ok();
    let history = anna.get(HISTORY).await.ok();
    let page = (&history["count"], &history["next"], &history["previous"]);
    assert_eq!(page, (&json!(3), &json!(null), &json!(null)));
    let results = history["results"].as_array().unwrap();
    let told = |it: &Value| (it["success"].clone(), it["failure_reason"].clone());
    let expected = [
        (json!(true), json!(null)),
        (json!(false), json!("invalid_credentials")),
        (json!(true), json!(null)),
    ];
    assert_eq!(results.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(results[0]["login_time"], world.clock.now().to_string());
    assert_eq!(results[0]["session_id"], claims(anna.access()).sid.to_string());
    assert_eq!(results[0]["user"], anna.user_id().to_string());
    assert_eq!(
        (&results[1]["session_id"], &results[1]["ip_address"]),
        (&json!(null), &json!("127.0.0.1"))
    );
    // Everybody sees their own, and nothing but sign-ins.
    anna.patch("/api/v1/auth/profile", json!({ "bio": "Sailor" })).await.ok();
    assert_eq!(anna.get(HISTORY).await.ok()["count"], 3);
    assert_eq!(bert.get(HISTORY).await.ok()["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_history_has_pages() {
    let world = World::with(|it| it.sessions.max_per_user = 100).await;
    let mut anna = world.registered(ANNA).await;
    for _ in 0..4 {
        world.pass(Span::minutes(1)).await;
        anna.login(ANNA).await.ok();
    }
    let base = world.app().public_url().to_owned();
    let mut seen = Vec::new();
    let mut next = Some(format!("{base}{HISTORY}?page_size=2"));
    while let Some(address) = next {
        let page = anna.get(address.strip_prefix(&base).unwrap()).await.ok();
        assert_eq!(page["count"], 5);
        let times =
            page["results"].as_array().unwrap().iter().map(|it| it["login_time"].to_string());
        seen.extend(times);
        next = page["next"].as_str().map(str::to_owned);
        assert_eq!(page["previous"].is_null(), seen.len() == 2);
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|earlier, later| earlier > later), "{seen:?}");
    for (query, status) in [("page=4&page_size=2", 404), ("page=0", 404), ("page=x", 400)] {
        assert_eq!(anna.get(&format!("{HISTORY}?{query}")).await.status, status, "{query}");
    }
    assert_eq!(
        anna.get(&format!("{HISTORY}?page_size=1000")).await.ok()["results"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
}
