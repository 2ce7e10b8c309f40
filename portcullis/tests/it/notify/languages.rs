//! The language of problems, messages, pages and mails.

use std::fs;

use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, Person, Place, World, merged, registration};

const ANNA: &str = "anna@example.com";
const LOGIN: &str = "/api/v1/auth/login";

/// A request in this `Accept-Language`.
async fn asked(person: &Person, languages: &str, request: (Method, &str, Value)) -> Answer {
    let (method, path, body) = request;
    let request = person.request(method, path).header("accept-language", languages);
    person.send(request.json(&body)).await
}

fn wrong_login() -> (Method, &'static str, Value) {
    (Method::POST, LOGIN, json!({ "email": ANNA, "password": "wrong" }))
}

fn page(path: &str) -> (Method, &str, Value) {
    (Method::GET, path, json!({}))
}

/// Registers in this `Accept-Language`.
async fn registered(world: &World, email: &str, languages: &str) -> Person {
    let mut person = world.stranger();
    let request = (Method::POST, "/api/v1/auth/register", registration(email));
    let answer = asked(&person, languages, request).await;
    person.take_tokens(&answer);
    answer.created();
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_speaks_the_language_that_is_asked_for() {
    let world = World::start().await;
    let answer = asked(&world.stranger(), "de-AT, en;q=0.5", wrong_login()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["content-language"], "de");
    let mut varies = answer.headers.get_all("vary").iter();
    assert!(varies.any(|it| it == "accept-language"), "{:?}", answer.headers);
    assert_eq!(answer["code"], "invalid_credentials");
    let text = "Anmeldename oder Passwort ist falsch.";
    for member in ["title", "detail", "error"] {
        assert_eq!(answer[member], text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heaviest_known_language_is_taken_and_english_where_there_is_none() {
    let world = World::start().await;
    let cases = [
        ("de;q=0.3, fr;q=0.8", "fr"),
        ("sv, es-MX;q=0.2", "es"),
        ("AR", "ar"),
        ("sv", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("nonsense;;;=,", "en"),
    ];
    let stranger = world.stranger();
    for (languages, tag) in cases {
        let answer = asked(&stranger, languages, page("/api/v1/auth/profile")).await;
        assert_eq!(answer.headers["content-language"], tag, "{languages}");
    }
    let plain = stranger.profile().await;
    assert_eq!(plain.headers["content-language"], "en");
    plain.refused("not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_told_in_it_with_their_values_and_unchanged_codes() {
    let world = World::start().await;
    let body = merged(registration("no-address"), json!({ "password": "Aa1!" }));
    let request = |body| (Method::POST, "/api/v1/auth/register", body);
    let answer = asked(&world.stranger(), "de", request(body)).await;
    assert_eq!(answer["code"], "validation_error");
    assert_eq!(answer["detail"], "Einige Felder sind nicht gültig.");
    assert_eq!(answer["email"][0], "Geben Sie eine gültige E-Mail-Adresse ein.");
    assert_eq!(answer["errors"]["email"][0]["code"], "invalid");
    let body = merged(registration(ANNA), json!({ "password": "Aa1!" }));
    let answer = asked(&world.stranger(), "de", request(body)).await;
    assert_eq!(answer["password"][0], "Verwenden Sie mindestens 8 Zeichen.");
    assert_eq!(answer["errors"]["password"][0]["code"], "password_too_short");
    let answer = asked(&world.stranger(), "es", request(json!({ "email": 5 }))).await;
    assert_eq!(answer["email"][0], "No es un texto válido.");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_follow_the_request_and_else_the_profile() {
    let world = World::start().await;
    let anna = registered(&world, ANNA, "fr-CA").await;
    assert_eq!(anna.profile().await.ok()["profile"]["language"], "fr");
    let end = || (Method::POST, "/api/v1/auth/logout", json!({}));
    let again = || async {
        let mut anna = anna.clone();
        anna.login(ANNA).await.ok();
        anna
    };
    let answer = asked(&again().await, "de", end()).await;
    assert_eq!(answer["message"], "Sie sind abgemeldet.");
    assert_eq!(answer.headers["content-language"], "de");
    let answer = again().await.logout().await;
    assert_eq!(answer["message"], "Vous êtes déconnecté.");
    let answer = anna.patch("/api/v1/auth/profile", json!({ "username": "a" })).await;
    assert_eq!(answer["username"][0], "Utilisez de 3 à 150 caractères.");
    let data = anna.profile().await;
    assert!(!data.headers.contains_key("content-language"), "{:?}", data.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_language_and_run_in_its_direction() {
    let world = World::start().await;
    let path = "/reset-password?token=abc";
    let arabic = asked(&world.stranger(), "ar-EG", page(path)).await;
    assert!(arabic.text.contains("<html lang=\"ar\" dir=\"rtl\">"), "{}", arabic.text);
    assert!(arabic.text.contains("كلمة المرور الجديدة"), "{}", arabic.text);
    assert_eq!(arabic.headers["content-language"], "ar");
    let german = asked(&world.stranger(), "de", page(path)).await;
    assert!(german.text.contains("<html lang=\"de\" dir=\"ltr\">"), "{}", german.text);
    assert!(german.text.contains("Neues Passwort festlegen"), "{}", german.text);
    let problem = asked(&world.stranger(), "fr", page("/problems/not_found")).await;
    assert!(problem.text.contains("Introuvable."), "{}", problem.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_in_the_language_of_the_profile() {
    let world = World::start().await;
    let anna = registered(&world, ANNA, "fr, en;q=0.1").await;
    let letters = world.mails(ANNA).await;
    assert_eq!(letters[0]["subject"], "Confirmez votre adresse e-mail pour Portcullis");
    assert!(letters[0]["html"].as_str().unwrap().contains("<html lang=\"fr\" dir=\"ltr\">"));
    assert!(letters[0]["text"].as_str().unwrap().contains("24 heures"), "{}", letters[0]);

    let profile = json!({ "profile": { "language": "ar-SA" } });
    anna.patch("/api/v1/auth/profile", profile).await.ok();
    let reset = json!({ "email": ANNA });
    world.stranger().post("/api/v1/auth/password/reset", reset).await.ok();
    let letters = world.mails(ANNA).await;
    assert_eq!(letters.len(), 2);
    let html = letters[0]["html"].as_str().unwrap();
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{html}");
    assert!(letters[0]["subject"].as_str().unwrap().starts_with("تعيين كلمة مرور جديدة"));
    assert!(!world.token(ANNA, "/reset-password?token=").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_are_in_the_language_that_is_asked_for_or_else_the_operators_own() {
    let world = World::start().await;
    let operator = world.admin("root@example.com").await;
    let path = "/api/v1/admin/invitations";
    let wrong = json!({ "email": "guest@example.com", "language": "in german" });
    operator.post(path, wrong).await.invalid(&[("language", "invalid")]);
    let profile = json!({ "profile": { "language": "es" } });
    operator.patch("/api/v1/auth/profile", profile).await.ok();
    let cases = [
        (None, None, "Le han invitado a "),
        (Some("fr"), None, "Vous êtes invité à "),
        (Some("fr"), Some("de-AT"), "Sie sind zu "),
        (Some("fr"), Some("sv"), "You are invited to "),
    ];
    for (number, (header, language, subject)) in cases.into_iter().enumerate() {
        let email = format!("guest{number}@example.com");
        let body = json!({ "email": email, "language": language });
        let request = operator.request(Method::POST, path).json(&body);
        let request = match header {
            Some(header) => request.header("accept-language", header),
            None => request,
        };
        operator.send(request).await.created();
        let letters = world.mails(&email).await;
        let found = letters[0]["subject"].as_str().unwrap();
        assert!(found.starts_with(subject), "{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_no_language_we_have_gets_english_mails() {
    let world = World::start().await;
    registered(&world, ANNA, "sv").await;
    let letters = world.mails(ANNA).await;
    assert_eq!(letters[0]["subject"], "Confirm your email address for Portcullis");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_folder_takes_the_place_of_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["mail", "page", "locales"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("mail/layout.txt", "Ahoy {{ name }}\n{% block body %}{% endblock %}\n");
    write("page/index.html", "<!doctype html><p>{{ site }} of ours, {{ origin }}</p>");
    write("locales/de.ftl", "problem-invalid_credentials = Das war nichts.\n");
    let templates_dir = folder.path().to_str().unwrap().to_owned();
    let world = World::with(|settings| {
        settings.server.templates_dir = templates_dir;
        settings.server.name = "Fish & <Chips>".into();
    })
    .await;
    let mut anna = world.stranger();
    let body = merged(registration(ANNA), json!({ "first_name": "<i>Anna" }));
    anna.register_as(body).await.created();
    let token = world.token(ANNA, "/verify-email?token=").await;
    anna.post("/api/v1/auth/email/verify", json!({ "token": token })).await.ok();
    let letters = world.mails(ANNA).await;
    assert!(letters[0]["text"].as_str().unwrap().starts_with("Ahoy <i>Anna\n"), "{}", letters[0]);
    let html = letters[0]["html"].as_str().unwrap();
    assert!(html.contains("&lt;i&gt;Anna") && !html.contains("<i>Anna"), "{html}");
    let index = world.stranger().get("/").await;
    assert!(index.text.contains("<p>Fish &amp; &lt;Chips&gt; of ours"), "{}", index.text);
    let login =
        (Method::POST, LOGIN, json!({ "email": ANNA, "password": PASSWORD.to_lowercase() }));
    let answer = asked(&world.stranger(), "de", login).await;
    assert_eq!(answer["detail"], "Das war nichts.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_stops_the_start_and_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fs::write(folder.path().join("page/problem.html"), "\n{{ nobody.name }}\n").unwrap();
    let compiled = app::engine::templates::compile(folder.path().to_str().unwrap()).unwrap();
    let why = web::page::check("P", compiled.locale, &compiled.overrides).unwrap_err();
    assert!(why.to_string().starts_with("page/problem.html, line 2: "), "{why}");

    let dir = folder.path().to_str().unwrap();
    let place = Place::new().await.with("PORTCULLIS_SERVER__TEMPLATES_DIR", dir);
    for command in [&["check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let ran = place.run(command).await;
        assert!((ran.out.clone() + &ran.err).contains("page/problem.html, line 2: "), "{ran:?}");
        assert_ne!(ran.status, Some(0), "{ran:?}");
    }
}
