//! A program with a session that keeps cookies, as Python's `requests` does.

use domain::Span;
use http::Method;
use serde_json::{Value, json};

use super::{ANNA, bases, http, jar::Jar, two_ports};
use crate::world::{Answer, PASSWORD, Place, registration};

struct Program {
    http: reqwest::Client,
    jar: Jar,
    base: String,
    access: Option<String>,
}

impl Program {
    fn new(base: String) -> Program {
        Program { http: http(), jar: Jar::default(), base, access: None }
    }

    /// `requests` sends no body and no content type if it is given none.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = Answer::of(self.jar.add_to(request).send().await.unwrap()).await;
        self.jar.take(&answer);
        answer
    }

    async fn bearing(&self, method: Method, path: &str) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(access) = &self.access {
            request = request.bearer_auth(access);
        }
        let answer = Answer::of(self.jar.add_to(request).send().await.unwrap()).await;
        self.jar.take(&answer);
        answer
    }

    async fn register(&self, email: &str) -> Value {
        self.send(Method::POST, "/register/", Some(registration(email))).await.created()
    }

    async fn login(&mut self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD });
        let pair = self.send(Method::POST, "/login/", Some(body)).await.ok();
        self.access = Some(pair["access"].as_str().unwrap().to_owned());
        pair
    }

    async fn refresh_token(&mut self) -> Answer {
        let answer = self.send(Method::POST, "/token/refresh/", None).await;
        self.access = answer["access"].as_str().map(str::to_owned).or(self.access.take());
        answer
    }

    async fn sessions(&self) -> Answer {
        self.bearing(Method::GET, "/sessions/").await
    }

    async fn logout(&mut self) -> Answer {
        let answer = self.bearing(Method::POST, "/logout/").await;
        self.access = None;
        answer
    }

    /// The whole life cycle of such a program.
    async fn run_all(&mut self) {
        let made = self.register(ANNA).await;
        assert!(made["message"].is_string());
        self.login(ANNA).await;
        assert_eq!(self.sessions().await.ok()["sessions"].as_array().unwrap().len(), 2);
        let before = self.jar.get("refresh_token").unwrap();
        self.refresh_token().await.ok();
        assert_ne!(self.jar.get("refresh_token").unwrap(), before);
        self.sessions().await.ok();
        self.logout().await.ok();
        assert!(self.jar.get("refresh_token").is_none());
        assert_eq!(self.refresh_token().await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_from_registering_to_signing_out() {
    let world = two_ports(|_| {}).await;
    let [_, base] = bases(&world);
    Program::new(base).run_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refreshes_again_and_again_from_its_cookie() {
    let world = two_ports(|_| {}).await;
    let [base, other] = bases(&world);
    let mut program = Program::new(base);
    program.register(ANNA).await;
    program.login(ANNA).await;
    for _ in 0..5 {
        world.pass(Span::minutes(16)).await;
        assert_eq!(program.sessions().await.status, 401);
        program.refresh_token().await.ok();
        program.sessions().await.ok();
    }
    program.base = other;
    program.refresh_token().await.ok();
    program.sessions().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_listens_as_often_as_it_says() {
    let place = Place::new().await.listening(2);
    let server = place.start().await;
    let [first, second] = server.addresses() else { panic!("{:?}", server.addresses()) };
    assert_ne!(first, second);
    let mut program = Program::new(format!("http://localhost:{}/api/v1/auth", second.port()));
    program.run_all().await;
    program.base = format!("http://localhost:{}/api/v1/auth", first.port());
    program.login(ANNA).await;
    program.sessions().await.ok();
}
