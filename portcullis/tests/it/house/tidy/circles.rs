//! No circle between files of different folders of a crate: what goes round in one cannot be read,
//! tested or moved alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{codebase::Codebase, folders::folder};

/// Beside the `lib.rs` of each crate: files that hold a part of every folder, so that everybody names
/// them and they name everybody.
const HUBS: [&str; 2] = ["app/src/app.rs", "web/src/state.rs"];

/// A file and one that it names, which closes a circle. To become empty.
const NOT_YET: &[(&str, &str)] = &[];

type Graph<'a> = BTreeMap<&'a str, BTreeSet<String>>;

/// The circles of a crate, each as a way round it.
fn circles(codebase: &Codebase, name: &str) -> Vec<String> {
    let graph: Graph = codebase.files_of(name).map(|it| (it, seen(codebase, name, it))).collect();
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for file in graph.keys() {
        if !reported.contains(file)
            && let Some(way) = way_round(&graph, file)
        {
            found.push(way.join(" -> "));
            reported.extend(way);
        }
    }
    found
}

/// The other files of the crate that a file names.
fn seen(codebase: &Codebase, name: &str, file: &str) -> BTreeSet<String> {
    if HUBS.contains(&file) || file.ends_with("/src/lib.rs") {
        return BTreeSet::new();
    }
    let ours = format!("{name}/src/");
    let targets = codebase.targets(file).into_iter().map(|it| it.file);
    let others = targets.filter(|it| it != file && it.starts_with(&ours));
    others.filter(|it| !NOT_YET.contains(&(file, it.as_str()))).collect()
}

/// A way from a file to one of another folder and back.
fn way_round<'a>(graph: &'a Graph<'a>, file: &'a str) -> Option<Vec<&'a str>> {
    let out = steps(graph, file);
    let others = out.keys().copied().filter(|it| folder(it) != folder(file));
    let rounds = others.filter_map(|other| {
        let back = way(&steps(graph, other), file)?;
        Some([&way(&out, other)?, &back[1..]].concat())
    });
    rounds.min_by_key(Vec::len)
}

/// Every file that can be reached, with the file before it.
fn steps<'a>(graph: &'a Graph<'a>, from: &'a str) -> BTreeMap<&'a str, &'a str> {
    let mut before = BTreeMap::from([(from, from)]);
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        for seen in graph.get(file).into_iter().flatten() {
            before.entry(seen).or_insert_with(|| {
                next.push_back(seen);
                file
            });
        }
    }
    before
}

/// The way to a file, if it can be reached.
fn way<'a>(steps: &BTreeMap<&'a str, &'a str>, to: &'a str) -> Option<Vec<&'a str>> {
    let mut way = vec![to];
    let mut at = *steps.get(to)?;
    while way.last() != Some(&at) {
        way.push(at);
        at = steps[at];
    }
    way.reverse();
    Some(way)
}

#[test]
fn no_circle_joins_the_folders_of_a_crate() {
    let codebase = super::sources::codebase();
    let mut found: Vec<_> = super::OURS.iter().flat_map(|name| circles(&codebase, name)).collect();
    let is_named = |from, to| codebase.targets(from).iter().any(|it| it.file == to);
    let unneeded = NOT_YET.iter().filter(|(from, to)| !is_named(from, *to));
    found.extend(unneeded.map(|it| format!("{it:?} can leave NOT_YET")));
    super::assert_none("circles between folders", &found);
}

#[test]
fn circles_between_folders_are_found_and_those_within_one_are_not() {
    let circle = [
        ("app/src/lib.rs", "pub use self::b::two::Two; pub use self::c::Three;"),
        ("app/src/a/one.rs", "use crate::{\n    Two,\n};"),
        ("app/src/b/two.rs", "fn x() { super::other::go() } pub struct Two;"),
        ("app/src/b/other.rs", "use crate::a::one; pub fn go() {}"),
        ("app/src/c.rs", "use self::d::Four; pub struct Three;"),
        ("app/src/c/d.rs", "use super::Three; pub struct Four;"),
    ];
    let way = "app/src/a/one.rs -> app/src/b/two.rs -> app/src/b/other.rs -> app/src/a/one.rs";
    assert_eq!(circles(&Codebase::new(circle), "app"), [way]);
    assert!(circles(&Codebase::new(circle[4..].to_vec()), "app").is_empty());
    let only_in_tests = [
        ("app/src/a.rs", "use crate::b;"),
        ("app/src/b.rs", "// crate::a::x\n#[cfg(test)]\nmod tests { use crate::a; }"),
    ];
    assert!(circles(&Codebase::new(only_in_tests), "app").is_empty());
}
