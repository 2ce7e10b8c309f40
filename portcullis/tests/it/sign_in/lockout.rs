//! Too many wrong passwords in a row: what is locked, for whom, what opens it again, and that
//! nobody learns from it who has an account.

use std::collections::BTreeMap;

use domain::{Span, access::limit::Rate, settings::Settings};
use serde_json::{Value, json};
use store::args;

use crate::world::{
    Answer, Browser, PASSWORD, Person, Place, World, at_once, merged, registration,
};

const ANNA: &str = "anna@example.com";
const WRONG: &str = "Wr0ng&Quiet-River";
const NEW: &str = "An0ther&Quiet-River";
const SPAN: Span = Span::minutes(30);

async fn try_in(person: &Person, name: &str, password: &str) -> Answer {
    let body = json!({ "email_or_username": name, "password": password });
    person.post("/api/v1/auth/login", body).await
}

/// The problem codes of this number of wrong attempts, one after another.
async fn wrong(world: &World, name: &str, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for _ in 0..count {
        let answer = try_in(&world.stranger(), name, WRONG).await;
        codes.push(answer["code"].as_str().unwrap().to_owned());
    }
    codes
}

async fn lock(world: &World, name: &str) {
    assert_eq!(wrong(world, name, 5).await, ["invalid_credentials"; 5]);
    try_in(&world.stranger(), name, PASSWORD).await.refused("account_locked");
}

/// Anna, who has an address, a username and a phone.
async fn anna_with_names(world: &World) -> Person {
    let mut anna = world.stranger();
    let names = json!({ "username": "anna", "phone_number": "+4930901820" });
    anna.register_as(merged(registration(ANNA), names)).await.created();
    world.verify_phone(&anna).await;
    anna
}

