//! A Redis that is unavailable, silent, or back again. It is a small server of our own, because it
//! has to fail on demand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Span, Time, access::limit::Rate, settings};
use outside::cache::Cache;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

const NOON: Time = Time(1_800_000_000_000_000);
const RATE: Rate = Rate::new(2, Span::hours(1));

/// The part of Redis that the limiter needs: it answers that no key exists, and counts.
struct Server {
    asked: Arc<AtomicUsize>,
    running: JoinSet<()>,
}

impl Server {
    async fn at(port: u16) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (mut running, count) = (JoinSet::new(), asked.clone());
        running.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(serve(stream, count.clone()));
            }
        });
        Server { asked, running }
    }

    /// The port is free again when this ends.
    async fn stop(mut self) {
        self.running.shutdown().await;
    }

    fn scripts(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(stream: TcpStream, scripts: Arc<AtomicUsize>) {
    let mut stream = BufReader::new(stream);
    while let Some(command) = command(&mut stream).await {
        let answer = match command.as_str() {
            "PING" => "+PONG\r\n",
            "EVALSHA" => {
                scripts.fetch_add(1, Ordering::SeqCst);
                "$-1\r\n"
            }
            _ => "+OK\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first word of the next command (RESP: `*2 $4 ECHO $2 hi`).
async fn command(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let parts = number(stream).await?;
    let mut first = None;
    for _ in 0..parts {
        let mut part = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut part).await.ok()?;
        first.get_or_insert(String::from_utf8(part).ok()?.trim_end().to_uppercase());
    }
    first
}

async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.get(1..)?.trim_end().parse().ok()
}

/// A port where nobody listens.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn connected_to(port: u16) -> Cache {
    let url = format!("redis://127.0.0.1:{port}/");
    let settings = settings::Cache { url: url.into(), ..settings::Cache::default() };
    let connecting = Cache::connect(&settings);
    timeout(Duration::from_secs(2), connecting).await.expect("the start is blocked").unwrap()
}

async fn takes(cache: &Cache, count: usize) -> Vec<bool> {
    let mut allowed = Vec::new();
    for _ in 0..count {
        allowed.push(cache.take("a", RATE, NOON).await.allowed);
    }
    allowed
}

#[tokio::test]
async fn without_redis_this_node_counts_alone_until_it_is_back() {
    let port = free_port().await;
    let cache = connected_to(port).await;
    assert!(!cache.is_healthy());
    assert!(cache.ping().await.is_err());
    assert_eq!(takes(&cache, 3).await, [true, true, false]);
    cache.give_back("a", RATE, NOON).await;
    assert_eq!(takes(&cache, 2).await, [true, false]);

    let server = Server::at(port).await;
    cache.ping().await.unwrap();
    assert!(cache.is_healthy());
    assert_eq!(takes(&cache, 3).await, [true, true, true], "the server has no keys");
    assert_eq!(server.scripts(), 3);

    server.stop().await;
    assert_eq!(takes(&cache, 1).await, [false], "this node remembers what it counted");
    assert!(!cache.is_healthy());

    let server = Server::at(port).await;
    assert_eq!(takes(&cache, 1).await, [true], "the first call that is answered ends the outage");
    assert!(cache.is_healthy());
    assert_eq!(server.scripts(), 1);
}

#[tokio::test]
async fn a_restart_between_two_calls_is_no_outage() {
    let port = free_port().await;
    let first = Server::at(port).await;
    let cache = connected_to(port).await;
    assert!(cache.is_healthy());
    first.stop().await;
    let second = Server::at(port).await;
    assert_eq!(takes(&cache, 3).await, [true, true, true]);
    assert_eq!(second.scripts(), 3);
    assert!(cache.is_healthy());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_redis_delays_one_call_at_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cache = connected_to(listener.local_addr().unwrap().port()).await;
    assert!(!cache.is_healthy());
    // A hundred consecutive calls would take fifty seconds.
    let mut calls: JoinSet<bool> = (0..100)
        .map(|_| {
            let cache = cache.clone();
            async move { cache.take("a", RATE, NOON).await.allowed }
        })
        .collect();
    let mut allowed = 0;
    let all = async {
        while let Some(call) = calls.join_next().await {
            allowed += usize::from(call.unwrap());
        }
    };
    timeout(Duration::from_secs(3), all).await.expect("all of them waited");
    assert_eq!(allowed, 2);
}
