//! Rate limits: what each counts and by which key, how a refusal is reported, and how it refills.

use domain::{Span, settings::Settings};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, Person, World};

async fn limited_world() -> World {
    World::with(enable).await
}

fn enable(settings: &mut Settings) {
    settings.limits.enabled = true;
}

/// A 429 of this limit with all its headers.
#[track_caller]
fn limited(answer: Answer, name: &str, policy: &str, wait: u64) {
    let header = |it: &str| answer.headers[it].to_str().unwrap().to_owned();
    let told = (header("retry-after"), header("ratelimit"), header("ratelimit-policy"));
    let left = format!("\"{name}\";r=0;t={wait}");
    assert_eq!(told, (wait.to_string(), left, format!("\"{name}\";{policy}")));
    let problem = answer.refused("rate_limited");
    assert_eq!(problem["type"], "/problems/rate_limited");
}

async fn resend(person: &Person, email: &str) -> Answer {
    person.post("/api/v1/auth/email/resend", json!({ "email": email })).await
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_count_accounts_that_were_made() {
    let world = limited_world().await;
    for number in 0..4 {
        world.registered(&format!("p{number}@example.com")).await;
        let known = world.stranger().register("p0@example.com").await;
        known.invalid(&[("email", "email_taken")]);
        let unclear = world.stranger().register_as(json!({ "email": "no address" })).await;
        assert_eq!(unclear.status, 400);
    }
    world.registered("p4@example.com").await;
    limited(world.stranger().register("p5@example.com").await, "register", "q=5;w=3600", 720);
    world.pass(Span::seconds(719)).await;
    limited(world.stranger().register("p5@example.com").await, "register", "q=5;w=3600", 1);
    world.pass(Span::seconds(1)).await;
    world.registered("p5@example.com").await;
    limited(world.stranger().register("p6@example.com").await, "register", "q=5;w=3600", 720);
    world.pass(Span::hours(1)).await;
    for number in 6..11 {
        world.registered(&format!("p{number}@example.com")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_were_refused_are_counted_by_themselves() {
    let world = World::with(|it| {
        enable(it);
        it.limits.register_failures = "3/1h".parse().unwrap();
    })
    .await;
    world.registered("p0@example.com").await;
    for _ in 0..3 {
        let known = world.stranger().register("p0@example.com").await;
        known.invalid(&[("email", "email_taken")]);
    }
    let name = "register_failures";
    limited(world.stranger().register("p0@example.com").await, name, "q=3;w=3600", 1200);
    world.pass(Span::seconds(1200)).await;
    // A success costs nothing.
    for number in 1..4 {
        world.registered(&format!("p{number}@example.com")).await;
    }
    world.stranger().register("p0@example.com").await.invalid(&[("email", "email_taken")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_profile_are_counted_by_user() {
    let world = World::with(|it| {
        enable(it);
        it.limits.profile_update = "3/1h".parse().unwrap();
    })
    .await;
    let (anna, bert) =
        (world.registered("anna@example.com").await, world.registered("bert@example.com").await);
    let change = async |it: &Person| it.patch("/api/v1/auth/profile", json!({ "bio": "x" })).await;
    for _ in 0..3 {
        change(&anna).await.ok();
    }
    limited(change(&anna).await, "profile_update", "q=3;w=3600", 1200);
    change(&bert).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_count_those_that_failed() {
    let world = limited_world().await;
    let mut anna = world.registered("anna@example.com").await;
    for number in 0..25 {
        let wrong = credentials(&format!("nobody{number}@example.com"), PASSWORD);
        world.stranger().login_as(wrong).await.refused("invalid_credentials");
        // Each of these returns its token afterwards, so there must be one left to take.
        if number < 24 {
            anna.login("anna@example.com").await.ok();
        }
    }
    limited(anna.login("anna@example.com").await, "login", "q=25;w=3600", 144);
    world.pass(Span::seconds(144)).await;
    anna.login("anna@example.com").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_to_be_looked_at_are_counted_by_address() {
    let world = limited_world().await;
    let anna = world.registered("anna@example.com").await;
    let verify =
        async || anna.post("/api/v1/auth/token/verify", json!({ "token": anna.access() })).await;
    for _ in 0..100 {
        verify().await.ok();
    }
    limited(verify().await, "token_verify", "q=100;w=3600", 36);
    world.clock.pass(Span::seconds(36));
    verify().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_mails_are_counted_by_address_and_silently_by_recipient() {
    let world = limited_world().await;
    world.registered("anna@example.com").await;
    let nobody = world.stranger();
    for _ in 0..5 {
        // A mail whose link the next request revokes before it is sent is not sent.
        world.settle().await;
        resend(&nobody, "anna@example.com").await.ok();
    }
    limited(resend(&nobody, "anna@example.com").await, "email_resend", "q=5;w=3600", 720);
    // One from the registration and three that were requested.
    assert_eq!(world.mails("anna@example.com").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_tokens_are_counted_by_address() {
    let world = limited_world().await;
    let nobody = world.stranger();
    let verify =
        async || nobody.post("/api/v1/auth/email/verify", json!({ "token": "a".repeat(43) })).await;
    for _ in 0..10 {
        verify().await.refused("invalid_token");
    }
    limited(verify().await, "email_verify", "q=10;w=3600", 360);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_each_purpose_have_a_limit_of_their_own() {
    let world = limited_world().await;
    let nobody = world.stranger();
    // None of them spends the limit of another: that one would be reached too early, or under
    // another name.
    for (path, name) in [
        ("/api/v1/auth/restore-account", "account_restore"),
        ("/api/v1/auth/email/change/undo", "email_change_undo"),
        ("/api/v1/auth/email/verify", "email_verify"),
        ("/api/v1/auth/password/reset/confirm", "password_reset_confirm"),
        ("/api/v1/auth/exchange-token", "exchange"),
    ] {
        let token = "a".repeat(43);
        let body = json!({ "token": token, "exchange_token": token, "new_password": "An0ther&Quiet-River" });
        let present = async || nobody.post(path, body.clone()).await;
        for _ in 0..10 {
            present().await.refused("invalid_token");
        }
        limited(present().await, name, "q=10;w=3600", 360);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_addresses_that_are_confirmed_are_counted_by_user() {
    let world = World::with(|it| {
        enable(it);
        it.limits.email_change_confirm = "2/1h".parse().unwrap();
    })
    .await;
    let change = async |person: &mut Person, new: &str| {
        let body = json!({ "new_email": new, "password": PASSWORD });
        person.post("/api/v1/auth/email/change", body).await.ok();
        let token = world.token(new, "/change-email?token=").await;
        let body = json!({ "token": token });
        let answer = person.post("/api/v1/auth/email/change/confirm", body.clone()).await;
        person.take_tokens(&answer);
        (answer, body)
    };
    let mut anna = world.registered("anna@example.com").await;
    let mut bert = world.registered("bert@example.com").await;
    for new in ["anna@example.org", "anna@example.net"] {
        change(&mut anna, new).await.0.ok();
    }
    let (answer, body) = change(&mut anna, "lindholm@example.com").await;
    limited(answer, "email_change_confirm", "q=2;w=3600", 1800);
    change(&mut bert, "bert@example.org").await.0.ok();
    // It is the user's limit with and without a session. A token that was refused is not spent.
    let (nobody, path) = (world.stranger(), "/api/v1/auth/email/change/confirm");
    limited(nobody.post(path, body.clone()).await, "email_change_confirm", "q=2;w=3600", 1800);
    world.pass(Span::minutes(30)).await;
    nobody.post(path, body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_are_counted_by_session() {
    let world = limited_world().await;
    let mut anna = world.registered("anna@example.com").await;
    let mut other = anna.clone();
    other.login("anna@example.com").await.ok();
    for _ in 0..60 {
        anna.refresh().await.ok();
    }
    limited(anna.refresh().await, "refresh", "q=60;w=3600", 60);
    other.refresh().await.ok();
    world.pass(Span::minutes(1)).await;
    // The refusal had no effect on the session.
    anna.refresh().await.ok();
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_refreshes_are_counted_by_address_and_right_ones_never_suffer() {
    let world = limited_world().await;
    let mut anna = world.registered("anna@example.com").await;
    let wrong = format!("{}A", anna.refresh_token());
    for _ in 0..10 {
        anna.refresh_with(&wrong).await.refused("token_not_valid");
    }
    limited(anna.refresh_with(&wrong).await, "refresh_failures", "q=10;w=60", 6);
    anna.refresh().await.ok();
    world.pass(Span::seconds(6)).await;
    anna.refresh_with(&wrong).await.refused("token_not_valid");
    limited(anna.refresh_with(&wrong).await, "refresh_failures", "q=10;w=60", 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_sessions_is_counted_by_session() {
    let world = limited_world().await;
    let anna = world.registered("anna@example.com").await;
    let cases = [
        (Method::GET, "/api/v1/auth/sessions", 30, "sessions", "q=30;w=3600", 120),
        (Method::DELETE, ELSEWHERE, 30, "session_end", "q=30;w=3600", 120),
        (Method::POST, ALL, 10, "session_end_all", "q=10;w=3600", 360),
    ];
    for (method, path, count, name, policy, wait) in cases {
        let ask = async |who: &Person| who.send(who.request(method.clone(), path)).await;
        for _ in 0..count {
            let answer = ask(&anna).await;
            assert!(matches!(answer.status, 200 | 404), "{path}: {}", answer.text);
        }
        limited(ask(&anna).await, name, policy, wait);
        // A thief who has a session cannot use up the limit that its owner needs to end it.
        let mut owner = world.stranger();
        owner.login("anna@example.com").await.ok();
        assert!(matches!(ask(&owner).await.status, 200 | 404), "{path}");
    }
    anna.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_password_are_counted_by_session() {
    let world = limited_world().await;
    let thief = world.registered("anna@example.com").await;
    let mut anna = world.stranger();
    anna.login("anna@example.com").await.ok();
    let change = |old: &str| json!({ "old_password": old, "new_password": "An0ther&Quiet-River" });
    let guess =
        async || thief.post("/api/v1/auth/password/change", change("Wr0ng&Quiet-River")).await;
    for _ in 0..10 {
        guess().await.invalid(&[("old_password", "password_incorrect")]);
    }
    limited(guess().await, "password_change", "q=10;w=3600", 360);
    anna.change_password(change(PASSWORD)).await.ok();
    thief.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_that_succeed_are_counted_by_account_and_apart_for_known_devices() {
    let world = World::with(|it| {
        enable(it);
        it.limits.login_success = "3/1h".parse().unwrap();
    })
    .await;
    let anna = world.registered("anna@example.com").await;
    world.registered("bert@example.com").await;
    let mut browser = world.browser();
    browser.login("anna@example.com").await.ok();
    for _ in 0..2 {
        world.stranger().login("anna@example.com").await.ok();
    }
    let rows = world.audit(&anna).await.len();
    limited(world.stranger().login("anna@example.com").await, "login_success", "q=3;w=3600", 1200);
    assert_eq!(world.audit(&anna).await.len(), rows);
    assert_eq!(anna.sessions().await.len(), 4);
    let wrong = credentials("anna@example.com", "Wr0ng&Quiet-River");
    world.stranger().login_as(wrong).await.refused("invalid_credentials");
    world.stranger().login("bert@example.com").await.ok();
    // The owner can still sign in on the known device.
    browser.login("anna@example.com").await.ok();
    world.pass(Span::minutes(20)).await;
    world.stranger().login("anna@example.com").await.ok();
}

const ELSEWHERE: &str = "/api/v1/auth/sessions/019b0000-0000-7000-8000-000000000000";
const ALL: &str = "/api/v1/auth/sessions/terminate-all";

#[tokio::test(flavor = "multi_thread")]
async fn csrf_tokens_are_counted_by_address() {
    let world = limited_world().await;
    let nobody = world.stranger();
    for _ in 0..100 {
        nobody.get("/api/v1/auth/csrf").await.ok();
    }
    limited(nobody.get("/api/v1/auth/csrf").await, "csrf", "q=100;w=3600", 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_devices_do_not_get_around_the_limit_of_sign_ins() {
    let world = World::with(|it| {
        enable(it);
        it.limits.login_success = "1/1h".parse().unwrap();
    })
    .await;
    world.registered("anna@example.com").await;
    let mut devices = Vec::new();
    for _ in 0..20 {
        let mut browser = world.browser();
        browser.login("anna@example.com").await.ok();
        devices.push(browser);
        world.pass(Span::hours(1)).await;
    }
    // Each is known now and has its own limit, but together they have only 16.
    let mut statuses = Vec::new();
    for browser in &mut devices {
        statuses.push(browser.login("anna@example.com").await.status);
    }
    assert_eq!(statuses, [[200; 16].as_slice(), &[429; 4]].concat());
    world.pass(Span::minutes(4)).await;
    devices[19].login("anna@example.com").await.ok();
}

/// Requests a mail through a proxy that sends this header.
async fn forwarded(world: &World, addresses: &str) -> Answer {
    let nobody = world.stranger();
    let request = nobody.request(Method::POST, "/api/v1/auth/email/resend");
    let request = request.header("x-forwarded-for", addresses);
    nobody.send(request.json(&json!({ "email": "nobody@example.com" }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_trusted_proxy_are_counted_one_by_one() {
    let world = World::with(|it| {
        enable(it);
        it.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    for number in 0..5 {
        // The address that the client claims is to the left of the one that the proxy saw.
        forwarded(&world, &format!("198.51.100.{number}, 203.0.113.1")).await.ok();
    }
    let more = forwarded(&world, "198.51.100.9, 203.0.113.1").await;
    limited(more, "email_resend", "q=5;w=3600", 720);
    forwarded(&world, "203.0.113.2").await.ok();
    for number in 0..5 {
        forwarded(&world, &format!("2001:db8:1:2::{number}")).await.ok();
    }
    // A customer has a /64.
    limited(forwarded(&world, "2001:db8:1:2:a::1").await, "email_resend", "q=5;w=3600", 720);
    forwarded(&world, "2001:db8:1:3::1").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_networks_of_a_48_share_a_wider_limit() {
    let world = World::with(|it| {
        enable(it);
        it.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        it.limits.email_resend = "2/1h".parse().unwrap();
    })
    .await;
    for number in 0..32 {
        forwarded(&world, &format!("2001:db8:1:{number:x}::1")).await.ok();
    }
    // It is reported under the name of its limit, and refills as fast as sixteen of those.
    let more = forwarded(&world, "2001:db8:1:ffff::1").await;
    limited(more, "email_resend", "q=2;w=3600", 113);
    forwarded(&world, "2001:db8:2:ffff::1").await.ok();
    world.pass(Span::seconds(113)).await;
    // A refusal by the wider limit does not count against the narrow one.
    forwarded(&world, "2001:db8:1:ffff::1").await.ok();
    limited(forwarded(&world, "2001:db8:1:ffff::1").await, "email_resend", "q=2;w=3600", 112);
    world.pass(Span::seconds(112)).await;
    forwarded(&world, "2001:db8:1:ffff::1").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_leaves_the_wider_limit_as_it_was() {
    let world = World::with(|it| {
        enable(it);
        it.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        it.limits.login = "1/1h".parse().unwrap();
    })
    .await;
    let anna = world.registered("anna@example.com").await;
    let login = async |network: usize, password: &str| {
        let body = credentials("anna@example.com", password);
        let request = anna.request(Method::POST, "/api/v1/auth/login").json(&body);
        let address = format!("2001:db8:1:{network:x}::1");
        anna.send(request.header("x-forwarded-for", address)).await
    };
    for network in 0..20 {
        login(network, PASSWORD).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_believed_about_addresses() {
    let world = limited_world().await;
    for number in 0..5 {
        forwarded(&world, &format!("203.0.113.{number}")).await.ok();
    }
    limited(forwarded(&world, "203.0.113.77").await, "email_resend", "q=5;w=3600", 720);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_are_off_count_nothing() {
    let world = World::start().await;
    for number in 0..8 {
        world.registered(&format!("p{number}@example.com")).await;
    }
}
