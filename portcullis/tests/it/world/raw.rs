//! A connection on which a test writes what no client library would.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longer than any answer takes.
const BOUND: Duration = Duration::from_secs(60);

pub struct Raw(TcpStream);

impl Raw {
    pub async fn connect(address: SocketAddr) -> Raw {
        Raw(TcpStream::connect(address).await.unwrap())
    }

    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends the head of a request whose body is yet to come, and waits until its handler asks for
    /// the body: from then on the request is in work.
    pub async fn begin(&mut self, path: &str, length: usize) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        self.send(&head).await;
        let answer = self.head().await;
        assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    }

    /// What comes until an empty line.
    pub async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let byte = timeout(BOUND, self.0.read_u8()).await.expect("an answer");
            head.push(byte.unwrap().into());
        }
        head
    }

    /// What comes until the server hangs up.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(BOUND, self.0.read_to_end(&mut bytes)).await.expect("the end");
        // A connection that is reset has ended too.
        drop(read);
        String::from_utf8(bytes).unwrap()
    }
}
