//! A clock that was a day ahead and steps back: nobody is locked out, and every lifetime ends after
//! its duration by the new clock, and not a day later.

use app::{access::guard, work::keys};
use domain::{Span, Time, settings::Settings};
use http::Method;
use serde_json::{Value, json};
use store::{Db, args};

use crate::world::{Answer, PASSWORD, Person, START, World, eventually, registration};

const ANNA: &str = "anna@example.com";
const DAY: Span = Span::days(1);
const RESET: &str = "/api/v1/auth/password/reset";
const DELETE: &str = "/api/v1/auth/delete-account";

/// This number of attempts with wrong passwords for Anna.
async fn guess(world: &World, count: usize) -> Answer {
    let body = json!({ "email": ANNA, "password": "Wr0ng&Quiet-River" });
    for _ in 1..count {
        world.stranger().login_as(body.clone()).await.refused("invalid_credentials");
    }
    world.stranger().login_as(body).await
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

async fn stored_time(world: &World, question: &'static str) -> Option<Time> {
    world.store().get(async move |db: Db| db.value(question, args![]).await).await.unwrap()
}

/// Updates a row directly, to a state that no request makes. Exactly one row must match.
async fn update_row(world: &World, statement: &'static str, times: Vec<Time>) {
    let unit = async move |db: Db| {
        let values: Vec<_> = times.iter().map(store::db::Bind::bind).collect();
        db.execute(statement, &values).await
    };
    assert_eq!(world.store().put(unit).await.unwrap(), 1);
}

/// A world in which only `settle` does jobs.
async fn without_workers() -> World {
    World::with(|it| it.jobs.workers = 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_still_sign_in_and_goes_on() {
    let world = World::with(|it| it.limits.enabled = true).await;
    let mut anna = world.registered(ANNA).await;
    let mut ben = world.registered("ben@example.com").await;
    anna.refresh().await.ok();
    anna.profile().await.ok();
    world.step_back(DAY).await;
    // A token from the future is not accepted, so clients refresh.
    anna.profile().await.refused("token_not_valid");
    anna.refresh().await.ok();
    anna.profile().await.ok();
    anna.refresh().await.ok();
    ben.login("ben@example.com").await.ok();
    ben.profile().await.ok();
    world.registered("carl@example.com").await;
    assert_eq!(ben.sessions().await.len(), 2);
    ben.logout().await.ok();
    ben.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_lasts_no_longer_than_its_own_time() {
    let world = World::with(|it| {
        it.limits.enabled = true;
        it.lockout.enabled = false;
    })
    .await;
    world.registered(ANNA).await;
    let refused = guess(&world, 26).await;
    assert_eq!(retry_after(&refused), 144);
    // A step as small as the skew between nodes: a used-up limit lasts that much longer.
    world.step_back(Span::minutes(4)).await;
    assert_eq!(retry_after(&guess(&world, 1).await), 4 * 60 + 144);
    // A larger step: the limit is reset.
    world.step_back(DAY).await;
    world.stranger().login(ANNA).await.ok();
    guess(&world, 25).await.refused("invalid_credentials");
    guess(&world, 1).await.refused("rate_limited");
    world.pass(Span::seconds(144)).await;
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_after_its_span() {
    let world = World::start().await;
    world.registered(ANNA).await;
    guess(&world, 5).await.refused("invalid_credentials");
    assert_eq!(retry_after(&guess(&world, 1).await), 1800);
    world.step_back(DAY).await;
    let refused = guess(&world, 1).await;
    assert_eq!(retry_after(&refused), 1800);
    refused.refused("account_locked");
    world.pass(Span::seconds(1799)).await;
    guess(&world, 1).await.refused("account_locked");
    world.pass(Span::seconds(1)).await;
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_forgotten_in_their_time() {
    let world = World::start().await;
    world.registered(ANNA).await;
    guess(&world, 4).await.refused("invalid_credentials");
    world.step_back(DAY).await;
    world.pass(Span::hours(24)).await;
    guess(&world, 4).await.refused("invalid_credentials");
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_start_finds_too_far_ahead_is_pulled_back() {
    let mut world = World::start().await;
    world.registered(ANNA).await;
    // A request has recorded what the clock showed.
    world.pass(Span::minutes(10)).await;
    world.settle().await;
    guess(&world, 5).await.refused("invalid_credentials");
    guess(&world, 1).await.refused("account_locked");
    world.stop().await;
    world.clock.step_back(DAY);
    world.begin().await;
    assert_eq!(retry_after(&guess(&world, 1).await), 1800);
    world.pass(Span::minutes(30)).await;
    world.stranger().login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_notices_by_itself() {
    let world = World::start().await;
    world.registered(ANNA).await;
    guess(&world, 5).await.refused("invalid_credentials");
    world.clock.step_back(DAY);
    let until = "SELECT MAX(locked_until) FROM lockouts";
    let pulled = async || {
        let until = stored_time(&world, until).await;
        (until == Some(START - DAY + Span::minutes(30))).then_some(())
    };
    eventually("the lock to be pulled back", pulled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_by_minutes_change_nothing() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    guess(&world, 5).await.refused("invalid_credentials");
    world.settle().await;
    let facts = async || {
        let session = world.session(&anna).await;
        let until = stored_time(&world, "SELECT MAX(locked_until) FROM lockouts").await;
        let due = stored_time(&world, "SELECT MAX(due_at) FROM schedules").await;
        let link = stored_time(&world, "SELECT MAX(expires_at) FROM links").await;
        (session, until, due, link)
    };
    let before = facts().await;
    world.step_back(Span::minutes(4)).await;
    assert_eq!(facts().await, before);
    // Small steps add up.
    world.step_back(Span::minutes(4)).await;
    assert_ne!(facts().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_set_destroys_nothing() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    world.settle().await;
    let before = world.session(&anna).await;
    let since = Span::from_micros(START.0);
    world.step_back(since).await;
    world.clock.pass(since);
    world.settle().await;
    assert_eq!(world.session(&anna).await, before);
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_end_after_their_lifetime() {
    let world = World::start().await;
    for email in [ANNA, "ben@example.com"] {
        world.registered(email).await;
        world.stranger().post(RESET, json!({ "email": email })).await.ok();
    }
    let before = "/reset-password?token=";
    let (anna, ben) =
        (world.token(ANNA, before).await, world.token("ben@example.com", before).await);
    let spend = async |token: &str| {
        let body = json!({ "token": token, "new_password": "An0ther&Quiet-River" });
        world.stranger().post("/api/v1/auth/password/reset/confirm", body).await
    };
    world.step_back(DAY).await;
    world.pass(Span::minutes(59)).await;
    spend(&anna).await.ok();
    world.pass(Span::minutes(1)).await;
    spend(&ben).await.refused("invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn exchange_tokens_end_after_a_minute() {
    let world = World::with(|it| it.registration.auto_login = false).await;
    for (email, after, is_good) in
        [(ANNA, Span::seconds(59), true), ("ben@example.com", Span::seconds(60), false)]
    {
        let mut person = world.stranger();
        let answer = person.register_as(registration(email)).await;
        let device = answer.cookie("device").unwrap();
        let device = device.split(';').next().unwrap().to_owned();
        let token = world.token(email, "/verify-email?token=").await;
        let post = async |path: &str, body: Value| {
            let request = person.request(Method::POST, path).json(&body);
            person.send(request.header("cookie", &device)).await
        };
        let verified = post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
        world.step_back(DAY).await;
        world.pass(after).await;
        let exchange = json!({ "exchange_token": verified["exchange_token"] });
        let answer = post("/api/v1/auth/exchange-token", exchange).await;
        match is_good {
            true => drop(answer.ok()),
            false => drop(answer.refused("invalid_token")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_end_after_their_lifetime() {
    let world = World::start().await;
    let admin = world.admin("root@example.com").await;
    admin.post("/api/v1/admin/invitations", json!({ "email": ANNA })).await.created();
    world.step_back(DAY).await;
    let end = stored_time(&world, "SELECT MAX(expires_at) FROM invitations").await;
    assert_eq!(end, Some(START - DAY + Span::days(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_run_at_their_next_time() {
    let world = World::start().await;
    let due = "SELECT due_at FROM schedules WHERE name = 'cleanup'";
    assert_eq!(stored_time(&world, due).await.unwrap().to_string(), "2027-01-16T00:00:00Z");
    world.step_back(DAY).await;
    assert_eq!(stored_time(&world, due).await.unwrap().to_string(), "2027-01-15T00:00:00Z");
    world.pass(Span::hours(16)).await;
    world.settle().await;
    assert_eq!(stored_time(&world, due).await.unwrap().to_string(), "2027-01-16T00:00:00Z");
}

/// A mail to Anna that waits as `statement` says.
async fn waiting_mail(world: &World, statement: &'static str, times: Vec<Time>) {
    world.registered(ANNA).await;
    world.settle().await;
    world.stranger().post(RESET, json!({ "email": ANNA })).await.ok();
    assert_eq!(world.jobs().await, (1, 0));
    update_row(world, statement, times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_comes_after_its_wait() {
    let world = without_workers().await;
    let failed = "UPDATE jobs SET failures = 2, due_at = $1";
    waiting_mail(&world, failed, vec![START + Span::seconds(120)]).await;
    world.step_back(DAY).await;
    assert_eq!(world.jobs().await, (1, 0));
    // Including the jitter.
    world.pass(Span::seconds(131)).await;
    world.settle().await;
    assert_eq!(world.jobs().await, (1, 0));
    world.pass(Span::seconds(1)).await;
    world.settle().await;
    assert_eq!(world.jobs().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_job_is_taken_over_after_its_lease() {
    let world = without_workers().await;
    let claimed = "UPDATE jobs SET claim = id, claimed_until = $1, due_at = $2";
    waiting_mail(&world, claimed, vec![START + Span::minutes(5), START]).await;
    world.clock.step_back(DAY);
    let pulled = async || {
        let until = stored_time(&world, "SELECT MAX(claimed_until) FROM jobs").await;
        (until == Some(START - DAY + Span::minutes(5))).then_some(())
    };
    eventually("the claim to be pulled back", pulled).await;
    world.clock.pass(Span::minutes(5));
    world.settle().await;
    assert_eq!(world.jobs().await, (0, 0));
}

/// Work that was in progress during the step writes the old time once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_flight_over_the_step_is_pulled_back_too() {
    let world = without_workers().await;
    world.step_back(DAY).await;
    let claimed = "UPDATE jobs SET claim = id, claimed_until = $1, due_at = $2";
    waiting_mail(&world, claimed, vec![START + Span::minutes(5), START]).await;
    // By now that work has ended.
    world.clock.pass(Span::minutes(5));
    is_claimed_until(&world, START - DAY + Span::minutes(10)).await;
    world.clock.pass(Span::minutes(5));
    world.settle().await;
    assert_eq!(world.jobs().await, (0, 0));
}

async fn is_claimed_until(world: &World, end: Time) {
    let pulled = async || {
        let until = stored_time(world, "SELECT MAX(claimed_until) FROM jobs").await;
        (until == Some(end)).then_some(())
    };
    eventually("the claim to be pulled back", pulled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_last_try_did_not_end_is_pulled_back_too() {
    let mut world = without_workers().await;
    world.expect_failed_jobs();
    let last = "UPDATE jobs SET failures = 4, claim = id, claimed_until = $1, due_at = $1";
    waiting_mail(&world, last, vec![START]).await;
    world.clock.step_back(DAY);
    is_claimed_until(&world, START - DAY + Span::minutes(5)).await;
    world.clock.pass(Span::minutes(5));
    world.settle().await;
    assert_eq!(world.jobs().await, (0, 1));
    // The claim without an attempt left did not count as one.
    let unit = async |db: Db| db.value::<i64>("SELECT failures FROM jobs", args![]).await;
    assert_eq!(world.store().get(unit).await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_expire_after_their_lifetime() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let mut ben = world.registered("ben@example.com").await;
    world.step_back(DAY).await;
    let (session, now) = (world.session(&anna).await, world.clock.now());
    assert_eq!(session.expires_at, now + Span::days(7));
    let past = [session.created_at, session.head_made_at, session.last_activity_at];
    assert_eq!(past, [now; 3]);
    world.pass(Span::minutes(7 * 24 * 60 - 1)).await;
    anna.refresh().await.ok();
    world.pass(Span::minutes(1)).await;
    ben.refresh().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_life_of_a_session_counts_anew() {
    let world = World::with(|it: &mut Settings| {
        it.tokens.absolute_lifetime = Span::days(8);
    })
    .await;
    let mut anna = world.registered(ANNA).await;
    world.step_back(DAY).await;
    world.pass(Span::days(6)).await;
    anna.refresh().await.ok();
    world.pass(Span::days(2)).await;
    anna.refresh().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_identity_from_tomorrow_is_not_fresh() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    world.step_back(DAY).await;
    anna.refresh().await.ok();
    anna.post(DELETE, json!({})).await.refused("step_up_required");
    // Nor a day later.
    world.pass(DAY).await;
    anna.refresh().await.ok();
    anna.post(DELETE, json!({})).await.refused("step_up_required");
    anna.login(ANNA).await.ok();
    anna.post(DELETE, json!({})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_are_kept_for_a_day() {
    let world = World::start().await;
    let register = async || {
        let stranger = world.stranger();
        let request = stranger.request(Method::POST, "/api/v1/auth/register");
        let request = request.json(&registration(ANNA)).header("idempotency-key", "one");
        stranger.send(request).await
    };
    register().await.created();
    world.step_back(DAY).await;
    register().await.created();
    world.pass(Span::minutes(24 * 60 - 1)).await;
    register().await.created();
    world.pass(Span::minutes(1)).await;
    register().await.invalid(&[("email", "email_taken")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_in_their_time() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let published = async || {
        let set = anna.get("/.well-known/jwks.json").await.ok();
        let id = |it: &Value| it["kid"].as_str().unwrap().to_owned();
        set["keys"].as_array().unwrap().iter().map(id).collect::<Vec<String>>()
    };
    let until = async |span| {
        world.pass(span).await;
        world.settle().await;
    };
    let first = published().await;
    let ctx = world.ctx();
    let next = keys::rotate(world.app(), &ctx, &guard::operator(), keys::When::Published)
        .await
        .unwrap()
        .made
        .unwrap();
    world.step_back(DAY).await;
    until(Span::minutes(24 * 60 - 5)).await;
    assert_eq!(published().await, [first.clone(), vec![next.clone()]].concat());
    until(Span::minutes(5)).await;
    assert_eq!(published().await[0], next);
    assert_eq!(published().await.len(), 2);
    // The retired one ends a little after its last token, and then the next one is due.
    world.step_back(DAY).await;
    until(Span::minutes(16)).await;
    assert_eq!(published().await, std::slice::from_ref(&next));
    until(Span::days(89)).await;
    assert_eq!(published().await.len(), 2);
    until(DAY).await;
    assert_ne!(published().await[0], next);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_is_looked_for_at_once() {
    let world = World::quiet(|_| {}).await;
    let stranger = world.stranger();
    let published = async || {
        let set = stranger.get("/.well-known/jwks.json").await.ok();
        set["keys"].as_array().unwrap().len()
    };
    // A token with an unknown key.
    let look = async || {
        let forged = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.AAAA";
        stranger.bearing(forged).profile().await.refused("token_not_valid");
    };
    look().await;
    // A step so small that no stored time is corrected.
    world.clock.step_back(Span::minutes(4));
    world.clock.pass(Span::seconds(1));
    // Another process changes keys.
    let (app, _) = app::App::open(world.settings.clone(), world.clock.clone()).await.unwrap();
    let ctx = world.ctx();
    keys::rotate(&app, &ctx, &guard::operator(), keys::When::Now).await.unwrap();
    look().await;
    assert_eq!(published().await, 2);
}

/// Erasing too late does no harm; erasing too early cannot be undone.
#[tokio::test(flavor = "multi_thread")]
async fn deleted_accounts_are_never_erased_before_their_grace_is_over() {
    let mut world = World::start().await;
    let anna: Person = world.registered(ANNA).await;
    anna.post(DELETE, json!({ "password": PASSWORD })).await.ok();
    world.pass(Span::minutes(10)).await;
    world.settle().await;
    // Started with a clock that is behind by more than the grace period, and then corrected.
    world.stop().await;
    world.clock.step_back(Span::days(31));
    world.begin().await;
    world.settle().await;
    let since = stored_time(&world, "SELECT MAX(deleted_at) FROM users").await;
    assert_eq!(since, Some(START));
    world.pass(Span::days(31)).await;
    world.settle().await;
    world.stranger().login(ANNA).await.refused("account_deleted");
    world.pass(Span::days(30)).await;
    world.settle().await;
    let unit = async |db: Db| db.value::<i64>("SELECT COUNT(*) FROM users", args![]).await;
    assert_eq!(world.store().get(unit).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_a_time_is_swept_after_it() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    anna.logout().await.ok();
    let kept = async || {
        let unit = async |db: Db| store::revocations::after(&db, 0, 100).await;
        let all = world.store().get(unit).await.unwrap();
        all.into_iter().filter(|it| it.session_id.is_some()).count()
    };
    world.step_back(DAY).await;
    assert_eq!(kept().await, 1);
    // The second midnight after it.
    world.pass(Span::hours(16)).await;
    world.settle().await;
    assert_eq!(kept().await, 1);
    world.pass(DAY).await;
    world.settle().await;
    assert_eq!(kept().await, 0);
}
