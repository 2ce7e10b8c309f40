//! Somebody whose session has just ended on another node, of which this one has not heard: whatever
//! they ask for is refused with `session_ended`, and nothing is changed.

use domain::{Span, session::EndReason, settings::Settings};
use http::Method;
use serde_json::{Value, json};
use store::{Db, args};

use crate::world::{PASSWORD, Person, World, claims};

const ANNA: &str = "anna@example.com";
const ROOT: &str = "root@example.com";

/// What happened to the session on the other node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Elsewhere {
    Ended,
    /// It goes on with a new secret, as after a change of the password.
    Renewed,
}

/// A node that hears of nothing.
fn deaf(settings: &mut Settings) {
    settings.cache.url = "".into();
    settings.sessions.revocation_poll = Span::hours(1);
    settings.sessions.revocation_bound = Span::hours(2);
    settings.jobs.workers = 0;
}

/// Does to a person's session what another node would do.
async fn happens(world: &World, person: &Person, what: Elsewhere) {
    let (id, user, now) = (claims(person.access()).sid, person.user_id(), world.clock.now());
    let unit = async move |db: Db| {
        let is_done = match what {
            Elsewhere::Ended => {
                store::sessions::end(&db, id, user, EndReason::Revoked, now).await?
            }
            Elsewhere::Renewed => {
                store::sessions::renew(&db, id, user, &[7; 32], None, now).await?.is_some()
            }
        };
        store::revocations::insert(&db, Some(id), None, now).await?;
        Ok::<_, store::Error>(is_done)
    };
    assert!(world.store().write(unit).await.unwrap());
}

/// Whatever the requests could change.
async fn state(world: &World, person: &Person) -> String {
    let (id, now) = (person.user_id(), world.clock.now());
    let unit = async move |db: Db| {
        let user = store::users::by_id(&db, id).await?;
        let sessions = store::sessions::of_user(&db, id, now).await?;
        let sessions: Vec<_> = sessions.into_iter().map(|it| (it.id, it.secret)).collect();
        let mut counts = Vec::new();
        for question in [
            "SELECT COUNT(*) FROM audit_events",
            "SELECT COUNT(*) FROM links",
            "SELECT COUNT(*) FROM jobs",
            "SELECT COUNT(*) FROM invitations WHERE revoked_at IS NULL",
            "SELECT COUNT(*) FROM users WHERE app_metadata = '{}'",
        ] {
            counts.push(db.value::<i64>(question, args![]).await?);
        }
        Ok::<_, store::Error>(format!("{user:?} {sessions:?} {counts:?}"))
    };
    world.store().read(unit).await.unwrap()
}

/// A method, a path and a body.
type Change = (Method, String, Value);

/// What people do on their own account, the last being the end of it. `other` is another session of
/// theirs.
fn own_changes(other: &Person) -> Vec<Change> {
    let auth = |path: &str| format!("/api/v1/auth{path}");
    let session = auth(&format!("/sessions/{}", claims(other.access()).sid));
    let password = json!({ "old_password": PASSWORD, "new_password": "An0ther&Quiet-River" });
    let email = json!({ "new_email": "anna@example.org", "password": PASSWORD });
    let end_all = auth("/sessions/terminate-all");
    vec![
        (Method::PATCH, auth("/profile"), json!({ "bio": "I was here." })),
        (Method::PUT, auth("/profile"), json!({ "first_name": "Eve" })),
        (Method::POST, auth("/email/change"), email),
        (Method::DELETE, session, json!({})),
        (Method::POST, end_all.clone(), json!({})),
        (Method::POST, end_all, json!({ "include_current": true })),
        (Method::POST, auth("/password/change"), password),
        // Whoever has just signed in needs no password.
        (Method::POST, auth("/delete-account"), json!({})),
    ]
}

/// What superusers do to `anna`.
fn admin_changes(anna: &Person, invitation: &Value) -> Vec<Change> {
    let admin = |path: &str| format!("/api/v1/admin{path}");
    let user = admin(&format!("/users/{}", anna.user_id()));
    let invitation = admin(&format!("/invitations/{}", invitation["id"].as_str().unwrap()));
    vec![
        (Method::PATCH, user, json!({ "app_metadata": { "plan": "pro" } })),
        (Method::POST, admin("/invitations"), json!({ "email": "bert@example.com" })),
        (Method::DELETE, invitation, json!({})),
    ]
}

/// Tries a change by a session of `email` that has ended elsewhere, and that was renewed elsewhere.
async fn assert_held(world: &World, email: &str, (method, path, body): &Change) {
    for what in [Elsewhere::Ended, Elsewhere::Renewed] {
        let person = world.signed_in(email).await;
        person.profile().await.ok();
        happens(world, &person, what).await;
        // This node has not heard of it.
        person.profile().await.ok();
        let before = state(world, &person).await;
        let answer = person.send(person.request(method.clone(), path).json(body)).await;
        assert_eq!(answer.json["code"], "session_ended", "{what:?} {method} {path}: {answer:?}");
        answer.refused("session_ended");
        assert_eq!(state(world, &person).await, before, "{what:?} {method} {path}");
    }
}

/// The same change by somebody who is signed in succeeds, and is a change.
async fn assert_made(world: &World, person: &mut Person, (method, path, body): &Change) {
    let before = state(world, person).await;
    let answer = person.send(person.request(method.clone(), path).json(body)).await;
    assert!(answer.status < 300, "{method} {path}: {}", answer.text);
    person.take_tokens(&answer);
    assert_ne!(state(world, person).await, before, "{method} {path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_shut_out_elsewhere_changes_nothing_of_their_own() {
    let world = World::with(deaf).await;
    let mut anna = world.verified(ANNA).await;
    let other = world.signed_in(ANNA).await;
    let changes = own_changes(&other);
    for change in &changes {
        assert_held(&world, ANNA, change).await;
    }
    other.profile().await.ok();
    for change in &changes {
        if anna.profile().await.status == 401 {
            anna.login(ANNA).await.ok();
        }
        assert_made(&world, &mut anna, change).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_who_was_shut_out_elsewhere_changes_nothing_of_others() {
    let world = World::with(deaf).await;
    let mut root = world.admin(ROOT).await;
    let anna = world.verified(ANNA).await;
    let body = json!({ "email": "carl@example.com" });
    let invitation = root.post("/api/v1/admin/invitations", body).await.created();
    let changes = admin_changes(&anna, &invitation);
    for change in &changes {
        assert_held(&world, ROOT, change).await;
    }
    for change in &changes {
        assert_made(&world, &mut root, change).await;
    }
}
