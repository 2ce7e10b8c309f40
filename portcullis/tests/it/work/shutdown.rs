//! Graceful shutdown: requests in progress end, nothing new begins.

use http::Method;
use serde_json::json;
use tokio::net::TcpStream;

use crate::world::{PASSWORD, Person, Place, Program, Raw, World, eventually};

fn registration(email: &str) -> String {
    let person = json!({
        "email": email,
        "password": PASSWORD,
        "first_name": "Anna",
        "last_name": "Lindholm",
    });
    person.to_string()
}

async fn refuses_connections(program: &Program) {
    let address = program.address();
    let refused = async || TcpStream::connect(address).await.is_err().then_some(());
    eventually("connections to be refused", refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_work_is_answered_before_the_end() {
    let place = Place::new()
        .await
        .with("PORTCULLIS_SERVER__SHUTDOWN_GRACE", "60s")
        .with("PORTCULLIS_PASSWORDS__MEMORY_KIB", "65536")
        .with("PORTCULLIS_PASSWORDS__ITERATIONS", "4");
    let program = place.start().await;
    let (early, late) = (registration("early@example.com"), registration("late@example.com"));
    let mut hashing = Raw::connect(program.address()).await;
    hashing.begin("/api/v1/auth/register", early.len()).await;
    let mut sending = Raw::connect(program.address()).await;
    sending.begin("/api/v1/auth/register", late.len()).await;
    hashing.send(&early).await;
    program.signal("TERM");
    refuses_connections(&program).await;
    sending.send(&late).await;
    for mut connection in [hashing, sending] {
        let answer = connection.rest().await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
    let program = place.start().await;
    for email in ["early@example.com", "late@example.com"] {
        program.stranger().login(email).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_turns_off_first_and_a_second_signal_stops_at_once() {
    let place = Place::new().await.with("PORTCULLIS_SERVER__SHUTDOWN_DELAY", "10m");
    let program = place.start().await;
    let anybody = program.stranger();
    assert_eq!(anybody.get("/ready/").await.status, 200);
    program.signal("TERM");
    let unready = async || (anybody.get("/ready/").await.status == 503).then_some(());
    eventually("readiness to turn off", unready).await;
    // Clients that have not noticed yet are still served.
    assert_eq!(anybody.get("/health/").await.ok()["status"], "healthy");
    program.stranger().register("anna@example.com").await.created();
    program.signal("TERM");
    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(130), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_stops_though_a_client_keeps_its_connection() {
    let place = Place::new().await.with("PORTCULLIS_SERVER__SHUTDOWN_GRACE", "10m");
    let program = place.start().await;
    let mut idle = Raw::connect(program.address()).await;
    idle.send("GET /health/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert!(idle.head().await.starts_with("HTTP/1.1 200 "));
    let _silent = Raw::connect(program.address()).await;
    program.signal("TERM");
    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_in_the_middle_of_a_registration_has_an_account_all_the_same() {
    let mut world = World::with(|it| {
        it.passwords.memory_kib = 65_536;
        it.passwords.iterations = 4;
    })
    .await;
    let (before, body) = (world.app().hashes(), registration("anna@example.com"));
    let mut connection = Raw::connect(world.address()).await;
    connection.begin("/api/v1/auth/register", body.len()).await;
    connection.send(&body).await;
    let hashing = async || (world.app().hashes() > before).then_some(());
    eventually("the hash to be asked for", hashing).await;
    drop(connection);
    // The shutdown waits for it, although the client does not.
    world.stop().await;
    world.begin().await;
    world.stranger().login("anna@example.com").await.ok();
    assert_eq!(world.mails("anna@example.com").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_stopped_goes_on_where_it_was() {
    let mut world = World::with(|it| it.server.public_url = "http://127.0.0.1:8000".into()).await;
    let anna = world.registered("anna@example.com").await;
    world.settle().await;
    world.stop().await;
    world.begin().await;
    let mut anna: Person = anna.at(world.url(""));
    anna.profile().await.ok();
    anna.refresh().await.ok();
    let check = anna.request(Method::POST, "/api/v1/auth/token/verify");
    anna.send(check.json(&json!({ "token": anna.access() }))).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_has_one_server_at_a_time() {
    let timeout = "PORTCULLIS_DATABASE__STARTUP_TIMEOUT";
    let place = Place::new().await.with(timeout, "1s");
    if place.has_room_for_nodes() {
        return;
    }
    let first = place.start().await;
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]).await;
    second.failed(&["another server uses this file, for 1s"]);
    first.stranger().register("anna@example.com").await.created();
    // A server that takes over waits until the other one has ended.
    let place = place.with(timeout, "60s");
    let end = async {
        first.signal("TERM");
        first.ended().await
    };
    let (second, (status, _)) = tokio::join!(place.start(), end);
    assert!(status.success());
    second.stranger().login("anna@example.com").await.ok();
}
