//! The crates' files, and which file each path that they name leads to, through `use`, `pub use` and
//! `as`. What is not seen: methods, and names that only a macro puts together.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{GLOB, Import, Names, names};

/// How many re-exports may follow each other.
const MOST_STEPS: usize = 12;

/// Files under the `src` of the crates, by their paths such as `app/src/engine/keys.rs`.
pub struct Codebase {
    files: BTreeMap<String, Names>,
    /// Modules such as `app::engine::keys` and their files.
    modules: BTreeMap<Vec<String>, String>,
}

/// Where a path leads: a file, and what is named in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub file: String,
    pub item: Vec<String>,
}

impl Codebase {
    /// Files of tests are left out.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Codebase {
        let all = files.into_iter().filter(|it| !it.0.ends_with("/tests.rs"));
        let files: BTreeMap<_, _> =
            all.map(|(path, text)| (path.to_owned(), names(text))).collect();
        let modules = files.keys().map(|it| (module(it), it.clone())).collect();
        Codebase { files, modules }
    }

    /// The files of a crate.
    pub fn files_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let start = format!("{name}/src/");
        self.files.keys().map(String::as_str).filter(move |it| it.starts_with(&start))
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Where the paths lead that a file names.
    pub fn targets(&self, file: &str) -> BTreeSet<Target> {
        let Some(names) = self.files.get(file) else { return BTreeSet::new() };
        let imports = names.imports.iter().map(|it| self.import(file, it, MOST_STEPS));
        let paths = names.paths.iter().map(|it| self.found(file, it, None, MOST_STEPS));
        imports.chain(paths).flatten().collect()
    }

    /// Where a path such as `store::sessions::insert` leads that begins with the name of a crate.
    pub fn target(&self, path: &str) -> Option<Target> {
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        self.located(&path, MOST_STEPS)
    }

    /// Whether the file that a path leads to has what it names.
    pub fn declares(&self, target: &Target) -> bool {
        let items = self.files.get(&target.file).map(|it| &it.items);
        items.is_some_and(|it| target.item.first().is_some_and(|name| it.contains(name)))
    }

    fn import(&self, file: &str, import: &Import, steps: usize) -> Option<Target> {
        self.found(file, &import.path, Some(import), steps)
    }

    /// Where a path leads that `file` names. An import is not looked up by way of itself.
    fn found(
        &self,
        file: &str,
        path: &[String],
        within: Option<&Import>,
        steps: usize,
    ) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let names = self.files.get(file)?;
        let own = module(file);
        let absolute = match first.as_str() {
            "crate" => [&own[..1], rest].concat(),
            "self" => [&own, rest].concat(),
            "super" => {
                let parent = own.split_last()?.1;
                let ups = rest.iter().take_while(|it| *it == "super").count();
                [&parent[..parent.len().checked_sub(ups)?], &rest[ups..]].concat()
            }
            _ => {
                let mut imports = names.imports.iter().filter(|it| Some(*it) != within);
                if let Some(import) = imports.find(|it| it.name == *first) {
                    return self.found(file, &[&import.path, rest].concat(), Some(import), steps);
                }
                if names.modules.contains(first) { [&own, path].concat() } else { path.to_vec() }
            }
        };
        self.located(&absolute, steps)
    }

    /// The file of the longest module that a path begins with; from there on by its imports.
    fn located(&self, path: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let lengths = (1..=path.len()).rev();
        let (length, file) =
            lengths.filter_map(|it| Some((it, self.modules.get(&path[..it])?))).next()?;
        let here = || Target { file: file.clone(), item: path[length..].to_vec() };
        let Some((first, rest)) = path[length..].split_first() else { return Some(here()) };
        let names = self.files.get(file)?;
        if first == GLOB || names.items.contains(first) {
            return Some(here());
        }
        if let Some(import) = names.imports.iter().find(|it| it.name == *first) {
            let beyond = [&import.path, rest].concat();
            return self.found(file, &beyond, Some(import), steps).or_else(|| Some(here()));
        }
        let globs = names.imports.iter().filter(|it| it.name == GLOB);
        let through = globs.filter_map(|it| {
            let beyond = [&it.path[..it.path.len() - 1], &path[length..]].concat();
            let target = self.found(file, &beyond, Some(it), steps)?;
            self.declares(&target).then_some(target)
        });
        through.into_iter().next().or_else(|| Some(here()))
    }
}

/// `app/src/engine/keys.rs` is `app::engine::keys`, and `app/src/lib.rs` is `app`.
fn module(file: &str) -> Vec<String> {
    let words = file.trim_end_matches(".rs").split('/').map(str::to_owned);
    let mut words: Vec<String> = words.collect();
    words.retain(|it| it != "src" && it != "lib");
    words
}

fn samples() -> Codebase {
    Codebase::new([
        ("store/src/lib.rs", "mod session; pub use session::sessions;"),
        ("store/src/session.rs", "pub mod sessions;"),
        ("store/src/session/sessions.rs", "pub fn insert() {}"),
        ("app/src/lib.rs", "pub mod a; mod b; pub use self::b::{Thing as Other}; pub use a::*;"),
        ("app/src/a.rs", "pub mod deep; pub fn at_the_top() {}"),
        ("app/src/a/deep.rs", "use super::at_the_top; use crate::Other; use crate::at_the_top;"),
        (
            "app/src/b.rs",
            "use store::{self as s, sessions as all}; pub struct Thing;
            fn one() { s::sessions::insert(); } fn two() { all::insert() }",
        ),
    ])
}

#[test]
fn paths_lead_through_imports_and_exports_to_their_files() {
    let codebase = samples();
    let targets = |file: &str| -> Vec<String> {
        let all = codebase.targets(file).into_iter();
        all.map(|it| format!("{} {}", it.file, it.item.join("::"))).collect()
    };
    let all = ["app/src/a.rs at_the_top", "app/src/b.rs Thing"];
    assert_eq!(targets("app/src/a/deep.rs"), all);
    let sessions = "store/src/session/sessions.rs";
    let all =
        ["store/src/lib.rs ".to_owned(), format!("{sessions} "), format!("{sessions} insert")];
    assert_eq!(targets("app/src/b.rs"), all);
    assert_eq!(codebase.target("store::sessions::insert").unwrap().file, sessions);
}
