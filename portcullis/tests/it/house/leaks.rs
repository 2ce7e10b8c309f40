//! No secret and no personal data in the log: the real program at level trace.

use serde_json::{Value, json};

use crate::{
    fakes::smtp::{Behaviour, SmtpServer},
    world::{PASSWORD, Place, Program, eventually},
};

const WRONG: &str = "Wr0ng&Loud-Mountain";

/// What must not be logged, with its name.
type Secrets = Vec<(&'static str, String)>;

/// The token of the first mail to an address.
async fn mailed_token(mail: &SmtpServer, to: &str) -> String {
    let found = async || mail.received().into_iter().find(|it| it.to.contains(&to.to_owned()));
    let data = eventually("the mail", found).await.data.replace("=\n", "").replace("=3D", "=");
    let rest = data.split("/verify-email?token=").nth(1).unwrap();
    rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_".contains(*it)).collect()
}

fn note_tokens(secrets: &mut Secrets, answer: &Value) {
    for key in ["access", "refresh"] {
        secrets.extend(answer[key].as_str().map(|it| (key, it.to_owned())));
    }
}

/// Uses every operation that takes a secret, with right and wrong ones.
async fn use_everything(program: &Program, mail: &SmtpServer) -> Secrets {
    let mut secrets: Secrets = vec![
        ("password", PASSWORD.into()),
        ("wrong password", WRONG.into()),
        ("address", "anna@example.com".into()),
        ("unknown address", "nobody@example.com".into()),
        ("link", "/verify-email?token=".into()),
    ];
    let mut anna = program.stranger();
    note_tokens(&mut secrets, &anna.register("anna@example.com").await.created());
    let token = mailed_token(mail, "anna@example.com").await;
    let verify = json!({ "token": token });
    anna.post("/api/v1/auth/email/verify", verify.clone()).await.ok();
    anna.post("/api/v1/auth/email/verify", verify).await.refused("invalid_token");
    anna.get(&format!("/verify-email?token={token}")).await;
    anna.get(&format!("/nowhere/{token}?token={token}")).await.refused("not_found");
    secrets.push(("mailed token", token));
    note_tokens(&mut secrets, &anna.login("anna@example.com").await.ok());
    for (name, password) in [("anna@example.com", WRONG), ("nobody@example.com", PASSWORD)] {
        let body = json!({ "email": name, "password": password });
        program.stranger().login_as(body).await.refused("invalid_credentials");
    }
    note_tokens(&mut secrets, &anna.refresh().await.ok());
    anna.refresh_with(&format!("{}x", anna.refresh_token())).await.refused("token_not_valid");
    let check = json!({ "token": anna.refresh_token() });
    anna.post("/api/v1/auth/token/verify", check).await.ok();
    anna.patch("/api/v1/auth/profile", json!({ "phone_number": "+4930901820" })).await.ok();
    secrets.push(("phone", "30901820".into()));
    let malformed = anna.request(http::Method::POST, "/api/v1/auth/login");
    let body = format!("{{\"email\":\"anna@example.com\",\"password\":\"{PASSWORD}\" oops");
    let malformed = malformed.header("content-type", "application/json").body(body);
    anna.send(malformed).await.refused("malformed_request");
    over_http_2(program, anna.access()).await;
    anna.logout().await.ok();
    secrets
}

/// The HTTP/2 library logs a lot.
async fn over_http_2(program: &Program, access: &str) {
    #[expect(clippy::disallowed_methods, reason = "a client that calls us, not one of ours")]
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{}{path}", program.address());
    let login = json!({ "email": "anna@example.com", "password": PASSWORD });
    let login = client.post(url("/api/v1/auth/login")).json(&login).send().await.unwrap();
    assert_eq!(login.status(), 200);
    let profile = client.get(url("/api/v1/auth/profile")).bearer_auth(access);
    assert_eq!(profile.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_nothing_that_was_told_in_confidence() {
    let mail = SmtpServer::start().await;
    let place = Place::new()
        .await
        .with("PORTCULLIS_EMAIL__URL", format!("{}?tls=none", mail.url()))
        .with("PORTCULLIS_LOG__LEVEL", "trace");
    let program = place.start().await;
    let mut secrets = use_everything(&program, &mail).await;
    mail.behave(Behaviour::RefuseForGood);
    program.stranger().register("refused@example.com").await.created();
    secrets.push(("refused address", "refused@example.com".into()));
    let dead = async || program.log().contains("dead letter").then_some(());
    eventually("the dead letter", dead).await;
    program.signal("TERM");
    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(0));
    assert!(log.lines().any(|it| it.contains("\"level\":\"TRACE\"")), "not talkative: {log}");
    for (what, secret) in secrets {
        assert!(!log.contains(&secret), "the log holds the {what} {secret}:\n{log}");
    }
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "not JSON: {line}");
    }
}
