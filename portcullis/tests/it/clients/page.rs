//! A page in a browser that calls another origin: it sends a preflight and its origin, sends and
//! keeps cookies only with credentials, and reads only answers that CORS allows.

use http::Method;
use serde_json::Value;

use super::{ORIGIN, http, jar::Jar};
use crate::world::Answer;

/// Whether cookies go along: `withCredentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    Omit,
    Include,
}

pub struct Call {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    pub credentials: Credentials,
}

pub struct Page {
    http: reqwest::Client,
    pub jar: Jar,
}

impl Page {
    pub fn new() -> Page {
        Page { http: http(), jar: Jar::default() }
    }

    pub async fn fetch(&self, call: &Call) -> Answer {
        self.ask(call).await;
        let mut request = self.http.request(call.method.clone(), &call.url);
        request = request.header("origin", ORIGIN);
        request = request.header("sec-fetch-site", "same-site").header("sec-fetch-mode", "cors");
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if call.credentials == Credentials::Include {
            request = self.jar.add_to(request);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_readable(&answer, call);
        if call.credentials == Credentials::Include {
            self.jar.take(&answer);
        }
        answer
    }

    /// The preflight, which a call needs unless a form could send its method, body and headers.
    async fn ask(&self, call: &Call) {
        let mut names: Vec<&str> = call.headers.iter().map(|it| it.0).collect();
        names.extend(call.body.as_ref().map(|_| "content-type"));
        if names.is_empty() && matches!(call.method, Method::GET | Method::POST) {
            return;
        }
        let request = self
            .http
            .request(Method::OPTIONS, &call.url)
            .header("origin", ORIGIN)
            .header("sec-fetch-site", "same-site")
            .header("access-control-request-method", call.method.as_str())
            .header("access-control-request-headers", names.join(","));
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.text);
        assert_readable(&answer, call);
        let allowed = |header: &str| {
            let list = answer.headers[header].to_str().unwrap().to_ascii_lowercase();
            list.split(',').map(|it| it.trim().to_owned()).collect::<Vec<_>>()
        };
        let method = call.method.as_str().to_ascii_lowercase();
        assert!(allowed("access-control-allow-methods").contains(&method), "{method}");
        for name in names {
            assert!(allowed("access-control-allow-headers").contains(&name.to_owned()), "{name}");
        }
    }
}

/// Without these headers a browser keeps the answer from the page.
fn assert_readable(answer: &Answer, call: &Call) {
    assert_eq!(answer.headers["access-control-allow-origin"], ORIGIN, "{}", call.url);
    if call.credentials == Credentials::Include {
        assert_eq!(answer.headers["access-control-allow-credentials"], "true", "{}", call.url);
    }
}
