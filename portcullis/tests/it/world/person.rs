//! A user of an API client: no cookies, the client keeps the tokens.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, PASSWORD, contract};
use domain::UserId;

/// A caller and the tokens it holds.
#[derive(Debug, Clone)]
pub struct Person {
    base: String,
    client: reqwest::Client,
    pub access: Option<String>,
    pub refresh: Option<String>,
    pub email: String,
    user_id: Option<UserId>,
}

impl Person {
    pub fn new(base: String) -> Person {
        #[expect(clippy::disallowed_methods, reason = "a client that calls us, not one of ours")]
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Person { base, client, access: None, refresh: None, email: String::new(), user_id: None }
    }

    /// The same person with the same tokens, at another server.
    pub fn at(&self, base: String) -> Person {
        Person { base, ..self.clone() }
    }

    /// The same person with another access token.
    pub fn bearing(&self, token: &str) -> Person {
        Person { access: Some(token.to_owned()), ..self.clone() }
    }

    pub fn user_id(&self) -> UserId {
        self.user_id.unwrap()
    }

    pub fn access(&self) -> &str {
        self.access.as_deref().unwrap()
    }

    pub fn refresh_token(&self) -> String {
        self.refresh.clone().unwrap()
    }

    // ---- requests ----

    /// A request with the access token, if there is one.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.access {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends it. The description of the API has to list the status of the answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::of(self.client.execute(request).await.unwrap()).await;
        contract::check(&method, &path, answer.status);
        answer
    }

    /// `None` if the server is gone before it has answered.
    pub async fn try_send(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        Answer::read(request.send().await.ok()?).await.ok()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// A form, as a page would submit it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.request(Method::POST, path).header("content-type", kind).body(body)
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    // ---- what people do ----

    /// With a name and the usual password.
    pub async fn register(&mut self, email: &str) -> Answer {
        self.register_as(registration(email)).await
    }

    pub async fn register_as(&mut self, body: Value) -> Answer {
        let answer = self.post("/api/v1/auth/register", body).await;
        self.take_tokens(&answer);
        answer
    }

    pub async fn login(&mut self, email: &str) -> Answer {
        self.login_as(json!({ "email": email, "password": PASSWORD })).await
    }

    pub async fn login_as(&mut self, body: Value) -> Answer {
        let signed_out = Person { access: None, ..self.clone() };
        let answer = signed_out.post("/api/v1/auth/login", body).await;
        self.take_tokens(&answer);
        answer
    }

    /// Exchanges the refresh token it holds.
    pub async fn refresh(&mut self) -> Answer {
        let answer = self.refresh_with(&self.refresh_token()).await;
        self.take_tokens(&answer);
        answer
    }

    /// Exchanges any refresh token, without keeping what comes back.
    pub async fn refresh_with(&self, refresh: &str) -> Answer {
        let signed_out = Person { access: None, ..self.clone() };
        signed_out.post("/api/v1/auth/token/refresh", json!({ "refresh": refresh })).await
    }

    pub async fn profile(&self) -> Answer {
        self.get("/api/v1/auth/profile").await
    }

    pub async fn sessions(&self) -> Vec<Value> {
        let list = self.get("/api/v1/auth/sessions").await.ok();
        list["sessions"].as_array().unwrap().clone()
    }

    pub async fn logout(&self) -> Answer {
        self.post("/api/v1/auth/logout", json!({})).await
    }

    /// Keeps the pair of the answer.
    pub async fn change_password(&mut self, body: Value) -> Answer {
        let answer = self.post("/api/v1/auth/password/change", body).await;
        self.take_tokens(&answer);
        answer
    }

    pub fn take_tokens(&mut self, answer: &Answer) {
        let text = |key: &str| answer.json[key].as_str().map(str::to_owned);
        if let Some(access) = text("access") {
            self.access = Some(access);
            self.refresh = text("refresh").or(self.refresh.take());
        }
        if let Some(user) = answer.json["user"]["id"].as_str() {
            self.user_id = Some(user.parse().unwrap());
            self.email = answer.json["user"]["email"].as_str().unwrap().to_owned();
        }
    }
}

/// The body of a registration.
pub fn registration(email: &str) -> Value {
    json!({
        "email": email,
        "password": PASSWORD,
        "first_name": "Anna",
        "last_name": "Lindholm",
    })
}

/// An object with the fields of another one added, or in place of its own.
pub fn merged(mut base: Value, other: Value) -> Value {
    let Value::Object(fields) = other else { panic!("not an object: {other}") };
    base.as_object_mut().unwrap().extend(fields);
    base
}
