//! Who may make an account: modes, domains, invitations, consents, metadata, repeated requests.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Span,
    settings::{RegistrationMode, SigningAlgorithm},
};
use serde_json::{Value, json};

use crate::world::{ADMIN, Answer, PASSWORD, Person, World, access, merged, registration};

const REGISTER: &str = "/api/v1/auth/register";
const INVITATIONS: &str = "/api/v1/admin/invitations";

access! {
    GET "/api/v1/admin/invitations" [401, 403, 403, 200];
    POST "/api/v1/admin/invitations" [401, 403, 403, 201],
        body = |it| json!({ "email": format!("invited{}@example.com", it.unique) });
    DELETE "/api/v1/admin/invitations/{id}" [401, 403, 403, 204], id = invitation;
    GET "/api/v1/admin/users/{id}" [401, 403, 403, 200], id = member;
    PATCH "/api/v1/admin/users/{id}" [401, 403, 403, 200], id = member;
}

async fn invitation(world: &World) -> String {
    let made = invite(&world.signed_in(ADMIN).await, "invited@example.com").await;
    made["id"].as_str().unwrap().to_owned()
}

async fn member(world: &World) -> String {
    world.member().await.user_id().to_string()
}

async fn invite_only() -> World {
    World::with(|it| it.registration.mode = RegistrationMode::Invite).await
}