async fn rows(world: &World) -> i64 {
    let unit = async |db: store::Db| db.value("SELECT COUNT(*) FROM lockouts", args![]).await;
    world.store().get(unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fifth_failure_locks_a_name_whether_or_not_somebody_has_it() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let gone = world.registered("gone@example.com").await;
    world.disable(&gone).await;
    let mut told = Vec::new();
    for name in [ANNA, "gone@example.com", "nobody@example.com", "no body at all!"] {
        let mut answers = Vec::new();
        for number in 0..7 {
            let password = if number == 6 { PASSWORD } else { WRONG };
            let answer = try_in(&world.stranger(), name, password).await;
            let id = answer["instance"].as_str().unwrap();
            let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            let wait = answer.headers.get("retry-after").cloned();
            answers.push((answer.status, answer.text.replace(id, ""), names, wait));
        }
        let seen: Vec<(u16, Option<&str>)> =
            answers.iter().map(|it| (it.0, it.3.as_ref().map(|it| it.to_str().unwrap()))).collect();
        assert_eq!(seen[..5], [(401, None); 5], "{name}");
        assert_eq!(seen[5..], [(403, Some("1800")); 2], "{name}");
        told.push(answers);
    }
    assert!(told.iter().all(|it| *it == told[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_cost_the_same_at_every_step() {
    let world = World::quiet(|_| {}).await;
    // Background work adds to the cost, so the minimum of several runs counts.
    let least = async |kind: &str| {
        let mut least = [(u64::MAX, u64::MAX); 7];
        for number in 0..4 {
            for cost in &mut least {
                let app = world.app();
                let before = (app.hashes(), app.statements());
                try_in(&world.stranger(), &format!("{kind}{number}@example.com"), WRONG).await;
                let after = (app.hashes(), app.statements());
                *cost = (cost.0.min(after.0 - before.0), cost.1.min(after.1 - before.1));
            }
        }
        least
    };
    for number in 0..4 {
        world.registered(&format!("known{number}@example.com")).await;
    }
    let known = least("known").await;
    assert_eq!(least("unknown").await, known);
    assert_eq!(known.map(|it| it.0), [1, 1, 1, 1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_works_again_when_the_lock_is_over() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    lock(&world, ANNA).await;
    world.pass(Span::seconds(1_799)).await;
    let locked = anna.login(ANNA).await;
    assert_eq!(locked.headers["retry-after"], "1");
    locked.refused("account_locked");
    world.pass(Span::seconds(1)).await;
    // Failures before the lock do not count any more.
    assert_eq!(wrong(&world, ANNA, 4).await, ["invalid_credentials"; 4]);
    anna.login(ANNA).await.ok();
    let events = world.audit(&anna).await;
    assert_eq!(events.iter().filter(|it| it.0 == "account.locked").count(), 1);
    let refused = events.iter().filter(|it| **it == ("session.refused".into(), "failure".into()));
    assert_eq!(refused.count(), 5 + 2 + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_failures_in_a_row_count() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    for _ in 0..3 {
        assert_eq!(wrong(&world, ANNA, 4).await, ["invalid_credentials"; 4]);
        anna.login(ANNA).await.ok();
    }
    assert_eq!(wrong(&world, ANNA, 4).await, ["invalid_credentials"; 4]);
    // A day later they are forgotten.
    world.pass(Span::days(1)).await;
    lock(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_counts_as_right_even_where_the_address_is_not_proved() {
    let world = World::with(|it| it.registration.require_verified_email = true).await;
    world.stranger().register(ANNA).await.created();
    for _ in 0..2 {
        assert_eq!(wrong(&world, ANNA, 4).await, ["invalid_credentials"; 4]);
        try_in(&world.stranger(), ANNA, PASSWORD).await.refused("email_not_verified");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simplejwt_shares_the_lock() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let token = async |password: &str| {
        let body = json!({ "username": ANNA, "password": password });
        world.stranger().post("/api/token", body).await
    };
    for _ in 0..3 {
        token(WRONG).await.refused("no_active_account");
    }
    assert_eq!(wrong(&world, ANNA, 2).await, ["invalid_credentials"; 2]);
    let locked = token(PASSWORD).await;
    assert_eq!(locked.headers["retry-after"], "1800");
    locked.refused("account_locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_lock_the_owner_out_of_a_device_that_is_known() {
    let world = World::start().await;
    world.registered(ANNA).await;
    world.registered("ben@example.com").await;
    let (mut laptop, mut other) = (world.browser(), world.browser());
    laptop.login(ANNA).await.ok();
    other.login("ben@example.com").await.ok();
    lock(&world, ANNA).await;
    laptop.login(ANNA).await.ok();
    // A device that another account knows.
    other.login(ANNA).await.refused("account_locked");
    // The owner's success there unlocks nothing for strangers.
    world.stranger().login(ANNA).await.refused("account_locked");
    let guess = async |browser: &mut Browser| {
        browser.post("/api/v1/auth/login", json!({ "email": ANNA, "password": WRONG })).await
    };
    for _ in 0..5 {
        guess(&mut laptop).await.refused("invalid_credentials");
    }
    laptop.login(ANNA).await.refused("account_locked");
    world.pass(SPAN).await;
    laptop.login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_name_has_its_own_count() {
    let world = World::start().await;
    anna_with_names(&world).await;
    lock(&world, "anna").await;
    try_in(&world.stranger(), ANNA, PASSWORD).await.ok();
    let phone = json!({ "email_or_phone": "+49 30 901820", "password": PASSWORD });
    world.stranger().post("/api/v1/auth/login", phone).await.ok();
    try_in(&world.stranger(), "ANNA", PASSWORD).await.refused("account_locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_locked_over_all_its_names_and_answers_as_if_the_password_were_wrong() {
    let world = World::with(|it| it.lockout.account_failures = 6).await;
    let anna = anna_with_names(&world).await;
    let mut laptop = world.browser();
    laptop.login(ANNA).await.ok();
    assert_eq!(wrong(&world, "anna", 3).await, ["invalid_credentials"; 3]);
    assert_eq!(wrong(&world, ANNA, 3).await, ["invalid_credentials"; 3]);
    for name in ["anna", ANNA] {
        // The right password counts like a wrong one, until the name is locked as well.
        for _ in 0..2 {
            try_in(&world.stranger(), name, PASSWORD).await.refused("invalid_credentials");
        }
        try_in(&world.stranger(), name, PASSWORD).await.refused("account_locked");
    }
    laptop.login(ANNA).await.ok();
    let locked = world.audit(&anna).await.into_iter().filter(|it| it.0 == "account.locked");
    assert_eq!(locked.count(), 3);
    world.pass(SPAN).await;
    try_in(&world.stranger(), "anna", PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_password_is_asked_for_wrong_ones_count() {
    let world = World::with(|it| it.lockout.account_failures = 5).await;
    let mut anna = world.registered(ANNA).await;
    let mut phone = anna.clone();
    phone.login(ANNA).await.ok();
    let change = |old: &str| json!({ "old_password": old, "new_password": NEW });
    let new_email =
        |password: &str| json!({ "new_email": "new@example.com", "password": password });
    let incorrect = |field: &'static str| [(field, "password_incorrect")];
    for _ in 0..3 {
        anna.change_password(change(WRONG)).await.invalid(&incorrect("old_password"));
    }
    for _ in 0..2 {
        let answer = anna.post("/api/v1/auth/email/change", new_email(WRONG)).await;
        answer.invalid(&incorrect("password"));
    }
    anna.change_password(change(PASSWORD)).await.invalid(&incorrect("old_password"));
    let right = anna.post("/api/v1/auth/email/change", new_email(PASSWORD)).await;
    right.invalid(&incorrect("password"));
    // Only this session was locked.
    world.stranger().login(ANNA).await.ok();
    phone.post("/api/v1/auth/email/change", new_email(PASSWORD)).await.ok();
    world.pass(SPAN).await;
    anna.refresh().await.ok();
    anna.change_password(change(PASSWORD)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_stolen_a_session_does_not_lock_its_device() {
    let world = World::with(|it| it.lockout.account_failures = 5).await;
    world.registered(ANNA).await;
    let mut laptop = world.browser();
    let access = laptop.login(ANNA).await.ok()["access"].as_str().unwrap().to_owned();
    let thief = world.stranger().bearing(&access);
    let change = |old: &str| json!({ "old_password": old, "new_password": NEW });
    for _ in 0..6 {
        let answer = thief.post("/api/v1/auth/password/change", change(WRONG)).await;
        answer.invalid(&[("old_password", "password_incorrect")]);
    }
    let access = laptop.login(ANNA).await.ok()["access"].as_str().unwrap().to_owned();
    let owner = world.stranger().bearing(&access);
    owner.post("/api/v1/auth/password/change", change(PASSWORD)).await.ok();
    thief.profile().await.refused("session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_reset_unlocks_every_name() {
    let world = World::with(|it| it.lockout.account_failures = 10).await;
    anna_with_names(&world).await;
    lock(&world, ANNA).await;
    lock(&world, "anna").await;
    let nobody = world.stranger();
    nobody.post("/api/v1/auth/password/reset", json!({ "email": ANNA })).await.ok();
    let token = world.token(ANNA, "/reset-password?token=").await;
    // Requesting a reset is not enough.
    try_in(&nobody, ANNA, PASSWORD).await.refused("account_locked");
    let body = json!({ "token": token, "new_password": NEW });
    nobody.post("/api/v1/auth/password/reset/confirm", body).await.ok();
    for name in [ANNA, "anna"] {
        try_in(&nobody, name, PASSWORD).await.refused("invalid_credentials");
        try_in(&nobody, name, NEW).await.ok();
    }
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_unlocks() {
    let place = Place::new().await;
    let program = place.start().await;
    let nobody = program.stranger();
    // Before the name had an account.
    for _ in 0..5 {
        try_in(&nobody, ANNA, WRONG).await.refused("invalid_credentials");
    }
    program.stranger().register(ANNA).await.created();
    try_in(&nobody, ANNA, PASSWORD).await.refused("account_locked");
    assert!(place.run(&["users", "unlock", ANNA]).await.ok().contains("unlocked"));
    try_in(&nobody, ANNA, PASSWORD).await.ok();
    let again = place.run(&["users", "unlock", ANNA]).await;
    assert!(again.ok().contains("unlocked already"), "{again:?}");
}

fn counted(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let code = answer["code"].as_str().unwrap_or("none").to_owned();
        *counts.entry(code).or_insert(0) += 1;
    }
    counts
}

/// Twenty concurrent attempts with wrong passwords, spread over these servers.
async fn twenty_wrong(servers: &[String], name: &str) -> BTreeMap<String, usize> {
    let answers = at_once(20, |number| {
        let nobody = Person::new(servers[number % servers.len()].clone());
        let name = name.to_owned();
        async move { try_in(&nobody, &name, WRONG).await }
    });
    counted(&answers.await)
}

fn five_of_twenty() -> BTreeMap<String, usize> {
    BTreeMap::from([("account_locked".into(), 15), ("invalid_credentials".into(), 5)])
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_guesses_at_once_five_are_checked() {
    let world = World::start().await;
    world.registered(ANNA).await;
    for name in [ANNA, "nobody@example.com"] {
        let before = world.app().hashes();
        assert_eq!(twenty_wrong(&[world.url("")], name).await, five_of_twenty());
        assert_eq!(world.app().hashes() - before, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_over_all_its_names_an_account_has_no_more_checks() {
    let world = World::with(|it| it.lockout.account_failures = 7).await;
    anna_with_names(&world).await;
    let before = world.app().hashes();
    let answers = at_once(20, |number| {
        let (nobody, names) = (world.stranger(), [ANNA, "anna", "+4930901820"]);
        async move { try_in(&nobody, names[number % 3], WRONG).await }
    });
    let counts = counted(&answers.await);
    // While the account is locked, each name still counts up to its own five.
    assert_eq!(counts["invalid_credentials"], 15);
    assert_eq!(counts["account_locked"], 5);
    // A refused attempt also costs a hash, so that timing does not reveal the lock.
    assert_eq!(world.app().hashes() - before, 15);
    let most =
        async |db: store::Db| db.value::<i64>("SELECT MAX(failures) FROM lockouts", args![]).await;
    assert_eq!(world.store().get(most).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_leaves_nothing_of_the_wrong_ones_before_it() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    assert_eq!(wrong(&world, ANNA, 2).await, ["invalid_credentials"; 2]);
    assert_eq!(rows(&world).await, 2);
    anna.login(ANNA).await.ok();
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_count_together() {
    let Some((world, node)) = World::of_two_nodes(|_| {}).await else { return };
    world.registered(ANNA).await;
    assert_eq!(twenty_wrong(&[world.url(""), node.url()], ANNA).await, five_of_twenty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_right_ones_at_once_all_get_in_after_four_that_were_wrong() {
    let world = World::start().await;
    world.registered(ANNA).await;
    assert_eq!(wrong(&world, ANNA, 4).await, ["invalid_credentials"; 4]);
    let answers = at_once(20, |_| {
        let mut person = world.stranger();
        async move { person.login(ANNA).await }
    });
    assert_eq!(counted(&answers.await), BTreeMap::from([("none".into(), 20)]));
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_were_never_checked_do_not_count() {
    let world = World::with(|it| {
        (it.passwords.memory_kib, it.passwords.workers, it.passwords.queue) = (19_456, 1, 1);
    })
    .await;
    let name = |number: usize| format!("nobody{}@example.com", number % 10);
    let answers = at_once(40, |number| {
        let (nobody, name) = (world.stranger(), name(number));
        async move { (number % 10, try_in(&nobody, &name, WRONG).await) }
    })
    .await;
    assert!(answers.iter().any(|it| it.1["code"] == "service_unavailable"));
    for number in 0..10 {
        let checked = |it: &&(usize, Answer)| it.0 == number && it.1.status == 401;
        let left = 5 - answers.iter().filter(checked).count();
        let mut expected = vec!["invalid_credentials"; left];
        expected.push("account_locked");
        assert_eq!(wrong(&world, &name(number), left + 1).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_tries_count_against_the_limit_of_the_address() {
    let world = World::with(|it: &mut Settings| {
        it.limits.enabled = true;
        it.limits.login = Rate::new(7, Span::hours(1));
    })
    .await;
    let codes = wrong(&world, ANNA, 8).await;
    assert_eq!(codes[5..], ["account_locked", "account_locked", "rate_limited"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_swept_and_their_number_is_bounded() {
    let world = World::with(|it| it.lockout.max_entries = 6).await;
    lock(&world, "locked@example.com").await;
    for number in 0..4 {
        world.pass(Span::seconds(1)).await;
        wrong(&world, &format!("nobody{number}@example.com"), 1).await;
    }
    assert_eq!(rows(&world).await, 10);
    world.pass(Span::minutes(10)).await;
    world.settle().await;
    let left = async |count: i64| (rows(&world).await == count).then_some(());
    crate::world::eventually("the oldest to go", async || left(6).await).await;
    // The oldest was the lock.
    assert_eq!(wrong(&world, "locked@example.com", 1).await, ["invalid_credentials"]);
    world.pass(Span::hours(25)).await;
    world.settle().await;
    crate::world::eventually("the rest to be forgotten", async || left(0).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_nothing_is_counted() {
    let world = World::with(|it| it.lockout.enabled = false).await;
    let mut anna = world.registered(ANNA).await;
    assert_eq!(wrong(&world, ANNA, 8).await, ["invalid_credentials"; 8]);
    let pair: Value = anna.login(ANNA).await.ok();
    assert!(pair["access"].is_string());
    assert_eq!(rows(&world).await, 0);
}
