//! A single-page app on another port: axios with `withCredentials`, the access token in memory, and
//! an interceptor that refreshes on 401 and retries.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use domain::Span;
use http::Method;
use serde_json::{Value, json};

use super::{
    ANNA, bases,
    network::Network,
    page::{Call, Credentials, Page},
    two_ports,
};
use crate::world::{Answer, PASSWORD, at_once, registration, variable};

/// More refreshes than any of these tests needs.
const MOST: usize = 1_000;

struct Spa {
    page: Page,
    base: String,
    access: Mutex<Option<String>>,
    csrf: Mutex<Option<String>>,
    refreshes: AtomicUsize,
    /// It gave up and shows the sign-in page.
    at_login: AtomicBool,
}

impl Spa {
    fn new(base: String) -> Spa {
        Spa {
            page: Page::new(),
            base,
            access: Mutex::default(),
            csrf: Mutex::default(),
            refreshes: AtomicUsize::default(),
            at_login: AtomicBool::default(),
        }
    }

    /// Sends with what every call has: the access token, and the CSRF header.
    async fn send(&self, call: &Call) -> Answer {
        let mut headers = Vec::new();
        if let Some(access) = &*self.access.lock().unwrap() {
            headers.push(("authorization", format!("Bearer {access}")));
        }
        if let Some(csrf) = &*self.csrf.lock().unwrap() {
            headers.push(("x-csrftoken", csrf.clone()));
        }
        let (method, url, body) = (call.method.clone(), call.url.clone(), call.body.clone());
        self.page.fetch(&Call { method, url, headers, body, ..*call }).await
    }

    fn call(&self, method: Method, path: &str, body: Option<Value>) -> Call {
        let (url, headers) = (format!("{}{path}", self.base), Vec::new());
        Call { method, url, headers, body, credentials: Credentials::Omit }
    }

    fn with_cookies(&self, path: &str, body: Value) -> Call {
        let call = self.call(Method::POST, path, Some(body));
        Call { credentials: Credentials::Include, ..call }
    }

    /// Sends, and on 401 refreshes and sends once more.
    async fn intercepted(&self, call: Call) -> Answer {
        let answer = self.send(&call).await;
        if answer.status != 401 {
            return answer;
        }
        match self.refresh_token().await {
            Ok(()) => self.send(&call).await,
            Err(_) => {
                self.at_login.store(true, Ordering::SeqCst);
                answer
            }
        }
    }

    /// The interceptor also sees the 401 of a refresh, and refreshes again because of it.
    async fn refresh_token(&self) -> Result<(), u16> {
        loop {
            let before = self.refreshes.fetch_add(1, Ordering::SeqCst);
            assert!(before < MOST, "it refreshes for ever");
            let answer = self.send(&self.with_cookies("/token/refresh/", json!({}))).await;
            if answer.status == 200 {
                self.keep(&answer);
                return Ok(());
            }
            *self.access.lock().unwrap() = None;
            if answer.status != 401 {
                return Err(answer.status);
            }
        }
    }

    fn keep(&self, answer: &Answer) {
        let access = answer["access"].as_str().unwrap().to_owned();
        *self.access.lock().unwrap() = Some(access);
    }

    async fn initialize(&self) {
        let answer = self.send(&self.call(Method::GET, "/csrf/", None)).await;
        let csrf = answer.ok()["csrfToken"].as_str().unwrap().to_owned();
        *self.csrf.lock().unwrap() = Some(csrf);
    }

    async fn register(&self, email: &str) -> Value {
        let call = self.call(Method::POST, "/register/", Some(registration(email)));
        self.intercepted(call).await.created()
    }

    async fn login(&self, email: &str, password: &str) -> Value {
        let body = json!({ "email": email, "password": password });
        let answer = self.send(&self.with_cookies("/login/", body)).await;
        self.keep(&answer);
        answer.ok()
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.intercepted(self.call(Method::POST, path, Some(body))).await
    }

    async fn sessions(&self) -> Answer {
        self.intercepted(self.call(Method::GET, "/sessions/", None)).await
    }

    async fn logout(&self) -> Answer {
        let answer = self.intercepted(self.with_cookies("/logout/", json!({}))).await;
        *self.access.lock().unwrap() = None;
        answer
    }

