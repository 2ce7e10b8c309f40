//! Outgoing HTTP calls. No other code makes any.
//!
//! URLs may come from users, so a call guarantees:
//! - it connects to public addresses only, whatever a name resolves to and wherever a redirect
//!   leads, except for hosts that the settings allow;
//! - it ends in time, redirects included, and its response is no larger than the settings allow;
//! - it uses no proxy from the environment, and sends no headers of the request to another origin
//!   but `Accept`.

mod address;
mod guard;
mod message;

use std::{sync::Arc, time::Duration};

use domain::settings;
use reqwest::{
    Client, StatusCode, Url,
    header::{self, HeaderMap},
    redirect::Policy,
};
use tokio::time::timeout;

pub use self::message::{HttpError, Request, Response};
use self::{
    address::is_public,
    guard::{Guard, Names},
};
use crate::tls;

/// How many redirects are followed.
const REDIRECTS: usize = 3;

/// How many idle connections are kept for each host.
const IDLE: usize = 4;

/// The HTTP client for all outgoing calls.
#[derive(Clone)]
pub struct Http {
    client: Client,
    guard: Arc<Guard>,
    patience: Duration,
    body_limit: usize,
}

impl Http {
    pub fn new(settings: &settings::Outbound) -> Result<Http, HttpError> {
        let guard = Arc::new(Guard::new(&settings.allowed_hosts));
        let tls = tls::client(&settings.ca_file)
            .map_err(|wrong| HttpError::Settings(format!("outbound.{wrong}")))?;
        #[expect(clippy::disallowed_methods, reason = "this is outside::http")]
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Names(guard.clone()))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent("Portcullis")
            .connect_timeout(settings.timeout.duration())
            .pool_max_idle_per_host(IDLE)
            .build()
            .map_err(|error| HttpError::Settings(message::causes(&error)))?;
        let patience = settings.timeout.duration();
        Ok(Http { client, guard, patience, body_limit: settings.body_limit })
    }

    /// Returns the response, whatever its status. A GET follows redirects.
    pub async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        timeout(self.patience, self.follow(request)).await.unwrap_or(Err(HttpError::Timeout))
    }

    async fn follow(&self, mut request: Request) -> Result<Response, HttpError> {
        for _ in 0..=REDIRECTS {
            self.guard.check(&request.url)?;
            let answer = self
                .client
                .request(request.method.clone(), request.url.clone())
                .headers(request.headers.clone())
                .body(request.body.clone())
                .send()
                .await
                .map_err(HttpError::from)?;
            match target(&request, answer.status(), answer.headers())? {
                Some(url) => request = request.moved_to(url),
                None => return self.read(answer).await,
            }
        }
        Err(HttpError::TooManyRedirects)
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Response, HttpError> {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(HttpError::from)? {
            if chunk.len() > self.body_limit.saturating_sub(body.len()) {
                return Err(HttpError::TooLarge(self.body_limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body: body.into() })
    }
}

/// Where this response redirects the request, if it may be redirected.
fn target(
    request: &Request,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Url>, HttpError> {
    let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = headers.get(header::LOCATION).filter(|_| is_redirect && request.is_get());
    let Some(location) = location else { return Ok(None) };
    let wrong = || HttpError::Address("a redirect has no valid target".into());
    let url = request.url.join(location.to_str().map_err(|_| wrong())?).map_err(|_| wrong())?;
    match (request.url.scheme(), url.scheme()) {
        ("https", "http") => Err(HttpError::Address("a redirect leads from https to http".into())),
        _ => Ok(Some(url)),
    }
}
