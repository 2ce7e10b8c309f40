//! Who may do what: every operation as nobody, as a stranger (another user), as a member (the owner
//! of what it is about) and as an admin. The table lists exactly what the description lists.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World, claims, registration};

/// Method, path, and the status for nobody, stranger, member and admin.
type Row = (&'static str, &'static str, [u16; 4]);

/// Where a body has to hold a token from a mail or a right old password, it holds a wrong one: who is
/// refused with 400 got as far as that.
const TABLE: &[Row] = &[
    ("GET", "/.well-known/jwks.json", [200, 200, 200, 200]),
    ("POST", "/api/token", [200, 200, 200, 200]),
    ("POST", "/api/token/blacklist", [401, 200, 200, 200]),
    ("POST", "/api/token/refresh", [401, 200, 200, 200]),
    ("POST", "/api/token/verify", [401, 200, 200, 200]),
    ("GET", "/api/v1/admin/invitations", [401, 403, 403, 200]),
    ("POST", "/api/v1/admin/invitations", [401, 403, 403, 201]),
    ("DELETE", "/api/v1/admin/invitations/{id}", [401, 403, 403, 204]),
    ("GET", "/api/v1/admin/users/{id}", [401, 403, 403, 200]),
    ("PATCH", "/api/v1/admin/users/{id}", [401, 403, 403, 200]),
    ("POST", "/api/v1/auth/change-password", [401, 400, 400, 400]),
    ("GET", "/api/v1/auth/csrf", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/delete-account", [401, 400, 400, 400]),
    ("POST", "/api/v1/auth/email/change", [401, 200, 200, 200]),
    ("POST", "/api/v1/auth/email/change/confirm", [400, 400, 400, 400]),
    ("POST", "/api/v1/auth/email/change/undo", [400, 400, 400, 400]),
    ("POST", "/api/v1/auth/email/resend", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/email/verify", [400, 400, 400, 400]),
    ("POST", "/api/v1/auth/exchange-token", [400, 400, 400, 400]),
    ("POST", "/api/v1/auth/forgot-password", [200, 200, 200, 200]),
    ("GET", "/api/v1/auth/health", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/login", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/logout", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/password/change", [401, 400, 400, 400]),
    ("POST", "/api/v1/auth/password/reset", [200, 200, 200, 200]),
    ("POST", "/api/v1/auth/password/reset/confirm", [400, 400, 400, 400]),
    ("GET", "/api/v1/auth/profile", [401, 200, 200, 200]),
    ("PATCH", "/api/v1/auth/profile", [401, 200, 200, 200]),
    ("PUT", "/api/v1/auth/profile", [401, 200, 200, 200]),
    ("GET", "/api/v1/auth/profile/update", [401, 200, 200, 200]),
    ("PATCH", "/api/v1/auth/profile/update", [401, 200, 200, 200]),
    ("PUT", "/api/v1/auth/profile/update", [401, 200, 200, 200]),
    ("POST", "/api/v1/auth/register", [201, 201, 201, 201]),
    ("POST", "/api/v1/auth/reset-password", [400, 400, 400, 400]),
    ("GET", "/api/v1/auth/sessions", [401, 200, 200, 200]),
    ("POST", "/api/v1/auth/restore-account", [400, 400, 400, 400]),
    ("POST", "/api/v1/auth/sessions/terminate-all", [401, 200, 200, 200]),
    ("DELETE", "/api/v1/auth/sessions/{id}", [401, 404, 200, 404]),
    ("POST", "/api/v1/auth/token/refresh", [401, 200, 200, 200]),
    ("POST", "/api/v1/auth/token/verify", [401, 200, 200, 200]),
    ("POST", "/api/v1/auth/verify-email", [400, 400, 400, 400]),
    ("GET", "/health", [200, 200, 200, 200]),
    ("GET", "/ready", [200, 200, 200, 200]),
];

const STRANGER: &str = "stranger@example.com";
const MEMBER: &str = "member@example.com";
const ADMIN: &str = "admin@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn the_table_lists_what_the_description_lists() {
    let world = World::start().await;
    let listed: BTreeSet<(String, String)> =
        world.operations().await.into_iter().map(|it| (it.method.to_string(), it.path)).collect();
    let ours = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(ours.collect::<BTreeSet<_>>(), listed);
    assert_eq!(TABLE.len(), listed.len(), "a row is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_who_has_to_sign_in() {
    let world = World::start().await;
    for operation in world.operations().await {
        let row = TABLE.iter().find(|it| it.0 == operation.method && it.1 == operation.path);
        let (method, path, [nobody, ..]) = row.unwrap();
        // Those whose body is the credential refuse nobody's with 401 too.
        let is_by_body = path.contains("/token/");
        assert_eq!(operation.is_secured, *nobody == 401 && !is_by_body, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_table_says() {
    // Time stands still here, so that no session would be the oldest.
    let world = World::with(|it| it.sessions.max_per_user = 10_000).await;
    world.registered(STRANGER).await;
    world.registered(MEMBER).await;
    world.admin(ADMIN).await;
    let mut wrong = Vec::new();
    for (number, row) in TABLE.iter().enumerate() {
        let statuses = [
            told(&world, row, world.stranger(), number).await,
            told(&world, row, signed_in(&world, STRANGER).await, number).await,
            told(&world, row, signed_in(&world, MEMBER).await, number).await,
            told(&world, row, signed_in(&world, ADMIN).await, number).await,
        ];
        if statuses != row.2 {
            wrong.push(format!("{} {}: {statuses:?} and not {:?}", row.0, row.1, row.2));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Afresh for each cell, since some operations end the session.
async fn signed_in(world: &World, email: &str) -> Person {
    let mut person = world.stranger();
    person.login(email).await.ok();
    person
}

async fn told(world: &World, (method, path, _): &Row, person: Person, number: usize) -> u16 {
    let path = path.replace("{id}", &id(world, path).await);
    let request = person.request(method.parse().unwrap(), &path);
    let answer = match *method {
        "GET" | "DELETE" => person.send(request).await,
        _ => person.send(request.json(&body(&path, &person, number))).await,
    };
    answer.status
}

/// What a path is about: a session of the member, the member, an invitation.
async fn id(world: &World, path: &str) -> String {
    if path.contains("/sessions/") {
        return claims(signed_in(world, MEMBER).await.access()).sid.to_string();
    }
    if path.contains("/users/") {
        return signed_in(world, MEMBER).await.user_id().to_string();
    }
    let new = json!({ "email": "invited@example.com" });
    let admin = signed_in(world, ADMIN).await;
    let made = admin.post("/api/v1/admin/invitations", new).await.created();
    made["id"].as_str().unwrap().to_owned()
}

/// A body with which the operation succeeds for whoever may do it, as far as that can be.
fn body(path: &str, person: &Person, number: usize) -> Value {
    let who = person.email.split('@').next().unwrap_or_default();
    let refresh = person.refresh.as_deref().unwrap_or("none");
    let access = person.access.as_deref().unwrap_or("none");
    match path.rsplit('/').next().unwrap() {
        "register" => registration(&format!("new{number}{who}@example.com")),
        "login" | "token" => json!({ "email": MEMBER, "password": PASSWORD }),
        "resend" | "reset" | "forgot-password" => json!({ "email": MEMBER }),
        "refresh" | "blacklist" => json!({ "refresh": refresh }),
        "verify" if path.contains("/token/") => json!({ "token": access }),
        "change" if path.contains("/email/") => {
            json!({ "new_email": format!("moved{number}{who}@example.com"), "password": PASSWORD })
        }
        "change" | "change-password" => {
            json!({ "old_password": "wrong", "new_password": "An0ther&Quiet-Lake" })
        }
        "confirm" | "undo" | "verify" | "verify-email" | "reset-password" => {
            json!({ "token": "none", "new_password": "An0ther&Quiet-Lake" })
        }
        "delete-account" => json!({ "password": "wrong" }),
        "restore-account" => json!({ "token": "none" }),
        "exchange-token" => json!({ "exchange_token": "none" }),
        "invitations" => json!({ "email": format!("invited{number}@example.com") }),
        _ => json!({}),
    }
}
