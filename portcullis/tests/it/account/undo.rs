//! Undoing a change of address from the old one, whatever a thief does meanwhile.

use domain::{Span, settings::Enumeration};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World, access, at_once};

const ANNA: &str = "anna@example.com";
/// The thief's own mailboxes.
const FIRST: &str = "thief@example.org";
const SECOND: &str = "thief@example.net";
const CHANGE: &str = "/api/v1/auth/email/change";
const CONFIRM: &str = "/api/v1/auth/email/change/confirm";
const UNDO: &str = "/api/v1/auth/email/change/undo";
const VERIFY: &str = "/api/v1/auth/email/verify";
const RESET: &str = "/api/v1/auth/password/reset/confirm";

access! {
    POST "/api/v1/auth/email/change/undo" [400, 400, 400, 400],
        body = |_| json!({ "token": "none" });
}

async fn ask_for_change(person: &Person, new: &str) {
    person.post(CHANGE, json!({ "new_email": new, "password": PASSWORD })).await.ok();
}

/// Changes the address and confirms it; the session goes on.
async fn change_address(world: &World, person: &mut Person, new: &str) {
    ask_for_change(person, new).await;
    let token = world.token(new, "/change-email?token=").await;
    let answer = person.post(CONFIRM, json!({ "token": token })).await;
    person.take_tokens(&answer);
    answer.ok();
}

/// An account whose address a thief, who knows the password, has changed to one of their own.
async fn stolen_account(world: &World, from: &str) -> Person {
    assert!([201, 202].contains(&world.stranger().register(from).await.status));
    let token = world.token(from, "/verify-email?token=").await;
    world.stranger().post(VERIFY, json!({ "token": token })).await.ok();
    let mut thief = world.stranger();
    thief.login(from).await.ok();
    change_address(world, &mut thief, FIRST).await;
    thief
}

async fn undo_token(world: &World, to: &str) -> Value {
    json!({ "token": world.token(to, "/undo-email-change?token=").await })
}

/// The mail after the undo has a reset link, with which the owner gets the account back.
async fn assert_recovered(world: &World, email: &str) -> Person {
    let token = world.token(email, "/reset-password?token=").await;
    let reset = json!({ "token": token, "new_password": "Her0wn&Quiet-River" });
    world.stranger().post(RESET, reset).await.ok();
    let mut anna = world.stranger();
    anna.login_as(json!({ "email": email, "password": "Her0wn&Quiet-River" })).await.ok();
    anna
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thiefs_own_way_back_does_not_close_the_owners() {
    let world = World::start().await;
    let mut thief = stolen_account(&world, ANNA).await;
    change_address(&world, &mut thief, SECOND).await;
    let (hers, thiefs) = (undo_token(&world, ANNA).await, undo_token(&world, FIRST).await);
    world.stranger().post(UNDO, thiefs.clone()).await.ok();
    let token = world.token(FIRST, "/reset-password?token=").await;
    world.stranger().post(UNDO, hers.clone()).await.ok();
    let reset = json!({ "token": token, "new_password": "St0len&Quiet-River" });
    world.stranger().post(RESET, reset).await.refused("invalid_token");
    for spent in [thiefs, hers] {
        world.stranger().post(UNDO, spent).await.refused("invalid_token");
    }
    assert_recovered(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_voids_the_ways_back_that_came_later_even_by_a_clock_that_stepped_back() {
    let world = World::start().await;
    let mut thief = stolen_account(&world, ANNA).await;
    world.step_back(Span::seconds(20)).await;
    change_address(&world, &mut thief, SECOND).await;
    let (hers, thiefs) = (undo_token(&world, ANNA).await, undo_token(&world, FIRST).await);
    world.stranger().post(UNDO, hers).await.ok();
    world.stranger().post(UNDO, thiefs).await.refused("invalid_token");
    assert_recovered(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_ways_back_at_once_the_owners_is_taken_once_and_lasts() {
    let world = World::start().await;
    let mut thief = stolen_account(&world, ANNA).await;
    change_address(&world, &mut thief, SECOND).await;
    let links = [undo_token(&world, ANNA).await, undo_token(&world, FIRST).await];
    let taken = at_once(20, |number| {
        let (anybody, link) = (world.stranger(), links[number % 2].clone());
        async move { (number % 2, anybody.post(UNDO, link).await.status) }
    })
    .await;
    let count = |which| taken.iter().filter(|it| **it == (which, 200)).count();
    assert_eq!(count(0), 1, "{taken:?}");
    assert!(count(1) <= 1 && taken.iter().all(|it| [200, 400].contains(&it.1)), "{taken:?}");
    assert_recovered(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_the_old_address_unproved_does_not_close_the_way_back() {
    let world = World::start().await;
    // Both reach one mailbox.
    stolen_account(&world, "anna.b@gmail.com").await;
    let back = undo_token(&world, "anna.b@gmail.com").await;
    let squatter = world.registered("annab@gmail.com").await;
    squatter.profile().await.ok();
    world.stranger().post(UNDO, back).await.ok();
    squatter.profile().await.refused("session_ended");
    world.stranger().login("annab@gmail.com").await.refused("invalid_credentials");
    let events = world.audit(&squatter).await;
    assert_eq!(events.iter().filter(|it| it.0 == "user.erased").count(), 1, "{events:?}");
    let anna = assert_recovered(&world, "anna.b@gmail.com").await;
    assert_eq!(anna.profile().await.ok()["email"], "anna.b@gmail.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_it_where_the_answer_does_not_tell_that_the_address_is_free() {
    let world = World::with(|it| it.privacy.enumeration = Enumeration::Strict).await;
    stolen_account(&world, ANNA).await;
    let back = undo_token(&world, ANNA).await;
    assert_eq!(world.stranger().register(ANNA).await.status, 202);
    world.stranger().post(UNDO, back).await.ok();
    assert_recovered(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_an_unproved_account_that_waits_to_be_erased() {
    let world = World::start().await;
    stolen_account(&world, ANNA).await;
    let back = undo_token(&world, ANNA).await;
    let squatter = world.registered(ANNA).await;
    squatter.post("/api/v1/auth/delete-account", json!({ "password": PASSWORD })).await.ok();
    world.stranger().post(UNDO, back).await.ok();
    assert_recovered(&world, ANNA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_address_that_another_account_has_proved_stays_its() {
    let world = World::start().await;
    let thief = stolen_account(&world, ANNA).await;
    let back = undo_token(&world, ANNA).await;
    let anew = world.registered(ANNA).await;
    let token = world.token(ANNA, "/verify-email?token=").await;
    world.stranger().post(VERIFY, json!({ "token": token })).await.ok();
    world.stranger().post(UNDO, back).await.refused("invalid_token");
    assert_eq!(anew.profile().await.ok()["email"], ANNA);
    assert_eq!(thief.profile().await.ok()["email"], FIRST);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_the_old_address_while_it_is_taken_back_does_not_stop_that() {
    let world = World::start().await;
    stolen_account(&world, ANNA).await;
    let back = undo_token(&world, ANNA).await;
    let taken = at_once(20, |number| {
        let (mut anybody, back) = (world.stranger(), back.clone());
        async move {
            match number % 2 {
                0 => (0, anybody.post(UNDO, back).await.status),
                _ => (1, anybody.register(ANNA).await.status),
            }
        }
    })
    .await;
    assert_eq!(taken.iter().filter(|it| **it == (0, 200)).count(), 1, "{taken:?}");
    assert_recovered(&world, ANNA).await;
}
