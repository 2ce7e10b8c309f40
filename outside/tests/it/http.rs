//! Outgoing HTTP calls, against a real server on loopback, which must not be reachable by default.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Span, settings};
use outside::http::{Http, HttpError, Request, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::json;
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    net::TcpListener,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::certificate::Certificate;

/// A web server that does what its paths say.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    _running: JoinSet<()>,
}

impl Server {
    async fn start() -> Server {
        Server::with(None).await
    }

    async fn with(certificate: Option<&Certificate>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, requests) = (Arc::<AtomicUsize>::default(), Arc::default());
        let acceptor = certificate.map(|it| it.acceptor.clone());
        let (mut running, count, seen) =
            (JoinSet::new(), connections.clone(), Arc::clone(&requests));
        running.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
                served.spawn(async move {
                    match acceptor {
                        None => serve(stream, seen).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, seen).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Server { port, connections, requests, _running: running }
    }

    fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}/{path}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request and closes.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let request = format!("{head}{}", String::from_utf8(body).ok()?);
    let path = request.split(' ').nth(1)?.to_owned();
    seen.lock().unwrap().push(request.to_lowercase());
    answer(&mut stream, &path).await.ok()?;
    stream.shutdown().await.ok()
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), path: &str) -> std::io::Result<()> {
    let head = |rest: &str| format!("HTTP/1.1 {rest}\r\nConnection: close\r\n\r\n");
    let text = match path.split_once("?to=") {
        Some((status, to)) => head(&format!("{} Moved\r\nLocation: {to}", &status[1..])),
        None => match path {
            "/slow" => return std::future::pending().await,
            "/drip" => {
                stream.write_all(head("200 OK").as_bytes()).await?;
                loop {
                    stream.write_all(b"x").await?;
                    stream.flush().await?;
                    sleep(Duration::from_millis(20)).await;
                }
            }
            "/large" => head("200 OK") + &"x".repeat(1001),
            "/fits" => head("200 OK") + &"x".repeat(1000),
            "/gone" => head("410 Gone"),
            _ => head("200 OK\r\nX-Answer: yes") + "{\"hello\":1}",
        },
    };
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

fn http(allowed: &[&str]) -> Http {
    Http::new(&settings(allowed)).unwrap()
}

fn settings(allowed: &[&str]) -> settings::Outbound {
    settings::Outbound {
        timeout: Span::seconds(3),
        body_limit: 1000,
        allowed_hosts: allowed.iter().map(|it| (*it).to_owned()).collect(),
        ca_file: String::new(),
    }
}

async fn get(http: &Http, url: &str) -> Result<Response, HttpError> {
    http.fetch(Request::get(url)?).await
}

#[tokio::test]
async fn loopback_is_refused_however_it_is_written() {
    let server = Server::start().await;
    let http = http(&[]);
    let hosts = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
    ];
    for host in hosts {
        let answer = get(&http, &server.at(host, "")).await;
        assert!(matches!(answer, Err(HttpError::Refused(_))), "{host}: {answer:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn other_urls_than_http_are_refused() {
    let http = http(&["localhost"]);
    for url in ["", "localhost", "ftp://localhost/", "file:///etc/passwd", "http://u:p@localhost/"]
    {
        let answer = get(&http, url).await;
        assert!(matches!(answer, Err(HttpError::Address(_))), "{url}: {answer:?}");
    }
}

#[tokio::test]
async fn hosts_of_the_settings_are_reached() {
    let server = Server::start().await;
    for (allowed, host) in
        [("localhost", "localhost"), ("LocalHost.", "LOCALHOST"), ("127.0.0.1", "127.0.0.1")]
    {
        let answer = get(&http(&[allowed]), &server.at(host, "")).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-answer"], "yes");
        assert_eq!(answer.json::<serde_json::Value>().unwrap(), json!({"hello": 1}));
    }
    assert!(server.requests()[0].contains("user-agent: portcullis\r\n"));
    let status = get(&http(&["localhost"]), &server.at("localhost", "gone")).await.unwrap().status;
    assert_eq!(status, 410);
}

#[tokio::test]
async fn json_is_posted_and_no_redirect_followed() {
    let server = Server::start().await;
    let http = http(&["localhost"]);
    let url = server.at("localhost", "307?to=/other");
    let request = Request::post_json(&url, &json!({"name": "anna"})).unwrap();
    assert_eq!(http.fetch(request).await.unwrap().status, 307);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("post /307"));
    assert!(requests[0].contains("content-type: application/json\r\n"));
    assert!(requests[0].ends_with("{\"name\":\"anna\"}"));
}

#[tokio::test]
async fn a_redirect_cannot_lead_where_a_call_may_not_go() {
    let server = Server::start().await;
    let http = http(&["localhost"]);
    for host in ["127.0.0.1", "[::1]", "0x7f.1", "169.254.169.254", "[::ffff:10.0.0.1]"] {
        let to = server.at(host, "secret");
        let answer = get(&http, &server.at("localhost", &format!("302?to={to}"))).await;
        assert!(matches!(answer, Err(HttpError::Refused(_))), "{host}: {answer:?}");
    }
    let answer = get(&http, &server.at("localhost", "302?to=file:///etc/passwd")).await;
    assert!(matches!(answer, Err(HttpError::Address(_))), "{answer:?}");
    assert!(server.requests().iter().all(|it| it.starts_with("get /302")));
}

#[tokio::test]
async fn three_redirects_and_no_more() {
    let server = Server::start().await;
    let http = http(&["localhost"]);
    let three = server.at("localhost", "301?to=/302?to=/308?to=/end");
    assert_eq!(get(&http, &three).await.unwrap().status, 200);
    assert_eq!(server.requests().len(), 4);

    let four = server.at("localhost", "301?to=/302?to=/303?to=/307?to=/end");
    assert!(matches!(get(&http, &four).await, Err(HttpError::TooManyRedirects)));
    assert_eq!(server.requests().len(), 8);
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let (first, second) = (Server::start().await, Server::start().await);
    let http = http(&["localhost"]);
    let url = first.at("localhost", &format!("302?to=/302?to={}", second.at("localhost", "end")));
    let request = Request::get(&url).unwrap();
    let request = request.with_header(AUTHORIZATION, "Bearer t0ken").unwrap();
    let request = request.with_header(ACCEPT, "application/json").unwrap();
    assert_eq!(http.fetch(request).await.unwrap().status, 200);
    assert!(first.requests().iter().all(|it| it.contains("t0ken")));
    let elsewhere = &second.requests()[0];
    assert!(!elsewhere.contains("t0ken") && !elsewhere.contains("referer"), "{elsewhere}");
    assert!(elsewhere.contains("accept: application/json"));
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let server = Server::start().await;
    let http = http(&["localhost"]);
    assert_eq!(get(&http, &server.at("localhost", "fits")).await.unwrap().body.len(), 1000);
    let large = get(&http, &server.at("localhost", "large")).await;
    assert!(matches!(large, Err(HttpError::TooLarge(1000))), "{large:?}");

    let hasty = settings::Outbound { timeout: Span::millis(200), ..settings(&["localhost"]) };
    let hasty = Http::new(&hasty).unwrap();
    for path in ["slow", "drip"] {
        let url = server.at("localhost", path);
        let answer = timeout(Duration::from_secs(2), get(&hasty, &url)).await.unwrap();
        assert!(matches!(answer, Err(HttpError::Timeout)), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn no_error_contains_the_request() {
    let port = Server::start().await.port;
    let url = format!("http://localhost:{port}/p4th?token=s3cret");
    let error = get(&http(&["localhost"]), &url).await.unwrap_err().to_string();
    assert!(!error.contains("s3cret") && !error.contains("p4th"), "{error}");
    let error = get(&http(&[]), &url).await.unwrap_err().to_string();
    assert!(!error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn tls_needs_a_known_authority_and_stays_on() {
    let certificate = Certificate::of(&["localhost", "127.0.0.1"]);
    let (secure, plain) = (Server::with(Some(&certificate)).await, Server::start().await);
    let at = |path: &str| secure.at("localhost", path).replacen("http", "https", 1);

    let unknown = get(&http(&["localhost"]), &at("")).await;
    assert!(matches!(unknown, Err(HttpError::Failed(_))), "{unknown:?}");

    let known = settings::Outbound { ca_file: certificate.ca_file(), ..settings(&["localhost"]) };
    let http = Http::new(&known).unwrap();
    assert_eq!(get(&http, &at("")).await.unwrap().status, 200);

    let down = get(&http, &at(&format!("302?to={}", plain.at("localhost", "")))).await;
    assert!(matches!(down, Err(HttpError::Address(_))), "{down:?}");
    assert_eq!(plain.connections(), 0);
}

#[test]
fn a_wrong_ca_file_is_an_error() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for ca_file in ["/no/file", empty.path().to_str().unwrap()] {
        let settings = settings::Outbound { ca_file: ca_file.into(), ..settings(&[]) };
        assert!(matches!(Http::new(&settings), Err(HttpError::Settings(_))), "{ca_file}");
    }
}
