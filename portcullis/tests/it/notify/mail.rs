//! Mails from the transaction that causes them to a mail server or a folder: retries, dead letters,
//! workers that die, and no secrets in the queue.

use std::{fs, os::unix::fs::PermissionsExt as _};

use app::work::jobs::{Filter, JobSummary};
use domain::{JobId, Span, settings::Settings};
use serde_json::json;
use store::jobs::Job;
use tokio_util::sync::CancellationToken;

use crate::{
    fakes::smtp::{Behaviour, Received, SmtpServer},
    world::{World, eventually},
};

const ANNA: &str = "anna@example.com";

fn over_smtp(server: &SmtpServer) -> impl FnOnce(&mut Settings) {
    let url = format!("{}?tls=none", server.url());
    move |settings| settings.email.url = url.into()
}

/// The whole mail without quoted-printable (RFC 2045, section 6.7), as far as ASCII needs, and
/// without the escapes of its HTML.
fn readable(mail: &str) -> String {
    mail.replace("=\n", "").replace("=3D", "=").replace("&#x2f;", "/")
}

/// The token of the link in a mail.
fn token(mail: &str) -> String {
    let text = readable(mail);
    let rest = text.split("/verify-email?token=").nth(1).unwrap();
    rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_".contains(*it)).collect()
}

