//! How mails address people: by name only at a verified address, and by nothing that reads like a
//! message.

use serde_json::{Value, json};

use crate::{
    fakes::smtp::SmtpServer,
    world::{PASSWORD, World, merged, registration},
};

const ANNA: &str = "anna@example.com";
const NEW: &str = "stranger@example.org";
const FROZEN: &str = "Your account is frozen, call +1 900 555 0100";

/// Asserts that none of these mails contains text that a person entered.
fn assert_nameless(letters: &[Value], names: &[&str]) {
    assert!(!letters.is_empty());
    for letter in letters {
        let text = letter["text"].as_str().unwrap();
        assert!(text.starts_with("Hello,\n"), "{text}");
        for name in names {
            assert!(!letter.to_string().contains(name), "{name} in {letter}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_has_proved_is_called_by_no_name() {
    let world = World::start().await;
    let names = json!({ "first_name": FROZEN, "last_name": "evil.example", "username": "frozen" });
    world.stranger().register_as(merged(registration(ANNA), names)).await.created();
    let asked = json!({ "email": ANNA });
    for path in ["/api/v1/auth/email/resend", "/api/v1/auth/password/reset"] {
        world.settle().await;
        world.stranger().post(path, asked.clone()).await.ok();
    }
    let letters = world.mails(ANNA).await;
    assert_eq!(letters.len(), 3);
    assert_nameless(&letters, &["frozen", "900 555", "evil"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_and_a_former_address_are_called_by_no_name() {
    let world = World::start().await;
    let names = json!({ "first_name": FROZEN, "username": "call-now" });
    let mut eve = world.stranger();
    eve.register_as(merged(registration("frozen.call@example.com"), names)).await.created();
    let token = world.token("frozen.call@example.com", "/verify-email?token=").await;
    eve.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    let change = json!({ "new_email": NEW, "password": PASSWORD });
    eve.post("/api/v1/auth/email/change", change).await.ok();
    let letters = world.mails(NEW).await;
    assert_nameless(&letters, &["frozen", "900 555", "call"]);
    let token = world.token(NEW, "/change-email?token=").await;
    eve.post("/api/v1/auth/email/change/confirm", json!({ "token": token })).await.ok();
    let letters = world.mails("frozen.call@example.com").await;
    assert_nameless(&letters[..1], &["frozen,", "900 555", "call-now"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_proved_the_address_is_called_by_name() {
    let world = World::start().await;
    world.verified(ANNA).await;
    let letters = world.mails(ANNA).await;
    assert!(letters[0]["text"].as_str().unwrap().starts_with("Hello Anna,\n"), "{}", letters[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_brings_no_message_into_a_mail() {
    let server = SmtpServer::start().await;
    let url = format!("{}?tls=none", server.url());
    let world = World::with(|it| it.email.url = url.into()).await;
    let admin = world.admin(ANNA).await;
    let asked = json!({ "email": ANNA });
    for (number, name) in [FROZEN, "evil.example", "evil。example", "a@evil"].iter().enumerate() {
        let rename = json!({ "first_name": name, "last_name": name });
        admin.patch("/api/v1/auth/profile", rename).await.ok();
        world.stranger().post("/api/v1/auth/password/reset", asked.clone()).await.ok();
        world.settle().await;
        let mails = server.received();
        assert_eq!(mails.len(), number + 1);
        let mail = mails.last().unwrap();
        assert!(mail.data.contains("To: anna@example.com\n"), "{}", mail.data);
        assert!(mail.data.contains("Hello,\n"), "{}", mail.data);
    }
    let rename = json!({ "first_name": "Anna", "last_name": "Lindholm" });
    admin.patch("/api/v1/auth/profile", rename).await.ok();
    world.stranger().post("/api/v1/auth/password/reset", asked).await.ok();
    world.settle().await;
    let mail = server.received().pop().unwrap();
    assert!(mail.data.contains("To: \"Anna Lindholm\" <anna@example.com>\n"), "{}", mail.data);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_calls_nobody_by_name_and_names_nobody() {
    let world = World::start().await;
    let admin = world.admin("root@example.com").await;
    admin.patch("/api/v1/auth/profile", json!({ "first_name": FROZEN })).await.ok();
    admin.post("/api/v1/admin/invitations", json!({ "email": NEW })).await.created();
    assert_nameless(&world.mails(NEW).await, &["frozen", "900 555", "Hello stranger"]);
}
