//! Over real sockets.

use axum::{
    Extension, Router,
    response::IntoResponse as _,
    routing::{get, post},
};
use bytes::Bytes;
use http::header;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// Longer than anything here takes.
const BOUND: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(200);
/// Longer than a client takes that is not slow, on a slow machine too.
const ENOUGH: Duration = Duration::from_secs(3);

fn limits() -> Limits {
    Limits {
        header_timeout: BOUND * 2,
        idle_timeout: BOUND * 2,
        write_timeout: BOUND * 2,
        end_grace: BOUND * 2,
        max_connections: 2,
        max_connections_per_client: 100,
        // Each test's connections count for one client, which has no more than a part.
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        body_limit: 1000,
        max_reading: 64 * 1024 * 1024,
        shutdown_grace: Duration::from_millis(500),
    }
}

/// More than an HTTP/2 stream holds.
const PAGES: usize = 200 * 1024;

/// Reads as the layers do.
async fn read(request: Request) -> Response {
    let state = crate::layer::tests::state(&domain::settings::Settings::default());
    match crate::layer::read_body(&state, request).await {
        Ok(_) => Response::default(),
        Err(refusal) => refusal.into_response(),
    }
}

/// A running server. `/` answers with the peer's address, `/slow` after 200 ms, `/slower` after more
/// than enough, `/stuck` never, `/large` with more than sockets hold, `/pages` with more than a
/// window, `/read` once it has read, and `/late` has its connection closed.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start() -> Running {
        Running::with(limits()).await
    }

    async fn with(limits: Limits) -> Running {
        let slow = || async { sleep(Duration::from_millis(200)).await };
        let routes = Router::new()
            .route("/", get(|Extension(Peer(it)): Extension<Peer>| async move { it.to_string() }))
            .route("/slow", get(slow))
            .route("/slower", get(|| async { sleep(ENOUGH + Duration::from_secs(1)).await }))
            .route("/large", get(|| async { Bytes::from(vec![b'x'; 64 * 1024 * 1024]) }))
            .route("/pages", get(|| async { Bytes::from(vec![b'x'; PAGES]) }))
            .route("/read", post(read))
            .route("/late", get(|| async { ([(header::CONNECTION, "close")], "late") }))
            .route("/stuck", get(std::future::pending::<()>));
        let listening = Listening::bind(&[SocketAddr::from(([127, 0, 0, 1], 0))]).await.unwrap();
        let address = listening.addresses()[0];
        let stop = CancellationToken::new();
        let serve = listening.serve(routes, limits, stop.clone());
        Running { address, stop, served: TaskTracker::new().spawn(serve) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// An HTTP/2 client with this window for answers, and its connection, which ends when the
    /// server has closed it.
    async fn connect_http2(&self, window: u32) -> (SendRequest, tokio::task::JoinHandle<()>) {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(window);
        let (send, connection) = builder.handshake(self.connect().await).await.unwrap();
        let run = async { drop(connection.await) };
        (send, TaskTracker::new().spawn(run))
    }

    /// Asserts that a new client is answered, which takes a place among the connections.
    async fn answers(&self) {
        let mut stream = self.connect().await;
        assert!(told(&mut stream, &request("/")).await.starts_with("HTTP/1.1 200 "));
    }

    async fn stopped(self) {
        self.stop.cancel();
        timeout(BOUND, self.served).await.unwrap().unwrap();
    }
}

type SendRequest = h2::client::SendRequest<Bytes>;

/// The head of the answer to this request.
async fn asked(send: &mut SendRequest, path: &str) -> http::Response<h2::RecvStream> {
    let request = http::Request::get(format!("http://localhost{path}")).body(()).unwrap();
    let (answer, _) = send.send_request(request, true).unwrap();
    timeout(BOUND, answer).await.unwrap().unwrap()
}

/// Sends `text` and gives all that comes back until the server closes.
async fn told(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has said all that it had to say.
    let _ = timeout(BOUND, stream.read_to_end(&mut answer)).await.unwrap();
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
async fn who_is_slow_to_ask_is_let_go() {
    let server = Running::with(Limits { header_timeout: SHORT, ..limits() }).await;
    for start in ["P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
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
    timeout(BOUND, third.read_exact(&mut byte)).await.unwrap().unwrap();
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

#[tokio::test]
async fn a_connection_without_requests_is_closed() {
    let server = Running::with(Limits { idle_timeout: SHORT, ..limits() }).await;
    let mut silent = server.connect().await;
    assert_eq!(told(&mut silent, "").await, "");
    let mut stream = server.connect().await;
    let answer = told(&mut stream, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn an_early_connection_and_empty_lines_have_the_idle_time() {
    let limits = Limits { header_timeout: SHORT, ..limits() };
    let server = Running::with(limits).await;
    let mut stream = server.connect().await;
    sleep(SHORT * 3).await;
    let post = "POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx";
    // The empty line comes once the request is over.
    for text in [post, "\r\n"] {
        stream.write_all(text.as_bytes()).await.unwrap();
        sleep(SHORT * 3).await;
    }
    let answers = told(&mut stream, &request("/")).await;
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 2, "{answers}");
    server.stopped().await;
}

#[tokio::test]
async fn pings_are_no_requests() {
    let server = Running::with(Limits { idle_timeout: ENOUGH, ..limits() }).await;
    let stream = server.connect().await;
    let (mut send, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let closed = TaskTracker::new().spawn(async { drop(connection.await) });
    assert_eq!(asked(&mut send, "/").await.status(), 200);
    let ping = async { while pings.ping(h2::Ping::opaque()).await.is_ok() {} };
    timeout(BOUND, ping).await.unwrap();
    timeout(BOUND, closed).await.unwrap().unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn who_does_not_read_makes_room() {
    let limits = Limits { write_timeout: SHORT, max_connections: 1, ..limits() };
    let server = Running::with(limits).await;
    let mut unread = server.connect().await;
    unread.write_all(request("/large").as_bytes()).await.unwrap();
    server.answers().await;
    server.stopped().await;
}

#[tokio::test]
async fn who_lets_no_answer_through_makes_room() {
    let limits = Limits { write_timeout: ENOUGH, max_connections: 1, ..limits() };
    let server = Running::with(limits).await;
    let (mut send, connection) = server.connect_http2(0).await;
    let mut unread = asked(&mut send, "/").await;
    timeout(BOUND, connection).await.unwrap().unwrap();
    assert!(unread.body_mut().data().await.is_none_or(|it| it.is_err()));
    server.answers().await;
    server.stopped().await;
}

#[tokio::test]
async fn who_reads_slowly_gets_all_of_an_answer() {
    const WINDOW: u32 = 16 * 1024;
    let limits = Limits { idle_timeout: SHORT, write_timeout: BOUND, ..limits() };
    let server = Running::with(limits).await;
    let (mut send, _connection) = server.connect_http2(WINDOW).await;
    let mut body = asked(&mut send, "/pages").await.into_body();
    // Longer than an idle connection stays, and then has to end.
    sleep(SHORT + deadlines::LINGER + ENOUGH).await;
    let mut read = 0;
    while let Some(data) = timeout(BOUND, body.data()).await.unwrap() {
        let length = data.unwrap().len();
        read += length;
        body.flow_control().release_capacity(length).unwrap();
    }
    assert_eq!(read, PAGES);
    server.stopped().await;
}

/// Sends the head of a request whose body does not come.
fn begun(send: &mut SendRequest) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
    let request = http::Request::post("http://localhost/read").header("x-of-some-length", "x");
    send.send_request(request.body(()).unwrap(), false).unwrap()
}

async fn status_of_begun(server: &Running, held: usize) -> u16 {
    let (mut send, _connection) = server.connect_http2(1000).await;
    let mut streams = Vec::new();
    for _ in 0..held {
        send = send.ready().await.unwrap();
        streams.push(begun(&mut send));
    }
    send = send.ready().await.unwrap();
    let (answer, mut body) = begun(&mut send);
    // Refused at its head, or answered once it is whole.
    let _ = body.send_data(Bytes::from_static(b"{}"), true);
    timeout(BOUND, answer).await.unwrap().unwrap().status().as_u16()
}

#[tokio::test]
async fn requests_whose_bodies_do_not_come_have_so_many_bytes() {
    let trusted_proxies = Vec::new();
    let client = Limits { trusted_proxies, max_connections: 10, ..limits() };
    let server = Running::with(client.clone()).await;
    // Four of the largest on a connection hold no more than a hundred of the smallest.
    assert_eq!(status_of_begun(&server, 10).await, 200);
    assert_eq!(status_of_begun(&server, 100).await, 503);
    server.stopped().await;
    // A quarter of what there is, for all connections of a client.
    let server = Running::with(Limits { max_reading: 100_000, ..client }).await;
    assert_eq!(status_of_begun(&server, 5).await, 200);
    assert_eq!(status_of_begun(&server, 20).await, 503);
    server.stopped().await;
    let proxy = Running::start().await;
    assert_eq!(status_of_begun(&proxy, 100).await, 200);
    proxy.stopped().await;
    let proxy = Running::with(Limits { max_reading: 100_000, ..limits() }).await;
    assert_eq!(status_of_begun(&proxy, 60).await, 503);
    proxy.stopped().await;
}

#[tokio::test]
async fn a_slow_answer_of_ours_is_waited_for() {
    let limits = Limits { idle_timeout: ENOUGH, write_timeout: ENOUGH, ..limits() };
    let server = Running::with(limits).await;
    let mut stream = server.connect().await;
    let (mut send, _connection) = server.connect_http2(1000).await;
    let slower = request("/slower");
    let (first, second) = tokio::join!(told(&mut stream, &slower), asked(&mut send, "/slower"));
    assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
    assert_eq!(second.status(), 200);
    server.stopped().await;
}

#[tokio::test]
async fn an_answer_can_have_its_connection_closed() {
    let server = Running::start().await;
    let mut stream = server.connect().await;
    let answer = told(&mut stream, "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.contains("connection: close") && answer.ends_with("late"), "{answer}");
    let (mut send, connection) = server.connect_http2(1000).await;
    let answer = asked(&mut send, "/late").await;
    assert!(!answer.headers().contains_key(header::CONNECTION));
    let mut body = answer.into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "late");
    drop(body);
    timeout(BOUND, connection).await.unwrap().unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn one_client_has_so_many_connections() {
    let trusted_proxies = Vec::new();
    let limits =
        Limits { max_connections: 10, max_connections_per_client: 1, trusted_proxies, ..limits() };
    let server = Running::with(limits).await;
    let mut first = server.connect().await;
    first.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    first.read_u8().await.unwrap();
    let mut second = server.connect().await;
    // It may be closed before it has sent anything.
    let _ = second.write_all(request("/").as_bytes()).await;
    assert_eq!(told(&mut second, "").await, "");
    drop(first);
    // The server hears of that when it does.
    let again = async {
        loop {
            let mut stream = server.connect().await;
            let _ = stream.write_all(request("/").as_bytes()).await;
            if told(&mut stream, "").await.starts_with("HTTP/1.1 200 ") {
                break;
            }
        }
    };
    timeout(BOUND, again).await.unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn a_trusted_proxy_has_as_many_as_there_are() {
    let limits = Limits { max_connections_per_client: 1, ..limits() };
    let server = Running::with(limits).await;
    let _first = server.connect().await;
    server.answers().await;
    server.stopped().await;
}
