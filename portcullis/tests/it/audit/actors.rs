//! Who acts, in the rows of the audit log: people on their own account, superusers over HTTP, and
//! operators at the server.

use app::{
    access::guard,
    account::users::{self, NewUser},
    work::keys,
};
use domain::{SessionId, Span, UserId, event::Event};
use http::Method;
use serde_json::{Value, json};
use store::{Db, args, db::Json};

use crate::world::{PASSWORD, Person, World, claims};

const ANNA: &str = "anna@example.com";
const ROOT: &str = "root@example.com";

/// What a row says of who did something, to whom, in or to which session.
#[derive(Debug, PartialEq, Eq)]
struct Who {
    actor: Option<UserId>,
    subject: Option<UserId>,
    session: Option<SessionId>,
    /// The detail `by`, for those who have no account.
    by: Option<String>,
}

/// The latest row of an event.
async fn latest(world: &World, event: Event) -> Who {
    macro_rules! of {
        ($column:literal) => {
            concat!(
                "SELECT ",
                $column,
                " FROM audit_events WHERE event = $1 ORDER BY made_at DESC LIMIT 1"
            )
        };
    }
    let word = event.word();
    let unit = async move |db: Db| {
        let details: Json = db.value(of!("details"), args![word]).await?;
        Ok::<_, store::Error>(Who {
            actor: db.value(of!("actor_id"), args![word]).await?,
            subject: db.value(of!("subject_id"), args![word]).await?,
            session: db.value(of!("session_id"), args![word]).await?,
            by: details["by"].as_str().map(str::to_owned),
        })
    };
    world.store().read(unit).await.unwrap_or_else(|error| panic!("{event}: {error:?}"))
}

async fn send(person: &mut Person, method: Method, path: &str, body: Value) {
    let answer = person.send(person.request(method, path).json(&body)).await;
    person.take_tokens(&answer);
}

fn sid(person: &Person) -> SessionId {
    claims(person.access()).sid
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_change_has_its_actor_as_subject_and_the_session() {
    let world = World::start().await;
    let mut anna = world.verified(ANNA).await;
    let (phone, tablet) = (world.signed_in(ANNA).await, world.signed_in(ANNA).await);
    let auth = |path: &str| format!("/api/v1/auth{path}");
    let phones = auth(&format!("/sessions/{}", sid(&phone)));
    let password =
        |old: &str| json!({ "old_password": old, "new_password": "An0ther&Quiet-River" });
    let email = json!({ "new_email": "anna@example.org", "password": PASSWORD });
    let own = sid(&anna);
    let rows = [
        (Event::ProfileUpdated, Method::PATCH, auth("/profile"), json!({ "bio": "Sailor" }), own),
        (Event::EmailChangeRequested, Method::POST, auth("/email/change"), email, own),
        // The session that ended is a detail.
        (Event::SessionEnded, Method::DELETE, phones, json!({}), own),
        (
            Event::PasswordChangeFailed,
            Method::POST,
            auth("/password/change"),
            password("wrong"),
            own,
        ),
        (Event::PasswordChanged, Method::POST, auth("/password/change"), password(PASSWORD), own),
        (Event::SessionsEnded, Method::POST, auth("/sessions/terminate-all"), json!({}), own),
        (Event::AccountDeleted, Method::POST, auth("/delete-account"), json!({}), own),
    ];
    let id = Some(anna.user_id());
    for (event, method, path, body, session) in rows {
        world.pass(Span::seconds(1)).await;
        send(&mut anna, method, &path, body).await;
        let expected = Who { actor: id, subject: id, session: Some(session), by: None };
        assert_eq!(latest(&world, event).await, expected, "{event}");
    }
    tablet.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_superuser_does_has_their_session_and_the_other_as_subject() {
    let world = World::start().await;
    let mut root = world.admin(ROOT).await;
    let anna = world.registered(ANNA).await;
    let admin = |path: &str| format!("/api/v1/admin{path}");
    let body = json!({ "email": "carl@example.com" });
    let made = root.post(&admin("/invitations"), body).await.created();
    let carls = admin(&format!("/invitations/{}", made["id"].as_str().unwrap()));
    let patch = json!({ "app_metadata": { "plan": "pro" } });
    let user = admin(&format!("/users/{}", anna.user_id()));
    let bert = json!({ "email": "bert@example.com" });
    let rows = [
        (Event::MetadataUpdated, Method::PATCH, user, patch, Some(anna.user_id())),
        // They have no account yet.
        (Event::UserInvited, Method::POST, admin("/invitations"), bert, None),
        (Event::InvitationRevoked, Method::DELETE, carls, json!({}), None),
    ];
    let (actor, session) = (Some(claims(root.access()).sub), Some(sid(&root)));
    for (event, method, path, body, subject) in rows {
        world.pass(Span::seconds(1)).await;
        send(&mut root, method, &path, body).await;
        let expected = Who { actor, subject, session, by: None };
        assert_eq!(latest(&world, event).await, expected, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_do_is_by_them_and_in_no_session() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await.user_id();
    let wrong = json!({ "email": ANNA, "password": "Wr0ng&Quiet-River" });
    for _ in 0..5 {
        world.stranger().login_as(wrong.clone()).await.refused("invalid_credentials");
    }
    let (app, acting) = (world.app(), guard::operator());
    let mut rows = Vec::new();
    let new = NewUser { email: "bert@example.com".into(), ..NewUser::default() };
    world.pass(Span::seconds(1)).await;
    let ctx = world.ctx();
    let bert = world.create_user(new).await.unwrap();
    rows.push((Event::UserRegistered, Some(bert.id)));
    users::unlock(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::AccountUnlocked, Some(anna)));
    users::verify_email(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::EmailVerified, Some(anna)));
    users::end_sessions(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::SessionsEnded, Some(anna)));
    users::send_reset(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::PasswordResetRequested, Some(anna)));
    users::disable(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::UserDisabled, Some(anna)));
    users::enable(app, &ctx, &acting, anna).await.unwrap();
    rows.push((Event::UserEnabled, Some(anna)));
    keys::rotate(app, &ctx, &acting, keys::When::Now).await.unwrap();
    rows.push((Event::KeyCreated, None));
    rows.push((Event::KeyRetired, None));
    for (event, subject) in rows {
        let by = Some("operator".to_owned());
        let expected = Who { actor: None, subject, session: None, by };
        assert_eq!(latest(&world, event).await, expected, "{event}");
    }
}
