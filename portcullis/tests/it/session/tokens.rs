//! Access and refresh tokens: which are accepted, and that no others are.

use app::engine::keys::Keys;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Span,
    mac::{MacKey, derive},
    session::{access_token::Claims, refresh::RefreshToken},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use crate::world::{Answer, Person, World, access, claims, merged};

const ANNA: &str = "anna@example.com";

access! {
    POST "/api/v1/auth/token/verify" [401, 200, 200, 200],
        body = |it| json!({ "token": it.access() }), credential = Body;
}

async fn verify(person: &Person, token: &str) -> Answer {
    person.post("/api/v1/auth/token/verify", json!({ "token": token })).await
}

/// Asserts that the API and `token/verify` both refuse it.
#[track_caller]
fn assert_refused(told: (Answer, Answer)) {
    told.0.refused("token_not_valid");
    told.1.refused("token_not_valid");
}

/// The answers of the API and of `token/verify` to an access token.
async fn try_access_token(person: &Person, token: &str) -> (Answer, Answer) {
    (person.bearing(token).profile().await, verify(person, token).await)
}

/// A token with any header, payload and signature.
fn token_of(header: &Value, payload: &Value, signature: &[u8]) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    format!("{}.{}.{}", part(header), part(payload), URL_SAFE_NO_PAD.encode(signature))
}

