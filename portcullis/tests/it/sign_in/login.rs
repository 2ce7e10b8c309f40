//! Signing in with a password: by which names, for how long, and what strangers learn.

use domain::Span;
use serde_json::json;
use store::{Db, args};

use crate::world::{
    Answer, MEMBER, PASSWORD, Person, START, World, access, eventually, merged, registration,
};

const ANNA: &str = "anna@example.com";

access! {
    POST "/api/v1/auth/login" [200, 200, 200, 200],
        body = |_| json!({ "email": MEMBER, "password": PASSWORD });
}

async fn login(world: &World, field: &str, name: &str, password: &str) -> Answer {
    let body = json!({ field: name, "password": password });
    world.stranger().post("/api/v1/auth/login", body).await
}

/// The body without the id of the request, which differs every time.
fn without_instance(answer: &Answer) -> String {
    let id = answer.json["instance"].as_str().unwrap();
    answer.text.replace(id, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_by_each_of_their_names() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let names = json!({ "username": "Anna.L", "phone_number": "+4930901820" });
    anna.register_as(merged(registration(ANNA), names)).await.created();
    world.verify_phone(&anna).await;
    let names = [
        ("email", ANNA),
        ("email", "  ANNA@Example.com "),
        ("email_or_username", ANNA),
        ("email_or_username", "anna.l"),
        ("username", "ANNA.L"),
        ("email_or_phone", ANNA),
        ("email_or_phone", "+49 (30) 901820"),
    ];
    for (field, name) in names {
        let pair = login(&world, field, name, PASSWORD).await.ok();
        assert_eq!(pair["user"]["email"], ANNA, "{field} {name}");
        assert!(pair["access"].is_string() && pair["refresh"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_phone_number_signs_nobody_in() {
    let world = World::start().await;
    let number = json!({ "phone_number": "+4930901820" });
    world.stranger().register_as(merged(registration(ANNA), number)).await.created();
    login(&world, "email_or_phone", "+4930901820", PASSWORD).await.refused("invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_spelling_of_a_gmail_address_signs_in() {
    let world = World::start().await;
    world.registered("an.na@gmail.com").await;
    login(&world, "email", "anna+x@googlemail.com", PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_noted() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    assert_eq!(anna.profile().await.ok()["last_login"], START.to_string());
    world.pass(Span::minutes(1)).await;
    let pair = anna.login(ANNA).await.ok();
    assert_eq!(pair["user"]["last_login"], (START + Span::minutes(1)).to_string());
    assert_eq!(anna.profile().await.ok()["last_login"], pair["user"]["last_login"]);
    world.pass(Span::minutes(1)).await;
    login(&world, "email", ANNA, "Wr0ng&Quiet-River").await.refused("invalid_credentials");
    let events = world.audit(&anna).await;
    assert_eq!(events[0], ("session.refused".into(), "failure".into()));
    assert_eq!(events[1], ("session.started".into(), "success".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let world = World::start().await;
    let nobody = world.stranger();
    let login = async |body| nobody.post("/api/v1/auth/login", body).await;
    let both = [("email", "required"), ("password", "required")];
    login(json!({})).await.invalid(&both);
    login(json!({ "email": " ", "password": "" })).await.invalid(&both);
    login(json!({ "username": "anna" })).await.invalid(&[("password", "required")]);
    // A blank name counts as missing.
    login(json!({ "username": "", "password": PASSWORD })).await.invalid(&[("email", "required")]);
    let device = "x".repeat(101);
    login(json!({ "email": ANNA, "password": PASSWORD, "device_name": device }))
        .await
        .invalid(&[("device_name", "max_length")]);
}

/// A disabled user, beside Anna who is not disabled.
async fn disabled(world: &World) -> Person {
    let person = world.registered("gone@example.com").await;
    world.disable(&person).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_disabled_get_the_same_answer() {
    let world = World::start().await;
    world.registered(ANNA).await;
    disabled(&world).await;
    let wrong = login(&world, "email", ANNA, "Wr0ng&Quiet-River").await;
    wrong.clone().refused("invalid_credentials");
    let others = [
        login(&world, "email", "nobody@example.com", PASSWORD).await,
        login(&world, "email", "gone@example.com", PASSWORD).await,
        login(&world, "email", "gone@example.com", "Wr0ng&Quiet-River").await,
        login(&world, "email_or_username", "no body at all!", PASSWORD).await,
        login(&world, "email_or_phone", "+4930901820", PASSWORD).await,
    ];
    for other in others {
        assert_eq!(other.status, wrong.status);
        assert_eq!(without_instance(&other), without_instance(&wrong));
        assert!(other.headers.keys().eq(wrong.headers.keys()));
        assert!(!other.headers.contains_key("server-timing"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_disabled_cost_the_same() {
    let world = World::quiet(|_| {}).await;
    world.registered(ANNA).await;
    disabled(&world).await;
    let cost = async |field: &str, name: &str, password: &str| {
        world.cost(async || drop(login(&world, field, name, password).await)).await
    };
    let wrong = cost("email", ANNA, "Wr0ng&Quiet-River").await;
    assert_eq!(wrong.0, 1);
    assert_eq!(cost("email", "nobody@example.com", PASSWORD).await, wrong);
    assert_eq!(cost("email", "gone@example.com", PASSWORD).await, wrong);
    assert_eq!(cost("username", "nobody", PASSWORD).await, wrong);
    assert_eq!(cost("email_or_phone", "+4930901820", PASSWORD).await, wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_dead_everywhere() {
    let world = World::start().await;
    let mut gone = disabled(&world).await;
    gone.profile().await.refused("session_ended");
    gone.refresh().await.refused("session_ended");
    let token = gone.access().to_owned();
    gone.post("/api/v1/auth/token/verify", json!({ "token": token }))
        .await
        .refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_addresses_must_be_verified_only_the_right_password_hears_of_it() {
    let world = World::with(|it| it.registration.require_verified_email = true).await;
    world.stranger().register(ANNA).await.created();
    login(&world, "email", ANNA, "Wr0ng&Quiet-River").await.refused("invalid_credentials");
    login(&world, "email", ANNA, PASSWORD).await.refused("email_not_verified");
    let token = world.token(ANNA, "/verify-email?token=").await;
    world.stranger().post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    login(&world, "email", ANNA, PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_idle_session_makes_room() {
    let world = World::with(|it| it.sessions.max_per_user = 2).await;
    let first = world.registered(ANNA).await;
    world.pass(Span::minutes(2)).await;
    let mut second = world.stranger();
    second.login(ANNA).await.ok();
    world.pass(Span::minutes(2)).await;
    // The first is older, but not idle any more.
    first.profile().await.ok();
    world.pass(Span::minutes(2)).await;
    let mut third = world.stranger();
    third.login(ANNA).await.ok();
    second.profile().await.refused("session_ended");
    second.refresh().await.refused("session_ended");
    first.profile().await.ok();
    assert_eq!(third.sessions().await.len(), 2);
    let events = world.audit(&first).await;
    assert!(events.contains(&("session.replaced".into(), "success".into())), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_yesterdays_parameters_is_replaced_at_the_next_sign_in() {
    let mut world = World::start().await;
    let anna = world.registered(ANNA).await;
    let hash = async |world: &World| {
        let id = anna.user_id();
        let unit = async move |db| store::users::by_id(&db, id).await;
        world.store().get(unit).await.unwrap().unwrap().password_hash.unwrap()
    };
    assert!(hash(&world).await.contains("m=64,t=1,p=1"));
    world.restart(|it| it.passwords.iterations = 2).await;
    login(&world, "email", ANNA, "Wr0ng&Quiet-River").await.refused("invalid_credentials");
    assert!(hash(&world).await.contains("m=64,t=1,p=1"));
    login(&world, "email", ANNA, PASSWORD).await.ok();
    let upgraded = hash(&world).await;
    assert!(upgraded.contains("m=64,t=2,p=1"), "{upgraded}");
    login(&world, "email", ANNA, PASSWORD).await.ok();
    assert_eq!(hash(&world).await, upgraded);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_failed_sign_ins_count_against_the_limit() {
    let world = World::with(|it| {
        it.limits.enabled = true;
        it.limits.login = domain::access::limit::Rate::new(3, Span::hours(1));
    })
    .await;
    world.registered(ANNA).await;
    for _ in 0..5 {
        login(&world, "email", ANNA, PASSWORD).await.ok();
    }
    for _ in 0..3 {
        login(&world, "email", ANNA, "Wr0ng&Quiet-River").await.refused("invalid_credentials");
    }
    let limited = login(&world, "email", ANNA, PASSWORD).await;
    assert_eq!(limited.headers["retry-after"], "1200");
    assert_eq!(limited.headers["ratelimit-policy"], "\"login\";q=3;w=3600");
    limited.refused("rate_limited");
    world.pass(Span::minutes(20)).await;
    login(&world, "email", ANNA, PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_cost_what_those_of_accounts_cost() {
    let mut world = World::start().await;
    world.registered("anna@example.com").await;
    world.restart(|it| it.passwords.memory_kib = 128).await;
    let costs = async |world: &World, memory: &str| {
        let found = async || world.app().dummy_hash(&[7; 32]).contains(memory).then_some(());
        eventually("the survey", found).await;
    };
    // Anna's hash has the old parameters.
    costs(&world, "$m=64,").await;
    world.stranger().login("anna@example.com").await.ok();
    world.stranger().login("nobody@example.com").await.refused("invalid_credentials");
    world.restart(|_| {}).await;
    costs(&world, "$m=128,").await;
    // The start reads the counts, and not the accounts.
    let other = "UPDATE hash_kinds SET kind = '$argon2id$v=19$m=96,t=1,p=1' WHERE accounts > 0";
    let unit = async move |db: Db| db.execute(other, args![]).await;
    world.store().put(unit).await.unwrap();
    world.restart(|_| {}).await;
    costs(&world, "$m=96,").await;
}
