//! `privacy.enumeration = "strict"`: until an address is verified, registering it reveals to nobody
//! whether it had an account before.

use app::account::users::NewUser;
use domain::settings::{Enumeration, Settings};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, Person, World, at_once, merged, registration};

const KNOWN: &str = "known@example.com";
const NEW: &str = "new@example.com";
const REGISTER: &str = "/api/v1/auth/register";
const WRONG: &str = "Wr0ng&Quiet-River";

fn strict(settings: &mut Settings) {
    settings.privacy.enumeration = Enumeration::Strict;
}

async fn register(world: &World, email: &str, other: Value) -> Answer {
    world.stranger().post(REGISTER, merged(registration(email), other)).await
}

async fn login(world: &World, field: &str, name: &str, password: &str) -> Answer {
    let body = json!({ field: name, "password": password });
    world.stranger().post("/api/v1/auth/login", body).await
}

async fn prove(world: &World, email: &str) {
    let token = world.token(email, "/verify-email?token=").await;
    world.stranger().post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
}

/// A user who has registered, verified the address and signed in.
async fn proved(world: &World, email: &str, other: Value) -> Person {
    assert_eq!(register(world, email, other).await.status, 202);
    prove(world, email).await;
    let mut person = world.stranger();
    person.login(email).await.ok();
    person
}

