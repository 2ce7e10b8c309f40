//! Argon2id by itself: the ceiling of everything with a password, with the parameters, the
//! implementation and the reused memory of the server.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use domain::settings::Settings;

use crate::{
    clock::instant,
    measured::{Cpu, Measured},
    outcome::Outcome,
    process, script,
};

const SALT: &[u8; 16] = b"a salt of sixtee";
const LENGTH: usize = 32;

/// The parameters for the timing of known and unknown users, in KiB and passes: real hashes would
/// take an hour and hide small differences.
pub const CHEAP: (u32, u32) = (256, 1);

pub fn today(settings: &Settings) -> Outcome<Params> {
    let rules = &settings.passwords;
    Ok(Params::new(rules.memory_kib, rules.iterations, rules.parallelism, Some(LENGTH))?)
}

pub fn cheap() -> Outcome<Params> {
    Ok(Params::new(CHEAP.0, CHEAP.1, 1, Some(LENGTH))?)
}

/// The hash of [`script::PASSWORD`] as it is stored in the database.
pub fn phc(params: &Params) -> Outcome<String> {
    let out = compute(params, &mut Vec::new())?;
    let hash = PasswordHash {
        algorithm: Ident::new("argon2id")?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(SALT)?),
        hash: Some(Output::new(&out)?),
    };
    Ok(hash.to_string())
}

fn compute(params: &Params, memory: &mut Vec<Block>) -> Outcome<[u8; LENGTH]> {
    let mut out = [0; LENGTH];
    memory.resize(params.block_count(), Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(script::PASSWORD.as_bytes(), SALT, &mut out, memory)?;
    Ok(out)
}

/// Hashes on this number of threads for `time`.
pub fn measure(params: &Params, threads: usize, time: Duration) -> Outcome<Measured> {
    let (before, machine) = (process::cpu(std::process::id()), process::machine());
    let began = instant();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let params = params.clone();
            thread::spawn(move || work(&params, began, time))
        })
        .collect();
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.join().map_err(|_| "a hashing thread panicked")??);
    }
    let (took, used) = (began.elapsed(), process::cpu(std::process::id()) - before);
    let after = process::machine();
    latencies.sort_unstable();
    let others = (after.busy - machine.busy - used).max(0.0) + after.stolen - machine.stolen;
    let cpu = Cpu { server: used, others, ..Cpu::default() };
    Ok(Measured { connections: threads, failures: 0, latencies, took, cpu })
}

fn work(params: &Params, began: Instant, time: Duration) -> Outcome<Vec<u64>> {
    let (mut memory, mut latencies) = (Vec::new(), Vec::new());
    while began.elapsed() < time {
        let start = instant();
        std::hint::black_box(compute(params, &mut memory)?);
        latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(latencies)
}
