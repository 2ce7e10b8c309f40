//! `portcullis config`: what is in effect, where it comes from, and no secret.

use std::process::{Command, Stdio};

use serde_json::Value;

const SECRETS: [(&str, &str); 5] = [
    ("DATABASE_URL", "postgres://portcullis:s3cret-a@127.0.0.1:1/accounts"),
    ("REDIS_URL", "redis://:s3cret-b@127.0.0.1:1/"),
    ("PORTCULLIS_EMAIL__URL", "smtp://u:s3cret-c@127.0.0.1"),
    ("PORTCULLIS_EMAIL__SENDGRID_KEY", "s3cret-d"),
    ("PORTCULLIS_SECRETS__MASTER", "s3cret-e-0123456789-0123456789-0123456789"),
];

/// The output of the program in an empty folder with a configuration file.
fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = "[server]\nname = \"Accounts # \\\"of\\\" ours\"\n";
    std::fs::write(folder.path().join("portcullis.toml"), file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).env_clear().envs(SECRETS).env("PORTCULLIS_JOBS__WORKERS", "5");
    let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "it made something");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    text
}

#[test]
fn it_is_toml_that_says_where_each_value_comes_from() {
    let text = printed(&["--profile", "testing", "config"]);
    for line in [
        "profile = \"testing\" # --profile",
        "url = \"***\" # DATABASE_URL",
        "url = \"***\" # REDIS_URL",
        "url = \"***\" # PORTCULLIS_EMAIL__URL",
        "sendgrid_key = \"***\" # PORTCULLIS_EMAIL__SENDGRID_KEY",
        "master = \"***\" # PORTCULLIS_SECRETS__MASTER",
        "workers = 5 # PORTCULLIS_JOBS__WORKERS",
        "memory_kib = 64 # profile testing",
        "retries = 3 # default",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["server"]["name"].as_str(), Some("Accounts # \"of\" ours"));
    assert!(text.contains("portcullis.toml, line 2\n"), "{text}");
}

#[test]
fn it_is_json_for_scripts() {
    let document: Value = serde_json::from_str(&printed(&["config", "--json"])).unwrap();
    assert_eq!(document["settings"]["profile"], "development");
    assert_eq!(document["settings"]["jobs"]["workers"], 5);
    assert_eq!(document["settings"]["database"]["url"], "***");
    assert_eq!(document["settings"]["jobs"]["lease"], "5m");
    assert_eq!(document["sources"]["jobs.workers"], "PORTCULLIS_JOBS__WORKERS");
    assert_eq!(document["sources"]["jobs.lease"], "default");
}
