//! The same text typed on two keyboards is the same: passwords, addresses, usernames.

use app::engine::hasher::Hasher;
use domain::{Secret, UserId};
use serde_json::json;
use store::args;

use crate::world::{World, merged, registration};

const ANNA: &str = "anna@example.com";
/// `Grüße-2-Quiet River` composed, and as some keyboards and file systems write it.
const COMPOSED: &str = "Gr\u{fc}\u{df}e-2-Quiet River";
const DECOMPOSED: &str = "Gru\u{308}\u{df}e-2-Quiet River";
/// With the ideographic space (U+3000).
const WIDE_SPACE: &str = "Gr\u{fc}\u{df}e-2-Quiet\u{3000}River";
const OTHER: &str = "\u{e9}-An0ther-Quiet Road";
const OTHER_DECOMPOSED: &str = "e\u{301}-An0ther-Quiet Road";

async fn signs_in(world: &World, name: &str, password: &str) {
    let body = json!({ "email_or_username": name, "password": password });
    world.stranger().login_as(body).await.ok();
}

/// Stores the password hashed without normalization, as earlier versions did.
async fn hashed_as_typed(world: &World, id: UserId, password: &str) {
    let old = Hasher::start(&world.settings.passwords)
        .unwrap()
        .hash(&Secret::from(password))
        .await
        .unwrap();
    let unit = async move |db: store::Db| {
        db.execute("UPDATE users SET password_hash = $2 WHERE id = $1", args![id, old]).await?;
        store::revocations::insert(&db, None, Some(id), domain::Time(0)).await
    };
    world.store().write(unit).await.unwrap();
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_the_same_however_it_is_composed() {
    for (registered, typed) in
        [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (COMPOSED, WIDE_SPACE)]
    {
        let world = World::start().await;
        let body = merged(registration(ANNA), json!({ "password": registered }));
        world.stranger().register_as(body).await.created();
        for password in [registered, typed] {
            signs_in(&world, ANNA, password).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_proved_and_remembered_in_its_one_form() {
    let world = World::start().await;
    let mut anna = world.stranger();
    let body = merged(registration(ANNA), json!({ "password": COMPOSED }));
    anna.register_as(body).await.created();
    let change = json!({
        "old_password": DECOMPOSED,
        "new_password": OTHER_DECOMPOSED,
        "confirm_password": OTHER,
    });
    anna.change_password(change).await.ok();
    signs_in(&world, ANNA, OTHER).await;
    let back = json!({ "old_password": OTHER, "new_password": DECOMPOSED });
    anna.change_password(back).await.invalid(&[("new_password", "password_reused")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_of_passwords_as_they_were_typed_stay_good_and_are_replaced() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    hashed_as_typed(&world, anna.user_id(), DECOMPOSED).await;
    anna.login_as(json!({ "email": ANNA, "password": COMPOSED }))
        .await
        .refused("invalid_credentials");
    signs_in(&world, ANNA, DECOMPOSED).await;
    signs_in(&world, ANNA, COMPOSED).await;
    signs_in(&world, ANNA, DECOMPOSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_hashed_as_it_was_typed_is_not_had_again() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    hashed_as_typed(&world, anna.user_id(), DECOMPOSED).await;
    let reused = [("new_password", "password_reused")];
    for new in [DECOMPOSED, COMPOSED] {
        let same = json!({ "old_password": DECOMPOSED, "new_password": new });
        anna.change_password(same).await.invalid(&reused);
    }
    let other = json!({ "old_password": DECOMPOSED, "new_password": OTHER });
    anna.change_password(other).await.ok();
    // It is among the former passwords now.
    let back = json!({ "old_password": OTHER, "new_password": DECOMPOSED });
    anna.change_password(back).await.invalid(&reused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_costs_the_same_whoever_is_named_and_counts_once() {
    let world = World::start().await;
    world.registered(ANNA).await;
    for (password, hashes) in [("wrong", 1), (DECOMPOSED, 2)] {
        for name in [ANNA, "nobody@example.com"] {
            let before = world.app().hashes();
            let body = json!({ "email": name, "password": password });
            world.stranger().login_as(body).await.refused("invalid_credentials");
            assert_eq!(world.app().hashes() - before, hashes, "{name} {password}");
        }
    }
    // Two so far; the fifth locks.
    for _ in 0..3 {
        let body = json!({ "email": ANNA, "password": DECOMPOSED });
        world.stranger().login_as(body).await.refused("invalid_credentials");
    }
    let body = json!({ "email": ANNA, "password": DECOMPOSED });
    world.stranger().login_as(body).await.refused("account_locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_cannot_be_typed_again_is_refused() {
    let world = World::start().await;
    for password in ["Str0ng&Quiet\u{7}River", "Str0ng&Quiet\u{200b}River", "Str0ng&Quiet\u{e000}"]
    {
        let body = merged(registration(ANNA), json!({ "password": password }));
        let refused = [("password", "password_characters")];
        world.stranger().register_as(body).await.invalid(&refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn join_controls_make_no_password_longer() {
    let world = World::start().await;
    let short = format!("aA1!{}", "\u{200d}".repeat(4));
    let body = merged(registration(ANNA), json!({ "password": short }));
    let refused = [("password", "password_too_short")];
    world.stranger().register_as(body).await.invalid(&refused);
    // They are part of the password: without them it is a different one.
    let joined = "Str0ng&Quiet\u{200d}River";
    let body = merged(registration(ANNA), json!({ "password": joined }));
    world.stranger().register_as(body).await.created();
    signs_in(&world, ANNA, joined).await;
    world.stranger().login(ANNA).await.refused("invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_or_username_has_nothing_that_cannot_be_seen() {
    let world = World::start().await;
    let body = merged(registration(ANNA), json!({ "username": "admin" }));
    world.stranger().register_as(body).await.created();
    for mark in ["\u{fe0f}", "\u{34f}", "\u{e0100}", "\u{17b4}", "\u{180b}", "\u{3164}"] {
        let twin = json!({ "username": format!("adm{mark}in") });
        let body = merged(registration("bert@example.com"), twin);
        world.stranger().register_as(body).await.invalid(&[("username", "invalid")]);
        let body = registration(&format!("an{mark}na@example.com"));
        world.stranger().register_as(body).await.invalid(&[("email", "invalid")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_or_username_is_the_same_however_it_is_composed() {
    let world = World::start().await;
    let body = merged(registration("ren\u{e9}@example.com"), json!({ "username": "ren\u{e9}e" }));
    world.stranger().register_as(body.clone()).await.created();
    let twin = merged(body, json!({ "email": "rene\u{301}@example.com", "username": "" }));
    world.stranger().register_as(twin).await.invalid(&[("email", "email_taken")]);
    for name in ["rene\u{301}@example.com", "RENE\u{301}E", "ren\u{e9}e"] {
        signs_in(&world, name, crate::world::PASSWORD).await;
    }
    let world = World::start().await;
    let people = [
        "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{5e7f}\u{544a}",
        "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}@\u{909}\u{926}\u{93e}\u{939}\u{930}\u{923}.\u{92d}\u{93e}\u{930}\u{924}",
    ];
    for email in people {
        world.stranger().register(email).await.created();
        signs_in(&world, email, crate::world::PASSWORD).await;
    }
    let hindi = json!({ "username": "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}" });
    let body = merged(registration("hindi@example.com"), hindi);
    world.stranger().register_as(body).await.created();
    world.settle().await;
}
