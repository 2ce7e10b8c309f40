//! The files of the crates, as the checks read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{OURS, codebase::Codebase};

/// A Rust file of ours.
pub struct Source {
    /// From the root of the workspace.
    pub path: String,
    pub text: String,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file under these folders of a crate, if they exist.
pub fn sources(name: &str, folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(name).join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().display().to_string();
            found.push(Source { path, text });
        }
    }
}

/// Every Rust file of ours, tests and measurements too.
pub fn every_source() -> Vec<Source> {
    OURS.iter().flat_map(|it| sources(it, &["src", "tests", "benches"])).collect()
}

/// The sources of the crates, by the paths that they name.
pub fn codebase() -> Codebase {
    let sources: Vec<_> = OURS.iter().flat_map(|it| sources(it, &["src"])).collect();
    Codebase::new(sources.iter().map(|it| (it.path.as_str(), it.text.as_str())))
}

/// The code of a file without comments and without the tests at its end.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines().map(|it| it.split("//").next().unwrap_or(it))
}