fn without_instance(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json.clone();
    body.as_object_mut().unwrap().remove("instance");
    (answer.status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_does_not_tell_whether_the_registration_made_an_account() {
    let world = World::with(strict).await;
    proved(&world, KNOWN, json!({})).await;
    let own = json!({ "password": WRONG, "username": "first" });
    register(&world, KNOWN, own).await;
    register(&world, NEW, json!({ "password": WRONG, "username": "second" })).await;
    let known = login(&world, "email", KNOWN, WRONG).await;
    known.clone().refused("invalid_credentials");
    for (field, name) in [("email", NEW), ("username", "first"), ("username", "second")] {
        let other = login(&world, field, name, WRONG).await;
        assert_eq!(without_instance(&other), without_instance(&known), "{name}");
        assert!(other.headers.keys().eq(known.headers.keys()), "{name}");
    }
    for name in [KNOWN, NEW, "first", "second"] {
        let body = json!({ "username": name, "password": WRONG });
        world.stranger().post("/api/token", body).await.refused("no_active_account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_costs_the_same_and_locks_the_same() {
    let world = World::quiet(strict).await;
    proved(&world, KNOWN, json!({})).await;
    for email in [KNOWN, NEW] {
        register(&world, email, json!({ "password": WRONG })).await;
    }
    let cost =
        async |name| world.cost(async || drop(login(&world, "email", name, WRONG).await)).await;
    let known = cost(KNOWN).await;
    assert_eq!(known.0, 1);
    assert_eq!(cost(NEW).await, known);
    for name in [KNOWN, NEW] {
        for _ in 3..5 {
            login(&world, "email", name, WRONG).await.refused("invalid_credentials");
        }
        login(&world, "email", name, WRONG).await.refused("account_locked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proves_the_address_signs_in_with_either_name() {
    let world = World::with(strict).await;
    proved(&world, NEW, json!({ "username": "anna" })).await;
    login(&world, "username", "anna", PASSWORD).await.ok();
    register(&world, "bert@example.com", json!({ "username": "anna" }))
        .await
        .invalid(&[("username", "username_taken")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_proves_the_address_too() {
    let world = World::with(strict).await;
    register(&world, NEW, json!({})).await;
    let asked = json!({ "email": NEW });
    world.stranger().post("/api/v1/auth/password/reset", asked).await.ok();
    let token = world.token(NEW, "/reset-password?token=").await;
    let confirm = json!({ "token": token, "new_password": "Her0wn&Quiet-River" });
    world.stranger().post("/api/v1/auth/password/reset/confirm", confirm).await.ok();
    login(&world, "email", NEW, "Her0wn&Quiet-River").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_beside_an_unproved_address_is_nobodys() {
    let world = World::with(strict).await;
    proved(&world, KNOWN, json!({})).await;
    let eve = proved(&world, "eve@example.com", json!({})).await;
    // Nothing later reveals whether a request was about a known or a new address.
    for (number, email) in [KNOWN, NEW].into_iter().enumerate() {
        let username = format!("wanted{number}");
        register(&world, email, json!({ "username": username })).await;
        let other = format!("other{number}@example.com");
        assert_eq!(register(&world, &other, json!({ "username": username })).await.status, 202);
        let renamed = eve.patch("/api/v1/auth/profile", json!({ "username": username })).await;
        assert_eq!(renamed.ok()["username"], username.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_was_asked_for_before_is_lost_to_known_and_new_alike() {
    let world = World::with(strict).await;
    proved(&world, KNOWN, json!({})).await;
    for (number, email) in [KNOWN, NEW].into_iter().enumerate() {
        let username = format!("wanted{number}");
        let own = format!("eve{number}@example.com");
        register(&world, &own, json!({ "username": username })).await;
        register(&world, email, json!({ "username": username })).await;
        prove(&world, &own).await;
        let mut eve = world.stranger();
        eve.login(&own).await.ok();
        assert_eq!(eve.profile().await.ok()["username"], Value::Null, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proved_address_keeps_its_username() {
    let world = World::with(strict).await;
    let anna = proved(&world, KNOWN, json!({ "username": "anna" })).await;
    let taken = [("username", "username_taken")];
    for email in [KNOWN, NEW] {
        register(&world, email, json!({ "username": "anna" })).await.invalid(&taken);
    }
    let eve = proved(&world, "eve@example.com", json!({})).await;
    eve.patch("/api/v1/auth/profile", json!({ "username": "anna" })).await.invalid(&taken);
    assert_eq!(anna.profile().await.ok()["username"], "anna");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gives_away_a_username_that_is_nobodys_and_no_other() {
    let mut world = World::with(|it| it.tokens.issuer = "https://id.example.com".into()).await;
    let mut early = world.stranger();
    early.register_as(merged(registration(NEW), json!({ "username": "wanted" }))).await.created();
    world.restart(strict).await;
    proved(&world, KNOWN, json!({ "username": "anna" })).await;
    let create = async |email: &str, username: &str| {
        let (email, username) = (email.to_owned(), Some(username.to_owned()));
        let new = NewUser { email, username, email_verified: true, ..NewUser::default() };
        world.create_user(new).await.map_err(|it| it.problem())
    };
    let early = early.at(world.url(""));
    create(KNOWN, "wanted").await.unwrap_err();
    assert_eq!(early.profile().await.ok()["username"], "wanted", "it was not given away");
    let refused = create("bert@example.com", "anna").await.unwrap_err();
    let fields: Vec<_> = refused.errors.iter().map(|(name, it)| (name, it[0].code)).collect();
    assert_eq!(fields, [("username", "username_taken")]);
    let user = create("bert@example.com", "wanted").await.unwrap();
    assert_eq!(user.username.as_deref(), Some("wanted"));
    assert_eq!(early.profile().await.ok()["username"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_want_one_username_at_once_are_told_nothing() {
    let world = World::with(strict).await;
    let eve = proved(&world, "eve@example.com", json!({})).await;
    let statuses = at_once(20, |number| {
        let nobody = world.stranger();
        async move {
            let email = format!("anna{number}@example.com");
            let body = merged(registration(&email), json!({ "username": "anna" }));
            nobody.post(REGISTER, body).await.status
        }
    })
    .await;
    assert_eq!(statuses, [202; 20]);
    let renamed = eve.patch("/api/v1/auth/profile", json!({ "username": "anna" })).await.ok();
    assert_eq!(renamed["username"], "anna");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_other_fields_is_told_for_known_and_new_alike() {
    let world = World::with(strict).await;
    proved(&world, KNOWN, json!({})).await;
    for email in [KNOWN, NEW] {
        let nobody = world.stranger();
        let send = async |body: Value| {
            let request = nobody.request(Method::POST, REGISTER).json(&body);
            nobody.send(request.header("idempotency-key", email)).await
        };
        for _ in 0..2 {
            assert_eq!(send(registration(email)).await.status, 202, "{email}");
        }
        let other = merged(registration(email), json!({ "first_name": "Berta" }));
        send(other).await.refused("idempotency_key_reused");
        let repeated = world.mails(email).await;
        let repeated = repeated.iter().filter(|it| it["subject"].to_string().contains("already"));
        assert_eq!(repeated.count(), usize::from(email == KNOWN), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_has_deleted_the_account_hears_of_it_and_nobody_else_does() {
    let world = World::with(strict).await;
    let known = proved(&world, KNOWN, json!({})).await;
    let password = json!({ "password": PASSWORD });
    known.post("/api/v1/auth/delete-account", password).await.ok();
    let new = register(&world, NEW, json!({})).await;
    let again = register(&world, KNOWN, json!({})).await;
    assert_eq!((new.status, &new.text), (again.status, &again.text));
    let letters = world.mails(KNOWN).await;
    let subject = letters[0]["subject"].as_str().unwrap();
    assert!(subject.starts_with("You already have"), "{subject}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unproved_account_from_before_answers_as_nobody_too() {
    let issuer = |it: &mut Settings| it.tokens.issuer = "https://id.example.com".into();
    let mut world = World::with(issuer).await;
    let anna = world.registered(NEW).await;
    let deleted = world.registered("deleted@example.com").await;
    let password = json!({ "password": PASSWORD });
    deleted.post("/api/v1/auth/delete-account", password).await.ok();
    world.restart(strict).await;
    login(&world, "email", NEW, PASSWORD).await.refused("invalid_credentials");
    login(&world, "email", "deleted@example.com", PASSWORD).await.refused("invalid_credentials");
    // The session is from before.
    anna.at(world.url("")).profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_link_does_not_tell_whether_another_address_that_was_asked_for_is_known() {
    let world = World::with(strict).await;
    proved(&world, KNOWN, json!({})).await;
    let eve = proved(&world, "eve@example.com", json!({})).await;
    let before = world.mails(KNOWN).await.len();
    let ask = async |new: &str| {
        let body = json!({ "new_email": new, "password": PASSWORD });
        eve.post("/api/v1/auth/email/change", body).await
    };
    let mut answers = Vec::new();
    for target in [KNOWN, NEW] {
        ask("eve@example.org").await.ok();
        let token = world.token("eve@example.org", "/change-email?token=").await;
        let asked = without_instance(&ask(target).await);
        let body = json!({ "token": token });
        let old = eve.post("/api/v1/auth/email/change/confirm", body).await;
        old.clone().refused("invalid_token");
        answers.push((asked, without_instance(&old)));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(world.mails(KNOWN).await.len(), before);
}
