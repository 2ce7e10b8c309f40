//! Invalid input: refused with a problem that says why, never a 500.

use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Operation, PASSWORD, Person, World};

const ANNA: &str = "anna@example.com";
const LOGIN: &str = "/api/v1/auth/login";

async fn raw(person: &Person, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = person.request(Method::POST, path).header("content-type", kind).body(body);
    person.send(request).await
}

async fn json_text(person: &Person, body: impl Into<reqwest::Body>) -> Answer {
    raw(person, LOGIN, "application/json", body).await
}

/// The path of an operation, with values for its parameters.
fn with_parameters(path: &str) -> String {
    path.replace("{id}", "00000000-0000-7000-8000-000000000000")
}

/// A valid value for a field of this name, if there is one.
fn plausible_value(field: &str, person: &Person) -> Value {
    match field {
        "email" | "new_email" | "email_or_username" | "email_or_phone" => json!(person.email),
        it if it.contains("password") => json!(PASSWORD),
        "first_name" | "last_name" => json!("Anna"),
        "token" => json!("A".repeat(43)),
        _ => Value::Null,
    }
}

/// Calls an operation with this value for one field.
async fn send_with(person: &Person, operation: &Operation, field: &str, value: &Value) -> Answer {
    let names = operation.fields.iter().flat_map(|it| it.keys());
    let fields =
        names.map(|it| (it.clone(), plausible_value(it, person))).filter(|it| !it.1.is_null());
    let mut body: serde_json::Map<String, Value> = fields.collect();
    body.insert(field.to_owned(), value.clone());
    let path = with_parameters(&operation.path);
    person.send(person.request(operation.method.clone(), &path).json(&body)).await
}

