//! What a use case knows of the request that caused it.

use std::net::{IpAddr, Ipv4Addr};

use domain::{Time, client::Client, session::device::DeviceId};

use crate::engine::locale::Language;

/// The circumstances of a request, a command or a job.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The time at which the request is taken to happen, all of it.
    pub now: Time,
    /// The correlation id: in the answer, in every log line and audit row, and in the jobs that
    /// follow.
    pub request_id: String,
    pub client: Client,
    /// The device that the request's signed cookie names.
    pub device: Option<DeviceId>,
    /// The language that the request asks for.
    pub language: Option<Language>,
}

impl Ctx {
    /// For what an operator does on the server itself, or the server on its own.
    pub fn local(now: Time, request_id: impl Into<String>) -> Ctx {
        let client = Client::new(IpAddr::V4(Ipv4Addr::LOCALHOST), "");
        Ctx { now, request_id: request_id.into(), client, device: None, language: None }
    }
}
