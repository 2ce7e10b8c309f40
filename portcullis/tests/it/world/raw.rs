//! A connection on which a test writes bytes that no client library would send.

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

    /// Sends the head of a request whose body is yet to come, and waits until the server asks for
    /// the body.
    pub async fn begin(&mut self, path: &str, length: usize) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        self.send(&head).await;
        let answer = self.head().await;
        assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    }

    /// What is received up to an empty line.
    pub async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let byte = timeout(BOUND, self.0.read_u8()).await.expect("an answer");
            head.push(byte.unwrap().into());
        }
        head
    }

    /// What is received until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(BOUND, self.0.read_to_end(&mut bytes)).await.expect("the end");
        // A connection that is reset has ended too.
        drop(read);
        String::from_utf8(bytes).unwrap()
    }

    /// Sends a byte now and then until the server closes the connection. Returns what it sent by
    /// then.
    pub async fn trickle(mut self) -> String {
        let (mut read, mut write) = self.0.split();
        let mut answer = Vec::new();
        let listen = timeout(BOUND, read.read_to_end(&mut answer));
        let drip = async {
            while write.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            ended = listen => drop(ended.expect("the end")),
            () = drip => {}
        }
        String::from_utf8(answer).unwrap()
    }
}
