//! Hashes of all forms and kinds, the queue, and panics.

use domain::factor::phc;

use super::*;

fn settings() -> Passwords {
    Passwords { memory_kib: 64, iterations: 1, workers: 1, ..Passwords::default() }
}

#[tokio::test]
async fn a_password_is_what_it_was() {
    let hasher = Hasher::start(&settings()).unwrap();
    let hash = hasher.hash(&"correct".into()).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
    let verify = async |password: &str| hasher.verify(&password.into(), &hash).await.unwrap();
    assert_eq!(verify("correct").await, Verified::Right);
    assert_eq!(verify("wrong").await, Verified::Wrong);
    let nobody = hasher.verify_unknown(&"correct".into(), &[7; 32]).await.unwrap();
    assert_eq!(nobody, Verified::Wrong);
    assert_eq!(hasher.hashes(), 4);
}

#[tokio::test]
async fn parameters_of_yesterday_are_replaced() {
    let old = Hasher::start(&settings()).unwrap();
    let new = Hasher::start(&Passwords { memory_kib: 128, ..settings() }).unwrap();
    let hash = old.hash(&"correct".into()).await.unwrap();
    let Verified::Outdated { hash } = new.verify(&"correct".into(), &hash).await.unwrap() else {
        panic!("not replaced");
    };
    assert_eq!(new.verify(&"correct".into(), &hash).await.unwrap(), Verified::Right);
}

#[tokio::test]
async fn a_password_is_right_in_each_of_its_forms() {
    let hasher = Hasher::start(&settings()).unwrap();
    let (composed, typed) = (Secret::from("Gr\u{fc}n"), Secret::from("Gru\u{308}n"));
    let hash = hasher.hash(&composed).await.unwrap();
    let verify = async |password: &Secret, hash: &str| {
        let before = hasher.hashes();
        let verified = hasher.verify(password, hash).await.unwrap();
        (verified, hasher.hashes() - before)
    };
    assert_eq!(verify(&composed, &hash).await, (Verified::Right, 1));
    assert_eq!(verify(&typed, &hash).await, (Verified::Right, 2));
    // A hash of the typed form, from before normalization.
    let old = hasher.hash(&typed).await.unwrap();
    let (Verified::Outdated { hash }, 1) = verify(&typed, &old).await else {
        panic!("not replaced");
    };
    assert_eq!(verify(&composed, &hash).await, (Verified::Right, 1));
    // Characters that are refused in new passwords were allowed once.
    let old = hasher.hash(&"bell\u{7}".into()).await.unwrap();
    assert_eq!(verify(&"bell\u{7}".into(), &old).await, (Verified::Right, 1));
    assert_eq!(verify(&"Gru\u{308}".into(), &old).await, (Verified::Wrong, 2));
}

#[tokio::test]
async fn an_estimate_takes_no_worker() {
    let hasher = Hasher::start(&settings()).unwrap();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let other = hasher.clone();
    let estimate = async move { other.estimate(move || wait.recv()).await };
    let sign_in = async {
        hasher.hash(&"correct".into()).await.unwrap();
        release.send(()).unwrap();
    };
    let (estimate, ()) = tokio::join!(biased; estimate, sign_in);
    estimate.unwrap().unwrap();
}

#[tokio::test]
async fn names_that_nobody_has_cost_what_hashes_cost() {
    let old = Hasher::start(&settings()).unwrap();
    let new = Hasher::start(&Passwords { memory_kib: 128, ..settings() }).unwrap();
    let drawn = || new.dummy_for(&[7; 32]);
    assert!(drawn().contains("$m=128,"));
    let set_kinds = |hash: &str| {
        let kind = phc::kind(hash).unwrap().to_owned();
        new.set_kinds(&[HashKind { kind, accounts: 1 }]);
    };
    set_kinds(&old.hash(&"somebody's".into()).await.unwrap());
    assert!(drawn().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    // The memory of the worker shows that the drawn hash is computed.
    let expensive = Hasher::start(&Passwords { memory_kib: 256, ..settings() }).unwrap();
    set_kinds(&expensive.hash(&"somebody's".into()).await.unwrap());
    let nobody = async || new.verify_unknown(&"correct".into(), &[7; 32]).await.unwrap();
    assert_eq!(nobody().await, Verified::Wrong);
    assert_eq!(new.run(|memory| memory.len()).await.unwrap(), 256);
    // A damaged hash concerns only its owner.
    for damaged in ["$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", "$a$b$c"] {
        set_kinds(damaged);
        assert_eq!(nobody().await, Verified::Wrong, "{damaged}");
    }
}

#[tokio::test]
async fn a_panic_costs_no_worker() {
    let hasher = Hasher::start(&settings()).unwrap();
    for _ in 0..3 {
        assert!(hasher.run::<()>(|_| panic!("as a test")).await.is_err());
    }
    assert_eq!(hasher.run(|_| 1).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let hasher = Hasher::start(&Passwords { queue: 1, ..settings() }).unwrap();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (began, begun) = oneshot::channel();
    let one = {
        let hasher = hasher.clone();
        async move {
            hasher
                .run(move |_| {
                    began.send(()).unwrap();
                    wait.recv()
                })
                .await
        }
    };
    let rest = async {
        begun.await.unwrap();
        let two = hasher.run(|_| ());
        let three = async {
            let refused = hasher.run(|_| ()).await.unwrap_err();
            assert_eq!(refused.problem().code, Code::Unavailable);
            assert!(refused.problem().retry_after.is_some());
            assert_eq!(refused.problem().detail, None, "sign-ins are not all that waits");
            release.send(()).unwrap();
        };
        tokio::join!(biased; two, three).0.unwrap();
    };
    let (first, ()) = tokio::join!(one, rest);
    first.unwrap().unwrap();
}
