//! Mail over SendGrid's API: a real web server on loopback that answers as SendGrid does.

use std::sync::{Arc, Mutex};

use domain::{Span, Time, account::Email, settings};
use outside::mail::{Mail, MailError, Mailer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const KEY: &str = "SG.t0p-s3cret";
const NOON: Time = Time(1_800_000_000_000_000);

/// What was posted: the head in lower case, and the body.
type Posted = Arc<Mutex<Vec<(String, Value)>>>;

/// Answers every request with one text.
struct SendGrid {
    port: u16,
    posted: Posted,
    _running: JoinSet<()>,
}

impl SendGrid {
    /// `answer`: status line and body. `None`: it says nothing.
    async fn answering(answer: Option<(&'static str, String)>) -> SendGrid {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mut running, posted) = (JoinSet::new(), Posted::default());
        let seen = posted.clone();
        running.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, answer.clone(), &seen).await;
            }
        });
        SendGrid { port, posted, _running: running }
    }

    fn mailer(&self) -> Mailer {
        let email = settings::Email {
            url: "sendgrid:".into(),
            sendgrid_key: KEY.into(),
            sendgrid_url: format!("http://127.0.0.1:{}/", self.port),
            from: "Portcullis <no-reply@example.org>".into(),
            timeout: Span::millis(500),
            ..settings::Email::default()
        };
        let outbound = settings::Outbound {
            allowed_hosts: vec!["127.0.0.1".into()],
            ..settings::Outbound::default()
        };
        Mailer::from_settings(&email, &outbound, "https://id.example.com").unwrap()
    }

    async fn send(&self) -> Result<(), MailError> {
        self.mailer().send(&mail(), NOON).await
    }
}

async fn serve(stream: TcpStream, answer: Option<(&'static str, String)>, seen: &Posted) {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    seen.lock().unwrap().push((head, serde_json::from_slice(&body).unwrap()));
    let Some((status, body)) = answer else { return std::future::pending().await };
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

fn mail() -> Mail {
    Mail {
        id: "018f-7".into(),
        to: Email::parse("anna@example.com").unwrap(),
        to_name: Some("Anna\r\nBcc: eve@example.com".into()),
        subject: "Grüße".into(),
        text: "Hallo Anna".into(),
        html: "<p>Hallo <b>Anna</b></p>".into(),
        language: Some("de".into()),
    }
}

fn refusal(message: &str) -> String {
    json!({ "errors": [{ "message": message, "field": null, "help": null }] }).to_string()
}

#[tokio::test]
async fn a_mail_is_posted_with_its_id_and_without_tracking() {
    let sendgrid = SendGrid::answering(Some(("202 Accepted", String::new()))).await;
    sendgrid.send().await.unwrap();
    let posted = sendgrid.posted.lock().unwrap().clone();
    let [(head, body)] = &posted[..] else { panic!("{posted:?}") };
    assert!(head.starts_with("POST /v3/mail/send HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}\r\n")), "{head}");
    let expected = json!({
        "personalizations": [{
            "to": [{ "email": "anna@example.com", "name": "Anna  Bcc: eve@example.com" }],
            "custom_args": { "job_id": "018f-7" },
        }],
        "from": { "email": "no-reply@example.org", "name": "Portcullis" },
        "subject": "Grüße",
        "headers": {
            "Message-ID": "<018f-7@example.org>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": "de",
        },
        "content": [
            { "type": "text/plain", "value": "Hallo Anna" },
            { "type": "text/html", "value": "<p>Hallo <b>Anna</b></p>" },
        ],
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
            "subscription_tracking": { "enable": false },
        },
    });
    assert_eq!(*body, expected);
}

#[tokio::test]
async fn refusals_are_temporary_or_permanent() {
    let cases = [
        ("400 Bad Request", "mail"),
        ("401 Unauthorized", "us"),
        ("403 Forbidden", "us"),
        ("404 Not Found", "us"),
        ("408 Request Timeout", "now"),
        ("413 Payload Too Large", "mail"),
        ("429 Too Many Requests", "us"),
        ("500 Internal Server Error", "now"),
        ("503 Service Unavailable", "now"),
        ("301 Moved", "now"),
    ];
    for (status, about) in cases {
        let sendgrid = SendGrid::answering(Some((status, refusal("Not like this.")))).await;
        let error = sendgrid.send().await.unwrap_err();
        let told = match &error {
            MailError::Permanent(_) => "mail",
            MailError::Ours(_) => "us",
            MailError::Temporary(_) => "now",
        };
        assert_eq!(told, about, "{status}: {error}");
        let text = error.to_string();
        assert!(text.contains(&status[..3]) && text.contains("Not like this."), "{text}");
    }
}

#[tokio::test]
async fn the_address_is_in_no_error() {
    let words = refusal("anna@example.com is on the suppression list");
    let sendgrid = SendGrid::answering(Some(("400 Bad Request", words))).await;
    let error = sendgrid.send().await.unwrap_err().to_string();
    assert!(error.contains("the recipient is on the suppression list"), "{error}");
}

#[tokio::test]
async fn no_answer_is_temporary() {
    let sendgrid = SendGrid::answering(None).await;
    let error = sendgrid.send().await.unwrap_err();
    assert!(!error.is_permanent() && error.to_string().contains("no answer in time"), "{error}");
    let mailer = sendgrid.mailer();
    drop(sendgrid);
    tokio::task::yield_now().await;
    let error = mailer.send(&mail(), NOON).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
}

#[tokio::test]
async fn the_key_is_in_no_error() {
    for words in [refusal(&format!("{KEY} is no key")), KEY.to_owned()] {
        let sendgrid = SendGrid::answering(Some(("401 Unauthorized", words))).await;
        let error = sendgrid.send().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}
