//! The rules of the house that no compiler checks: which crate may see which, which crate alone may
//! name which library, how files begin and how long they may be. The files beside this one have the
//! rules of the folders. ARCHITECTURE.md has the reasons.

mod arrows;
mod circles;
mod codebase;
mod folders;
mod owners;
mod paths;
mod sources;
mod subjects;
mod tokens;

use std::{fs, path::Path};

use toml::{Table, Value};

use self::sources::{Source, code, every_source, root, sources};

const OURS: [&str; 6] = ["domain", "store", "outside", "app", "web", "portcullis"];

/// Each of our crates with those it may see.
const ARROWS: [(&str, &[&str]); 6] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("outside", &["domain"]),
    ("app", &["domain", "store", "outside"]),
    ("web", &["app", "domain"]),
    ("portcullis", &["domain", "store", "outside", "app", "web"]),
];

/// Libraries with the one crate whose source may name them.
const OWNERS: [(&str, &str); 8] = [
    ("rusqlite", "store"),
    ("tokio_postgres", "store"),
    ("deadpool_postgres", "store"),
    ("reqwest", "outside"),
    ("redis", "outside"),
    ("lettre", "outside"),
    ("axum", "web"),
    ("argon2", "app"),
];

/// What domain must not name: it decides and never does.
const DOING: [&str; 7] =
    ["tokio::", "async fn ", "std::fs", "std::net::Tcp", "std::thread", "reqwest::", "std::env"];

const LONGEST_FILE: usize = 600;

/// Pieces of words, so that this file does not hold them itself.
const UNFINISHED: [(&str, &str); 5] =
    [("TO", "DO"), ("FIX", "ME"), ("to", "do!"), ("unimple", "mented!"), ("#[ig", "nore")];

/// Whether a line names a crate: `store::`, `use store;`, but not `my_store::` or `self::store::`.
fn names_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        !before.ends_with(|it: char| it.is_alphanumeric() || it == '_' || it == ':')
    }) || line.trim() == format!("use {name};")
}

/// Asserts that nothing was found, and shows all of it.
fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn manifest(path: &Path) -> Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

#[test]
fn manifests_point_the_way_of_the_arrows() {
    let mut found = Vec::new();
    for (name, may_see) in ARROWS {
        let manifest = manifest(&root().join(name).join("Cargo.toml"));
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(table).and_then(Value::as_table);
            let ours = dependencies.into_iter().flat_map(|it| it.keys());
            for seen in ours.filter(|it| ARROWS.iter().any(|(ours, _)| ours == it)) {
                if !may_see.contains(&seen.as_str()) {
                    found.push(format!("{name} has {seen} in its {table}"));
                }
            }
        }
    }
    assert_none("crates that see what they must not", &found);
}

#[test]
fn sources_name_only_crates_they_may_see() {
    let mut found = Vec::new();
    for (name, may_see) in ARROWS {
        let hidden = ARROWS.iter().map(|it| it.0).filter(|it| *it != name && !may_see.contains(it));
        let hidden: Vec<&str> = hidden.collect();
        for source in sources(name, &["src"]) {
            for line in code(&source.text) {
                let named =
                    hidden.iter().find(|it| names_crate(line, it) && !is_module(&source, it));
                found
                    .extend(named.map(|it| format!("{} names {it}: {}", source.path, line.trim())));
            }
        }
    }
    assert_none("files that name crates they must not see", &found);
}

/// Whether the word is a module of the file itself, as `mod store;` would make it.
fn is_module(source: &Source, name: &str) -> bool {
    let module = format!("mod {name};");
    source.text.lines().any(|it| it.trim().trim_start_matches("pub ") == module)
}

#[test]
fn libraries_are_named_by_their_one_owner() {
    let mut found = Vec::new();
    for (name, _) in ARROWS {
        for source in sources(name, &["src"]) {
            for line in code(&source.text) {
                let stranger = OWNERS
                    .iter()
                    .find(|(library, owner)| *owner != name && names_crate(line, library))
                    .filter(|(library, _)| !is_module(&source, library));
                found.extend(stranger.map(|(library, owner)| {
                    format!("{} names {library}, which is for {owner}", source.path)
                }));
            }
        }
    }
    assert_none("files that name a library of another crate", &found);
}

#[test]
fn domain_decides_and_never_does() {
    let mut found = Vec::new();
    for source in sources("domain", &["src"]) {
        for line in code(&source.text) {
            let doing = DOING.iter().find(|it| line.contains(**it));
            found.extend(doing.map(|it| format!("{} has {it}", source.path)));
        }
    }
    assert_none("domain does something", &found);
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut found = Vec::new();
    let sources = every_source();
    assert!(sources.iter().any(|it| it.path == "portcullis/tests/it/house/tidy.rs"));
    for source in &sources {
        if !source.text.starts_with("//! ") {
            found.push(format!("{} does not open with //!", source.path));
        }
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            found.push(format!("{} has {lines} lines", source.path));
        }
    }
    assert_none("files against the rules", &found);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = UNFINISHED.map(|(start, end)| format!("{start}{end}"));
    let mut found = Vec::new();
    for source in every_source() {
        for (number, line) in source.text.lines().enumerate() {
            let mark = marks.iter().find(|it| line.contains(it.as_str()));
            found.extend(mark.map(|it| format!("{}:{} has {it}", source.path, number + 1)));
        }
    }
    assert_none("unfinished work", &found);
}

/// A comment directly above a dependency, or above the first of its group, which ends with an empty
/// line.
#[test]
fn every_dependency_says_what_it_does_for_us() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = text.split("[workspace.dependencies]\n").nth(1).unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    let (mut found, mut explained) = (Vec::new(), false);
    for line in dependencies.lines() {
        if line.trim().is_empty() || line.starts_with("# ----") {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else if line.contains(" = ") && !line.contains("path = ") && !explained {
            found.push(line.to_owned());
        }
    }
    assert_none("dependencies without a sentence", &found);
}

/// Each crate takes its dependencies from the workspace, where the sentences are.
#[test]
fn crates_take_their_dependencies_from_the_workspace() {
    let mut found = Vec::new();
    for (name, _) in ARROWS {
        let manifest = manifest(&root().join(name).join("Cargo.toml"));
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(table).and_then(Value::as_table);
            for (dependency, value) in dependencies.into_iter().flatten() {
                let inherited = value.get("workspace").and_then(Value::as_bool);
                if inherited != Some(true) || value.get("version").is_some() {
                    found.push(format!("{name}: {dependency}"));
                }
            }
        }
    }
    assert_none("dependencies with a version of their own", &found);
}
