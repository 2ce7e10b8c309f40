//! One HTTP/1.1 connection that is kept open: minimal, so that the generator uses little of the CPU
//! that it shares with the server.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::outcome::Outcome;

/// No expected answer is longer.
const LONGEST: usize = 256 * 1024;

pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, borrowed from its connection.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Outcome<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, received: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let (mut head, mut whole) = (None, None);
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server hung up".into());
            }
            if head.is_none()
                && let Some(end) = find(&self.received, b"\r\n\r\n")
            {
                let text = self.received.get(..end).unwrap_or_default();
                head = Some((end + 4, status(text)?));
                whole = Some(end + 4 + content_length(text)?);
            }
            match (head, whole) {
                (Some((start, status)), Some(whole)) if self.received.len() >= whole => {
                    let body = self.received.get(start..whole).unwrap_or_default();
                    return Ok(Answer { status, body });
                }
                _ if self.received.len() > LONGEST => return Err("too long an answer".into()),
                _ => {}
            }
        }
    }
}

/// Where `part` begins in `text`.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}

fn status(head: &[u8]) -> Outcome<u16> {
    let code = head.get(9..12).and_then(|it| std::str::from_utf8(it).ok());
    code.and_then(|it| it.parse().ok()).ok_or_else(|| "not an HTTP answer".into())
}

fn content_length(head: &[u8]) -> Outcome<usize> {
    let lines = head.split(|it| *it == b'\n');
    let name = b"content-length:";
    let mut values = lines.filter_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(value)
    });
    let value = values.next().and_then(|it| std::str::from_utf8(it).ok());
    value.and_then(|it| it.trim().parse().ok()).ok_or_else(|| "an answer without its length".into())
}

/// A request without a body.
pub fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    request("GET", path, token, None)
}

/// A request with a JSON body.
pub fn post(path: &str, body: &serde_json::Value) -> Vec<u8> {
    request("POST", path, None, Some(body.to_string()))
}

/// With the headers that an HTTP library sends.
fn request(method: &str, path: &str, token: Option<&str>, body: Option<String>) -> Vec<u8> {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n"
    );
    if let Some(token) = token {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if let Some(body) = &body {
        let length = body.len();
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(&body.unwrap_or_default());
    text.into_bytes()
}
