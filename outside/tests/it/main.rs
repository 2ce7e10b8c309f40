//! The crate against real servers on loopback.
//!
//! `PORTCULLIS_TEST_REDIS_URL` names the Redis for the contract of the cache; without it the
//! contract runs on memory.

#[cfg(test)]
mod cache;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod http;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod sendgrid;
#[cfg(test)]
#[path = "../../../portcullis/tests/it/fakes/smtp.rs"]
mod smtp;