/// Every operation with each of its fields, and a new user for each: some delete the account.
async fn fields(world: &World) -> Vec<(Operation, String, Value, Person)> {
    let mut fields = Vec::new();
    for operation in world.operations().await {
        for (field, schema) in operation.fields.iter().flatten() {
            let person = world.registered(&format!("anna{}@example.com", fields.len())).await;
            fields.push((operation.clone(), field.clone(), schema.clone(), person));
        }
    }
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_any_field_of_any_operation_is_a_fault_of_ours() {
    let world = World::start().await;
    let values = [
        json!("a\0b"),
        json!({ "a": { "b": "c\0" }, "\0": 1 }),
        json!("x".repeat(60_000)),
        json!("x".repeat(100_000)),
        json!("\u{202e}\u{feff}\u{1}'\";--\\"),
        json!(-1.5e300),
        Value::Null,
        json!([["x"], null]),
        json!(true),
    ];
    for (operation, field, _, person) in fields(&world).await {
        for value in &values {
            let answer = send_with(&person, &operation, &field, value).await;
            let shown: String = value.to_string().chars().take(40).collect();
            let what = format!("{} {} {field}={shown}", operation.method, operation.path);
            assert!(answer.status < 500, "{what}: {}", answer.text);
            assert!(answer.json.is_object() || answer.text.is_empty(), "{what}: {}", answer.text);
            let has_nul = value.to_string().contains("\\u0000");
            // Permission is checked before the body is read.
            let refused = [400, 401, 403];
            assert!(!has_nul || refused.contains(&answer.status), "{what}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_type_is_named_by_its_field() {
    let world = World::start().await;
    for (operation, field, schema, person) in fields(&world).await {
        let is_text = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
        if is_text {
            let answer = send_with(&person, &operation, &field, &json!(5)).await;
            let what = format!("{} {} {field}: {}", operation.method, operation.path, answer.text);
            assert_eq!(answer.status, 400, "{what}");
            assert_eq!(answer["errors"][&field][0]["code"], "invalid", "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_object_is_malformed() {
    let world = World::start().await;
    let nobody = world.stranger();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies = [
        "{",
        "{\"email\":",
        "nonsense",
        "[]",
        "[{}]",
        "\"text\"",
        "5",
        "true",
        "null",
        "{} {}",
        "{\"email\":\"\\ud800\"}",
        "{'email':'x'}",
        " ",
        &deep,
    ];
    for body in bodies {
        json_text(&nobody, body.to_owned()).await.refused("malformed_request");
    }
    for body in [b"{\"email\":\"\xff\xfe\"}".to_vec(), vec![0xff; 100], vec![0; 100]] {
        json_text(&nobody, body).await.refused("malformed_request");
    }
    // An absent body is an empty object, whatever its content type.
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let both = [("email", "required"), ("password", "required")];
        raw(&nobody, LOGIN, kind, "").await.invalid(&both);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_read_as_strictly() {
    let world = World::start().await;
    world.registered(ANNA).await;
    let nobody = world.stranger();
    let form = "application/x-www-form-urlencoded";
    for body in ["email=%zz", "email=%f", "email=%ff", "email=a&email=b", "email=a&%65mail=b"] {
        raw(&nobody, LOGIN, form, body.to_owned()).await.refused("malformed_request");
    }
    raw(&nobody, LOGIN, form, "email=a%00b&password=x").await.invalid(&[("email", "invalid")]);
    let fields = [("email", ANNA), ("password", PASSWORD), ("remember_me", "perhaps")];
    nobody.send(nobody.form(LOGIN, &fields)).await.invalid(&[("remember_me", "invalid")]);
    let fields = [("email", ANNA), ("password", PASSWORD), ("remember_me", "on")];
    nobody.send(nobody.form(LOGIN, &fields)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_size() {
    let world = World::start().await;
    let nobody = world.stranger();
    let body = |size: usize| {
        let around = r#"{"email":""}"#.len();
        format!(r#"{{"email":"{}"}}"#, "x".repeat(size - around))
    };
    let required = [("password", "required")];
    json_text(&nobody, body(64 * 1024)).await.invalid(&required);
    json_text(&nobody, body(64 * 1024 + 1)).await.refused("payload_too_large");
    json_text(&nobody, body(1024 * 1024)).await.refused("payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_content_types_are_not_supported() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    for operation in world.operations().await.iter().filter(|it| it.fields.is_some()) {
        for kind in [
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "",
            "ü",
        ] {
            let request = anna.request(operation.method.clone(), &with_parameters(&operation.path));
            let kind = http::HeaderValue::from_bytes(kind.as_bytes()).unwrap();
            let answer = anna.send(request.header("content-type", kind).body("{}")).await;
            answer.refused("unsupported_media_type");
        }
        let request = anna.request(operation.method.clone(), &with_parameters(&operation.path));
        let request = request.header("content-type", "application/json");
        let answer = anna.send(request.header("content-encoding", "gzip").body("{}")).await;
        answer.refused("unsupported_media_type");
    }
    anna.profile().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_headers_are_refused() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let nobody = world.stranger();
    let token = format!("Bearer {}", anna.access());
    for (name, value) in [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
        ("origin", &world.url("")),
        ("x-csrftoken", "x"),
        ("x-request-id", "0123456789"),
    ] {
        let request = nobody.request(Method::GET, "/api/v1/auth/profile");
        let answer = nobody.send(request.header(name, value).header(name, value)).await;
        answer.refused("malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_taken_over_if_it_is_well_formed() {
    let world = World::start().await;
    let nobody = world.stranger();
    let ask = async |id: &str| {
        let request = nobody.request(Method::GET, "/nowhere").header("x-request-id", id);
        nobody.send(request).await.refused("not_found")["instance"].clone()
    };
    assert_eq!(ask("abc.DEF_123-4").await, "abc.DEF_123-4");
    let long = "x".repeat(129);
    for wrong in ["short", "with blanks in it", "quote\"quote", &long, "<script>alert(1)"] {
        assert_ne!(ask(wrong).await, wrong);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_hosts_are_answered_for() {
    let world = World::start().await;
    let nobody = world.stranger();
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "a b"] {
        let request = nobody.request(Method::GET, "/api/v1/auth/csrf").header("host", host);
        nobody.send(request).await.refused("misdirected_request");
    }
    let request = nobody.request(Method::GET, "/health").header("host", "10.0.0.1");
    nobody.send(request).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_queries_of_any_kind_are_answered() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let nowhere = [
        "/nowhere",
        "/api",
        "/api/v1",
        "/api/v2/auth/login",
        "/api/v1/auth/login/x",
        "/api/v1/auth//login",
        "/API/V1/AUTH/LOGIN",
        "/%zz",
        "/%ff",
        "/%00",
        "/api/v1/auth/%2e",
        "/api/v1/auth/login%2f",
        "/api/v1/auth/login;x=1",
        "/problems/nothing",
        "/.git/config",
        "/dev/inbox/%ff",
    ];
    for path in nowhere {
        for path in [path.to_owned(), format!("{path}?q=%zz")] {
            anna.get(&path).await.refused("not_found");
        }
    }
    let long = format!("/{}", "x".repeat(8_000));
    anna.get(&long).await.refused("not_found");
    for query in ["token=%zz", "token=%ff", "token=a&token=b", "%ff=1"] {
        anna.get(&format!("/verify-email?{query}")).await.refused("malformed_request");
    }
    anna.get("/verify-email?token=%00").await.invalid(&[("token", "invalid")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_and_without_a_slash_a_path_is_the_same() {
    let world = World::start().await;
    let nobody = world.stranger();
    for operation in world.operations().await {
        let path = with_parameters(&operation.path);
        let mut told = Vec::new();
        for path in [path.clone(), format!("{path}/"), format!("{path}/?q=1")] {
            let answer = nobody.send(nobody.request(operation.method.clone(), &path)).await;
            assert!(answer.status != 404 && !(300..400).contains(&answer.status), "{path}");
            told.push((answer.status, answer["code"].clone()));
        }
        assert!(told.iter().all(|it| *it == told[0]), "{} {path}: {told:?}", operation.method);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_not_allowed_and_the_answer_says_which_are() {
    let world = World::start().await;
    let nobody = world.stranger();
    let operations = world.operations().await;
    for path in operations.iter().map(|it| &it.path) {
        let here = operations.iter().filter(|it| it.path == *path).map(|it| it.method.clone());
        let here: Vec<Method> = here.collect();
        let others = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        for method in others.into_iter().filter(|it| !here.contains(it)) {
            let answer = nobody.send(nobody.request(method, &with_parameters(path))).await;
            let allowed = answer.headers["allow"].to_str().unwrap().to_owned();
            answer.refused("method_not_allowed");
            let mut allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
            allowed.retain(|it| *it != "HEAD");
            allowed.sort_unstable();
            let mut expected: Vec<_> = here.iter().map(Method::as_str).collect();
            expected.sort_unstable();
            assert_eq!(allowed, expected, "{path}");
        }
        let brew = Method::from_bytes(b"BREW").unwrap();
        nobody
            .send(nobody.request(brew, &with_parameters(path)))
            .await
            .refused("method_not_allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_never_repeat_what_was_sent() {
    let world = World::start().await;
    let nobody = world.stranger();
    let secret = "Secr3t-River&Lake";
    let bodies = [
        json!({ "email": 5, "password": secret }),
        json!({ "email": ANNA, "password": [secret] }),
        json!({ "email": secret, "password": secret }),
        json!({ "email": ANNA, "password": secret, "remember_me": secret }),
        json!({ secret: secret }),
    ];
    for body in bodies {
        for path in [LOGIN, "/api/v1/auth/register", "/api/v1/auth/email/resend"] {
            let answer = nobody.post(path, body.clone()).await;
            assert!(!answer.text.contains(secret), "{path} {body}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_sent_twice_is_refused_at_any_depth() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let kind = "application/json";
    for body in [
        format!(r#"{{"email":"other@example.com","email":"{ANNA}","password":"{PASSWORD}"}}"#),
        format!(r#"{{"email":"{ANNA}","\u0065mail":"{ANNA}","password":"{PASSWORD}"}}"#),
        format!(r#"{{"email":"{ANNA}","password":"{PASSWORD}","more":{{"a":1,"a":1}}}}"#),
        format!(r#"{{"email":"{ANNA}","password":"{PASSWORD}","more":[[{{"a":1,"a":1}}]]}}"#),
    ] {
        raw(&anna, LOGIN, kind, body.clone()).await.refused("malformed_request");
    }
    let twice = r#"{"user_metadata":{"plan":{"name":"free","name":"gold"}}}"#;
    let request = anna.request(Method::PATCH, "/api/v1/auth/profile").header("content-type", kind);
    anna.send(request.body(twice)).await.refused("malformed_request");
    assert_eq!(anna.profile().await.ok()["user_metadata"], json!({}));
    let same = r#"{"a":{"name":1},"b":{"name":1},"name":[{"name":1},{"name":1}]}"#;
    raw(&anna, LOGIN, kind, same).await.invalid(&[("email", "required"), ("password", "required")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_kept_as_they_are_or_refused() {
    let world = World::start().await;
    let anna = world.registered(ANNA).await;
    let admin = world.admin("admin@example.com").await;
    let patch = async |person: &Person, path: &str, field: &str, value: &str| {
        let request =
            person.request(Method::PATCH, path).header("content-type", "application/json");
        person.send(request.body(format!(r#"{{"{field}":{{"n":{value}}}}}"#))).await
    };
    let (own, id) = ("/api/v1/auth/profile", anna.user_id());
    let theirs = format!("/api/v1/admin/users/{}", id.0);
    let kept = ["18446744073709551615", "-9223372036854775808", "9007199254740993", "1.5", "-0.25"];
    for number in kept {
        let answer = patch(&anna, own, "user_metadata", number).await;
        assert!(answer.text.contains(&format!(r#""user_metadata":{{"n":{number}}}"#)), "{number}");
        let answer = patch(&admin, &theirs, "app_metadata", number).await;
        assert!(answer.text.contains(&format!(r#""app_metadata":{{"n":{number}}}"#)), "{number}");
    }
    let large = format!("1{}", "0".repeat(30));
    for number in ["18446744073709551616", "-9223372036854775809", &large, "1e30"] {
        for number in [number.to_owned(), format!("[{number}]"), format!(r#"{{"a":[{number}]}}"#)] {
            let answer = patch(&anna, own, "user_metadata", &number).await;
            answer.invalid(&[("user_metadata", "out_of_range")]);
            let answer = patch(&admin, &theirs, "app_metadata", &number).await;
            answer.invalid(&[("app_metadata", "out_of_range")]);
        }
    }
    for number in ["1e999", "-1e999", "[1e400000000000]"] {
        patch(&anna, own, "user_metadata", number).await.refused("malformed_request");
    }
    let body = json!({ "email": "b@example.com", "user_metadata": { "n": 1e30 } });
    let body = crate::world::merged(crate::world::registration("b@example.com"), body);
    let answer = world.stranger().post("/api/v1/auth/register", body).await;
    answer.invalid(&[("user_metadata", "out_of_range")]);
    // An ignored field may have any value.
    let body = format!(r#"{{"email":"{ANNA}","password":"{PASSWORD}","at":1e30}}"#);
    raw(&anna, LOGIN, "application/json", body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_operations_that_list_an_idempotency_key_read_it() {
    let world = World::start().await;
    let document = world.stranger().get("/openapi.json").await.ok();
    for (number, operation) in world.operations().await.iter().enumerate() {
        // Some operations end the session, or the account.
        let admin = world.admin(&format!("admin{number}@example.com")).await;
        let method = operation.method.as_str().to_lowercase();
        let listed = document["paths"][&operation.path][method]["parameters"].as_array();
        let is_listed =
            listed.is_some_and(|it| it.iter().any(|it| it["name"] == "Idempotency-Key"));
        let key = http::HeaderValue::from_bytes(b"\xfc").unwrap();
        let request = admin.request(operation.method.clone(), &with_parameters(&operation.path));
        let answer = admin.send(request.header("idempotency-key", key)).await;
        let is_read = answer["detail"] == "The Idempotency-Key is not readable.";
        assert_eq!(is_read, is_listed, "{} {}", operation.method, operation.path);
    }
}
