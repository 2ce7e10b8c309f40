//! Verifying an email address: by the link in a mail, once, and without revealing accounts.

use domain::Span;
use http::Method;
use serde_json::json;

use crate::world::{Answer, MEMBER, Person, World, access};

const ANNA: &str = "anna@example.com";
const LINK: &str = "/verify-email?token=";

access! {
    POST "/api/v1/auth/email/resend" [200, 200, 200, 200], body = |_| json!({ "email": MEMBER });
    POST "/api/v1/auth/email/verify" | "/api/v1/auth/verify-email" [400, 400, 400, 400],
        body = |_| json!({ "token": "none" });
}

async fn verify(world: &World, token: &str) -> Answer {
    world.stranger().post("/api/v1/auth/email/verify", json!({ "token": token })).await
}

async fn resend(world: &World, email: &str) -> Answer {
    world.stranger().post("/api/v1/auth/email/resend", json!({ "email": email })).await
}

async fn is_verified(person: &Person) -> bool {
    person.profile().await.ok()["email_verified"].as_bool().unwrap()
}

/// The number of mails to an address whose subject starts like this.
async fn count(world: &World, email: &str, subject: &str) -> usize {
    let letters = world.mails(email).await;
    letters.iter().filter(|it| it["subject"].as_str().unwrap().starts_with(subject)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_the_mail_verifies_once() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    assert!(!is_verified(&anna).await);
    let token = world.token(ANNA, LINK).await;
    assert!(verify(&world, &format!(" {token} ")).await.ok()["message"].is_string());
    assert!(is_verified(&anna).await);
    verify(&world, &token).await.refused("invalid_token");
    assert_eq!(anna.refresh().await.ok()["user"]["email_verified"], true);
    assert!(crate::world::claims(anna.access()).email_verified);
    let events = world.audit(&anna).await;
    assert!(events.contains(&("email.verified".into(), "success".into())), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_verified_is_welcomed_once() {
    let world = World::start().await;
    world.verified(ANNA).await;
    assert_eq!(count(&world, ANNA, "Welcome").await, 1);
    assert_eq!(count(&world, ANNA, "Confirm your email address").await, 1);
    resend(&world, ANNA).await.ok();
    assert_eq!(world.mails(ANNA).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_for_a_day() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    let (annas, berts) =
        (world.token(ANNA, LINK).await, world.token("bert@example.com", LINK).await);
    world.pass(Span::seconds(24 * 60 * 60 - 1)).await;
    verify(&world, &annas).await.ok();
    world.pass(Span::seconds(1)).await;
    verify(&world, &berts).await.refused("invalid_token");
    let mut bert = bert;
    bert.login("bert@example.com").await.ok();
    assert!(!is_verified(&bert).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_mailed_verifies_nobody() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = world.token(ANNA, LINK).await;
    let junk = [
        "x".into(),
        "A".repeat(43),
        token.chars().rev().collect(),
        token[..42].to_owned(),
        format!("{token}A"),
        "ü".repeat(30),
        anna.refresh_token(),
        anna.access().to_owned(),
        anna.user_id().to_string(),
    ];
    for token in &junk {
        verify(&world, token).await.refused("invalid_token");
    }
    verify(&world, "").await.invalid(&[("token", "required")]);
    verify(&world, "  ").await.invalid(&[("token", "required")]);
    assert!(!is_verified(&anna).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_link_voids_the_older() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let old = world.token(ANNA, LINK).await;
    resend(&world, "ANNA@example.com").await.ok();
    let new = world.token(ANNA, LINK).await;
    assert_ne!(old, new);
    verify(&world, &old).await.refused("invalid_token");
    assert!(!is_verified(&anna).await);
    verify(&world, &new).await.ok();
    assert!(is_verified(&anna).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_not_verified() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = world.token(ANNA, LINK).await;
    world.disable(&anna).await;
    verify(&world, &token).await.refused("invalid_token");
    resend(&world, ANNA).await.ok();
    assert_eq!(world.mails(ANNA).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_another_mail_tells_nothing() {
    let world = World::quiet(|_| {}).await;
    world.registered("unverified@example.com").await;
    world.verified("verified@example.com").await;
    let gone = world.registered("gone@example.com").await;
    world.disable(&gone).await;
    let expected = resend(&world, "unverified@example.com").await;
    let cost = world.cost(async || drop(resend(&world, "unverified@example.com").await)).await;
    for email in ["verified@example.com", "gone@example.com", "nobody@example.com"] {
        let answer = resend(&world, email).await;
        assert_eq!((answer.status, &answer.text), (200, &expected.text), "{email}");
        assert_eq!(world.cost(async || drop(resend(&world, email).await)).await, cost, "{email}");
    }
    assert!(world.mails("nobody@example.com").await.is_empty());
    resend(&world, "no address").await.invalid(&[("email", "invalid")]);
    resend(&world, "").await.invalid(&[("email", "required")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limit_of_an_address_nothing_is_sent_and_nobody_is_told() {
    let world = World::with(|it| it.limits.enabled = true).await;
    world.registered(ANNA).await;
    for _ in 0..5 {
        // A mail whose link the next request revokes before it is sent is not sent.
        world.settle().await;
        resend(&world, ANNA).await.ok();
    }
    resend(&world, ANNA).await.refused("rate_limited");
    assert_eq!(count(&world, ANNA, "Confirm your email address").await, 1 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_the_link_changes_nothing_and_the_button_does() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = world.token(ANNA, LINK).await;
    let path = format!("{LINK}{token}");
    let mut browser = world.browser();
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.text.contains(&token));
    let head = anna.send(anna.request(Method::HEAD, &path)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(!is_verified(&anna).await);

    let csrf = browser.cookies["csrftoken"].clone();
    assert!(page.text.contains(&csrf));
    let fields = [("token", token.as_str()), ("csrf_token", &csrf)];
    let done = browser.submit("/verify-email", &fields).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(is_verified(&anna).await);
    let again = browser.submit("/verify-email", &fields).await;
    assert_eq!(again.status, 400);
    assert!(again.text.contains("This link is not valid or has been used."), "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_prove_where_it_came_from_is_refused() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = world.token(ANNA, LINK).await;
    let mut browser = world.browser();
    browser.get(&format!("{LINK}{token}")).await;
    let csrf = browser.cookies["csrftoken"].clone();
    let other = "A".repeat(43);
    for given in [None, Some(""), Some(other.as_str()), Some(&csrf[1..])] {
        let mut fields = vec![("token", token.as_str())];
        fields.extend(given.map(|it| ("csrf_token", it)));
        browser.submit("/verify-email", &fields).await.refused("csrf_failed");
    }
    browser.cookies.clear();
    let fields = [("token", token.as_str()), ("csrf_token", &csrf)];
    browser.submit("/verify-email", &fields).await.refused("csrf_failed");
    assert!(!is_verified(&anna).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_any_token_as_text() {
    let world = World::start().await;
    let path = format!("{LINK}%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    let page = world.stranger().get(&path).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script>"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_name_of_the_path_verifies_too() {
    let world = World::start().await;
    for (email, path) in [
        (ANNA, "/api/v1/auth/verify-email"),
        ("bert@example.com", "/api/v1/auth/verify-email/"),
        ("carl@example.com", "/api/v1/auth/email/verify/"),
    ] {
        let person = world.registered(email).await;
        let token = world.token(email, LINK).await;
        let nobody = world.stranger();
        nobody.send(nobody.form(path, &[("token", &token)])).await.ok();
        assert!(is_verified(&person).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_can_lead_to_a_frontend_of_the_operators_own() {
    let template = "https://app.example.com/confirm/{token}?from=mail";
    let world = World::with(|it| it.links.verify_email_url = template.into()).await;
    world.registered(ANNA).await;
    let token = world.token(ANNA, "https://app.example.com/confirm/").await;
    let link = template.replace("{token}", &token);
    let letters = world.mails(ANNA).await;
    assert!(letters[0]["text"].as_str().unwrap().contains(&link));
    assert!(letters[0]["html"].as_str().unwrap().contains(&token));
    verify(&world, &token).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_built_from_the_public_address_and_never_from_the_host() {
    let world = World::with(|it| {
        it.server.public_url = "https://auth.example.com/".into();
        it.server.allowed_hosts = vec!["internal.example".into()];
    })
    .await;
    let nobody = world.stranger();
    let request = nobody.request(Method::POST, "/api/v1/auth/register");
    let body = crate::world::registration(ANNA);
    nobody.send(request.header("host", "internal.example").json(&body)).await.created();
    let token = world.token(ANNA, "https://auth.example.com/verify-email?token=").await;
    verify(&world, &token).await.ok();
}