async fn invite(operator: &Person, email: &str) -> Value {
    operator.post(INVITATIONS, json!({ "email": email })).await.created()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_where_registration_is_closed() {
    let world = World::with(|it| it.registration.mode = RegistrationMode::Closed).await;
    world.stranger().register("anna@example.com").await.refused("registration_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_registers_and_the_address_is_proved() {
    let world = invite_only().await;
    let operator = world.admin("root@example.com").await;
    world.stranger().register("bert@example.com").await.refused("invitation_required");
    let invitation = invite(&operator, "bert@example.com").await;
    assert_eq!(invitation["status"], "pending");
    let token = world.token("bert@example.com", "/accept-invitation?token=").await;
    let other = merged(registration("x@example.com"), json!({ "invitation_token": token }));
    let mismatch = [("email", "invitation_mismatch")];
    world.stranger().register_as(other).await.invalid(&mismatch);
    let mut bert = world.stranger();
    let mut own = merged(registration("bert@example.com"), json!({ "invitation_token": token }));
    own.as_object_mut().unwrap().remove("email");
    let made = bert.register_as(own.clone()).await.created();
    assert_eq!(made["user"]["email"], "bert@example.com");
    assert_eq!(made["user"]["email_verified"], true);
    world.stranger().register_as(own).await.refused("invitation_required");
    let list = operator.get(INVITATIONS).await.ok();
    assert_eq!(list["results"][0]["status"], "accepted");
    let subjects = world.mails("bert@example.com").await;
    assert!(subjects[0]["subject"].as_str().unwrap().starts_with("Welcome"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_can_be_replaced_taken_back_and_too_old() {
    let world = invite_only().await;
    let operator = world.admin("root@example.com").await;
    let register = async |token: &str| {
        let body = merged(registration("bert@example.com"), json!({ "invitation_token": token }));
        world.stranger().register_as(body).await
    };
    invite(&operator, "bert@example.com").await;
    let first = world.token("bert@example.com", "/accept-invitation?token=").await;
    world.pass(Span::seconds(1)).await;
    let second = invite(&operator, "bert@example.com").await;
    register(&first).await.refused("invitation_required");
    let token = world.token("bert@example.com", "/accept-invitation?token=").await;
    let path = format!("{INVITATIONS}/{}", second["id"].as_str().unwrap());
    assert_eq!(operator.delete(&path).await.status, 204);
    operator.delete(&path).await.refused("not_found");
    register(&token).await.refused("invitation_required");
    world.pass(Span::seconds(1)).await;
    invite(&operator, "bert@example.com").await;
    let token = world.token("bert@example.com", "/accept-invitation?token=").await;
    world.pass(Span::days(7)).await;
    register(&token).await.refused("invitation_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_behind_an_invitation_makes_the_account() {
    let world = invite_only().await;
    let operator = world.admin("root@example.com").await;
    invite(&operator, "bert@example.com").await;
    let token = world.token("bert@example.com", "/accept-invitation?token=").await;
    let nobody = world.stranger();
    let page = nobody.get(&format!("/accept-invitation?token={token}")).await;
    assert!(page.text.contains("name=\"first_name\"") && page.text.contains("name=\"password\""));
    let csrf = page.cookie("csrftoken").unwrap();
    let csrf = csrf.split(['=', ';']).nth(1).unwrap().to_owned();
    let submit = |password: &str| {
        let fields = [
            ("token", token.as_str()),
            ("csrf_token", csrf.as_str()),
            ("first_name", "Bert"),
            ("last_name", "Berg"),
            ("password", password),
        ];
        let form = nobody.form("/accept-invitation", &fields);
        nobody.send(form.header("cookie", format!("csrftoken={csrf}")))
    };
    let weak = submit("weak").await;
    assert!(weak.status == 400 && weak.text.contains("role=\"alert\""), "{}", weak.text);
    assert_eq!(submit(PASSWORD).await.status, 200);
    world.stranger().login("bert@example.com").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_invite() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let body = json!({ "email": "bert@example.com" });
    anna.post(INVITATIONS, body.clone()).await.refused("permission_denied");
    anna.get(INVITATIONS).await.refused("permission_denied");
    world.stranger().post(INVITATIONS, body.clone()).await.refused("not_authenticated");
    let operator = world.admin("root@example.com").await;
    operator.post(INVITATIONS, json!({ "mail": "x" })).await.invalid(&[("mail", "unknown")]);
    let known = json!({ "email": "anna@example.com" });
    operator.post(INVITATIONS, known).await.invalid(&[("email", "email_taken")]);
    for number in 0..25 {
        invite(&operator, &format!("guest{number}@example.com")).await;
    }
    let first = operator.get(INVITATIONS).await.ok();
    assert_eq!(first["results"].as_array().unwrap().len(), 20);
    let next = first["next_cursor"].as_str().unwrap();
    let second = operator.get(&format!("{INVITATIONS}?cursor={next}")).await.ok();
    assert_eq!(second["results"].as_array().unwrap().len(), 5);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_are_allowed_and_blocked() {
    let world = World::with(|it| {
        it.registration.allowed_domains = vec!["example.com".into(), "*.example.com".into()];
        it.registration.blocked_domains = vec!["bad.example.com".into()];
    })
    .await;
    let refused = [("email", "email_domain_not_allowed")];
    world.stranger().register("a@example.org").await.invalid(&refused);
    world.stranger().register("a@bad.example.com").await.invalid(&refused);
    world.stranger().register("a@good.example.com").await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_is_kept_in_its_version() {
    let world = World::with(|it| {
        it.registration.required_fields = vec!["terms_accepted".into()];
        it.registration.terms_version = "2027-01".into();
    })
    .await;
    let mut anna = world.stranger();
    let refused = [("terms_accepted", "required")];
    anna.register("anna@example.com").await.invalid(&refused);
    let agreed = json!({ "terms_accepted": true, "privacy_policy_accepted": true });
    anna.register_as(merged(registration("anna@example.com"), agreed)).await.created();
    let id = anna.user_id();
    let unit = async move |db| store::consents::of_user(&db, id).await;
    let consents = world.store().get(unit).await.unwrap();
    let mut kept: Vec<_> =
        consents.iter().map(|it| (it.document.as_str(), it.version.as_str())).collect();
    kept.sort_unstable();
    assert_eq!(kept, [("privacy_policy", "1"), ("terms", "2027-01")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_merged_bounded_and_carried_by_tokens() {
    let world = World::with(|it| {
        it.registration.metadata_limit = 100;
        it.tokens.metadata_claims = vec!["user.theme".into(), "app.plan".into()];
    })
    .await;
    let mut anna = world.stranger();
    let theirs = json!({ "user_metadata": { "theme": "dark", "beta": true } });
    anna.register_as(merged(registration("anna@example.com"), theirs)).await.created();
    let patch = json!({ "user_metadata": { "beta": null, "lang": "de" } });
    let changed = anna.patch("/api/v1/auth/profile", patch).await.ok();
    assert_eq!(changed["user_metadata"], json!({ "theme": "dark", "lang": "de" }));
    let large = json!({ "user_metadata": { "x": "y".repeat(100) } });
    let refused = [("user_metadata", "too_large")];
    anna.patch("/api/v1/auth/profile", large).await.invalid(&refused);
    let app_metadata = json!({ "app_metadata": { "plan": "gold" } });
    anna.patch("/api/v1/auth/profile", app_metadata.clone()).await.ok();
    let operator = world.admin("root@example.com").await;
    let path = format!("/api/v1/admin/users/{}", anna.user_id());
    assert_eq!(operator.get(&path).await.ok()["app_metadata"], json!({}));
    let managed = operator.patch(&path, app_metadata).await.ok();
    assert_eq!(managed["app_metadata"], json!({ "plan": "gold" }));
    operator.patch(&path, json!({ "is_staff": true })).await.invalid(&[("is_staff", "unknown")]);
    anna.get(&path).await.refused("permission_denied");
    anna.refresh().await.ok();
    let payload = anna.access().split('.').nth(1).unwrap();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["theme"], &claims["plan"]), (&json!("dark"), &json!("gold")));
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_token_is_accepted_and_says_what_fits() {
    let world = World::with(|it| {
        it.tokens.algorithm = SigningAlgorithm::Rs256;
        it.tokens.metadata_claims =
            ["user.notes", "user.theme", "user.icon", "app.plan"].map(str::to_owned).to_vec();
    })
    .await;
    let domain = ["d".repeat(60), "e".repeat(60), "f".repeat(58)].join(".") + ".example";
    let mut anna = world.stranger();
    let longest = json!({
        "first_name": "\u{1f600}".repeat(150),
        "last_name": "\u{1f600}".repeat(150),
        "user_metadata":
            { "notes": "n".repeat(5_000), "theme": "t".repeat(1_000), "icon": "i".repeat(1_000) },
    });
    let email = format!("{}@{domain}", "a".repeat(64));
    anna.register_as(merged(registration(&email), longest)).await.created();
    let operator = world.admin("root@example.com").await;
    let path = format!("/api/v1/admin/users/{}", anna.user_id());
    let plan = json!({ "app_metadata": { "plan": "p".repeat(2_000) } });
    operator.patch(&path, plan).await.ok();
    anna.refresh().await.ok();
    let token = anna.access();
    assert!((6_000..8_000).contains(&token.len()), "{}", token.len());
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["plan"].as_str().map(str::len), Some(2_000));
    assert_eq!(claims["theme"].as_str().map(str::len), Some(1_000));
    assert_eq!((&claims["notes"], &claims["icon"]), (&Value::Null, &Value::Null));
    anna.profile().await.ok();
}

async fn post_with_key(person: &Person, path: &str, key: &str, body: &Value) -> Answer {
    let request = person.request(http::Method::POST, path).json(body);
    person.send(request.header("idempotency-key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_registration_is_answered_without_tokens() {
    let world = World::start().await;
    let nobody = world.stranger();
    let body = registration("anna@example.com");
    let made = post_with_key(&nobody, REGISTER, "key-1", &body).await.created();
    let again = post_with_key(&nobody, REGISTER, "key-1", &body).await;
    assert!(again.cookie("refresh_token").is_none());
    let again = again.created();
    assert_eq!(again["user_id"], made["user_id"]);
    assert_eq!(again["access"], Value::Null);
    let other = registration("bert@example.com");
    post_with_key(&nobody, REGISTER, "key-1", &other).await.refused("idempotency_key_reused");
    post_with_key(&nobody, REGISTER, "key-2", &body).await.invalid(&[("email", "email_taken")]);
    world.pass(Span::hours(24)).await;
    post_with_key(&nobody, REGISTER, "key-1", &other).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_repetitions_at_once_make_one_account_and_one_invitation() {
    let world = World::start().await;
    let operator = world.admin("root@example.com").await;
    let cases = [
        (world.stranger(), REGISTER, registration("anna@example.com"), "user_id"),
        (operator, INVITATIONS, json!({ "email": "bert@example.com" }), "id"),
    ];
    for (person, path, body, id) in cases {
        let takers = (0..20).map(|_| {
            let (person, body) = (person.clone(), body.clone());
            async move { post_with_key(&person, path, "same", &body).await }
        });
        let all = takers.collect::<tokio::task::JoinSet<_>>().join_all().await;
        let mut ids: Vec<String> =
            all.into_iter().map(|it| it.created()[id].as_str().unwrap().to_owned()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(world.mails("bert@example.com").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_enumeration_repeats_nothing() {
    let strict = domain::settings::Enumeration::Strict;
    let world = World::with(|it| it.privacy.enumeration = strict).await;
    let nobody = world.stranger();
    let body = registration("anna@example.com");
    for _ in 0..2 {
        let answer = post_with_key(&nobody, REGISTER, "key-1", &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    let token = world.token("anna@example.com", "/verify-email?token=").await;
    nobody.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    world
        .stranger()
        .login_as(json!({ "email": "anna@example.com", "password": PASSWORD }))
        .await
        .ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_in_a_query_are_numbers() {
    let world = World::start().await;
    let admin = world.admin("admin@example.com").await;
    for number in 0..3 {
        invite(&admin, &format!("guest{number}@example.com")).await;
    }
    let path = "/api/v1/admin/invitations";
    let count = async |query: &str| {
        let page = admin.get(&format!("{path}?{query}")).await.ok();
        page["results"].as_array().unwrap().len()
    };
    for (query, expected) in [("limit=2", 2), ("limit=1000", 3), ("limit=%35", 3), ("", 3)] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    let first = admin.get(&format!("{path}?limit=2")).await.ok();
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(count(&format!("cursor={next}&limit=2")).await, 1);
    for wrong in ["limit=", "limit=two", "limit=2.5", "limit=1e1", "limit=99999999999999999999"] {
        admin.get(&format!("{path}?{wrong}")).await.invalid(&[("limit", "invalid")]);
    }
    admin.get(&format!("{path}?cursor=x")).await.invalid(&[("cursor", "invalid")]);
    admin.get(&format!("{path}?limit=1&limit=2")).await.refused("malformed_request");
}
