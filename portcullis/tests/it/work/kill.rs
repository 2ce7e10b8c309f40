//! Nothing that was acknowledged is lost when the process dies in the middle of its work.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    fakes::smtp::SmtpServer,
    world::{PASSWORD, Person, Place, Program, eventually},
};

const ROUNDS: usize = 3;
const CLIENTS: usize = 12;
/// The number of acknowledgements before the process is killed.
const ACKNOWLEDGED: std::ops::Range<u64> = 60..260;

fn random(range: std::ops::Range<u64>) -> u64 {
    range.start + RandomState::new().build_hasher().finish() % (range.end - range.start)
}

/// An account as its owner knows it: what was acknowledged, and what was only requested.
#[derive(Default)]
struct Account {
    email: String,
    is_made: bool,
    bio: String,
    asked_bio: String,
    /// The latest of the session that goes on.
    refresh: Option<String>,
    /// Refresh tokens of sessions that were signed out of.
    ended: Vec<String>,
}

/// Posts, and counts the acknowledgement. `None`: the server is gone.
async fn ask(
    who: &Person,
    method: Method,
    path: &str,
    body: Value,
    count: &AtomicUsize,
) -> Option<Value> {
    let request = who.request(method, path).json(&body);
    let answer = who.try_send(request).await?;
    assert!(matches!(answer.status, 200 | 201), "{path}: {} {}", answer.status, answer.text);
    count.fetch_add(1, Ordering::Relaxed);
    Some(answer.json)
}

fn text(answer: &Value, key: &str) -> Option<String> {
    answer[key].as_str().map(str::to_owned)
}

impl Account {
    /// Registers and uses the account until the server is gone.
    async fn live(&mut self, nobody: &Person, count: &AtomicUsize) -> Option<()> {
        let credentials = json!({ "email": self.email, "password": PASSWORD });
        let mut person = credentials.clone();
        person["first_name"] = "Anna".into();
        person["last_name"] = "Lindholm".into();
        let post = Method::POST;
        let made = ask(nobody, post.clone(), "/api/v1/auth/register", person, count).await?;
        self.is_made = true;
        self.refresh = text(&made, "refresh");
        let mut me = nobody.clone();
        me.access = text(&made, "access");
        for step in 0..3 {
            self.asked_bio = format!("step {step}");
            let body = json!({ "bio": self.asked_bio });
            ask(&me, Method::PATCH, "/api/v1/auth/profile", body, count).await?;
            self.bio.clone_from(&self.asked_bio);
            let body = json!({ "refresh": self.refresh });
            let pair = ask(nobody, post.clone(), "/api/v1/auth/token/refresh", body, count).await?;
            (self.refresh, me.access) = (text(&pair, "refresh"), text(&pair, "access"));
            let path = "/api/v1/auth/login";
            let other = ask(nobody, post.clone(), path, credentials.clone(), count).await?;
            let mut away = nobody.clone();
            away.access = text(&other, "access");
            ask(&away, post.clone(), "/api/v1/auth/logout", json!({}), count).await?;
            self.ended.extend(text(&other, "refresh"));
        }
        Some(())
    }

    /// Asserts that everything acknowledged is there. Returns whether the account exists: one that
    /// was not acknowledged may exist.
    async fn check(&self, program: &Program) -> bool {
        let mut person = program.stranger();
        let login = person.login(&self.email).await;
        assert!(login.status == 200 || !self.is_made && login.status == 401, "{login:?}");
        if login.status == 401 {
            return false;
        }
        let bio = person.profile().await.ok()["profile"]["bio"].as_str().unwrap().to_owned();
        assert!(bio == self.bio || bio == self.asked_bio, "{bio:?} of {}", self.email);
        if let Some(refresh) = &self.refresh {
            person.refresh_with(refresh).await.ok();
        }
        for ended in &self.ended {
            person.refresh_with(ended).await.refused("session_ended");
        }
        true
    }
}

/// Clients at work, each with one account after the other, until the server is gone.
fn load(program: &Program, round: usize, count: &Arc<AtomicUsize>) -> JoinSet<Vec<Account>> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (nobody, count) = (program.stranger(), count.clone());
        clients.spawn(async move {
            let mut accounts = Vec::new();
            loop {
                let email = format!("r{round}-c{client}-{}@example.com", accounts.len());
                let mut account = Account { email, ..Account::default() };
                let went_on = account.live(&nobody, &count).await;
                accounts.push(account);
                if went_on.is_none() {
                    return accounts;
                }
            }
        });
    }
    clients
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_process_that_is_killed() {
    let mail = SmtpServer::start().await;
    let place = Place::new()
        .await
        .with("PORTCULLIS_EMAIL__URL", format!("{}?tls=none", mail.url()))
        .with("PORTCULLIS_JOBS__LEASE", "3s");
    let mut program = place.start().await;
    let mut written_to = BTreeSet::new();
    for round in 0..ROUNDS {
        let (count, target) = (Arc::new(AtomicUsize::new(0)), random(ACKNOWLEDGED) as usize);
        let clients = load(&program, round, &count);
        let reached = async || (count.load(Ordering::Relaxed) >= target).then_some(());
        eventually("the load", reached).await;
        program.kill();
        let accounts = clients.join_all().await.into_iter().flatten();
        program = place.start().await;
        for account in accounts {
            if account.check(&program).await {
                written_to.insert(account.email);
            }
        }
    }
    let all_have_mail = async || {
        let reached: BTreeSet<String> = mail.received().into_iter().flat_map(|it| it.to).collect();
        written_to.is_subset(&reached).then_some(())
    };
    eventually("a mail to everybody", all_have_mail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_it_starts_starts_the_next_time() {
    let place = Place::new().await;
    for _ in 0..6 {
        place.start_and_kill(Duration::from_millis(random(1..120))).await;
    }
    let program = place.start().await;
    let mut anna = program.stranger();
    anna.register("anna@example.com").await.created();
    anna.login("anna@example.com").await.ok();
}
