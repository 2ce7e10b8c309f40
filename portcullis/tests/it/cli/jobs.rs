//! `portcullis jobs` beside a running server: dead letters are listed, retried and discarded.

use domain::JobId;
use serde_json::Value;

use crate::{
    fakes::smtp::{Behaviour, SmtpServer},
    world::{Place, eventually},
};

async fn over_smtp(mail: &SmtpServer) -> Place {
    let url = format!("{}?tls=none", mail.url());
    Place::new().await.with("PORTCULLIS_EMAIL__URL", url)
}

/// The objects that a list prints.
async fn listed(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let ran = place.run(&[&["jobs", "list", "--json"], arguments].concat()).await;
    ran.ok().lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Waits for this number of dead letters.
async fn dead(place: &Place, count: usize) -> Vec<Value> {
    let enough = async || {
        let found = listed(place, &["--dead"]).await;
        (found.len() == count).then_some(found)
    };
    eventually("the dead letters", enough).await
}

fn id(job: &Value) -> &str {
    job["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_and_replayed() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::RefuseForGood);
    let place = over_smtp(&mail).await;
    let program = place.start().await;
    assert_eq!(place.run(&["jobs", "list", "--dead"]).await.ok(), "there are no dead letters\n");
    for name in ["anna", "berta", "carl"] {
        program.stranger().register(&format!("{name}@example.com")).await.created();
    }
    let letters = dead(&place, 3).await;
    for letter in &letters {
        assert_eq!(letter["kind"], "mail.verify_email");
        assert_eq!(letter["failures"], 1);
        assert!(letter["last_error"].as_str().unwrap().contains("5.1.1"), "{letter}");
        assert!(letter["user_id"].is_string() && letter.get("sealed").is_none(), "{letter}");
    }
    let text = place.run(&["jobs", "list", "--dead"]).await;
    assert!(text.ok().contains(", failed once: "), "{text:?}");
    // One page after the other, the latest first.
    let first = listed(&place, &["--dead", "--limit", "2"]).await;
    let second = listed(&place, &["--dead", "--limit", "2", "--before", id(&first[1])]).await;
    assert_eq!([first, second].concat(), letters);
    assert!(listed(&place, &["--dead", "--kind", "mail.welcome"]).await.is_empty());

    mail.behave(Behaviour::Accept);
    place.run(&["jobs", "replay", id(&letters[0])]).await.ok();
    let arrived = async |count| {
        eventually("the mails", async || (mail.received().len() == count).then_some(())).await;
    };
    arrived(1).await;
    assert_eq!(mail.received()[0].to, ["carl@example.com"]);
    let all = place.run(&["jobs", "replay", "--all"]).await;
    assert_eq!(
        (all.ok(), all.err.contains("\u{1b}[")),
        ("2 dead letters will be tried again\n", false)
    );
    arrived(3).await;
    dead(&place, 0).await;
    let gone = ["there is no such dead letter", "hint: portcullis jobs list --dead"];
    place.run(&["jobs", "replay", id(&letters[0])]).await.failed(&gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_dies_again_has_had_all_its_retries() {
    let mail = SmtpServer::start().await;
    mail.behave(Behaviour::RefuseForNow);
    let place = over_smtp(&mail).await.with("PORTCULLIS_JOBS__RETRIES", "2");
    let place = place.with("PORTCULLIS_JOBS__BACKOFF", "20ms");
    let program = place.start().await;
    program.stranger().register("anna@example.com").await.created();
    let letters = dead(&place, 1).await;
    assert_eq!((&letters[0]["failures"], mail.connections()), (&3.into(), 3));
    place.run(&["jobs", "replay", "--all"]).await.ok();
    let tried = async || (mail.connections() == 6).then_some(());
    eventually("three more tries", tried).await;
    assert_eq!(dead(&place, 1).await[0]["failures"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_nobody_wants_done_are_discarded() {
    let mail = SmtpServer::start().await;
    let place = over_smtp(&mail).await.with("PORTCULLIS_JOBS__WORKERS", "0");
    let program = place.start().await;
    program.stranger().register("anna@example.com").await.created();
    let waiting = listed(&place, &[]).await;
    let [job] = &waiting[..] else { panic!("{waiting:?}") };
    place.run(&["jobs", "replay", id(job)]).await.failed(&["there is no such dead letter"]);
    place.run(&["jobs", "discard", id(job)]).await.ok();
    assert_eq!(place.run(&["jobs", "list"]).await.ok(), "no job waits\n");
    let unknown = JobId::new(domain::Time(0), [7; 10]).to_string();
    place.run(&["jobs", "discard", &unknown]).await.failed(&["there is no such job"]);
    for wrong in
        [&["jobs", "replay"][..], &["jobs", "discard", "x"], &["jobs", "list", "--limit", "0"]]
    {
        assert_eq!(place.run(wrong).await.status, Some(2), "{wrong:?}");
    }
    assert_eq!(mail.received().len(), 0);
}
