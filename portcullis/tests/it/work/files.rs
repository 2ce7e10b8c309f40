//! The limit of open files.

use crate::world::{Place, Raw};

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_open_files_is_raised() {
    let place = Place::new().await.with_files("-Sn 100");
    let program = place.start().await;
    let mut open = Vec::new();
    for _ in 0..150 {
        let mut connection = Raw::connect(program.address()).await;
        connection.send("HEAD /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
        let answer = connection.head().await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        open.push(connection);
    }
    assert!(!program.log().contains("open files"), "{}", program.log());
    program.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_open_files_are_told_and_kept_for_what_needs_them() {
    let place = Place::new().await.with_files("-n 300");
    let program = place.start().await;
    assert!(program.log().contains("too few open files"), "{}", program.log());
    let mut open = Vec::new();
    // More than it accepts, and no more than fit into the backlog.
    for _ in 0..220 {
        open.push(Raw::connect(program.address()).await);
    }
    // Accepted connections are answered, which needs the database.
    let first = open.first_mut().unwrap();
    first.send("HEAD /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    let answer = first.head().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!program.log().contains("could not be accepted"), "{}", program.log());
    program.kill();
}
