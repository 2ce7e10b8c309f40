//! Password hashes: Argon2id (RFC 9106) on threads of its own.
//!
//! It guarantees that no more hashes are computed at once than there are workers, each in memory
//! that it keeps; that no more wait than the queue holds, beyond which the answer is 503 with
//! `Retry-After`; that a panic costs the one who caused it and no worker; and that names which nobody
//! has cost the hashes that accounts have, in the same proportions. Estimates of new passwords have a
//! thread of their own, and take no worker from those who sign in.
//!
//! A hash with other parameters than today's, or of a password that was not in its normal form
//! (docs/decisions/0018), is reported as outdated, and replaced at the sign-in.

mod crew;
mod mix;

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use domain::{Code, Problem, Secret, Span, factor::opaque, settings::Passwords};
use store::hash_kinds::HashKind;
use tokio::sync::oneshot;

use self::{
    crew::{ThreadPool, Work},
    mix::Mix,
};
use crate::{Error, Result, random};

const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;
/// When to come back to a full queue.
const RETRY_AFTER: Span = Span::seconds(2);

/// What a password turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    Wrong,
    Right,
    /// Right, but hashed in another form or with other parameters than those of today; here is the
    /// hash as it ought to be.
    Outdated {
        hash: String,
    },
}

#[derive(Clone)]
pub struct Hasher {
    pool: Arc<ThreadPool>,
    /// For estimates of new passwords.
    estimates: Arc<ThreadPool>,
    params: Params,
    /// Of no password, with the parameters of today.
    dummy: Arc<str>,
    /// The hashes that unknown names are checked against.
    mix: Arc<RwLock<Mix>>,
    hashes: Arc<AtomicU64>,
}

impl Hasher {
    /// Starts the workers. They end with the last clone of the hasher.
    pub fn start(settings: &Passwords) -> Result<Hasher> {
        let invalid = |error: argon2::Error| Error::broken(format!("Argon2 parameters: {error}"));
        let (memory, passes, lanes) =
            (settings.memory_kib, settings.iterations, settings.parallelism);
        let params = Params::new(memory, passes, lanes, Some(HASH_LENGTH)).map_err(invalid)?;
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let pool = Arc::new(ThreadPool::start("hasher", workers, settings.queue)?);
        let estimates = Arc::new(ThreadPool::start("estimates", 1, settings.queue)?);
        // Random bytes are the hash of no password that anybody could find.
        let dummy = phc(random::bytes()?, random::bytes()?, &params)?;
        let mix = Arc::new(RwLock::new(Mix::of(&dummy)));
        Ok(Hasher { pool, estimates, params, dummy: dummy.into(), mix, hashes: Arc::default() })
    }

    /// The PHC string of a new password, which is in its one form (`opaque::prepare`).
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (password, params, salt) = (password.clone(), self.params.clone(), random::bytes()?);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        self.run(move |memory| hash(password.expose().as_bytes(), salt, &params, memory)).await?
    }

    /// Whether `password` is the one that was hashed: as it was typed, which is how passwords were
    /// hashed once, or in its one form. A wrong one costs a hash for each, whatever it is compared
    /// with.
    pub async fn verify(&self, password: &Secret, hash: &str) -> Result<Verified> {
        let prepared = opaque::prepare(password).filter(|it| it != password);
        let (known, typed, params) = (hash.to_owned(), password.clone(), self.params.clone());
        let (salt, hashes) = (random::bytes()?, self.hashes.clone());
        hashes.fetch_add(1, Ordering::Relaxed);
        self.run(move |memory| {
            let mut compare = |it: &Secret| verify(it.expose().as_bytes(), &known, &params, memory);
            let (found, password) = match (compare(&typed)?, prepared) {
                (Match::No, Some(prepared)) => {
                    hashes.fetch_add(1, Ordering::Relaxed);
                    (compare(&prepared)?, prepared)
                }
                (Match::Yes | Match::Outdated, Some(prepared)) => (Match::Outdated, prepared),
                (found, None) => (found, typed),
            };
            match found {
                Match::No => Ok(Verified::Wrong),
                Match::Yes => Ok(Verified::Right),
                Match::Outdated => {
                    let password = password.expose().as_bytes();
                    Ok(Verified::Outdated { hash: self::hash(password, salt, &params, memory)? })
                }
            }
        })
        .await?
    }

    /// [`Hasher::verify`] where there is no hash: it takes as long as with somebody's, always the
    /// same for the same `name`, a keyed hash. It is wrong.
    pub async fn verify_unknown(&self, password: &Secret, name: &[u8; 32]) -> Result<Verified> {
        // Its bytes are random: no password has this hash.
        self.verify(password, &self.dummy_for(name)).await?;
        Ok(Verified::Wrong)
    }

    /// The hash that this name is checked against, as nobody has it.
    pub fn dummy_for(&self, name: &[u8; 32]) -> Arc<str> {
        let drawn = self.mix.read().unwrap_or_else(PoisonError::into_inner).draw(name);
        drawn.unwrap_or_else(|| self.dummy.clone())
    }

    /// Takes note of the kinds of hashes that accounts have.
    pub(crate) fn set_kinds(&self, kinds: &[HashKind]) {
        *self.mix.write().unwrap_or_else(PoisonError::into_inner) = Mix::new(kinds, &self.dummy);
    }

    /// Estimates a new password, which is too long for an async thread.
    pub async fn estimate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        run_on(&self.estimates, move |_| work()).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T> {
        run_on(&self.pool, work).await
    }

    /// How many hashes were asked for so far.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }
}

