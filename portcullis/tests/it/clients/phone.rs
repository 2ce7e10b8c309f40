//! An app on a phone: it stores both tokens itself and sends the refresh token in the body, and its
//! platform also keeps cookies and sends them on its own.

use domain::Span;
use http::Method;
use serde_json::{Value, json};

use super::{ANNA, bases, http, jar::Jar, two_ports};
use crate::world::{Answer, PASSWORD, World, registration};

/// What the app does with the refresh token of a refresh's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rotation {
    Kept,
    /// It stores the new access token alone, as if refresh tokens did not rotate.
    Ignored,
}

/// What the platform does with cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cookies {
    Kept,
    None,
}

struct Phone {
    http: reqwest::Client,
    jar: Jar,
    cookies: Cookies,
    rotation: Rotation,
    base: String,
    access: String,
    refresh: String,
}

impl Phone {
    /// A phone whose owner has an account and is signed in.
    async fn signed_in(world: &World, cookies: Cookies, rotation: Rotation) -> Phone {
        let [_, base] = bases(world);
        let (access, refresh) = (String::new(), String::new());
        let jar = Jar::default();
        let mut phone = Phone { http: http(), jar, cookies, rotation, base, access, refresh };
        phone.post("/register/", registration(ANNA)).await.created();
        phone.login().await;
        phone
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = match self.cookies {
            Cookies::Kept => self.jar.add_to(request),
            Cookies::None => request,
        };
        let answer = Answer::of(request.send().await.unwrap()).await;
        self.jar.take(&answer);
        answer
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.base)).json(&body)).await
    }

    async fn login(&mut self) {
        let pair = self.post("/login/", json!({ "email": ANNA, "password": PASSWORD })).await.ok();
        self.access = pair["access"].as_str().unwrap().to_owned();
        self.refresh = pair["refresh"].as_str().unwrap().to_owned();
    }

    async fn refresh_token(&mut self) -> Answer {
        let answer = self.post("/token/refresh/", json!({ "refresh": self.refresh })).await;
        if let Some(access) = answer["access"].as_str() {
            self.access = access.to_owned();
            let fresh = answer["refresh"].as_str().expect("an app gets it in the body");
            if self.rotation == Rotation::Kept {
                self.refresh = fresh.to_owned();
            }
        }
        answer
    }

    async fn profile(&self) -> Answer {
        let request = self.http.request(Method::GET, format!("{}/profile/", self.base));
        self.send(request.bearer_auth(&self.access)).await
    }

    /// Uses the app for a while, with an expired token each time.
    async fn use_it(&mut self, world: &World) {
        for _ in 0..5 {
            world.pass(Span::minutes(16)).await;
            assert_eq!(self.profile().await.status, 401);
            self.refresh_token().await.ok();
            self.profile().await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_with_and_without_the_cookies_of_its_platform() {
    for cookies in [Cookies::Kept, Cookies::None] {
        let world = two_ports(|_| {}).await;
        let mut phone = Phone::signed_in(&world, cookies, Rotation::Kept).await;
        phone.use_it(&world).await;
        phone.post("/logout/", json!({ "refresh": phone.refresh })).await.ok();
        assert_eq!(phone.profile().await.status, 401);
        assert_eq!(phone.refresh_token().await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_stores_the_next_refresh_token_lives_by_the_newer_cookie() {
    let world = two_ports(|_| {}).await;
    let mut phone = Phone::signed_in(&world, Cookies::Kept, Rotation::Ignored).await;
    let first = phone.refresh.clone();
    phone.use_it(&world).await;
    assert_eq!(phone.refresh, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_cookie_does_not_hinder_a_newer_token_of_the_body() {
    let world = two_ports(|_| {}).await;
    let mut phone = Phone::signed_in(&world, Cookies::Kept, Rotation::Kept).await;
    let stale = phone.jar.get("refresh_token").unwrap();
    for _ in 0..3 {
        phone.use_it(&world).await;
        phone.jar.set("refresh_token", stale.clone());
    }
    phone.use_it(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_an_earlier_session_does_not_hinder_it_either() {
    let world = two_ports(|_| {}).await;
    let mut phone = Phone::signed_in(&world, Cookies::Kept, Rotation::Kept).await;
    let earlier = phone.jar.get("refresh_token").unwrap();
    phone.post("/logout/", json!({ "refresh": phone.refresh })).await.ok();
    phone.login().await;
    phone.jar.set("refresh_token", earlier);
    phone.use_it(&world).await;
}
