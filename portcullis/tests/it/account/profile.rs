//! A user's own data: reading it, changing it, and what cannot be changed this way.

use domain::Span;
use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Person, World, access, at_once, merged, registration};

const ANNA: &str = "anna@example.com";
const PATH: &str = "/api/v1/auth/profile";

access! {
    GET "/api/v1/auth/profile" | "/api/v1/auth/profile/update" [401, 200, 200, 200];
    PATCH "/api/v1/auth/profile" | "/api/v1/auth/profile/update" [401, 200, 200, 200];
    PUT "/api/v1/auth/profile" | "/api/v1/auth/profile/update" [401, 200, 200, 200];
}

async fn send(person: &Person, method: Method, path: &str, body: &Value) -> Answer {
    person.send(person.request(method, path).json(body)).await
}

async fn patch(person: &Person, body: Value) -> Answer {
    person.patch(PATH, body).await
}

/// Every field, with a value that is not the default.
fn details() -> Value {
    json!({
        "bio": "Rows.\nReads.",
        "website": "https://anna.example",
        "location": "Harbour",
        "country": "Sweden",
        "state": "Skåne",
        "city": "Malmö",
        "address": "Street 1\n211 20 Malmö",
        "birth_date": "1990-02-28",
        "github": "anna",
        "twitter": "@anna",
        "linkedin": "in/anna",
        "company": "Lindholm AB",
        "timezone": "Europe/Stockholm",
        "language": "sv",
        "email_notifications": false,
        "marketing_emails": true,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_changed_and_is_seen_again() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    world.pass(Span::minutes(1)).await;
    let names = json!({
        "first_name": "Ann",
        "last_name": "Lind",
        "username": "Ann.L",
        "phone_number": "+49 30 901820",
    });
    let changed = patch(&anna, merged(names, json!({ "profile": details() }))).await.ok();
    assert_eq!(changed["full_name"], "Ann Lind");
    assert_eq!(changed["username"], "ann.l");
    assert_eq!(changed["phone_number"], "+4930901820");
    assert_eq!(changed["profile"], details());
    assert_eq!(changed["updated_at"], world.clock.now().to_string());
    let mut seen = anna.profile().await.ok();
    assert_eq!(seen, changed);
    seen["username"] = Value::Null;
    let events = world.audit(&anna).await;
    assert_eq!(events[0], ("user.profile_updated".into(), "success".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn details_may_stand_in_the_profile_or_beside_it() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let changed = patch(&anna, details()).await.ok();
    assert_eq!(changed["profile"], details());
    let both = json!({ "city": "Lund", "state": "Halland", "profile": { "city": "Ystad" } });
    let changed = patch(&anna, both).await.ok();
    assert_eq!(changed["profile"]["city"], "Ystad");
    assert_eq!(changed["profile"]["state"], "Halland");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_every_method_and_name_what_is_absent_stays() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    patch(&anna, details()).await.ok();
    let mut number = 0;
    for path in [PATH, "/api/v1/auth/profile/", "/api/v1/auth/profile/update"] {
        for method in [Method::PATCH, Method::PUT] {
            number += 1;
            let body = json!({ "company": format!("Number {number}") });
            let changed = send(&anna, method, path, &body).await.ok();
            assert_eq!(changed["first_name"], "Anna");
            assert_eq!(changed["profile"], merged(details(), body));
        }
        assert_eq!(anna.get(path).await.ok()["email"], ANNA);
    }
    let before = anna.profile().await.ok()["profile"].clone();
    assert_eq!(patch(&anna, json!({})).await.ok()["profile"], before);
    assert_eq!(patch(&anna, json!({ "bio": null })).await.ok()["profile"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_means_none() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let names = json!({ "username": "anna", "phone_number": "+4930901820" });
    anna.register_as(merged(registration(ANNA), names)).await.created();
    patch(&anna, details()).await.ok();
    let body = json!({ "username": "", "phone_number": " ", "birth_date": "", "bio": "" });
    let changed = patch(&anna, body).await.ok();
    for nothing in [&changed["username"], &changed["phone_number"]] {
        assert_eq!(nothing, &Value::Null);
    }
    assert_eq!(changed["profile"]["birth_date"], Value::Null);
    assert_eq!(changed["profile"]["bio"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_values_are_refused_and_change_nothing() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let before = anna.profile().await.ok();
    let (long, longer) = ("x".repeat(101), "x".repeat(2_001));
    let cases = [
        ("username", "an", "invalid_length"),
        ("username", "anna@home", "invalid"),
        ("phone_number", "12", "invalid"),
        ("first_name", "An\tna", "invalid"),
        ("website", "javascript:alert(1)", "invalid"),
        ("website", "anna.example", "invalid"),
        ("website", "https://anna:secret@example.com", "invalid"),
        ("birth_date", "1990-02-30", "invalid"),
        ("birth_date", "28.2.1990", "invalid"),
        ("birth_date", "0001-01-01", "invalid"),
        ("timezone", "Europe Berlin", "invalid"),
        ("timezone", "", "required"),
        ("language", "no language", "invalid"),
        ("email_notifications", "perhaps", "invalid"),
        ("city", &long, "max_length"),
        ("bio", &longer, "max_length"),
        ("bio", "\u{7}", "invalid"),
    ];
    for (field, value, code) in cases {
        let body = json!({ "last_name": "Changed", field: value });
        patch(&anna, body).await.invalid(&[(field, code)]);
    }
    let two =
        json!({ "first_name": "\n\u{1}", "profile": { "birth_date": "never", "city": long } });
    let expected = [("first_name", "invalid"), ("birth_date", "invalid"), ("city", "max_length")];
    patch(&anna, two).await.invalid(&expected);
    assert_eq!(anna.profile().await.ok(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_type_is_named_by_its_field() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let cases = [
        (json!({ "first_name": 1 }), "first_name"),
        (json!({ "bio": ["x"] }), "bio"),
        (json!({ "marketing_emails": 1 }), "marketing_emails"),
        (json!({ "profile": "x" }), "profile"),
        (json!({ "profile": { "bio": {} } }), "profile.bio"),
    ];
    for (body, field) in cases {
        patch(&anna, body).await.invalid(&[(field, "invalid")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ones_own_to_change_is_ignored() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let before = anna.profile().await.ok();
    let body = json!({
        "id": "00000000-0000-7000-8000-000000000000",
        "email": "other@example.com",
        "email_verified": true,
        "phone_verified": true,
        "is_active": false,
        "is_staff": true,
        "is_superuser": true,
        "role": "admin",
        "roles": ["admin"],
        "password": "An0ther&Quiet-Lake",
        "password_hash": "x",
        "created_at": "2000-01-01T00:00:00Z",
        "last_login": "2000-01-01T00:00:00Z",
        "auth_provider": "google",
        "two_factor_enabled": true,
        "app_metadata": { "plan": "gold" },
        "deleted_at": "2000-01-01T00:00:00Z",
        "nonsense": [1, { "deep": true }],
        "profile": { "is_staff": true, "nonsense": 1 },
    });
    let mut after = patch(&anna, body).await.ok();
    after["updated_at"] = before["updated_at"].clone();
    assert_eq!(after, before);
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_is_one_persons() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    patch(&anna, json!({ "username": "captain" })).await.ok();
    patch(&anna, json!({ "username": "CAPTAIN" })).await.ok();
    let taken = [("username", "username_taken")];
    patch(&bert, json!({ "username": "Captain" })).await.invalid(&taken);
    patch(&anna, json!({ "username": "" })).await.ok();
    patch(&bert, json!({ "username": "Captain" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_a_username_at_once_one_gets_it() {
    let world = World::start().await;
    let people = [world.registered(ANNA).await, world.registered("bert@example.com").await];
    for round in 0..5 {
        let answers = at_once(2, |number| {
            let person = people[number].clone();
            async move { patch(&person, json!({ "username": format!("captain{round}") })).await }
        })
        .await;
        let (got, not): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
        assert_eq!((got.len(), not.len()), (1, 1), "{not:?}");
        not[0].clone().invalid(&[("username", "username_taken")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_do_not_undo_each_other() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let fields = ["bio", "city", "state", "company"];
    let answers = at_once(fields.len(), |number| {
        let (anna, field) = (anna.clone(), fields[number]);
        async move { patch(&anna, json!({ field: "changed" })).await }
    })
    .await;
    for answer in answers {
        answer.ok();
    }
    let profile = &anna.profile().await.ok()["profile"];
    for field in fields {
        assert_eq!(profile[field], "changed", "{profile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_phone_number_has_to_be_proved_again() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    patch(&anna, json!({ "phone_number": "+4930901820" })).await.ok();
    world.verify_phone(&anna).await;
    let same = patch(&anna, json!({ "phone_number": "+49 30 901820", "bio": "x" })).await.ok();
    assert_eq!(same["phone_verified"], true);
    let other = patch(&anna, json!({ "phone_number": "+4930901821" })).await.ok();
    assert_eq!(other["phone_verified"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_changes_it_without_signing_in() {
    let world = World::start().await;
    let nobody = world.stranger();
    nobody.profile().await.refused("not_authenticated");
    for method in [Method::PATCH, Method::PUT] {
        send(&nobody, method, PATH, &details()).await.refused("not_authenticated");
    }
}
