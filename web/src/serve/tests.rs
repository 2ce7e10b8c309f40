//! Over real sockets.

use axum::{Extension, Router, routing::get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const LIMITS: Limits = Limits {
    header_timeout: Duration::from_millis(200),
    max_connections: 2,
    shutdown_grace: Duration::from_millis(500),
};

/// A running server; `/` answers with the peer's address, `/slow` after 200 ms, `/stuck` never.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start() -> Running {
        let slow = || async { sleep(Duration::from_millis(200)).await };
        let routes = Router::new()
            .route("/", get(|Extension(Peer(it)): Extension<Peer>| async move { it.to_string() }))
            .route("/slow", get(slow))
            .route("/stuck", get(std::future::pending::<()>));
        let listening = Listening::bind(&[SocketAddr::from(([127, 0, 0, 1], 0))]).await.unwrap();
        let address = listening.addresses()[0];
        let stop = CancellationToken::new();
        let serve = listening.serve(routes, LIMITS, stop.clone());
        Running { address, stop, served: TaskTracker::new().spawn(serve) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stopped(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(5), self.served).await.unwrap().unwrap();
    }
}

/// Sends `text` and gives all that comes back until the server closes.
async fn told(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has said all that it had to say.
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn handlers_know_the_peer() {
    let server = Running::start().await;
    let mut stream = server.connect().await;
    let ours = stream.local_addr().unwrap().to_string();
    assert!(told(&mut stream, &request("/")).await.ends_with(&ours));
    server.stopped().await;
}

#[tokio::test]
async fn the_silent_and_the_slow_are_let_go() {
    let server = Running::start().await;
    for start in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut stream = server.connect().await;
        let answer = told(&mut stream, start).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{start:?}: {answer}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn more_connections_wait_for_their_turn() {
    let server = Running::start().await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for stream in [&mut one, &mut two] {
        stream.write_all(request("/stuck").as_bytes()).await.unwrap();
    }
    sleep(Duration::from_millis(50)).await;
    let mut third = server.connect().await;
    third.write_all(request("/").as_bytes()).await.unwrap();
    let mut byte = [0];
    let early = timeout(Duration::from_millis(100), third.read_exact(&mut byte)).await;
    assert!(early.is_err());
    drop(one);
    timeout(Duration::from_secs(5), third.read_exact(&mut byte)).await.unwrap().unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn requests_in_work_end_before_the_server_does() {
    let server = Running::start().await;
    let mut stream = server.connect().await;
    stream.write_all(request("/slow").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    server.stopped().await;
    assert!(told(&mut stream, "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_does_not_end_is_cut() {
    let server = Running::start().await;
    let mut stream = server.connect().await;
    stream.write_all(request("/stuck").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    server.stopped().await;
    assert_eq!(told(&mut stream, "").await, "");
}
