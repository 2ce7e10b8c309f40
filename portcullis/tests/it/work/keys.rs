//! Signing keys: every algorithm, rotation with overlap, revocation, and another master secret.

use app::{
    App, Ctx,
    access::guard,
    work::keys::{self, When},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Span,
    session::access_token::Claims,
    settings::{Settings, SigningAlgorithm},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use serde_json::{Value, json};
use store::args;

use crate::world::{Answer, PASSWORD, Person, Place, World, access, at_once, claims, eventually};

const ANNA: &str = "anna@example.com";
/// The secret that resource servers share with this one.
const SHARED: &str = "7GzqJm0bVb4sQpXc2nRkT9wYhLeU5aDf";
const MASTER: &str = "the first master secret, 0123456789";
const NEW_MASTER: &str = "another master secret, 9876543210";

access! {
    GET "/.well-known/jwks.json" [200, 200, 200, 200];
}

async fn world(change: impl FnOnce(&mut Settings)) -> World {
    World::with(|it| {
        // The port changes with each start, and the issuer must not.
        it.server.public_url = "http://127.0.0.1:8000".into();
        it.secrets.master = MASTER.into();
        change(it);
    })
    .await
}

/// The ids in the published key set, the signing key first.
async fn published(person: &Person) -> Vec<String> {
    let set = person.get("/.well-known/jwks.json").await.ok();
    let id = |it: &Value| it["kid"].as_str().unwrap().to_owned();
    set["keys"].as_array().unwrap().iter().map(id).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// Verifies as a service would that only has the key.
fn verified(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Claims {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&["portcullis"]);
    validation.set_issuer(&["http://127.0.0.1:8000"]);
    // The clock of the world differs from the system's.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Claims>(token, key, &validation).unwrap().claims
}

async fn rotate(app: &App, when: When) -> String {
    let ctx = Ctx::local(app.clock().now(), "test");
    keys::rotate(app, &ctx, &guard::operator(), when).await.unwrap().made.unwrap()
}

/// Anna, signed in once more.
async fn sign_in_again(world: &World) -> Person {
    let mut anna = world.stranger();
    anna.login(ANNA).await.ok();
    anna
}

async fn profile_with(person: &Person, token: &str) -> Answer {
    person.bearing(token).profile().await
}

async fn pass_and_settle(world: &World, span: Span) {
    world.pass(span).await;
    world.settle().await;
}

async fn audit_count(world: &World, event: &'static str) -> i64 {
    let unit = async move |db: store::Db| {
        db.value("SELECT COUNT(*) FROM audit_events WHERE event = $1", args![event]).await
    };
    world.store().get(unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_algorithm_signs_what_its_published_key_verifies() {
    let cases = [
        (SigningAlgorithm::Eddsa, Algorithm::EdDSA, "OKP"),
        (SigningAlgorithm::Es256, Algorithm::ES256, "EC"),
        (SigningAlgorithm::Rs256, Algorithm::RS256, "RSA"),
    ];
    for (setting, algorithm, kind) in cases {
        let world = world(|it| it.tokens.algorithm = setting).await;
        let anna = world.registered(ANNA).await;
        assert_eq!(jsonwebtoken::decode_header(anna.access()).unwrap().alg, algorithm);
        let answer = anna.get("/.well-known/jwks.json").await.ok();
        assert_eq!(
            (&answer["keys"][0]["kty"], &answer["keys"][0]["use"]),
            (&kind.into(), &"sig".into())
        );
        for private in ["d", "p", "q", "k", "dp", "dq", "qi"] {
            assert!(answer["keys"][0].get(private).is_none(), "{private} of {kind}");
        }
        let set: JwkSet = serde_json::from_value(answer).unwrap();
        let key = DecodingKey::from_jwk(set.find(&kid(anna.access())).unwrap()).unwrap();
        assert_eq!(verified(anna.access(), &key, algorithm).email, ANNA);
        anna.profile().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_secret_verifies_elsewhere_and_is_not_published() {
    let world = world(|it| {
        it.tokens.algorithm = SigningAlgorithm::Hs256;
        it.tokens.hs256_secret = SHARED.into();
    })
    .await;
    let anna = world.registered(ANNA).await;
    assert_eq!(kid(anna.access()), "hs256");
    let key = DecodingKey::from_secret(SHARED.as_bytes());
    assert_eq!(verified(anna.access(), &key, Algorithm::HS256).email, ANNA);
    assert!(published(&anna).await.is_empty());
    anna.profile().await.ok();
    let ctx = world.ctx();
    assert!(keys::rotate(world.app(), &ctx, &guard::operator(), When::Now).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_shared_secret_one_is_made_and_kept() {
    let mut world = world(|it| it.tokens.algorithm = SigningAlgorithm::Hs256).await;
    let anna = world.registered(ANNA).await;
    assert!(published(&anna).await.is_empty());
    world.restart(|_| {}).await;
    let anna = anna.at(world.url(""));
    anna.profile().await.ok();
    assert_eq!(kid(sign_in_again(&world).await.access()), kid(anna.access()));
}

/// A token with any header, payload and signature.
fn token_of(header: &Value, claims: &Claims, signature: &[u8]) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    format!("{}.{}.{}", part(header), part(&json!(claims)), URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_algorithm_but_the_key_s_own_is_believed() {
    for setting in SigningAlgorithm::ALL {
        let world = world(|it| it.tokens.algorithm = setting).await;
        let anna = world.registered(ANNA).await;
        let (own, kid) = (claims(anna.access()), kid(anna.access()));
        for alg in ["none", "None", "NONE", ""] {
            let header = json!({ "typ": "JWT", "alg": alg, "kid": kid });
            let answer = profile_with(&anna, &token_of(&header, &own, b"")).await;
            answer.refused("token_not_valid");
        }
        let signature = anna.access().rsplit('.').next().unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for other in SigningAlgorithm::ALL.into_iter().filter(|it| *it != setting) {
            let header = json!({ "typ": "JWT", "alg": other.word(), "kid": kid });
            let answer = profile_with(&anna, &token_of(&header, &own, &signature)).await;
            answer.refused("token_not_valid");
        }
        let set = anna.get("/.well-known/jwks.json").await.ok();
        let members = set["keys"].as_array().unwrap().iter().flat_map(|it| it.as_object().unwrap());
        let public: Vec<String> = members.map(|it| it.1.as_str().unwrap().to_owned()).collect();
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid.clone());
        let raw = public.iter().filter_map(|it| URL_SAFE_NO_PAD.decode(it).ok());
        let texts = public.iter().map(|it| it.clone().into_bytes());
        for secret in raw.chain(texts).chain([Vec::new(), kid.into_bytes()]) {
            let key = EncodingKey::from_secret(&secret);
            let token = jsonwebtoken::encode(&header, &own, &key).unwrap();
            profile_with(&anna, &token).await.refused("token_not_valid");
        }
        anna.profile().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_published_before_it_signs_and_overlaps() {
    let world = world(|_| {}).await;
    let anna = world.registered(ANNA).await;
    let old = kid(anna.access());
    let new = rotate(world.app(), When::Published).await;
    assert_eq!(published(&anna).await, [old.clone(), new.clone()]);
    // Asked again, nothing more happens.
    let ctx = world.ctx();
    let repeated =
        keys::rotate(world.app(), &ctx, &guard::operator(), When::Published).await.unwrap();
    assert_eq!(repeated, keys::Changes::default());
    pass_and_settle(&world, Span::minutes(24 * 60 - 5)).await;
    let before = sign_in_again(&world).await;
    assert_eq!(kid(before.access()), old);
    pass_and_settle(&world, Span::minutes(5)).await;
    assert_eq!(kid(sign_in_again(&world).await.access()), new);
    assert_eq!(published(&anna).await, [new.clone(), old]);
    before.profile().await.ok();
    pass_and_settle(&world, Span::minutes(9)).await;
    before.profile().await.ok();
    pass_and_settle(&world, Span::minutes(7)).await;
    assert_eq!(published(&anna).await, [new]);
    before.profile().await.refused("token_not_valid");
    assert_eq!(
        (audit_count(&world, "key.created").await, audit_count(&world, "key.retired").await),
        (2, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_by_themselves_as_time_passes() {
    let world = world(|_| {}).await;
    let anna = world.registered(ANNA).await;
    let old = kid(anna.access());
    pass_and_settle(&world, Span::days(88)).await;
    assert_eq!(published(&anna).await, std::slice::from_ref(&old));
    pass_and_settle(&world, Span::days(1)).await;
    let keys = published(&anna).await;
    assert_eq!((keys.len(), &keys[0]), (2, &old));
    assert_eq!(kid(sign_in_again(&world).await.access()), old);
    pass_and_settle(&world, Span::days(1)).await;
    assert_eq!(kid(sign_in_again(&world).await.access()), keys[1]);
    // The cleanup deletes what has ended.
    pass_and_settle(&world, Span::days(1)).await;
    let rows = async |db: store::Db| store::keys::all(&db).await;
    let gone = async || {
        let rows = world.store().get(rows).await.unwrap();
        (rows.len() == 1 && rows[0].id == keys[1]).then_some(())
    };
    eventually("the cleanup", gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schedule_keys_stay() {
    let world = world(|it| it.tokens.key_rotation = Span::ZERO).await;
    let anna = world.registered(ANNA).await;
    pass_and_settle(&world, Span::days(1_000)).await;
    assert_eq!(published(&anna).await, [kid(anna.access())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_takes_its_tokens_with_it() {
    let world = world(|_| {}).await;
    let mut anna = world.registered(ANNA).await;
    let (old, token) = (kid(anna.access()), anna.access().to_owned());
    let ctx = world.ctx();
    // From here on the signature is cached.
    anna.profile().await.ok();
    let changes = keys::revoke(world.app(), &ctx, &guard::operator(), &old).await.unwrap();
    anna.profile().await.refused("token_not_valid");
    // Sessions stay valid: only the key was stolen.
    anna.refresh().await.ok();
    anna.profile().await.ok();
    assert_eq!(Some(kid(anna.access())), changes.made);
    assert_eq!(published(&anna).await, [kid(anna.access())]);
    profile_with(&anna, &token).await.refused("token_not_valid");
    assert!(keys::revoke(world.app(), &ctx, &guard::operator(), &old).await.is_err());
    assert_eq!(audit_count(&world, "key.revoked").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_at_once_one_key_signs() {
    let world = world(|_| {}).await;
    let anna = world.registered(ANNA).await;
    let app = world.app().clone();
    let made = at_once(8, |_| {
        let app = app.clone();
        async move { rotate(&app, When::Now).await }
    })
    .await;
    let rows = async |db: store::Db| store::keys::all(&db).await;
    let rows = world.store().get(rows).await.unwrap();
    let signing: Vec<_> = rows.iter().filter(|it| it.state == store::keys::SIGNING).collect();
    assert_eq!((signing.len(), rows.len()), (1, 9));
    assert!(made.contains(&signing[0].id));
    assert_eq!(kid(sign_in_again(&world).await.access()), signing[0].id);
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_process_is_found_by_its_first_token() {
    let world = world(|it| {
        // Otherwise the node would not look for the key.
        it.sessions.revocation_poll = Span::hours(1);
        it.sessions.revocation_bound = Span::hours(2);
    })
    .await;
    let anna = world.registered(ANNA).await;
    let mut settings = world.settings.clone();
    settings.server.listen = vec!["127.0.0.1:1".parse().unwrap()];
    let (other, _) = App::open(settings, world.clock.clone()).await.unwrap();
    let new = rotate(&other, When::Now).await;
    let token = world.keys().await.sign(&claims(anna.access())).unwrap();
    assert_eq!(kid(token.expose()), new);
    world.clock.pass(Span::seconds(1));
    profile_with(&anna, token.expose()).await.ok();
    // Tokens that it signed before are still valid.
    anna.profile().await.ok();
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_agree_on_keys() {
    let Some((world, node)) = World::of_two_nodes(|_| {}).await else { return };
    let anna = world.registered(ANNA).await;
    let there = anna.at(node.url());
    let old = kid(anna.access());
    pass_and_settle(&world, Span::days(89)).await;
    node.settle().await;
    let keys = published(&anna).await;
    assert_eq!((keys.len(), &keys[0]), (2, &old));
    assert_eq!(published(&there).await, keys);
    world.pass(Span::days(1)).await;
    tokio::join!(world.settle(), node.settle());
    tokio::join!(world.settle(), node.settle());
    let mut bert = there.clone();
    bert.login(ANNA).await.ok();
    assert_eq!(
        (kid(bert.access()), kid(sign_in_again(&world).await.access())),
        (keys[1].clone(), keys[1].clone())
    );
    assert_eq!(published(&there).await, published(&anna).await);
    assert_eq!(audit_count(&world, "key.created").await, 2);
    // Another one at once: the node accepts it with the first token, or already knows it.
    let new = rotate(world.app(), When::Now).await;
    world.clock.pass(Span::seconds(2));
    let token = sign_in_again(&world).await.access().to_owned();
    assert_eq!(kid(&token), new);
    profile_with(&there, &token).await.ok();
    node.settle().await;
    bert.login(ANNA).await.ok();
    assert_eq!(kid(bert.access()), new);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_algorithm_overlaps() {
    let mut world = world(|_| {}).await;
    let anna = world.registered(ANNA).await;
    world.restart(|it| it.tokens.algorithm = SigningAlgorithm::Es256).await;
    let anna = anna.at(world.url(""));
    anna.profile().await.ok();
    let keys = published(&anna).await;
    assert_eq!((keys.len(), keys[0].clone()), (2, kid(anna.access())));
    // The new one is published first, and another start does not change that.
    world.restart(|_| {}).await;
    let anna = anna.at(world.url(""));
    assert_eq!(published(&anna).await, keys);
    pass_and_settle(&world, Span::minutes(24 * 60 - 5)).await;
    let before = sign_in_again(&world).await;
    assert_eq!(kid(before.access()), keys[0]);
    pass_and_settle(&world, Span::minutes(5)).await;
    let after = sign_in_again(&world).await;
    assert_eq!(jsonwebtoken::decode_header(after.access()).unwrap().alg, Algorithm::ES256);
    assert_eq!(kid(after.access()), keys[1]);
    after.profile().await.ok();
    before.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_a_shared_secret_and_back_overlaps() {
    let mut world = world(|_| {}).await;
    let first = world.registered(ANNA).await;
    world
        .restart(|it| {
            it.tokens.algorithm = SigningAlgorithm::Hs256;
            it.tokens.hs256_secret = SHARED.into();
        })
        .await;
    let second = sign_in_again(&world).await;
    assert_eq!(kid(second.access()), "hs256");
    first.at(world.url("")).profile().await.ok();
    world.restart(|it| it.tokens.algorithm = SigningAlgorithm::Rs256).await;
    let third = sign_in_again(&world).await;
    assert_eq!(jsonwebtoken::decode_header(third.access()).unwrap().alg, Algorithm::RS256);
    for person in [&first, &second, &third] {
        person.at(world.url("")).profile().await.ok();
    }
    world.restart(|it| it.tokens.hs256_secret = "".into()).await;
    second.at(world.url("")).profile().await.refused("token_not_valid");
    third.at(world.url("")).profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_under_an_older_master_secret_still_counts() {
    let mut world = world(|it| it.jobs.workers = 0).await;
    let anna = world.registered(ANNA).await;
    let mut browser = world.browser();
    browser.login(ANNA).await.ok();
    // The verification mail has not been sent yet.
    world.stop().await;
    world.settings.jobs.workers = 2;
    world.settings.secrets.previous = vec![MASTER.into()];
    world.settings.secrets.master = NEW_MASTER.into();
    world.begin().await;
    let mut anna = anna.at(world.url(""));
    anna.profile().await.ok();
    let token = world.token(ANNA, "/verify-email?token=").await;
    anna.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    let old = anna.refresh_token();
    anna.refresh().await.ok();
    anna.profile().await.ok();
    assert_ne!(old[..8], anna.refresh_token()[..8], "the new one is of the new master");
    let known = browser.cookies["device"].clone();
    let mut browser = world.browser();
    browser.cookies.insert("device".into(), known.clone());
    browser.login(ANNA).await.ok();
    assert_eq!(browser.cookies["device"], known, "the device is still known");
    let fingerprint = async |world: &World| {
        let anna = sign_in_again(world).await;
        let sessions = anna.sessions().await;
        sessions.iter().map(|it| it["device_fingerprint"].to_string()).collect::<Vec<_>>()
    };
    let all = fingerprint(&world).await;
    let twice = all.iter().filter(|it| all.iter().filter(|other| other == it).count() == 2);
    assert_eq!(twice.count(), 2, "two sign-ins on one device: {all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_older_master_secret_the_server_does_not_start() {
    let mut world = world(|_| {}).await;
    world.stop().await;
    world.settings.secrets.master = NEW_MASTER.into();
    let refused = portcullis::start(world.settings.clone(), world.clock.clone()).await.err();
    let text = refused.unwrap().to_string();
    assert!(text.contains("secrets.master") && text.contains("secrets.previous"), "{text}");
    // Nothing was changed by the attempt.
    world.settings.secrets.master = MASTER.into();
    world.begin().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_anew_the_older_master_secret_is_not_needed() {
    let mut world = world(|it| it.jobs.workers = 0).await;
    let anna = world.registered(ANNA).await;
    world.stop().await;
    world.settings.secrets.previous = vec![MASTER.into()];
    world.settings.secrets.master = NEW_MASTER.into();
    world.begin().await;
    let done = keys::reseal(world.app(), &guard::operator(), |_| {}).await.unwrap();
    assert_eq!((done.keys, done.jobs, done.already, done.closed), (1, 1, 0, 0));
    let again = keys::reseal(world.app(), &guard::operator(), |_| {}).await.unwrap();
    assert_eq!((again.keys, again.jobs, again.already, again.closed), (0, 0, 2, 0));
    world.stop().await;
    world.settings.jobs.workers = 2;
    world.settings.secrets.previous.clear();
    world.begin().await;
    let mut anna = anna.at(world.url(""));
    anna.profile().await.ok();
    let token = world.token(ANNA, "/verify-email?token=").await;
    anna.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    // What was derived and not sealed is invalid: people sign in again.
    anna.refresh_with(&anna.refresh_token()).await.refused("token_not_valid");
    anna.login(ANNA).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_tells_an_operator_from_the_clock() {
    let world = world(|_| {}).await;
    rotate(world.app(), When::Now).await;
    let unit = async |db: store::Db| {
        let statement = "SELECT COUNT(*) FROM audit_events
             WHERE event = 'key.created' AND CAST(details AS TEXT) LIKE '%operator%'";
        db.value::<i64>(statement, args![]).await
    };
    // The first one was made at the start.
    assert_eq!(audit_count(&world, "key.created").await, 2);
    assert_eq!(world.store().get(unit).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_change_no_schema() {
    let place = Place::new().await.with("PORTCULLIS_SECRETS__MASTER", MASTER);
    for arguments in [["keys", "list"], ["keys", "rotate"], ["jobs", "list"]] {
        place.run(&arguments).await.failed(&["the schema is old", "portcullis migrate"]);
    }
    assert!(place.run(&["migrate", "--plan"]).await.ok().starts_with("pending 0001_gate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_beside_a_running_server() {
    let place = Place::new().await.with("PORTCULLIS_SECRETS__MASTER", MASTER);
    let program = place.start().await;
    let mut anna = program.stranger();
    anna.register(ANNA).await.created();
    let old = kid(anna.access());
    let listed = place.run(&["keys", "list"]).await;
    assert!(listed.out.starts_with(&format!("{old}  EdDSA  signing")), "{listed:?}");
    let rotated = place.run(&["keys", "rotate"]).await;
    assert!(rotated.status == Some(0) && rotated.out.starts_with("made "), "{rotated:?}");
    let two = async || (published(&anna).await.len() == 2).then_some(());
    eventually("the server to publish the new key", two).await;
    let repeated = place.run(&["keys", "rotate"]).await;
    assert!(repeated.out.contains("waits already"), "{repeated:?}");
    let at_once = place.run(&["keys", "rotate", "--now"]).await;
    assert!(at_once.out.contains(&format!("retired {old}")), "{at_once:?}");
    anna.profile().await.ok();
    let gone = place.run(&["keys", "revoke", &old]).await;
    assert!(gone.out.starts_with(&format!("revoked {old}")), "{gone:?}");
    let dead = async || (anna.profile().await.status == 401).then_some(());
    eventually("the server to hear of it", dead).await;
    anna.login_as(json!({ "email": ANNA, "password": PASSWORD })).await.ok();
    anna.profile().await.ok();
    assert_ne!(kid(anna.access()), old);
    let unknown = place.run(&["keys", "revoke", "-no-such-key"]).await;
    assert_eq!(unknown.status, Some(1), "{unknown:?}");
    let resealed = place.run(&["keys", "reseal"]).await;
    assert!(resealed.out.starts_with("encrypted again: 0 signing keys, 0 jobs"), "{resealed:?}");
}
