//! Mail: a real server on loopback, real files, the inbox.

use std::{os::unix::fs::PermissionsExt as _, sync::Arc, time::Duration};

use domain::{Span, Time, account::Email, settings};
use outside::mail::{Mail, MailError, Mailer};
use tokio::time::timeout;

use crate::{
    certificate::Certificate,
    smtp::{Behaviour, Encryption, SmtpServer, Upgrade},
};

const NOON: Time = Time(1_800_000_000_000_000);
/// The base64 of `\0anna@mail\0p:ss`.
const LOGIN: &str = "AGFubmFAbWFpbABwOnNz";

fn mail(id: &str) -> Mail {
    Mail {
        id: id.into(),
        to: Email::parse("anna@example.com").unwrap(),
        to_name: Some("Anna".into()),
        subject: "Welcome".into(),
        text: ".starts with a dot\nand goes on".into(),
        html: "<p>Welcome</p>".into(),
        language: Some("en".into()),
    }
}

fn settings(url: &str) -> settings::Email {
    settings::Email {
        url: url.into(),
        from: "Portcullis <no-reply@example.org>".into(),
        timeout: Span::seconds(5),
        ..settings::Email::default()
    }
}

fn made(settings: &settings::Email) -> Result<Mailer, MailError> {
    Mailer::from_settings(settings, &settings::Outbound::default(), "https://id.example.com")
}

fn mailer(url: &str) -> Mailer {
    made(&settings(url)).unwrap()
}

async fn send(mailer: &Mailer) -> Result<(), MailError> {
    mailer.send(&mail("m-1"), NOON).await
}

fn upgrade(certificate: &Certificate) -> Upgrade {
    let acceptor = certificate.acceptor.clone();
    Arc::new(move |stream| {
        let acceptor = acceptor.clone();
        Box::pin(async move { Ok(Box::new(acceptor.accept(stream).await?) as _) })
    })
}

