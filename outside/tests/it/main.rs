//! What is outside, tried against real servers on loopback.
//!
//! `PORTCULLIS_TEST_REDIS_URL` names the Redis that the contract of the cache runs on; without it
//! the contract runs on memory.

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