/// What `work` gives, done by one of `pool`. A full queue is refused at once.
async fn run_on<T: Send + 'static>(
    pool: &ThreadPool,
    work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    let job: Work = Box::new(move |memory| {
        // Nobody waits for it any more.
        if !reply.is_closed() {
            drop(reply.send(work(memory)));
        }
    });
    if !pool.submit(job) {
        // Not only sign-ins wait here.
        return Err(Problem::from(Code::Unavailable).retry_after(RETRY_AFTER).into());
    }
    answer.await.map_err(|_| Error::broken("a computation did not end"))
}

enum Match {
    No,
    Yes,
    Outdated,
}

fn hash(
    password: &[u8],
    salt: [u8; SALT_LENGTH],
    params: &Params,
    memory: &mut Vec<Block>,
) -> Result<String> {
    let mut out = [0; HASH_LENGTH];
    compute(password, &salt, params, &mut out, memory)?;
    phc(salt, out, params)
}

/// A hash as it is kept.
fn phc(salt: [u8; SALT_LENGTH], out: [u8; HASH_LENGTH], params: &Params) -> Result<String> {
    let broken = |_| Error::broken("a hash could not be written");
    let phc = PasswordHash {
        algorithm: Ident::new("argon2id").map_err(broken)?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(Error::broken)?,
        salt: Some(Salt::new(&salt).map_err(broken)?),
        hash: Some(Output::new(&out).map_err(broken)?),
    };
    Ok(phc.to_string())
}

/// What a stored hash is made of. `None`: it is damaged.
fn parts(hash: &str) -> Option<(Params, Salt, Output)> {
    let phc = PasswordHash::new(hash).ok()?;
    Some((Params::try_from(&phc).ok()?, phc.salt?, phc.hash?))
}

fn verify(password: &[u8], known: &str, today: &Params, memory: &mut Vec<Block>) -> Result<Match> {
    let damaged = || Error::broken("a stored password hash is damaged");
    let (params, salt, expected) = parts(known).ok_or_else(damaged)?;
    let mut out = vec![0; expected.len()];
    compute(password, salt.as_ref(), &params, &mut out, memory)?;
    use subtle::ConstantTimeEq as _;
    if !bool::from(out.ct_eq(expected.as_bytes())) {
        return Ok(Match::No);
    }
    let costs = |it: &Params| (it.m_cost(), it.t_cost(), it.p_cost());
    Ok(if costs(&params) == costs(today) { Match::Yes } else { Match::Outdated })
}

fn compute(
    password: &[u8],
    salt: &[u8],
    params: &Params,
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<()> {
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    let blocks = memory.get_mut(..params.block_count()).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, out, blocks)
        .map_err(Error::broken)
}

#[cfg(test)]
mod tests {
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
        let Verified::Outdated { hash } = new.verify(&"correct".into(), &hash).await.unwrap()
        else {
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
        // As it was typed, from before there was one form.
        let old = hasher.hash(&typed).await.unwrap();
        let (Verified::Outdated { hash }, 1) = verify(&typed, &old).await else {
            panic!("not replaced");
        };
        assert_eq!(verify(&composed, &hash).await, (Verified::Right, 1));
        // What no new password may have was fine once.
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
        // What is drawn is what is computed: the worker's memory shows it.
        let expensive = Hasher::start(&Passwords { memory_kib: 256, ..settings() }).unwrap();
        set_kinds(&expensive.hash(&"somebody's".into()).await.unwrap());
        let nobody = async || new.verify_unknown(&"correct".into(), &[7; 32]).await.unwrap();
        assert_eq!(nobody().await, Verified::Wrong);
        assert_eq!(new.run(|memory| memory.len()).await.unwrap(), 256);
        // One that is damaged is its owner's trouble alone.
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
}