#[tokio::test]
async fn a_mail_arrives_whole_and_connections_are_used_again() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server.url());
    send(&mailer).await.unwrap();
    mailer.send(&mail("m-2"), NOON).await.unwrap();

    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].from, "no-reply@example.org");
    assert_eq!(received[0].to, ["anna@example.com"]);
    assert!(!received[0].encrypted);
    assert!(received[0].data.contains("Message-ID: <m-1@example.org>\n"), "{}", received[0].data);
    assert!(received[0].data.contains("\n.starts with a dot\n"), "{}", received[0].data);
    assert!(received[1].data.contains("Message-ID: <m-2@example.org>\n"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn refusals_are_temporary_or_permanent() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server.url());
    send(&mailer).await.unwrap();
    let cases = [
        (Behaviour::RefuseForNow, false, "4.7.1 Try again later"),
        (Behaviour::RefuseForGood, true, "5.1.1 No such user here"),
        (Behaviour::SayGoodbye, false, "4.3.2 Shutting down"),
        (Behaviour::MailboxFull, false, "5.2.2 Over quota"),
        (Behaviour::TooLarge, true, "5.3.4 Too large"),
        (Behaviour::Answer("550 Exim 4.96.2 says user unknown"), true, "user unknown"),
        (Behaviour::Answer("550 5.5.0 mailbox unavailable"), true, "mailbox unavailable"),
        (Behaviour::Answer("501 Bad address syntax"), true, "Bad address syntax"),
        (Behaviour::Drop, false, ""),
        (Behaviour::DropInData, false, ""),
    ];
    for (behaviour, permanent, words) in cases {
        server.behave(behaviour);
        let error = send(&mailer).await.unwrap_err();
        assert_eq!(error.is_permanent(), permanent, "{behaviour:?}: {error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    server.behave(Behaviour::Accept);
    send(&mailer).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn the_greeting_is_a_full_name() {
    let server = SmtpServer::start().await;
    for behaviour in [Behaviour::WantFullName, Behaviour::WantFullNameLater] {
        server.behave(behaviour);
        send(&mailer(&server.url())).await.unwrap();
        let bare = settings::Email { hello_name: "vm".into(), ..settings(&server.url()) };
        let error = send(&made(&bare).unwrap()).await.unwrap_err();
        assert!(matches!(error, MailError::Ours(_)), "{error}");
        assert!(error.to_string().contains("Helo command rejected"), "{error}");
    }
    let chosen =
        settings::Email { hello_name: "mail.example.net".into(), ..settings(&server.url()) };
    send(&made(&chosen).unwrap()).await.unwrap();
    let greetings: Vec<_> = server.received().into_iter().map(|it| it.hello).collect();
    assert_eq!(greetings, ["id.example.com", "id.example.com", "mail.example.net"]);
}

#[tokio::test]
async fn refusals_because_of_us_are_told_apart() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server.url());
    let cases = [
        (Behaviour::RefuseSender, "5.7.1 Sender is not owned by you"),
        (Behaviour::RefuseRelay, "5.7.1 Relay access denied"),
        (Behaviour::RefuseRate, "4.7.1 Too many messages"),
        (Behaviour::Answer("450 4.7.1 too much mail"), "too much mail"),
        (Behaviour::Answer("550 5.7.1: blocked"), "blocked"),
    ];
    for (behaviour, words) in cases {
        server.behave(behaviour);
        let error = send(&mailer).await.unwrap_err();
        assert!(matches!(error, MailError::Ours(_)), "{behaviour:?}: {error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    // Greylisting passes by itself.
    for behaviour in [
        Behaviour::RefuseForNow,
        Behaviour::Answer("450 4.7.1 Greylisted"),
        // The owner of the mailbox can make room.
        Behaviour::MailboxFull,
    ] {
        server.behave(behaviour);
        let error = send(&mailer).await.unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{behaviour:?}: {error}");
    }
    let wrong = format!("smtp://anna%40mail:wr0ng@127.0.0.1:{}?tls=none", server.port());
    let error = send(&made(&settings(&wrong)).unwrap()).await.unwrap_err();
    assert!(matches!(error, MailError::Ours(_)), "{error}");
}

#[tokio::test]
async fn an_address_that_is_not_ascii_needs_a_server_that_takes_it() {
    let server = SmtpServer::start().await;
    let mut foreign = mail("m-1");
    foreign.to = Email::parse("j\u{f6}rg@example.com").unwrap();
    let error = mailer(&server.url()).send(&foreign, NOON).await.unwrap_err();
    assert!(error.is_permanent() && !error.to_string().contains("j\u{f6}rg"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_its_connection_too() {
    let server = SmtpServer::start().await;
    let settings = settings::Email { timeout: Span::millis(300), ..settings(&server.url()) };
    let mailer = made(&settings).unwrap();
    send(&mailer).await.unwrap();
    server.behave(Behaviour::Hang);
    let error = timeout(Duration::from_secs(2), send(&mailer)).await.unwrap().unwrap_err();
    assert!(!error.is_permanent(), "{error}");
    server.behave(Behaviour::Accept);
    send(&mailer).await.unwrap();
    assert_eq!((server.received().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn a_server_that_is_away_may_come_back() {
    let server = SmtpServer::start().await;
    let url = server.url();
    drop(server);
    tokio::task::yield_now().await;
    let error = send(&mailer(&url)).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
}

#[tokio::test]
async fn tls_from_the_start_and_by_starttls_with_sign_in() {
    let certificate = Certificate::of(&["localhost", "127.0.0.1"]);
    let cases = [
        (Encryption::StartTls(upgrade(&certificate)), "smtp", "?tls=required"),
        (Encryption::StartTls(upgrade(&certificate)), "smtp", ""),
        (Encryption::FromTheStart(upgrade(&certificate)), "smtps", ""),
    ];
    for (encryption, scheme, query) in cases {
        let server = SmtpServer::with(encryption, Some(LOGIN)).await;
        let url = format!("{scheme}://anna%40mail:p%3Ass@localhost:{}{query}", server.port());
        let known = settings::Email { ca_file: certificate.ca_file(), ..settings(&url) };
        send(&made(&known).unwrap()).await.unwrap();
        let received = server.received();
        assert!(received[0].encrypted);
        assert_eq!(received[0].login.as_deref(), Some(LOGIN));

        let error = send(&mailer(&url)).await.unwrap_err();
        assert!(!error.is_permanent(), "an unknown authority: {error}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn without_tls_nothing_is_sent_where_it_is_required_and_no_password_ever() {
    let server = SmtpServer::with(Encryption::None, Some(LOGIN)).await;
    let host = format!("anna%40mail:p%3Ass@127.0.0.1:{}", server.port());
    for url in [format!("smtp://{host}?tls=required"), format!("smtp://{host}")] {
        let error = send(&mailer(&url)).await.unwrap_err();
        assert!(!error.is_permanent(), "{error}");
    }
    assert_eq!(server.received().len(), 0);
    send(&mailer(&format!("smtp://{host}?tls=none"))).await.unwrap();
    assert_eq!(server.received()[0].login.as_deref(), Some(LOGIN));
}

#[tokio::test]
async fn credentials_are_in_no_error() {
    let server = SmtpServer::with(Encryption::None, Some(LOGIN)).await;
    let wrong = format!("smtp://anna%40mail:wr0ng@127.0.0.1:{}?tls=none", server.port());
    let error = send(&mailer(&wrong)).await.unwrap_err();
    assert!(!error.is_permanent(), "a wrong password says nothing about the mail: {error}");

    server.behave(Behaviour::RepeatSignIn);
    let right = format!("smtp://anna%40mail:p%3Ass@127.0.0.1:{}?tls=none", server.port());
    let error = send(&mailer(&right)).await.unwrap_err().to_string();
    assert!(!error.contains(LOGIN) && !error.contains("p:ss"), "{error}");
}

#[test]
fn errors_of_settings_contain_no_credentials() {
    let urls = [
        "",
        "mail.example.com",
        "http://u:s3cret@h",
        "smtp://u:s3cret@",
        "smtp://u:s3cret@h:x",
        "smtp://u:s3cret@h?tls=maybe",
        "smtp://u:s3cret@h?x=y",
        "smtps://u:s3cret@h?tls=none",
        "smtp://u@h",
        "smtp://u:s3cret%ff@h",
        "file:",
        "sendgrid:",
    ];
    for url in urls {
        let error = made(&settings(url)).err().unwrap_or_else(|| panic!("{url}"));
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let wrong = settings::Email { from: "nobody".into(), ..settings("inbox:") };
    assert!(made(&wrong).is_err());
    let missing = settings::Email { ca_file: "/no/file".into(), ..settings("smtps://h") };
    assert!(made(&missing).is_err());
    assert!(made(&settings::Email::default()).is_ok());
}

#[tokio::test]
async fn a_file_a_mail_for_the_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/mails");
    let mailer = mailer(&format!("file:{}", path.display()));
    send(&mailer).await.unwrap();
    mailer.send(&mail("m-2"), NOON).await.unwrap();
    // The same mail again: a job that was retried.
    send(&mailer).await.unwrap();

    let mut names: Vec<String> = std::fs::read_dir(&path)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["m-1.eml", "m-2.eml"]);
    let text = std::fs::read_to_string(path.join("m-1.eml")).unwrap();
    assert!(text.contains("Subject: Welcome\r\n") && text.contains("<p>Welcome</p>"));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&path.join("m-1.eml"))), (0o700, 0o600));

    std::fs::remove_dir_all(&path).unwrap();
    assert!(!send(&mailer).await.unwrap_err().is_permanent());
}

#[tokio::test]
async fn the_inbox_keeps_the_last_two_hundred() {
    let mailer = mailer("inbox:");
    for number in 0..203 {
        mailer.send(&mail(&format!("m-{number}")), NOON).await.unwrap();
    }
    let inbox = mailer.inbox().unwrap();
    let list = inbox.list();
    assert_eq!((list.len(), list[0].id.as_str(), list[199].id.as_str()), (200, "m-202", "m-3"));
    assert!(inbox.by_id("m-2").is_none());
    let kept = serde_json::to_value(inbox.by_id("m-3").unwrap()).unwrap();
    assert_eq!(kept["to"], "anna@example.com");
    assert_eq!(kept["received_at"], "2027-01-15T08:00:00Z");
    assert!(mailer.send(&mail("../m"), NOON).await.unwrap_err().is_permanent());
}