fn header(token: &str) -> Value {
    let text = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A token that this server signed, but with claims it would not have made.
fn signed(keys: &Keys, person: &Person, change: impl FnOnce(&mut Claims)) -> String {
    let mut claims = claims(person.access());
    change(&mut claims);
    keys.sign(&claims).unwrap().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_tokens_verify() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let old = anna.refresh_token();
    assert_eq!(verify(&anna, anna.access()).await.ok(), json!({}));
    assert_eq!(verify(&anna, &old).await.ok(), json!({}));
    anna.refresh().await.ok();
    // Verifying a token does not use it, so its repetition is still allowed.
    verify(&anna, &old).await.ok();
    verify(&anna, &anna.refresh_token()).await.ok();
    anna.profile().await.ok();
    world.pass(Span::seconds(11)).await;
    verify(&anna, &old).await.refused("token_not_valid");
    anna.profile().await.ok();
    anna.logout().await.ok();
    verify(&anna, anna.access()).await.refused("session_ended");
    verify(&anna, &anna.refresh_token()).await.refused("session_ended");
    verify(&anna, "").await.invalid(&[("token", "required")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claims_say_who_and_which_session() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let session = anna.sessions().await[0].clone();
    let token = claims(anna.access());
    assert_eq!((token.sub, token.user_id), (anna.user_id(), anna.user_id()));
    assert_eq!(session["id"], token.sid.to_string());
    assert_eq!(token.iss, world.url(""));
    assert_eq!(token.aud, "portcullis");
    assert_eq!((token.generation, token.exp - token.iat), (1, 900));
    assert_eq!((token.auth_time, token.iat), (world.clock.now().seconds(), token.auth_time));
    assert_eq!((token.email.as_str(), token.email_verified), (ANNA, false));
    assert_eq!((token.acr.as_str(), token.amr), ("aal1", vec!["pwd".to_owned()]));
    assert!(!token.is_staff && token.roles.is_empty() && !token.jti.is_empty());
    let admin = claims(world.admin("admin@example.com").await.access());
    assert_eq!((admin.is_staff, admin.roles), (true, vec!["admin".into(), "staff".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_can_verify_a_token_with_the_published_keys() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let answer = anna.get("/.well-known/jwks.json").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    assert!(!answer.text.contains("\"d\""), "{}", answer.text);
    let keys: JwkSet = serde_json::from_value(answer.ok()).unwrap();
    let kid = jsonwebtoken::decode_header(anna.access()).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["portcullis"]);
    validation.set_issuer(&[world.url("")]);
    // The clock of the world differs from the system's.
    validation.validate_exp = false;
    let verified = jsonwebtoken::decode::<Claims>(anna.access(), &key, &validation).unwrap();
    assert_eq!(verified.claims.email, ANNA);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_access_token_is_refused() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let (own, payload) = (header(anna.access()), json!(claims(anna.access())));
    let signature = anna.access().split('.').nth(2).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |change: Value| merged(own.clone(), change);
    let mut without_kid = own.clone();
    without_kid.as_object_mut().unwrap().remove("kid");
    let forged = [
        token_of(&with(json!({ "alg": "none" })), &payload, b""),
        token_of(&with(json!({ "alg": "None" })), &payload, &signature),
        token_of(&with(json!({ "alg": "ES256" })), &payload, &signature),
        token_of(&with(json!({ "kid": "unknown" })), &payload, &signature),
        token_of(&with(json!({ "kid": null })), &payload, &signature),
        token_of(&with(json!({ "kid": 1 })), &payload, &signature),
        token_of(&without_kid, &payload, &signature),
        token_of(&own, &merged(payload.clone(), json!({ "is_staff": true })), &signature),
        token_of(&own, &payload, b""),
        token_of(&own, &payload, &[0; 64]),
        token_of(&own, &json!({}), &signature),
        format!("{}.", anna.access()),
        format!("{}AAAA", anna.access()),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".repeat(9_000),
    ];
    for token in &forged {
        assert_refused(try_access_token(&anna, token).await);
    }
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_key_is_no_secret_to_sign_with() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let keys = anna.get("/.well-known/jwks.json").await.ok();
    let public = keys["keys"][0]["x"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(public).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(keys["keys"][0]["kid"].as_str().unwrap().to_owned());
    for secret in [raw.as_slice(), public.as_bytes(), b""] {
        let key = EncodingKey::from_secret(secret);
        let token = jsonwebtoken::encode(&header, &claims(anna.access()), &key).unwrap();
        assert_refused(try_access_token(&anna, &token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_under_the_same_name_is_another_key() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let pair = Ed25519KeyPair::generate().unwrap().to_pkcs8().unwrap();
    let header = jsonwebtoken::decode_header(anna.access()).unwrap();
    let key = EncodingKey::from_ed_der(pair.as_ref());
    let token = jsonwebtoken::encode(&header, &claims(anna.access()), &key).unwrap();
    assert_refused(try_access_token(&anna, &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_server_is_refused() {
    let (world, other) = (World::start().await, World::start().await);
    let anna = world.registered(ANNA).await;
    let there = other.registered(ANNA).await;
    assert_refused(try_access_token(&anna, there.access()).await);
    anna.refresh_with(&there.refresh_token()).await.refused("token_not_valid");
    verify(&anna, &there.refresh_token()).await.refused("token_not_valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_signature_does_not_make_wrong_claims_right() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let bert = world.registered("bert@example.com").await;
    let berts = claims(bert.access());
    let now = world.clock.now().seconds();
    let keys = world.keys().await;
    let sign = |change: &dyn Fn(&mut Claims)| signed(&keys, &anna, |it| change(it));
    let wrong = [
        sign(&|it| it.iss = "https://evil.example".into()),
        sign(&|it| it.iss = String::new()),
        sign(&|it| it.aud = "another".into()),
        sign(&|it| it.iat = now + 31),
        sign(&|it| it.exp = now),
        sign(&|it| it.exp = i64::MIN),
        sign(&|it| it.user_id = berts.sub),
        sign(&|it| it.sid = berts.sid),
        sign(&|it| (it.sub, it.user_id) = (berts.sub, berts.sub)),
        sign(&|it| it.generation = 2),
    ];
    for token in &wrong {
        assert_refused(try_access_token(&anna, token).await);
    }
    // Clocks of nodes may differ by half a minute.
    try_access_token(&anna, &sign(&|it| it.iat = now + 30)).await.0.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_over_after_a_quarter_of_an_hour() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    world.pass(Span::seconds(899)).await;
    anna.profile().await.ok();
    world.pass(Span::seconds(1)).await;
    assert_refused(try_access_token(&anna, anna.access()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_or_tampered_access_token_is_refused() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = anna.access();
    for length in (0..token.len()).step_by(10).skip(1) {
        assert_refused(try_access_token(&anna, &token[..length]).await);
    }
    for place in (0..token.len()).step_by(10) {
        let mut bytes = token.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        assert_refused(try_access_token(&anna, &String::from_utf8(bytes).unwrap()).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_token_is_only_its_own_kind() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    anna.bearing(&anna.refresh_token()).profile().await.refused("token_not_valid");
    anna.refresh_with(anna.access()).await.refused("token_not_valid");
    anna.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_ways_to_authorize_are_none() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let token = anna.access();
    let nobody = world.stranger();
    let ask = async |header: String| {
        let request = nobody.request(http::Method::GET, "/api/v1/auth/profile");
        nobody.send(request.header("authorization", header)).await
    };
    ask(format!("bearer {token}")).await.ok();
    ask(format!("Token {token}")).await.refused("not_authenticated");
    ask(token.to_owned()).await.refused("not_authenticated");
    ask("Basic YTpi".into()).await.refused("not_authenticated");
    ask("Bearer ".into()).await.refused("token_not_valid");
    ask(format!("Bearer {token} {token}")).await.refused("token_not_valid");
    let refused = nobody.profile().await;
    assert_eq!(refused.headers["www-authenticate"], "Bearer realm=\"portcullis\"");
    refused.refused("not_authenticated");
    let in_query = nobody.get(&format!("/api/v1/auth/profile?access_token={token}")).await;
    in_query.refused("not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_or_tampered_refresh_token_is_refused_without_alarm() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let token = anna.refresh_token();
    for length in (1..token.len()).step_by(10) {
        anna.refresh_with(&token[..length]).await.refused("token_not_valid");
    }
    let raw = URL_SAFE_NO_PAD.decode(token.strip_prefix("pcr_").unwrap()).unwrap();
    for bit in (0..raw.len() * 8).step_by(7) {
        let mut flipped = raw.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let flipped = format!("pcr_{}", URL_SAFE_NO_PAD.encode(&flipped));
        anna.refresh_with(&flipped).await.refused("token_not_valid");
        verify(&anna, &flipped).await.refused("token_not_valid");
    }
    for junk in [format!("{token}A"), format!(" {token}"), token.to_uppercase(), "pcr_".into()] {
        anna.refresh_with(&junk).await.refused("token_not_valid");
    }
    anna.profile().await.ok();
    anna.refresh().await.ok();
    assert!(!world.audit(&anna).await.iter().any(|it| it.0.contains("refresh")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_is_not_enough_to_make_a_refresh_token() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let session = world.session(&anna).await;
    let key = MacKey::new(&derive(b"the master secret of somebody else", "refresh tokens"));
    for (generation, key_id) in [(1, 1), (0, 1), (1, 2)] {
        let forged = RefreshToken::derive(&session, generation, key_id, &key).encode();
        anna.refresh_with(forged.expose()).await.refused("token_not_valid");
    }
    anna.refresh().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_from_the_future_raises_no_alarm() {
    let world = World::start().await;
    let mut anna = world.registered(ANNA).await;
    let session = world.session(&anna).await;
    for generation in [2, 3, i64::MAX] {
        let ahead = world.keys().await.refresh_token(&session, generation);
        anna.refresh_with(ahead.expose()).await.refused("token_not_valid");
        verify(&anna, ahead.expose()).await.refused("token_not_valid");
    }
    anna.profile().await.ok();
    anna.refresh().await.ok();
    assert!(
        world
            .mails(ANNA)
            .await
            .iter()
            .all(|it| { !it["subject"].as_str().unwrap().contains("Someone used an old sign-in") })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_nothing_to_refresh() {
    let world = World::start().await;
    let nobody = world.stranger();
    nobody.post("/api/v1/auth/token/refresh", json!({})).await.refused("not_authenticated");
    nobody.refresh_with("").await.refused("not_authenticated");
    let absent = nobody.request(http::Method::POST, "/api/v1/auth/token/refresh/");
    nobody.send(absent).await.refused("not_authenticated");
}
