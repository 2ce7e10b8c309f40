//! Somebody who uses the server with a browser: cookies are kept and sent along, and every request
//! says which page it comes from.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::{Answer, PASSWORD, Person, World};

/// A browser with its cookies, at a page of some origin.
#[derive(Debug, Clone)]
pub struct Browser {
    person: Person,
    pub cookies: BTreeMap<String, String>,
    /// The origin that the browser sends.
    pub page: Vec<(&'static str, String)>,
}

impl World {
    /// A browser at a page of this server.
    pub fn browser(&self) -> Browser {
        let page = vec![("origin", self.url("")), ("sec-fetch-site", "same-origin".into())];
        Browser { person: self.stranger(), cookies: BTreeMap::new(), page }
    }
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.person.request(Method::GET, path)).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.person.request(Method::POST, path).json(&body)).await
    }

    /// Submits a form.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.person.form(path, fields)).await
    }

    pub async fn login(&mut self, email: &str) -> Answer {
        self.post("/api/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await
    }

    /// Refreshes with what the cookie holds.
    pub async fn refresh(&mut self) -> Answer {
        self.post("/api/v1/auth/token/refresh", json!({})).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let mut request = request;
        for (name, value) in &self.page {
            request = request.header(*name, value);
        }
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let answer = self.person.send(request).await;
        self.take_cookies(&answer);
        answer
    }

    fn take_cookies(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}
