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
/// `Retry-After` of a full queue.
const RETRY_AFTER: Span = Span::seconds(2);

/// The result of verifying a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    Wrong,
    Right,
    /// Right, but the hash is of an unnormalized password or has outdated parameters; `hash` is the
    /// new one.
    Outdated {
        hash: String,
    },
}

#[derive(Clone)]
pub struct Hasher {
    pool: Arc<ThreadPool>,
    /// Estimates the strength of new passwords.
    estimates: Arc<ThreadPool>,
    params: Params,
    /// A hash of no password, with the current parameters.
    dummy: Arc<str>,
    /// The hashes that unknown names are checked against.
    mix: Arc<RwLock<Mix>>,
    hashes: Arc<AtomicU64>,
}

impl Hasher {
    /// Starts the threads. They end with the last clone of the hasher.
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
        // Random bytes: the hash of no password that anybody could find.
        let dummy = phc(random::bytes()?, random::bytes()?, &params)?;
        let mix = Arc::new(RwLock::new(Mix::of(&dummy)));
        Ok(Hasher { pool, estimates, params, dummy: dummy.into(), mix, hashes: Arc::default() })
    }

    /// The PHC string of a normalized new password (`opaque::prepare`).
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (password, params, salt) = (password.clone(), self.params.clone(), random::bytes()?);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        self.run(move |memory| hash(password.expose().as_bytes(), salt, &params, memory)).await?
    }

    /// Verifies a password as typed, because old hashes are of that form, and then normalized. A
    /// wrong one costs one hash per form, whatever the stored hash is.
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

    /// [`Hasher::verify`] for an unknown name. It takes as long as for an account, always the same
    /// for one `name`, which is a keyed hash. The result is always wrong.
    pub async fn verify_unknown(&self, password: &Secret, name: &[u8; 32]) -> Result<Verified> {
        // The hash is random bytes, so no password matches it.
        self.verify(password, &self.dummy_for(name)).await?;
        Ok(Verified::Wrong)
    }

    /// The hash that an unknown name is checked against.
    pub fn dummy_for(&self, name: &[u8; 32]) -> Arc<str> {
        let drawn = self.mix.read().unwrap_or_else(PoisonError::into_inner).draw(name);
        drawn.unwrap_or_else(|| self.dummy.clone())
    }

    /// Sets the kinds of hashes that accounts have.
    pub(crate) fn set_kinds(&self, kinds: &[HashKind]) {
        *self.mix.write().unwrap_or_else(PoisonError::into_inner) = Mix::new(kinds, &self.dummy);
    }

    /// Runs an estimate of a new password, which is too slow for an async thread.
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

    /// The number of hashes computed so far.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }
}

/// Runs `work` on a thread of `pool`. Refuses at once if the queue is full.
async fn run_on<T: Send + 'static>(
    pool: &ThreadPool,
    work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    let job: Work = Box::new(move |memory| {
        // Skipped if nobody waits for the result.
        if !reply.is_closed() {
            drop(reply.send(work(memory)));
        }
    });
    if !pool.submit(job) {
        // No detail about sign-ins, because other work waits here too.
        return Err(Problem::from(Code::Unavailable).retry_after(RETRY_AFTER).into());
    }
    answer.await.map_err(|_| Error::broken("a computation panicked"))
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

/// A hash as a PHC string.
fn phc(salt: [u8; SALT_LENGTH], out: [u8; HASH_LENGTH], params: &Params) -> Result<String> {
    let broken = |_| Error::broken("a hash could not be encoded");
    let phc = PasswordHash {
        algorithm: Ident::new("argon2id").map_err(broken)?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(Error::broken)?,
        salt: Some(Salt::new(&salt).map_err(broken)?),
        hash: Some(Output::new(&out).map_err(broken)?),
    };
    Ok(phc.to_string())
}

/// The parts of a stored hash. `None` if it is damaged.
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
mod tests;