/// Moves the clock and does what is due then.
async fn pass_and_settle(world: &World, span: Span) {
    world.pass(span).await;
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_with_its_headers_and_both_texts() {
    let server = SmtpServer::start().await;
    let world = World::with(over_smtp(&server)).await;
    let anna = world.registered(ANNA).await;
    world.settle().await;
    let [Received { from, to, data, .. }] = &server.received()[..] else { panic!("not one mail") };
    assert_eq!((from.as_str(), to.as_slice()), ("no-reply@localhost", &[ANNA.to_owned()][..]));
    for header in [
        "From: Portcullis <no-reply@localhost>\n",
        "To: anna@example.com\n",
        "Subject: Confirm your email address for Portcullis\n",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000\n",
        "Message-ID: <",
        "Auto-Submitted: auto-generated\n",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8\n",
        "Content-Type: text/html; charset=utf-8\n",
    ] {
        assert!(data.contains(header), "{header:?} is missing in {data}");
    }
    let link = format!("{}/verify-email?token={}", world.url(""), token(data));
    assert!(readable(data).contains(&format!("href=\"{link}\"")), "{data}");
    anna.post("/api/v1/auth/email/verify", json!({ "token": token(data) })).await.ok();
    assert_eq!(anna.profile().await.ok()["email_verified"], true);
    world.settle().await;
    assert_eq!(server.received().len(), 2, "the welcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_for_now_is_tried_again_ever_later() {
    let server = SmtpServer::start().await;
    server.behave(Behaviour::RefuseForNow);
    let world = World::with(over_smtp(&server)).await;
    world.registered(ANNA).await;
    world.settle().await;
    assert_eq!(server.connections(), 1);
    // 60 s, then 120 s, each with a tenth of jitter at most.
    pass_and_settle(&world, Span::seconds(59)).await;
    assert_eq!(server.connections(), 1);
    pass_and_settle(&world, Span::seconds(7)).await;
    assert_eq!(server.connections(), 2);
    server.behave(Behaviour::Accept);
    pass_and_settle(&world, Span::seconds(113)).await;
    assert_eq!(server.received().len(), 0);
    pass_and_settle(&world, Span::seconds(19)).await;
    assert_eq!(server.received().len(), 1);
    assert_eq!(world.jobs().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_for_good_is_a_dead_letter_at_once() {
    let server = SmtpServer::start().await;
    server.behave(Behaviour::RefuseForGood);
    let mut world = World::with(over_smtp(&server)).await;
    world.expect_failed_jobs();
    world.registered(ANNA).await;
    world.settle().await;
    assert_eq!(world.jobs().await, (0, 1));
    pass_and_settle(&world, Span::days(1)).await;
    assert_eq!(server.connections(), 1);
    let queue = world.stranger().get("/health/").await.ok()["queue"].clone();
    assert_eq!(queue, json!({ "waiting": 0, "dead": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_there_are_three_retries_and_then_a_dead_letter() {
    let mut world = World::with(|it| it.email.url = "smtp://127.0.0.1:1?tls=none".into()).await;
    world.expect_failed_jobs();
    world.registered(ANNA).await;
    world.settle().await;
    for wait in [66, 132, 264] {
        assert_eq!(world.jobs().await, (1, 0), "before {wait} s");
        pass_and_settle(&world, Span::seconds(wait)).await;
    }
    assert_eq!(world.jobs().await, (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_up_or_says_nothing_gets_the_mail_later() {
    for behaviour in [Behaviour::Drop, Behaviour::Hang] {
        let server = SmtpServer::start().await;
        server.behave(behaviour);
        let change = over_smtp(&server);
        let world = World::with(|it| {
            change(it);
            it.email.timeout = Span::millis(500);
        })
        .await;
        world.registered(ANNA).await;
        world.settle().await;
        assert_eq!(world.jobs().await, (1, 0), "{behaviour:?}");
        server.behave(Behaviour::Accept);
        pass_and_settle(&world, Span::seconds(67)).await;
        assert_eq!(server.received().len(), 1, "{behaviour:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_hangs_keeps_no_other_waiting() {
    let server = SmtpServer::start().await;
    server.behave(Behaviour::Hang);
    let change = over_smtp(&server);
    let mut world = World::with(|it| {
        change(it);
        it.email.timeout = Span::seconds(60);
    })
    .await;
    world.registered(ANNA).await;
    let at_work = async || (server.connections() > 0).then_some(());
    eventually("the first mail to begin", at_work).await;
    server.behave(Behaviour::Accept);
    world.registered("bert@example.com").await;
    let arrived = async || (!server.received().is_empty()).then_some(());
    eventually("the second mail to arrive", arrived).await;
    let ctx = world.ctx();
    let jobs = app::work::jobs::list(
        world.app(),
        &ctx,
        &app::access::guard::operator(),
        Filter::default(),
        10,
    )
    .await
    .unwrap();
    let hangs = |it: &JobSummary| it.is_running && it.failures == 0;
    assert!(jobs.last().is_some_and(hangs), "{jobs:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_can_be_files_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mails");
    let url = format!("file:{}", path.display());
    let world = World::with(|it| it.email.url = url.into()).await;
    let anna = world.registered(ANNA).await;
    world.settle().await;
    let files: Vec<_> = fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(file.extension().unwrap(), "eml");
    let mode = |it: &std::path::Path| fs::metadata(it).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(file)), (0o700, 0o600));
    let mail = fs::read_to_string(file).unwrap().replace("\r\n", "\n");
    anna.post("/api/v1/auth/email/verify", json!({ "token": token(&mail) })).await.ok();
}

/// Claims the waiting jobs in two minutes and never finishes them, as a worker that dies.
async fn claim_and_abandon(world: &World) -> Vec<Job> {
    let now = world.clock.now() + Span::minutes(2);
    let (claim, until) = (JobId::new(now, [7; 10]).0, now + world.settings.jobs.lease);
    let unit = async move |db| store::jobs::claim(&db, claim, until, now, 10).await;
    world.store().put(unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_died_is_taken_over_after_its_lease() {
    let server = SmtpServer::start().await;
    server.behave(Behaviour::RefuseForNow);
    let world = World::with(over_smtp(&server)).await;
    world.registered(ANNA).await;
    world.settle().await;
    assert_eq!(claim_and_abandon(&world).await.len(), 1);
    server.behave(Behaviour::Accept);
    // Due, but the lease of the dead worker still holds.
    world.clock.pass(Span::minutes(6));
    let never = CancellationToken::new();
    assert_eq!(app::work::worker::run_due(world.app(), &never).await.unwrap(), 0);
    assert_eq!(server.received().len(), 0);
    world.clock.pass(Span::minutes(1));
    world.settle().await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_the_queue_reads_no_token() {
    let server = SmtpServer::start().await;
    server.behave(Behaviour::RefuseForNow);
    let world = World::with(over_smtp(&server)).await;
    let anna = world.registered(ANNA).await;
    anna.post("/api/v1/auth/email/resend", json!({ "email": "carl@example.com" })).await.ok();
    world.settle().await;
    let jobs = claim_and_abandon(&world).await;
    server.behave(Behaviour::Accept);
    world.clock.pass(Span::minutes(8));
    world.settle().await;
    let token = token(&server.received()[0].data);
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!(job.payload["user_id"], json!(anna.user_id()));
    let sealed = String::from_utf8_lossy(job.sealed.as_deref().unwrap()).into_owned();
    let shown = format!("{} {} {:?} {sealed}", job.payload, job.kind, job.last_error);
    assert!(!shown.contains(&token) && !shown.contains("verify-email"), "{shown}");
}
