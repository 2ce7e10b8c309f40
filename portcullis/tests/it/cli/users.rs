//! `portcullis users` beside a running server, which notices the changes.

use serde_json::json;

use crate::{
    fakes::smtp::SmtpServer,
    world::{PASSWORD, Person, Place, eventually},
};

const ANNA: &str = "anna@example.com";

async fn registered(person: Person) -> Person {
    let mut person = person;
    person.register(ANNA).await.created();
    person
}

/// Waits until the server knows that a session has ended.
async fn signed_out(person: &Person, code: &str) {
    let refused = async || {
        let answer = person.profile().await;
        (answer.status == 401).then(|| answer.json["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(eventually("the session to be over", refused).await, code);
}

/// The token in a mail's link.
fn token(mail: &str) -> String {
    let text = mail.replace("=\n", "").replace("=3D", "=");
    let rest = text.split("/reset-password?token=").nth(1).unwrap_or_else(|| panic!("{text}"));
    rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_".contains(*it)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_disabled_is_out_at_once_and_comes_back_when_enabled() {
    let place = Place::new().await;
    let program = place.start().await;
    let mut anna = registered(program.stranger()).await;
    // The server has checked this token and caches the result.
    anna.profile().await.ok();
    let disabled = place.run(&["users", "disable", "Anna@Example.com", "--json"]).await.json();
    assert_eq!(disabled["id"], json!(anna.user_id()));
    assert_eq!(disabled["changed"], true);
    signed_out(&anna, "session_ended").await;
    anna.refresh_with(&anna.refresh_token()).await.refused("session_ended");
    anna.login(ANNA).await.refused("invalid_credentials");
    let again = place.run(&["users", "disable", ANNA]).await;
    assert!(again.ok().contains("disabled already"), "{again:?}");

    let id = anna.user_id().to_string();
    assert!(place.run(&["users", "enable", &id]).await.ok().contains("enabled"));
    anna.refresh_with(&anna.refresh_token()).await.refused("session_ended");
    let let_in = async || {
        let answer = anna.login(ANNA).await;
        (answer.status == 200).then_some(())
    };
    eventually("the account to be let in", let_in).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_of_somebody_end() {
    let place = Place::new().await;
    let program = place.start().await;
    let phone = registered(program.stranger()).await;
    let mut laptop = program.stranger();
    laptop.login(ANNA).await.ok();
    for person in [&phone, &laptop] {
        person.profile().await.ok();
    }
    let ended = place.run(&["users", "end-sessions", ANNA]).await;
    assert!(ended.ok().contains("2 sessions ended"), "{ended:?}");
    for person in [&phone, &laptop] {
        signed_out(person, "session_ended").await;
    }
    laptop.login(ANNA).await.ok();
    laptop.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_made_without_a_password_chooses_it_by_mail() {
    let mail = SmtpServer::start().await;
    let url = format!("{}?tls=none", mail.url());
    let place = Place::new().await.with("PORTCULLIS_EMAIL__URL", url);
    let program = place.start().await;
    let arguments = ["users", "create", ANNA, "--username", "anna", "--first-name", "Anna"];
    let made = place.run(&arguments).await;
    assert!(made.ok().contains("a mail is on its way"), "{made:?}");
    let arrived = async |count: usize| {
        let arrived = async || mail.received().get(count - 1).map(|it| it.data.clone());
        eventually("the mail", arrived).await
    };
    arrived(1).await;
    // The first one got lost.
    place.run(&["users", "send-reset", "anna"]).await.ok();
    let token = token(&arrived(2).await);
    let body = json!({ "token": token, "new_password": PASSWORD });
    program.stranger().post("/api/v1/auth/password/reset/confirm", body).await.ok();
    let mut anna = program.stranger();
    anna.login(ANNA).await.ok();
    assert_eq!(anna.profile().await.ok()["email_verified"], true);
    place.run(&arguments).await.failed(&["error: email: ", "already exists"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_a_file_and_obeys_the_rules() {
    let place = Place::new().await;
    let program = place.start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let file = file.to_str().unwrap();
    let create = ["users", "create", ANNA, "--verified", "--password-file", file];
    place.run(&create).await.failed(&[file]);
    std::fs::write(file, "short\n").unwrap();
    place.run(&create).await.failed(&["error: password: "]);
    std::fs::write(file, format!("{PASSWORD}\n")).unwrap();
    let made = place.run(&create).await;
    assert!(!format!("{made:?}").contains(PASSWORD) && !made.ok().contains("mail"), "{made:?}");
    let mut anna = program.stranger();
    anna.login(ANNA).await.ok();
    assert_eq!(anna.profile().await.ok()["email_verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_shown_and_verified() {
    let place = Place::new().await;
    let program = place.start().await;
    let anna = registered(program.stranger()).await;
    assert_eq!(anna.profile().await.ok()["email_verified"], false);
    let shown = place.run(&["users", "show", ANNA, "--json"]).await.json();
    assert_eq!(shown["id"], json!(anna.user_id()));
    assert_eq!(shown["has_password"], true);
    assert_eq!(shown["email_verified_at"], json!(null));
    assert_eq!(shown["sessions"].as_array().unwrap().len(), 1);
    let text = place.run(&["users", "show", ANNA]).await;
    assert!(text.ok().contains("email_verified_at  -\n"), "{text:?}");
    assert!(!text.out.contains("argon2"), "{text:?}");

    assert!(place.run(&["users", "verify", ANNA]).await.ok().contains("verified"));
    let verified = async || (anna.profile().await.json["email_verified"] == true).then_some(());
    eventually("the server to hear of it", verified).await;
    assert!(place.run(&["users", "verify", ANNA]).await.ok().contains("verified already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_with_a_hint_and_an_old_schema_too() {
    let place = Place::new().await;
    place.run(&["users", "show", ANNA]).await.failed(&["0001_", "hint: run: portcullis migrate"]);
    place.run(&["migrate"]).await.ok();
    let actions = ["show", "disable", "enable", "unlock", "verify", "end-sessions", "send-reset"];
    for action in actions {
        let told = ["error: there is no user \"anna@example.com\"", "hint: give an id"];
        place.run(&["users", action, ANNA]).await.failed(&told);
    }
}
