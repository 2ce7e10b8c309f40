//! The context of a use case.

use std::net::{IpAddr, Ipv4Addr};

use domain::{Time, client::Client, session::device::DeviceId};

use crate::engine::locale::Language;

/// The context of a request, a command or a job.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The time of the whole request.
    pub now: Time,
    /// The correlation id: in the answer, in every log line and audit row, and in the jobs that
    /// follow.
    pub request_id: String,
    pub client: Client,
    /// The device of the signed cookie.
    pub device: Option<DeviceId>,
    /// The language that the request prefers.
    pub language: Option<Language>,
}

impl Ctx {
    /// For commands at the server, and for work that the server starts itself.
    pub fn local(now: Time, request_id: impl Into<String>) -> Ctx {
        let client = Client::new(IpAddr::V4(Ipv4Addr::LOCALHOST), "");
        Ctx { now, request_id: request_id.into(), client, device: None, language: None }
    }
}
