//! What the answers say of how strong a new password is, in the language of whoever set it.

use http::Method;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World};

const ANNA: &str = "anna@example.com";
/// Accepted by all rules, and still easy to guess.
const WEAK: &str = "Aa1!Aa1!";
const CHANGE: &str = "/api/v1/auth/password/change";
const RESET: &str = "/api/v1/auth/password/reset";
const CONFIRM: &str = "/api/v1/auth/password/reset/confirm";

/// The strength that the answer to a request in this language holds.
async fn strength(person: &Person, path: &str, body: Value, language: &str) -> Value {
    let request = person.request(Method::POST, path).header("accept-language", language);
    let answer = person.send(request.json(&body)).await.ok();
    let told = answer["password_strength"].clone();
    let members: Vec<_> = told.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["score", "suggestions", "warning"], "{told}");
    told
}

async fn by_change(new: &str, language: &str) -> Value {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let body = json!({ "old_password": PASSWORD, "new_password": new });
    strength(&anna, CHANGE, body, language).await
}

async fn by_reset(new: &str, language: &str) -> Value {
    let world = World::start().await;
    let nobody = world.registered(ANNA).await.at(world.url(""));
    nobody.post(RESET, json!({ "email": ANNA })).await.ok();
    let token = world.token(ANNA, "/reset-password?token=").await;
    let body = json!({ "token": token, "new_password": new });
    strength(&world.stranger(), CONFIRM, body, language).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_and_a_reset_tell_the_strength_of_the_new_password() {
    let english = json!({
        "score": 1,
        "warning": r#"Repeats like "abcabcabc" are only slightly harder to guess than "abc"."#,
        "suggestions": ["Add another word or two. Uncommon words are better.", "Avoid repeated words and characters."],
    });
    let german = json!({
        "score": 1,
        "warning": "Wiederholungen wie „abcabcabc“ sind kaum schwerer zu erraten als „abc“.",
        "suggestions": [
            "Fügen Sie ein oder zwei Wörter hinzu. Seltene Wörter sind besser.",
            "Vermeiden Sie wiederholte Wörter und Zeichen.",
        ],
    });
    for (language, expected) in [("en", &english), ("de-DE, en;q=0.5", &german)] {
        assert_eq!(&by_change(WEAK, language).await, expected);
        assert_eq!(&by_reset(WEAK, language).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_strong_password_nothing_is_to_be_said() {
    let nothing = json!({ "score": 4, "warning": null, "suggestions": [] });
    let strong = "An0ther&Quiet-River";
    assert_eq!(by_change(strong, "en").await, nothing);
    assert_eq!(by_reset(strong, "en").await, nothing);
}
