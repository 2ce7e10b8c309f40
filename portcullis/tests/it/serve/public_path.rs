//! A server whose public URL has a path, behind a proxy that strips it: every link back to the
//! server has the path, and requests arrive without it.

use http::{Method, header};
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, World, claims, registration};

const ANNA: &str = "anna@example.com";
const BASE: &str = "/auth";

async fn world() -> World {
    World::with(|it| it.server.public_url = "http://127.0.0.1/auth/".into()).await
}

/// The links of a page within this site.
fn targets(html: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for name in [" href=\"", " src=\"", " action=\""] {
        let values = html.split(name).skip(1).filter_map(|it| it.split('"').next());
        let values = values.map(|it| it.replace("&#x2f;", "/"));
        targets.extend(values.filter(|it| it.starts_with('/')));
    }
    targets
}

/// Asserts that every link of the page has the path, and works behind the proxy.
async fn assert_links_work(world: &World, answer: &Answer) {
    assert!(!targets(&answer.text).is_empty(), "{}", answer.text);
    for target in targets(&answer.text) {
        let path =
            target.strip_prefix(BASE).unwrap_or_else(|| panic!("{target} leads past {BASE}"));
        let answer = world.stranger().get(path).await;
        assert!(answer.status < 400, "{target}: {}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_to_where_people_reach_the_server() {
    let world = world().await;
    world.registered(ANNA).await;
    let list = world.stranger().get("/dev/inbox/").await;
    assert_links_work(&world, &list).await;
    let letter = targets(&list.text).into_iter().find(|it| it.contains("/inbox/")).unwrap();
    let links = ["/verify-email", "/reset-password", "/accept-invitation", "/restore-account"];
    let pages =
        ["/", "/swagger/", "/redoc/", "/problems/not_found", letter.trim_start_matches(BASE)];
    for path in pages.iter().chain(&links) {
        assert_links_work(&world, &world.stranger().get(path).await).await;
    }
    let script = world.stranger().get("/swagger/swagger-initializer.js").await.text;
    assert!(script.contains("\"/auth/openapi.json\""), "{script}");
    let start = world.stranger().get("/").await.text.replace("&#x2f;", "/");
    assert!(start.contains("http://127.0.0.1/auth<"), "{start}");
    assert!(world.stranger().get("/redoc/").await.text.contains("/auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_works_with_cookies_of_the_path() {
    let world = world().await;
    let mut browser = world.browser();
    browser.page = vec![("origin", "http://127.0.0.1".into())];
    browser.post("/api/v1/auth/register", registration(ANNA)).await.created();
    let letter = world.mails(ANNA).await.swap_remove(0);
    let text = letter["text"].as_str().unwrap();
    let link = text.split_whitespace().find(|it| it.starts_with("http")).unwrap();
    let path = link.strip_prefix("http://127.0.0.1/auth").unwrap();
    let page = browser.get(path).await;
    assert!(page.cookie("csrftoken").unwrap().contains("; Path=/auth;"));
    let (token, csrf) = (path.split('=').nth(1).unwrap(), browser.cookies["csrftoken"].clone());
    let action = targets(&page.text).into_iter().find(|it| it.ends_with("/verify-email")).unwrap();
    let fields = [("token", token), ("csrf_token", csrf.as_str())];
    assert_eq!(browser.submit(action.strip_prefix(BASE).unwrap(), &fields).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_for_the_path_and_are_cleared_there() {
    let world = world().await;
    let mut browser = world.browser();
    browser.page = vec![("origin", "http://127.0.0.1".into())];
    let answers = [
        ("refresh_token", browser.post("/api/v1/auth/register", registration(ANNA)).await),
        ("csrftoken", browser.get("/api/v1/auth/csrf").await),
        ("refresh_token", browser.refresh().await),
        ("refresh_token", browser.post("/api/v1/auth/logout", json!({})).await),
    ];
    for (name, answer) in answers {
        let cookie = answer.cookie(name).unwrap();
        assert!(cookie.split("; ").any(|it| it == "Path=/auth"), "{cookie}");
    }
    let device = world.stranger().login(ANNA).await.cookie("device").unwrap();
    assert!(device.contains("; Path=/auth;"), "{device}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_and_problems_name_the_path() {
    let world = world().await;
    let nobody = world.stranger();
    let document = nobody.get("/openapi.json").await.ok();
    assert_eq!(document["servers"], json!([{ "url": "/auth" }]));
    let problem = nobody.profile().await.refused("not_authenticated");
    assert_eq!(problem["type"], "/auth/problems/not_authenticated");
    let kind = problem["type"].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    assert_eq!(nobody.get(&kind).await.status, 200);
    nobody.get("/auth/api/v1/auth/profile").await.refused("not_found");
    let anna = world.registered(ANNA).await;
    assert_eq!(claims(anna.access()).iss, "http://127.0.0.1/auth");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leads_past_the_path() {
    let world = world().await;
    let anna = world.registered(ANNA).await;
    for operation in world.operations().await {
        let path = operation.path.replace("{id}", "00000000-0000-7000-8000-000000000000");
        let request = anna.request(operation.method.clone(), &path);
        let answer = match operation.method {
            Method::GET | Method::DELETE => anna.send(request).await,
            _ => anna.send(request.json(&json!({ "password": PASSWORD }))).await,
        };
        assert!(!answer.headers.contains_key(header::LOCATION), "{path}");
        let kind = &answer.json["type"];
        assert!(kind == &Value::Null || kind.as_str().unwrap().starts_with("/auth/problems/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_path_nothing_is_before_what_leads_to_the_server() {
    let world = World::start().await;
    let page = world.stranger().get("/verify-email?token=x").await;
    assert!(targets(&page.text).contains(&"/assets/page.css".to_owned()), "{}", page.text);
    assert!(page.cookie("csrftoken").unwrap().contains("; Path=/;"));
    let document = world.stranger().get("/openapi.json").await.ok();
    assert_eq!(document["servers"], json!([{ "url": "/" }]));
}
