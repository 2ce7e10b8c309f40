//! `portcullis worker`: a process that does the background work of a server without workers.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::{
    fakes::smtp::{Behaviour, SmtpServer},
    world::{Place, Program, eventually},
};

/// A server that does no background work.
async fn without_workers(mail: &SmtpServer) -> Place {
    let url = format!("{}?tls=none", mail.url());
    let place = Place::new().await.with("PORTCULLIS_JOBS__WORKERS", "0");
    place.with("PORTCULLIS_EMAIL__URL", url)
}

async fn register(program: &Program, people: std::ops::Range<usize>) {
    let mut registering = JoinSet::new();
    for number in people {
        let mut person = program.stranger();
        registering.spawn(async move {
            person.register(&format!("p{number}@example.com")).await.created();
        });
    }
    registering.join_all().await;
}

async fn wait_for_mails(mail: &SmtpServer, count: usize) {
    let enough = async || (mail.received().len() >= count).then_some(());
    eventually("the mails", enough).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_what_the_server_does_not_and_stops_in_order() {
    let mail = SmtpServer::start().await;
    let place = without_workers(&mail).await;
    let program = place.start().await;
    register(&program, 0..3).await;
    assert_eq!(mail.received().len(), 0);
    let worker = place.start_worker().await;
    wait_for_mails(&mail, 3).await;
    register(&program, 3..5).await;
    wait_for_mails(&mail, 5).await;
    worker.signal("TERM");
    let (status, log) = worker.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("\"stopped\"") && !log.contains("still at work"), "{log}");
    assert!(!program.log().contains("job done"));
    // The server goes on without it.
    register(&program, 5..6).await;
    assert_eq!(mail.received().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_deliver_each_mail_once() {
    const PEOPLE: usize = 40;
    let mail = SmtpServer::start().await;
    let place = without_workers(&mail).await;
    let program = place.start().await;
    register(&program, 0..PEOPLE / 2).await;
    let (one, other) = tokio::join!(place.start_worker(), place.start_worker());
    register(&program, PEOPLE / 2..PEOPLE).await;
    wait_for_mails(&mail, PEOPLE).await;
    let nothing_left = async || {
        let health = program.stranger().get("/health/").await.ok();
        (health["queue"]["waiting"] == 0).then_some(())
    };
    eventually("the end of the work", nothing_left).await;
    let mails = mail.received();
    let people: BTreeSet<&String> = mails.iter().flat_map(|it| &it.to).collect();
    assert_eq!((mails.len(), people.len()), (PEOPLE, PEOPLE));
    for worker in [one, other] {
        let log = worker.log();
        // Slow statements are logged too, and a busy machine has some.
        for wrong in ["\"ERROR\"", "job failed", "the queue cannot be read", "cannot be followed"] {
            assert!(!log.contains(wrong), "{wrong}: {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_its_jobs_to_the_next() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::Hang);
    let place = without_workers(&mail).await.with("PORTCULLIS_JOBS__LEASE", "2s");
    let program = place.start().await;
    register(&program, 0..1).await;
    let worker = place.start_worker().await;
    let at_work = async || (mail.connections() > 0).then_some(());
    eventually("the worker to begin", at_work).await;
    worker.kill();
    mail.behave(Behaviour::Accept);
    let _next = place.start_worker().await;
    wait_for_mails(&mail, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_each_worker_is_a_dead_letter_after_its_tries() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::Hang);
    let place = without_workers(&mail).await.with("PORTCULLIS_JOBS__LEASE", "2s");
    let place = place.with("PORTCULLIS_JOBS__RETRIES", "1");
    let program = place.start().await;
    register(&program, 0..1).await;
    for tries in 1..=2 {
        let worker = place.start_worker().await;
        let at_work = async || (mail.connections() >= tries).then_some(());
        eventually("the worker to begin", at_work).await;
        worker.kill();
    }
    let last = place.start_worker().await;
    let is_dead = async || {
        let health = program.stranger().get("/health/").await.ok();
        (health["queue"]["dead"] == 1).then_some(())
    };
    eventually("the dead letter", is_dead).await;
    assert_eq!(mail.connections(), 2, "it is not begun a third time");
    assert!(last.log().contains("the last one did not end"), "{}", last.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_uses_up_no_try() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::Hang);
    let place = without_workers(&mail).await.with("PORTCULLIS_SERVER__SHUTDOWN_GRACE", "1s");
    let place = place.with("PORTCULLIS_JOBS__RETRIES", "0");
    let program = place.start().await;
    register(&program, 0..1).await;
    for tries in 1..=2 {
        let worker = place.start_worker().await;
        let at_work = async || (mail.connections() >= tries).then_some(());
        eventually("the worker to begin", at_work).await;
        worker.signal("TERM");
        let (status, log) = worker.ended().await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("still at work"), "{log}");
    }
    mail.behave(Behaviour::Accept);
    let _next = place.start_worker().await;
    wait_for_mails(&mail, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_about_us_is_one_line_for_operators_and_the_mail_goes_later() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::RefuseRelay);
    let place = without_workers(&mail).await.with("PORTCULLIS_JOBS__BACKOFF", "1s");
    let program = place.start().await;
    register(&program, 0..1).await;
    let worker = place.start_worker().await;
    let told = async || worker.log().contains("because of us").then_some(());
    eventually("the alarm", told).await;
    mail.behave(Behaviour::Accept);
    wait_for_mails(&mail, 1).await;
    let log = worker.log();
    let line = log.lines().find(|it| it.contains("because of us")).unwrap();
    assert!(line.contains("\"ERROR\"") && line.contains("Relay access denied"), "{line}");
    assert!(!line.contains("p0@example.com"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_not_keep_mail_in_its_memory() {
    let ran = Place::new().await.run(&["worker"]).await;
    assert_eq!(ran.status, Some(78), "{ran:?}");
    assert!(ran.err.contains("email.url") && ran.err.contains("hint: "), "{ran:?}");
}
