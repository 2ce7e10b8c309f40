//! The contract of the cache: the same tests on memory and on Redis.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use domain::{
    Span, Time,
    access::limit::{self, Rate, Taken},
    settings,
};
use outside::cache::Cache;
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

const NOON: Time = Time(1_800_000_000_123_457);
const RATE: Rate = Rate::new(5, Span::hours(1));

/// Settings of a cache for this test alone, on the backend of this run.
fn settings() -> settings::Cache {
    #[expect(clippy::disallowed_methods, reason = "the suite is told its backends this way")]
    let url = std::env::var("PORTCULLIS_TEST_REDIS_URL").unwrap_or_default();
    let own = RandomState::new().build_hasher().finish();
    settings::Cache {
        url: url.into(),
        prefix: format!("portcullis-test:{own:x}:"),
        ..settings::Cache::default()
    }
}

async fn cache() -> Cache {
    let cache = Cache::connect(&settings()).await.unwrap();
    assert!(cache.is_healthy(), "the Redis of PORTCULLIS_TEST_REDIS_URL does not answer");
    cache
}

async fn allowed(cache: &Cache, key: &str, now: Time) -> bool {
    cache.take(key, RATE, now).await.allowed
}

#[tokio::test]
async fn a_burst_then_one_per_interval() {
    let cache = cache().await;
    for left in (0..5).rev() {
        let taken = cache.take("a", RATE, NOON).await;
        assert_eq!((taken.allowed, taken.remaining), (true, left));
    }
    let refused = cache.take("a", RATE, NOON).await;
    assert_eq!((refused.allowed, refused.remaining), (false, 0));
    assert_eq!(refused.retry_after, Span::minutes(12));
    assert_eq!(refused.reset_after, Span::hours(1));

    let later = NOON + Span::minutes(12);
    assert!(!allowed(&cache, "a", Time(later.0 - 1)).await, "a microsecond too early");
    assert!(allowed(&cache, "a", later).await);
    assert!(!allowed(&cache, "a", later).await);
    assert!(allowed(&cache, "b", later).await, "keys are apart");

    let much_later = later + Span::days(30);
    assert_eq!(cache.take("a", RATE, much_later).await.remaining, 4);
}

#[tokio::test]
async fn what_is_given_back_was_never_taken() {
    let cache = cache().await;
    cache.give_back("a", RATE, NOON).await;
    for _ in 0..20 {
        assert!(allowed(&cache, "a", NOON).await);
        cache.give_back("a", RATE, NOON).await;
    }
    for _ in 0..5 {
        assert!(allowed(&cache, "a", NOON).await);
    }
    assert!(!allowed(&cache, "a", NOON).await);
    cache.give_back("a", RATE, NOON).await;
    assert!(allowed(&cache, "a", NOON).await);
    assert!(!allowed(&cache, "a", NOON).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_takers_of_five() {
    let cache = cache().await;
    let takers = (0..20).map(|_| {
        let cache = cache.clone();
        async move { allowed(&cache, "a", NOON).await }
    });
    let mut running: tokio::task::JoinSet<bool> = takers.collect();
    let mut winners = 0;
    while let Some(won) = running.join_next().await {
        winners += usize::from(won.unwrap());
    }
    assert_eq!(winners, 5);
}

#[tokio::test]
async fn a_clock_that_steps_back_costs_no_more_than_the_window() {
    let cache = cache().await;
    let tomorrow = NOON + Span::days(1);
    for key in ["a", "b"] {
        for _ in 0..5 {
            assert!(allowed(&cache, key, tomorrow).await);
        }
        assert!(!allowed(&cache, key, tomorrow).await);
    }
    // Uses that were given back were taken by a clock that no node has any more.
    cache.give_back("b", RATE, NOON).await;
    for key in ["a", "b"] {
        for _ in 0..5 {
            assert!(allowed(&cache, key, NOON).await);
        }
        assert!(!allowed(&cache, key, NOON).await);
        assert!(allowed(&cache, key, NOON + Span::minutes(12)).await);
    }

    // A step so small that it could be another node's clock.
    let later = NOON + Span::minutes(5);
    for _ in 0..5 {
        assert!(allowed(&cache, "c", later).await);
    }
    let refused = cache.take("c", RATE, NOON).await;
    assert_eq!((refused.allowed, refused.retry_after), (false, Span::minutes(17)));
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Take,
    GiveBack,
    Pass(Span),
    SetBack(Span),
}

fn steps() -> impl Strategy<Value = (Rate, Vec<Step>)> {
    let step = prop_oneof![
        4 => Just(Step::Take),
        1 => Just(Step::GiveBack),
        // Clocks of nodes differ, so time may also seem to stand still.
        2 => (0..3_000_000_000_i64).prop_map(|it| Step::Pass(Span::from_micros(it))),
        1 => (0..9_000_000_000_i64).prop_map(|it| Step::SetBack(Span::from_micros(it))),
    ];
    let rate =
        (1..12_u32, 1..7200_u64).prop_map(|(count, per)| Rate::new(count, Span::seconds(per)));
    (rate, prop::collection::vec(step, 1..40))
}

/// The answers of the domain and of the cache to these steps.
async fn compared(cache: &Cache, rate: Rate, steps: &[Step]) -> (Vec<Taken>, Vec<Taken>) {
    let (mut kept, mut now) = (None, NOON);
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Pass(span) => now = now + *span,
            Step::SetBack(span) => now = now - *span,
            Step::GiveBack => {
                kept = limit::give_back(kept, now, rate);
                cache.give_back("a", rate, now).await;
            }
            Step::Take => {
                let (next, taken) = limit::take(kept, now, rate);
                kept = Some(next);
                expected.push(taken);
                found.push(cache.take("a", rate, now).await);
            }
        }
    }
    (expected, found)
}

