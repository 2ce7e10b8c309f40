//! Registration: required fields, the answer, duplicates, and what strangers learn.

use domain::settings::Enumeration;
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, World, access, merged, registration};

const ANNA: &str = "anna@example.com";

access! {
    POST "/api/v1/auth/register" [201, 201, 201, 201],
        body = |it| registration(&format!("new{}@example.com", it.unique));
}

/// Registers with these fields in place of the usual ones.
async fn register(world: &World, changes: Value) -> Answer {
    let body = merged(registration(ANNA), changes);
    world.stranger().post("/api/v1/auth/register", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_makes_an_account_and_signs_in() {
    let world = World::start().await;
    let answer = register(&world, json!({})).await;
    assert_eq!(answer.text.matches("\"user\":").count(), 1, "{}", answer.text);
    assert!(answer.cookie("refresh_token").is_some());
    let made = answer.created();
    assert_eq!(made["user"]["email"], ANNA);
    assert_eq!(made["user_id"], made["user"]["id"]);
    assert_eq!(made["email"], ANNA);
    assert!(made["message"].as_str().unwrap().contains("confirm"));
    assert!(made["password_strength"]["score"].is_u64());
    assert_eq!(made["access"], made["access_token"]);
    assert!(made["refresh"].is_string());
    assert_eq!(made["token_type"], "Bearer");
    assert_eq!(made["expires_in"], 900);
    assert_eq!(made["user"]["full_name"], "Anna Lindholm");
    assert_eq!(made["user"]["auth_provider"], "email");
    assert_eq!(made["user"]["email_verified"], false);
    assert_eq!(made["user"]["is_staff"], false);
    assert_eq!(made["user"]["roles"], json!([]));
    assert!(made["user"].get("password_hash").is_none());
    let letters = world.mails(ANNA).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0]["subject"].as_str().unwrap().starts_with("Confirm your email address"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auto_login_there_are_no_tokens() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    let answer = register(&world, json!({})).await;
    assert!(answer.cookie("refresh_token").is_none());
    let made = answer.created();
    for token in ["access", "refresh", "access_token", "token_type", "expires_in"] {
        assert!(made.get(token).is_none(), "{made}");
    }
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_by_registering_where_addresses_must_be_verified() {
    let world = World::with(|it| it.registration.require_verified_email = true).await;
    let made = register(&world, json!({})).await.created();
    assert!(made.get("access").is_none() && made.get("refresh").is_none(), "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let world = World::start().await;
    let anna = world.stranger();
    let all = ["email", "password", "first_name", "last_name"].map(|it| (it, "required"));
    anna.post("/api/v1/auth/register", json!({})).await.invalid(&all);
    let absent = anna.request(http::Method::POST, "/api/v1/auth/register");
    anna.send(absent).await.invalid(&all);
    for (field, code) in all {
        register(&world, json!({ field: "" })).await.invalid(&[(field, code)]);
        register(&world, json!({ field: null })).await.invalid(&[(field, code)]);
    }
    register(&world, json!({ "first_name": "  " })).await.invalid(&[("first_name", "required")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_what_is_required() {
    let required = ["username", "phone_number", "terms_accepted", "privacy_policy_accepted"];
    let world = World::with(|it| {
        it.registration.required_fields = required.map(str::to_owned).to_vec();
    })
    .await;
    let nameless = json!({ "first_name": "", "last_name": "" });
    register(&world, nameless.clone()).await.invalid(&required.map(|it| (it, "required")));
    let given = json!({
        "username": "anna",
        "phone_number": "+49 30 901820",
        "terms_accepted": true,
        "privacy_policy_accepted": true,
    });
    let given = merged(given, nameless);
    register(&world, merged(given.clone(), json!({ "terms_accepted": false })))
        .await
        .invalid(&[("terms_accepted", "required")]);
    let made = register(&world, given).await.created();
    assert_eq!(made["user"]["username"], "anna");
    assert_eq!(made["user"]["phone_number"], "+4930901820");
    assert_eq!(made["user"]["phone_verified"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_password_has_to_be_the_first_by_any_of_its_names() {
    let world = World::start().await;
    for (number, name) in ["password_confirm", "confirm_password", "password2"].iter().enumerate() {
        register(&world, json!({ *name: "Str0ng&Quiet-Lake" }))
            .await
            .invalid(&[("password_confirm", "password_mismatch")]);
        let email = format!("anna{number}@example.com");
        register(&world, json!({ *name: PASSWORD, "email": email })).await.created();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_passwords_are_refused_with_the_reason() {
    let world = World::start().await;
    let long = "Aa1!".repeat(33);
    let cases = [
        ("S0r-t", "password_too_short"),
        (long.as_str(), "password_too_long"),
        ("lower-case-0nly", "password_no_upper"),
        ("UPPER-CASE-0NLY", "password_no_lower"),
        ("No-Digits-Here", "password_no_digit"),
        ("N0SpecialHere", "password_no_special"),
        ("P@ssw0rd", "password_too_common"),
        ("Lindholm-1", "password_too_similar"),
    ];
    for (password, code) in cases {
        register(&world, json!({ "password": password })).await.invalid(&[("password", code)]);
    }
    let problem = register(&world, json!({ "password": "20250130" })).await;
    let problem = problem.refused("validation_error");
    let codes = problem["errors"]["password"].as_array().unwrap().iter().map(|it| &it["code"]);
    assert!(codes.clone().any(|it| it == "password_entirely_numeric"), "{problem}");
    assert_eq!(problem["password"].as_array().unwrap().len(), codes.count());
    assert!(!problem.to_string().contains("20250130"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    let world = World::start().await;
    let cases = [
        ("email", "anna", "invalid"),
        ("email", "anna@localhost", "invalid"),
        ("email", "Anna <anna@example.com>", "invalid"),
        ("email", "anna@example.com\r\nBcc: x@example.com", "invalid"),
        ("username", "anna@home", "invalid"),
        ("username", "an", "invalid_length"),
        ("phone_number", "030 901820", "invalid"),
        ("phone_number", "call me", "invalid"),
        ("first_name", "An\nna", "invalid"),
        ("terms_accepted", "maybe", "invalid"),
    ];
    for (field, value, code) in cases {
        register(&world, json!({ field: value })).await.invalid(&[(field, code)]);
    }
    let name = "a".repeat(151);
    register(&world, json!({ "last_name": name })).await.invalid(&[("last_name", "max_length")]);
    register(&world, json!({ "username": name })).await.invalid(&[("username", "invalid_length")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_one_whatever_their_case_and_spaces() {
    let world = World::start().await;
    let made = register(&world, json!({ "email": "  Anna@EXAMPLE.com " })).await.created();
    assert_eq!(made["email"], ANNA);
    for again in [ANNA, "ANNA@example.com", " anna@example.COM"] {
        register(&world, json!({ "email": again })).await.invalid(&[("email", "email_taken")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gmail_box_has_one_account() {
    let world = World::start().await;
    let made = register(&world, json!({ "email": "an.na+shop@gmail.com" })).await.created();
    assert_eq!(made["email"], "an.na+shop@gmail.com");
    for again in ["anna@gmail.com", "a.n.n.a@googlemail.com", "Anna+x@Gmail.com"] {
        register(&world, json!({ "email": again })).await.invalid(&[("email", "email_taken")]);
    }
    register(&world, json!({ "email": "anna@example.com" })).await.created();
    register(&world, json!({ "email": "anna+x@example.com" })).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_has_one_account_and_a_phone_number_may_have_several() {
    let world = World::start().await;
    let taken = json!({ "username": "Anna.L", "phone_number": "+4930901820" });
    register(&world, taken).await.created();
    for again in ["anna.l", "ANNA.L", "ａｎｎａ.l"] {
        register(&world, json!({ "username": again, "email": "other@example.com" }))
            .await
            .invalid(&[("username", "username_taken")]);
    }
    // The number is not verified, so it belongs to no account.
    let same = json!({ "phone_number": "+4930901820", "email": "other@example.com" });
    register(&world, same).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_does_as_well_as_json() {
    let world = World::start().await;
    let anna = world.stranger();
    let fields = [
        ("email", ANNA),
        ("password", PASSWORD),
        ("first_name", "Anna & Bo"),
        ("last_name", "Lindholm"),
        ("terms_accepted", "on"),
    ];
    let made = anna.send(anna.form("/api/v1/auth/register/", &fields)).await.created();
    assert_eq!(made["user"]["first_name"], "Anna & Bo");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_cannot_be_registered() {
    let world = World::start().await;
    let greedy = json!({
        "is_staff": true,
        "is_superuser": true,
        "is_active": false,
        "email_verified": true,
        "phone_verified": true,
        "role": "admin",
        "roles": ["admin"],
        "id": "00000000-0000-7000-8000-000000000000",
        "app_metadata": { "plan": "gold" },
        "unknown": 1,
    });
    let user = &register(&world, greedy).await.created()["user"];
    for right in ["is_staff", "is_superuser", "email_verified", "phone_verified"] {
        assert_eq!(user[right], false, "{right}");
    }
    assert_eq!(user["is_active"], true);
    assert_eq!(user["roles"], json!([]));
    assert_ne!(user["id"], "00000000-0000-7000-8000-000000000000");
    assert!(!user.to_string().contains("gold"), "{user}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_registration_leaves_nothing() {
    let world = World::start().await;
    register(&world, json!({ "password": "short" })).await.refused("validation_error");
    assert!(world.mails(ANNA).await.is_empty());
    world.stranger().login(ANNA).await.refused("invalid_credentials");
}

fn strict(settings: &mut domain::settings::Settings) {
    settings.privacy.enumeration = Enumeration::Strict;
}

#[tokio::test(flavor = "multi_thread")]
async fn strictly_known_and_new_addresses_get_the_same_answer() {
    let world = World::with(strict).await;
    let new = register(&world, json!({})).await;
    let known = register(&world, json!({ "email": "ANNA@example.com" })).await;
    assert_eq!((new.status, known.status), (202, 202));
    assert_eq!(new.text, known.text);
    assert!(new.json.get("access").is_none() && new.json.get("user").is_none());
    let names = |it: &Answer| {
        let own = ["x-request-id", "date"];
        let names = it.headers.keys().map(ToString::to_string);
        let mut names: Vec<_> = names.filter(|it| !own.contains(&it.as_str())).collect();
        names.sort();
        names
    };
    assert_eq!(names(&new), names(&known));
    assert!(new.cookie("refresh_token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn strictly_the_owner_hears_of_it_by_mail() {
    let world = World::with(strict).await;
    register(&world, json!({})).await;
    register(&world, json!({ "password": "An0ther&Quiet-Lake" })).await;
    let letters = world.mails(ANNA).await;
    assert_eq!(letters.len(), 2);
    let subjects = letters.iter().map(|it| it["subject"].as_str().unwrap());
    assert_eq!(subjects.filter(|it| it.starts_with("You already have")).count(), 1);
    let token = world.token(ANNA, "/verify-email?token=").await;
    let mut anna = world.stranger();
    anna.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    anna.login(ANNA).await.ok();
    let events = world.audit(&anna).await;
    assert!(events.iter().any(|it| it.0 == "user.registration_repeated"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strictly_known_and_new_addresses_cost_the_same_hashes() {
    let world = World::quiet(strict).await;
    register(&world, json!({})).await;
    let mut number = 0;
    let new = world
        .cost(async || {
            number += 1;
            register(&world, json!({ "email": format!("new{number}@example.com") })).await;
        })
        .await;
    let known = world.cost(async || drop(register(&world, json!({})).await)).await;
    assert_eq!((new.0, known.0), (1, 1));
}

/// Twenty-one characters that a strength estimate can parse in hundreds of ways.
const LOOK_ALIKES: &str = "4@8({[<6931!|71$5+0%2";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_estimated_where_nothing_else_is_wrong() {
    let world = World::start().await;
    let common = json!({ "password": "P@ssw0rd" });
    register(&world, common.clone()).await.invalid(&[("password", "password_too_common")]);
    let wrong = [
        (json!({ "email": "nobody" }), ("email", "invalid")),
        (json!({ "first_name": "" }), ("first_name", "required")),
        (json!({ "password_confirm": "other" }), ("password_confirm", "password_mismatch")),
    ];
    for (change, told) in wrong {
        register(&world, merged(common.clone(), change)).await.invalid(&[told]);
    }
    register(&world, json!({})).await.created();
    register(&world, common).await.invalid(&[("email", "email_taken")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_look_alike_letters_is_strong() {
    let world = World::start().await;
    let password = format!("{}Aa", LOOK_ALIKES.repeat(6));
    let made = register(&world, json!({ "password": password })).await.created();
    assert_eq!(made["password_strength"]["score"], 4);
    let login = json!({ "email": ANNA, "password": password });
    world.stranger().login_as(login).await.ok();
}
