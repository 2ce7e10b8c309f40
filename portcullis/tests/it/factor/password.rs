//! Changing a password, and resetting a forgotten one.

use domain::Span;
use serde_json::json;

use crate::world::{MEMBER, PASSWORD, World, access};

const NEW: &str = "An0ther&Quiet-River";
const RESET: &str = "/reset-password?token=";

access! {
    POST "/api/v1/auth/password/change" | "/api/v1/auth/change-password" [401, 400, 400, 400],
        body = |_| json!({ "old_password": "wrong", "new_password": NEW });
    POST "/api/v1/auth/password/reset" | "/api/v1/auth/forgot-password" [200, 200, 200, 200],
        body = |_| json!({ "email": MEMBER });
    POST "/api/v1/auth/password/reset/confirm" | "/api/v1/auth/reset-password" [400, 400, 400, 400],
        body = |_| json!({ "token": "none", "new_password": NEW });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_ends_every_other_session_and_renews_this_one() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let mut phone = world.stranger();
    phone.login("anna@example.com").await.ok();
    let before = anna.clone();
    let change = json!({ "old_password": PASSWORD, "new_password": NEW });
    anna.change_password(change).await.ok();
    anna.profile().await.ok();
    anna.refresh().await.ok();
    phone.profile().await.refused("session_ended");
    phone.refresh().await.refused("session_ended");
    before.profile().await.refused("token_not_valid");
    before.refresh_with(&before.refresh_token()).await.refused("token_not_valid");
    anna.profile().await.ok();
    world.stranger().login("anna@example.com").await.refused("invalid_credentials");
    let new = json!({ "email": "anna@example.com", "password": NEW });
    world.stranger().login_as(new).await.ok();
    let letters = world.mails("anna@example.com").await;
    assert!(letters.iter().any(|it| it["subject"].as_str().unwrap().contains("has been changed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_the_old_password_and_a_good_new_one() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let change = json!({ "old_password": "wrong", "new_password": NEW });
    anna.change_password(change).await.invalid(&[("old_password", "password_incorrect")]);
    anna.change_password(json!({})).await.invalid(&[("new_password", "required")]);
    let only_new = json!({ "new_password": NEW });
    anna.change_password(only_new).await.invalid(&[("old_password", "required")]);
    let short = json!({ "old_password": PASSWORD, "new_password": "S0-rt" });
    anna.change_password(short).await.invalid(&[("new_password", "password_too_short")]);
    let unlike =
        json!({ "old_password": PASSWORD, "new_password": NEW, "confirm_password": "other" });
    let mismatch = [("new_password_confirm", "password_mismatch")];
    anna.change_password(unlike).await.invalid(&mismatch);
    anna.profile().await.ok();
    world.stranger().login("anna@example.com").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_five_passwords_are_refused() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let passwords: Vec<String> = (0..5).map(|it| format!("{it}-Str0ng&Quiet-River")).collect();
    let mut old = PASSWORD.to_owned();
    for new in &passwords {
        let change = json!({ "old_password": old, "new_password": new });
        anna.change_password(change).await.ok();
        old.clone_from(new);
        world.pass(Span::seconds(1)).await;
    }
    for former in &passwords {
        let change = json!({ "old_password": old, "new_password": former });
        anna.change_password(change).await.invalid(&[("new_password", "password_reused")]);
    }
    let first = json!({ "old_password": old, "new_password": PASSWORD });
    anna.change_password(first).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let nobody = world.stranger();
    nobody.post("/api/v1/auth/password/reset", json!({ "email": "Anna@Example.com" })).await.ok();
    let token = world.token("anna@example.com", RESET).await;
    let confirm = json!({ "token": token, "new_password": NEW });
    let path = "/api/v1/auth/password/reset/confirm";
    let answer = nobody.post(path, confirm.clone()).await;
    assert!(answer.cookie("refresh_token").unwrap().contains("Max-Age=0"));
    answer.ok();
    anna.profile().await.refused("session_ended");
    nobody.post(path, confirm).await.refused("invalid_token");
    let mut again = world.stranger();
    let user = again.login_as(json!({ "email": "anna@example.com", "password": NEW })).await.ok();
    // The mail has reached her, which verifies the address.
    assert_eq!(user["user"]["email_verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_is_good_for_an_hour_and_for_one() {
    let world = World::start().await;
    world.registered("anna@example.com").await;
    let nobody = world.stranger();
    let path = "/api/v1/auth/forgot-password";
    nobody.post(path, json!({ "email": "anna@example.com" })).await.ok();
    let first = world.token("anna@example.com", RESET).await;
    world.pass(Span::minutes(1)).await;
    nobody.post(path, json!({ "email": "anna@example.com" })).await.ok();
    let second = world.token("anna@example.com", RESET).await;
    assert_ne!(first, second);
    let confirm = |token: &str| json!({ "token": token, "new_password": NEW });
    let path = "/api/v1/auth/reset-password";
    nobody.post(path, confirm(&first)).await.refused("invalid_token");
    world.pass(Span::minutes(60)).await;
    nobody.post(path, confirm(&second)).await.refused("invalid_token");
    world.stranger().login("anna@example.com").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_new_password_does_not_spend_the_link() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let nobody = world.stranger();
    let asked = json!({ "email": "anna@example.com" });
    nobody.post("/api/v1/auth/password/reset", asked).await.ok();
    let token = world.token("anna@example.com", RESET).await;
    let path = "/api/v1/auth/password/reset/confirm";
    let weak = json!({ "token": token, "new_password": "weak" });
    nobody.post(path, weak).await.refused("validation_error");
    let same = json!({ "token": token, "new_password": PASSWORD });
    nobody.post(path, same).await.invalid(&[("new_password", "password_reused")]);
    let uid = |id: String| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE};
        URL_SAFE.encode(id)
    };
    let foreign = json!({ "token": token, "uidb64": uid("x".into()), "new_password": NEW });
    nobody.post(path, foreign).await.refused("invalid_token");
    let own = uid(anna.user_id().to_string());
    nobody.post(path, json!({ "token": token, "uidb64": own, "new_password": NEW })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account() {
    let world = World::start().await;
    world.registered("anna@example.com").await;
    world.settle().await;
    let nobody = world.stranger();
    let mut seen = Vec::new();
    for email in ["anna@example.com", "nobody@example.com"] {
        let answer = nobody.post("/api/v1/auth/password/reset", json!({ "email": email })).await;
        seen.push(answer.ok());
    }
    assert_eq!(seen[0], seen[1]);
    assert!(world.mails("nobody@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_present_one_reset_token_set_one_password() {
    let world = World::start().await;
    world.registered("anna@example.com").await;
    let nobody = world.stranger();
    let asked = json!({ "email": "anna@example.com" });
    nobody.post("/api/v1/auth/password/reset", asked).await.ok();
    let token = world.token("anna@example.com", RESET).await;
    let takers = (0..20).map(|it| {
        let (nobody, token) = (nobody.clone(), token.clone());
        async move {
            let new = format!("{it}-Str0ng&Quiet-Lake");
            let body = json!({ "token": token, "new_password": new });
            let answer = nobody.post("/api/v1/auth/password/reset/confirm", body).await;
            (answer.status, new)
        }
    });
    let all = takers.collect::<tokio::task::JoinSet<_>>().join_all().await;
    let winners: Vec<&String> = all.iter().filter(|it| it.0 == 200).map(|it| &it.1).collect();
    assert_eq!(winners.len(), 1, "{all:?}");
    let login = json!({ "email": "anna@example.com", "password": winners[0] });
    world.stranger().login_as(login).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_behind_the_link_asks_for_the_password() {
    let world = World::start().await;
    world.registered("anna@example.com").await;
    let nobody = world.stranger();
    let asked = json!({ "email": "anna@example.com" });
    nobody.post("/api/v1/auth/password/reset", asked).await.ok();
    let token = world.token("anna@example.com", RESET).await;
    let page = nobody.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(page.status, 200);
    let csrf = page.cookie("csrftoken").unwrap();
    let csrf = csrf.split(['=', ';']).nth(1).unwrap().to_owned();
    let form = |password: &str| {
        let fields = [
            ("token", token.as_str()),
            ("csrf_token", csrf.as_str()),
            ("new_password", password),
            ("new_password_confirm", password),
        ];
        let request = nobody.form("/reset-password", &fields);
        nobody.send(request.header("cookie", format!("csrftoken={csrf}")))
    };
    let refused = form("weak").await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains(&token));
    assert_eq!(form(NEW).await.status, 200);
    world.stranger().login_as(json!({ "email": "anna@example.com", "password": NEW })).await.ok();
}