    fn refreshes(&self) -> usize {
        self.refreshes.load(Ordering::SeqCst)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_from_registering_to_signing_out() {
    let world = two_ports(|_| {}).await;
    for (base, email) in bases(&world).into_iter().zip([ANNA, "other@example.com"]) {
        let spa = Spa::new(base);
        spa.initialize().await;
        let made = spa.register(email).await;
        assert_eq!(made["user"]["email"], email);
        // It did not ask for cookies, so it got none.
        assert!(spa.page.jar.get("refresh_token").is_none());
        let pair = spa.login(email, PASSWORD).await;
        assert!(pair.get("refresh").is_none(), "a page never sees it");
        assert!(spa.page.jar.get("refresh_token").is_some());
        assert_eq!(spa.sessions().await.ok()["sessions"].as_array().unwrap().len(), 2);

        world.pass(Span::minutes(16)).await;
        spa.sessions().await.ok();
        assert_eq!(spa.refreshes(), 1);
        let list = spa.sessions().await.ok()["sessions"].clone();
        let other = list.as_array().unwrap().iter().find(|it| it["is_current"] == false).unwrap();
        let path = format!("/sessions/{}/", other["id"].as_str().unwrap());
        assert_eq!(spa.intercepted(spa.call(Method::DELETE, &path, None)).await.status, 200);

        world.pass(Span::minutes(16)).await;
        spa.logout().await.ok();
        assert!(spa.page.jar.get("refresh_token").is_none());
        assert_eq!(spa.refreshes(), 1, "signing out needs no fresh token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_verifies_an_address_and_resets_a_password() {
    let world = two_ports(|_| {}).await;
    let [_, base] = bases(&world);
    let spa = Spa::new(base);
    spa.register(ANNA).await;
    let token = world.token(ANNA, "/verify-email?token=").await;
    spa.post("/email/verify/", json!({ "token": token })).await.ok();
    spa.post("/password/reset/", json!({ "email": ANNA })).await.ok();
    let token = world.token(ANNA, "/reset-password?token=").await;
    let chosen = "An0ther&Quiet-River";
    let body = json!({ "token": token, "new_password": chosen });
    spa.post("/password/reset/confirm/", body).await.ok();
    spa.login(ANNA, chosen).await;
    let sessions = spa.sessions().await.ok();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
}

/// The statuses of calls that are made at once.
async fn eight_calls(spa: &Arc<Spa>) -> Vec<u16> {
    let call = |_| {
        let spa = spa.clone();
        async move { spa.sessions().await.status }
    };
    at_once(8, call).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_that_meet_an_expired_token_all_succeed() {
    let world = two_ports(|_| {}).await;
    let [base, _] = bases(&world);
    let spa = Arc::new(Spa::new(base));
    spa.register(ANNA).await;
    spa.login(ANNA, PASSWORD).await;
    for round in 1..=3 {
        world.pass(Span::minutes(16)).await;
        assert_eq!(eight_calls(&spa).await, [200; 8], "round {round}");
    }
    assert!(spa.refreshes() >= 3);
    assert!(!spa.at_login.load(Ordering::SeqCst));
    // The cookie of the last answer is valid.
    world.pass(Span::minutes(16)).await;
    spa.sessions().await.ok();
}

/// How often `requests_that_overtake_each_other_sign_nobody_out` goes round; for more by hand.
const ROUNDS: &str = "PORTCULLIS_TEST_ROUNDS";

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_overtake_each_other_sign_nobody_out() {
    // Ten thousand rounds are 111 days.
    let world = two_ports(|it| it.tokens.absolute_lifetime = Span::days(365)).await;
    let network = Network::before(world.address()).await;
    let base = format!("http://localhost:{}/api/v1/auth", network.address.port());
    let spa = Arc::new(Spa::new(base));
    spa.register(ANNA).await;
    spa.login(ANNA, PASSWORD).await;
    let rounds = variable(ROUNDS).map_or(100, |it| it.parse().unwrap());
    for round in 1..=rounds {
        spa.refreshes.store(0, Ordering::SeqCst);
        world.pass(Span::minutes(16)).await;
        assert_eq!(eight_calls(&spa).await, [200; 8], "round {round}");
        assert!(!spa.at_login.load(Ordering::SeqCst), "round {round}");
    }
    let letters = world.mails(ANNA).await;
    let alarms =
        letters.iter().filter(|it| it["subject"].as_str().unwrap().contains("old sign-in"));
    assert_eq!(alarms.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_at_the_other_port() {
    let world = two_ports(|_| {}).await;
    let [first, second] = bases(&world);
    let mut spa = Spa::new(first);
    spa.register(ANNA).await;
    spa.login(ANNA, PASSWORD).await;
    spa.base = second;
    spa.sessions().await.ok();
    world.pass(Span::minutes(16)).await;
    spa.sessions().await.ok();
    spa.logout().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn its_refreshing_comes_to_rest_once_nobody_is_signed_in() {
    let world = two_ports(|it| it.limits.enabled = true).await;
    let [base, _] = bases(&world);
    let spa = Spa::new(base);
    spa.register(ANNA).await;
    spa.login(ANNA, PASSWORD).await;
    let cookie = spa.page.jar.get("refresh_token").unwrap();
    spa.logout().await.ok();
    // Without a cookie, and with the cookie of a session that has ended.
    spa.sessions().await.refused("not_authenticated");
    assert_eq!(spa.refreshes(), 11);
    assert!(spa.at_login.load(Ordering::SeqCst));
    spa.page.jar.set("refresh_token", cookie);
    assert_eq!(spa.refresh_token().await, Err(429));
    // The person can sign in again.
    spa.login(ANNA, PASSWORD).await;
    spa.sessions().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_shows_in_words_is_there() {
    let world = two_ports(|_| {}).await;
    let [base, _] = bases(&world);
    let spa = Spa::new(base);
    spa.register(ANNA).await;
    let wrong = spa.with_cookies("/login/", json!({ "email": ANNA, "password": "wrong" }));
    let answer = spa.send(&wrong).await;
    assert_eq!(answer.status, 401);
    assert!(answer["error"].is_string());
}