#[test]
fn the_cache_agrees_with_the_domain_on_any_history() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    TestRunner::new(config)
        .run(&steps(), |(rate, steps)| {
            let (expected, found) = runtime.block_on(async {
                let cache = cache().await;
                compared(&cache, rate, &steps).await
            });
            prop_assert_eq!(expected, found);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_wake_up_reaches_every_node() {
    let settings = settings();
    let ours = Cache::connect(&settings).await.unwrap();
    // In memory there is one node; on Redis this is another one.
    let theirs = match &ours {
        Cache::Memory(_) => ours.clone(),
        Cache::Redis(_) => Cache::connect(&settings).await.unwrap(),
    };
    let (heard, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let mut running = tokio::task::JoinSet::new();
    running.spawn(theirs.listen("jobs", heard.clone(), stop.clone()));

    let woken = async {
        loop {
            ours.publish("jobs").await;
            if timeout(Duration::from_millis(50), heard.notified()).await.is_ok() {
                break;
            }
        }
    };
    timeout(Duration::from_secs(5), woken).await.expect("nobody was woken");

    // Permits of the loop above may still be on their way.
    while timeout(Duration::from_millis(200), heard.notified()).await.is_ok() {}
    ours.publish("other").await;
    assert!(timeout(Duration::from_millis(200), heard.notified()).await.is_err());
    ours.publish("jobs").await;
    timeout(Duration::from_secs(5), heard.notified()).await.expect("not woken again");

    stop.cancel();
    timeout(Duration::from_secs(5), running.join_next()).await.expect("it listens on");
}

#[tokio::test]
async fn a_wake_up_waits_for_a_busy_listener() {
    let cache = cache().await;
    let (heard, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let mut running = tokio::task::JoinSet::new();
    running.spawn(cache.clone().listen("jobs", heard.clone(), stop.clone()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    cache.publish("jobs").await;
    timeout(Duration::from_secs(1), heard.notified()).await.expect("the permit is gone");
}

#[tokio::test]
async fn a_wrong_address_is_an_error_without_it() {
    let settings = settings::Cache { url: "radish://:secret@host".into(), ..Default::default() };
    let error = Cache::connect(&settings).await.err().unwrap().to_string();
    assert!(!error.contains("secret"), "{error}");
}
