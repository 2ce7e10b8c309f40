//! Every user-facing sentence is translated. Sentences are written where they are used, so the
//! source is searched for them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use app::engine::locale::Language;

/// The folders with sentences for end users.
const FOLDERS: [&str; 3] = ["domain/src", "app/src", "web/src"];

/// Sentences in these are for operators and developers.
const NOT_FOR_PEOPLE: [&str; 5] =
    ["/settings", "/openapi", "tests.rs", "app/src/engine/templates.rs", "web/src/page/samples.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, found),
            false => found.push(path),
        }
    }
}

/// The source without its tests, comments and attributes, which all hold sentences too.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
    let lines = text.lines().filter(|it| !it.trim_start().starts_with("//"));
    without_attributes(&lines.collect::<Vec<_>>().join("\n"))
}

fn without_attributes(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#[") {
        kept.push_str(before);
        let mut depth = 1;
        let end = after.find(|it| {
            depth += match it {
                '[' => 1,
                ']' => -1,
                _ => 0,
            };
            depth == 0
        });
        rest = &after[end.map_or(after.len(), |it| it + 1)..];
    }
    kept + rest
}

/// The literals that are sentences, as the program has them.
fn sentences(code: &str) -> Vec<String> {
    let code = code.replace("'\"'", "");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some((_, after)) = rest.split_once('"') {
        let mut escaped = false;
        let end = after.find(|it| {
            let is_end = it == '"' && !escaped;
            escaped = it == '\\' && !escaped;
            is_end
        });
        let Some(end) = end else { break };
        found.push(unescaped(&after[..end]));
        rest = &after[end + 1..];
    }
    found.retain(|it| is_sentence(it));
    found
}

fn unescaped(literal: &str) -> String {
    let pieces = literal.split("\\\n").map(str::trim_start);
    let joined = pieces.collect::<String>();
    joined.replace("\\\"", "\"")
}

/// Sentences with values are looked up by their code, and tested beside the translations.
fn is_sentence(text: &str) -> bool {
    let is_plain = !text.contains(['{', '\n']) && text.contains(' ');
    is_plain && text.starts_with(|it: char| it.is_uppercase()) && text.ends_with(['.', '?', '!'])
}

#[test]
fn every_sentence_exists_in_every_language() {
    let locale = app::engine::templates::compile("").unwrap().locale;
    let mut files = Vec::new();
    FOLDERS.iter().for_each(|it| collect(&root().join(it), &mut files));
    let mut missing = Vec::new();
    let mut count = 0;
    for path in files.iter().filter(|it| it.extension().is_some_and(|it| it == "rs")) {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        if NOT_FOR_PEOPLE.iter().any(|it| shown.contains(it)) {
            continue;
        }
        for sentence in sentences(&code_of(path)) {
            count += 1;
            let others = Language::ALL.into_iter().skip(1);
            let untranslated = others.filter(|it| locale.sentence(*it, &sentence) == sentence);
            if untranslated.count() > 0 {
                missing.push(format!("{shown}: {sentence}"));
            }
        }
    }
    assert!(count > 60, "only {count} sentences were found");
    assert!(missing.is_empty(), "not in locales/*.ftl:\n{}", missing.join("\n"));
}

#[test]
fn what_the_estimate_of_a_password_says_is_translated() {
    let locale = app::engine::templates::compile("").unwrap().locale;
    let rules = domain::settings::Passwords::default();
    let weak = [
        "qwertyuiop",
        "zxcv",
        "aaaaaaaa",
        "abcabcabc",
        "password",
        "monkey",
        "trustno1",
        "abcdefgh",
        "1998",
        "elephant",
        "13.5.1997",
        "smith",
        "Password",
        "PASSWORD",
        "drowssap",
        "P@ssw0rd",
        "annaanna",
        "correcthorse",
        "zaq12wsx",
        "2019",
        "qwerty123",
        "jennifer1",
        "a",
        "Elizabeth",
        "987654",
    ];
    let mut told = std::collections::BTreeSet::new();
    for password in weak {
        let (_, strength) = domain::factor::password::estimate(password, &[], &rules);
        told.extend(strength.warning);
        told.extend(strength.suggestions);
    }
    assert!(told.len() > 12, "{told:?}");
    for sentence in told {
        for language in Language::ALL.into_iter().skip(1) {
            assert_ne!(
                locale.sentence(language, sentence.as_str()),
                sentence.as_str(),
                "{}",
                language.tag()
            );
        }
    }
}
