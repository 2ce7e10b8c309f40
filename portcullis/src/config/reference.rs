//! The pages that are made from the code: the example file, the reference of the configuration and
//! that of problems. They are committed; this test compares them, and rewrites them where
//! `PORTCULLIS_TEST_UPDATE=1` is set.

use std::fmt::Write as _;

use domain::{
    problem::Code,
    settings::{Field, Profile, Section, Settings},
};
use toml::Value;

use super::{environment, known::Known, text_of};

#[test]
fn the_committed_pages_are_those_the_code_makes() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let pages = [
        ("portcullis.example.toml", example()),
        ("docs/reference/configuration.md", configuration()),
        ("docs/reference/problems.md", problems()),
    ];
    #[expect(clippy::disallowed_methods, reason = "whether to rewrite is asked of the developer")]
    let update = std::env::var("PORTCULLIS_TEST_UPDATE").is_ok_and(|it| it == "1");
    for (path, text) in pages {
        let path = format!("{root}/{path}");
        if update {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{path} is old: run the tests with PORTCULLIS_TEST_UPDATE=1");
    }
}

#[test]
fn the_example_says_the_defaults() {
    let (example, known) = (example(), Known::new().unwrap());
    assert!(super::file::read(&example, &known, |_| super::Source::Program).unwrap().is_empty());
    let settings: String = example.lines().filter_map(uncommented).collect();
    let settings: Settings = toml::from_str(&settings).unwrap();
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
    assert_eq!(settings.email.url.expose(), Settings::default().email.url.expose());
    assert!(!example.contains("***"));
}

/// A line of the example without its comment mark.
fn uncommented(line: &str) -> Option<String> {
    let is_key = |it: &str| it.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let setting = line.strip_prefix('#').filter(|it| is_key(it));
    setting.or(line.starts_with('[').then_some(line)).map(|it| format!("{it}\n"))
}

const INTRODUCTION: &str = "\
# Every setting with its default. Take the # away from those you change, and name the file with
# --config, with PORTCULLIS_CONFIG, or call it portcullis.toml where the server starts.

# development, production or testing
#profile = \"development\"
";

fn example() -> String {
    let mut page = INTRODUCTION.to_owned();
    for section in Settings::SECTIONS {
        page.push('\n');
        comment(&mut page, section.about);
        writeln!(page, "[{}]", section.name).unwrap();
        for field in section.fields {
            comment(&mut page, field.about);
            writeln!(page, "#{} = {}", field.key, default(section, field)).unwrap();
        }
    }
    page
}

fn comment(page: &mut String, about: &[&str]) {
    for line in about {
        writeln!(page, "#{line}").unwrap();
    }
}

const CONFIGURATION: &str = "\
# Configuration

<!-- Made from the code by a test; see CONTRIBUTING.md. -->

Every setting has a default: with no configuration at all the server runs. Values come from these
places, and the later wins:

1. the defaults of the profile
2. a TOML file: `--config FILE`, `PORTCULLIS_CONFIG=FILE`, or `portcullis.toml` in the folder the
   server starts in
3. `DATABASE_URL`, `REDIS_URL`, and `PORT` (all addresses in production, loopback otherwise)
4. the variable of the setting, such as `PORTCULLIS_SERVER__PUBLIC_URL`
5. the same with `_FILE` at its end, which names a file that holds the value: for secrets
6. options of the command line: `--listen`, `--data-dir`, `--profile`

An empty variable is one that is not set. Lists in variables are separated by commas, or written as
JSON; `[]` is the empty list. Times are written as `15m`, `7d` or `1h 30m`. A key, section or variable that is not listed
here is an error.

The profile is chosen by `--profile`, `PORTCULLIS_PROFILE` or `profile` at the top of the file:
`development` (the default), `production` or `testing`. Production refuses to start on a value that
is not safe, and says which. `portcullis check` looks at all of this without starting anything.
";

fn configuration() -> String {
    let mut page = CONFIGURATION.to_owned();
    for section in Settings::SECTIONS {
        writeln!(page, "\n## {}\n", section.name).unwrap();
        writeln!(page, "{}\n", sentence(section.about)).unwrap();
        page.push_str("| Key | Default | Variable | Meaning |\n|---|---|---|---|\n");
        for field in section.fields {
            let name = format!("{}.{}", section.name, field.key);
            let mut default = code(&default(section, field));
            for profile in [Profile::Development, Profile::Production, Profile::Testing] {
                if let Some(value) = of_profile(profile, section, field) {
                    write!(default, "; {}: {}", profile.word(), code(&value)).unwrap();
                }
            }
            let (variable, about) = (environment::variable(&name), sentence(field.about));
            writeln!(page, "| `{}` | {default} | `{variable}` | {about} |", field.key).unwrap();
        }
    }
    page
}

const PROBLEMS: &str = "\
# Problems

<!-- Made from the code by a test; see CONTRIBUTING.md. -->

Every refusal is `application/problem+json` (RFC 9457). `code` is stable and is what clients compare;
`title` and `detail` are for people, and `instance` finds the request in the log. A
`validation_error` lists in `errors` what is wrong with which field.

| Status | Code | Title | When |
|---|---|---|---|
";

fn problems() -> String {
    let mut page = PROBLEMS.to_owned();
    for it in Code::ALL {
        let lines: Vec<&str> = it.meaning().lines().collect();
        let (status, title, meaning) = (it.status(), it.title(), sentence(&lines));
        writeln!(page, "| {status} | `{it}` | {title} | {meaning} |").unwrap();
    }
    page
}

/// As TOML.
fn default(section: &Section, field: &Field) -> String {
    let name = format!("{}.{}", section.name, field.key);
    match name.as_str() {
        // The one secret with a default, which is not printed.
        "email.url" => Value::from(Settings::default().email.url.expose()).to_string(),
        _ => Known::new().unwrap().default_of(&name).unwrap().to_string(),
    }
}

fn of_profile(profile: Profile, section: &Section, field: &Field) -> Option<String> {
    let values: toml::Table = text_of(profile).parse().unwrap();
    Some(values.get(section.name)?.get(field.key)?.to_string())
}

fn code(value: &str) -> String {
    if value == "\"\"" { "empty".to_owned() } else { format!("`{value}`") }
}

/// Lines of a doc comment in one cell of a table.
fn sentence(lines: &[&str]) -> String {
    let words = lines.iter().flat_map(|it| it.split_whitespace());
    words.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
