//! Sessions as their owner sees them: lists, names, ends, expiry.

use domain::Span;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, START, World, access, claims};

const ANNA: &str = "anna@example.com";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

access! {
    GET "/api/v1/auth/sessions" [401, 200, 200, 200];
    POST "/api/v1/auth/sessions/terminate-all" [401, 200, 200, 200];
    DELETE "/api/v1/auth/sessions/{id}" [401, 404, 200, 404], id = session_of_the_member;
}

async fn session_of_the_member(world: &World) -> String {
    id(&world.member().await)
}

/// Anna, signed in once more with these fields.
async fn signed_in(world: &World, more: Value) -> Person {
    let mut person = world.stranger();
    let body = crate::world::merged(json!({ "email": ANNA, "password": PASSWORD }), more);
    person.login_as(body).await.ok();
    person
}

fn id(person: &Person) -> String {
    claims(person.access()).sid.to_string()
}

fn path(person: &Person) -> String {
    format!("/api/v1/auth/sessions/{}", id(person))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_each_session_and_which_is_this_one() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let phone = signed_in(&world, json!({ "device_name": "  Anna's phone " })).await;
    let list = phone.sessions().await;
    assert_eq!(list.len(), 2);
    let of = |who: &Person| list.iter().find(|it| it["id"] == id(who)).unwrap().clone();
    assert_eq!(
        (&of(&anna)["is_current"], &of(&phone)["is_current"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(of(&phone)["device_name"], "Anna's phone");
    for session in &list {
        assert_eq!(session["is_active"], true);
        assert_eq!(session["mfa_verified"], false);
        assert_eq!(session["ip_address"], "127.0.0.1");
        assert_eq!(session["created_at"], START.to_string());
        assert_eq!(session["last_rotation_at"], Value::Null);
        for hidden in ["secret", "head", "parent", "user_id"] {
            assert!(session.get(hidden).is_none(), "{session}");
        }
    }
    world.registered("bert@example.com").await;
    assert_eq!(anna.sessions().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_named_after_its_device_unless_somebody_names_it() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let body = json!({ "email": ANNA, "password": PASSWORD });
    let request = world.stranger().request(http::Method::POST, "/api/v1/auth/login");
    anna.send(request.header("user-agent", FIREFOX).json(&body)).await.ok();
    let list = anna.sessions().await;
    let session = list.iter().find(|it| it["is_current"] == false).unwrap();
    assert_eq!(session["device_name"], "Firefox on Linux");
    assert_eq!(session["browser"], "Firefox");
    assert_eq!(session["os"], "Linux");
    assert_eq!(session["device_type"], "desktop");
    assert_eq!(session["user_agent"], FIREFOX);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_can_be_ended_once() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let mut lost = signed_in(&world, json!({})).await;
    anna.delete(&path(&lost)).await.ok();
    lost.profile().await.refused("session_ended");
    lost.refresh().await.refused("session_ended");
    assert_eq!(anna.sessions().await.len(), 1);
    anna.delete(&path(&lost)).await.refused("not_found");
    anna.delete(&path(&anna)).await.ok();
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_is_not_found() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    bert.delete(&path(&anna)).await.refused("not_found");
    anna.profile().await.ok();
    for wrong in ["x", "0", "00000000-0000-7000-8000-000000000000", "%ff", "%00", "null"] {
        let path = format!("/api/v1/auth/sessions/{wrong}");
        anna.delete(&path).await.refused("not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_others_can_be_ended() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let others = [signed_in(&world, json!({})).await, signed_in(&world, json!({})).await];
    let end_all = async |body| anna.post("/api/v1/auth/sessions/terminate-all", body).await;
    let ended = end_all(json!({})).await.ok();
    assert_eq!(ended, json!({ "message": "The sessions have ended.", "terminated_count": 2 }));
    for other in &others {
        other.profile().await.refused("session_ended");
    }
    anna.profile().await.ok();
    assert_eq!(end_all(json!({ "include_current": false })).await.ok()["terminated_count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_can_be_ended_with_this_one() {
    let world = World::start().await;
    let bert = world.registered("bert@example.com").await;
    let mut anna = world.registered(ANNA).await;
    signed_in(&world, json!({})).await;
    let body = json!({ "include_current": true });
    let ended = anna.post("/api/v1/auth/sessions/terminate-all", body).await.ok();
    assert_eq!(ended["terminated_count"], 2);
    anna.profile().await.refused("session_ended");
    anna.refresh().await.refused("session_ended");
    bert.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_slides_for_seven_days_or_fourteen_where_it_is_remembered() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let mut remembered = signed_in(&world, json!({ "remember_me": true })).await;
    for session in anna.sessions().await {
        let days = if session["id"] == id(&remembered) { 14 } else { 7 };
        assert_eq!(session["expires_at"], (START + Span::days(days)).to_string());
    }
    world.pass(Span::days(6)).await;
    anna.refresh().await.ok();
    remembered.refresh().await.ok();
    world.pass(Span::days(7)).await;
    anna.refresh().await.refused("session_ended");
    remembered.refresh().await.ok();
    assert_eq!(remembered.sessions().await.len(), 1);
    world.pass(Span::days(14)).await;
    remembered.refresh().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_lives_longer_than_ninety_days() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    for _ in 0..14 {
        world.pass(Span::days(6)).await;
        anna.refresh().await.ok();
    }
    world.pass(Span::minutes(6 * 24 * 60 - 5)).await;
    let last = anna.refresh().await.ok();
    // Nor does a token outlive its session.
    assert_eq!(last["expires_in"], 300);
    anna.profile().await.ok();
    world.pass(Span::minutes(5)).await;
    anna.refresh().await.refused("session_ended");
    anna.profile().await.refused("token_not_valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn use_is_noted() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    world.pass(Span::minutes(2)).await;
    anna.profile().await.ok();
    world.settle().await;
    let used = (START + Span::minutes(2)).to_string();
    assert_eq!(anna.sessions().await[0]["last_activity_at"], used);
    world.pass(Span::minutes(2)).await;
    anna.refresh().await.ok();
    let rotated = (START + Span::minutes(4)).to_string();
    assert_eq!(anna.sessions().await[0]["last_rotation_at"], rotated);
    assert_eq!(anna.sessions().await[0]["last_activity_at"], rotated);
}
