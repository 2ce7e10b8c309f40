//! Requests, responses and errors. No error contains a path, a query or a header, which may be
//! secret.

use std::error::Error;

use bytes::Bytes;
use reqwest::{
    Method, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use super::guard::Refusal;

/// An outgoing request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The response to it.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    Settings(String),
    #[error("the address cannot be called: {0}")]
    Address(String),
    #[error("the request cannot be written: {0}")]
    Request(String),
    #[error("{0} is not a public address")]
    Refused(String),
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("too many redirects")]
    TooManyRedirects,
    #[error("the call failed: {0}")]
    Failed(String),
}

impl Request {
    /// A request with `method` to `url`.
    pub fn new(method: Method, url: &str) -> Result<Request, HttpError> {
        let url = Url::parse(url).map_err(|error| HttpError::Address(error.to_string()))?;
        Ok(Request { method, url, headers: HeaderMap::new(), body: Bytes::new() })
    }

    pub fn get(url: &str) -> Result<Request, HttpError> {
        Request::new(Method::GET, url)
    }

    /// Sends `body` as JSON.
    pub fn post_json(url: &str, body: &impl Serialize) -> Result<Request, HttpError> {
        let mut request = Request::new(Method::POST, url)?;
        let json =
            serde_json::to_vec(body).map_err(|error| HttpError::Request(error.to_string()))?;
        request.body = json.into();
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(request)
    }

    /// The same request with another header.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Result<Request, HttpError> {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| HttpError::Request(format!("{name} has a wrong value")))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    pub(super) fn is_get(&self) -> bool {
        self.method == Method::GET
    }

    /// The same request to another URL. Another origin gets only the `Accept` header.
    pub(super) fn moved_to(mut self, url: Url) -> Request {
        if self.url.origin() != url.origin() {
            let accept = self.headers.remove(ACCEPT);
            self.headers = accept.map(|it| (ACCEPT, it)).into_iter().collect();
        }
        self.url = url;
        self
    }
}

impl Response {
    /// The body as JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| HttpError::Failed(format!("the answer is not as expected: {error}")))
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> HttpError {
        let error = error.without_url();
        if let Some(refusal) = cause::<Refusal>(&error) {
            return HttpError::Refused(refusal.0.clone());
        }
        match error.is_timeout() {
            true => HttpError::Timeout,
            false => HttpError::Failed(causes(&error)),
        }
    }
}

fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The error and its causes in one line.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}
