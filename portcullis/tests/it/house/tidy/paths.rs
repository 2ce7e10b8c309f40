//! The paths that a file names: those of its `use` declarations, one for each leaf of the tree, and
//! those that stand in its code.

use super::tokens::{is_word, tokens};

/// The last segment of `use a::*`.
pub const GLOB: &str = "*";

/// A name that `use` gives to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
}

/// What a file names and what it declares.
#[derive(Debug, Default)]
pub struct Names {
    pub imports: Vec<Import>,
    /// Paths of two segments and more, as they are written.
    pub paths: Vec<Vec<String>>,
    /// `mod a;`
    pub modules: Vec<String>,
    /// Functions, types and so on.
    pub items: Vec<String>,
}

const ITEMS: [&str; 9] =
    ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

pub fn names(text: &str) -> Names {
    let tokens = tokens(text);
    let mut names = Names::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1).copied().unwrap_or_default();
        match *token {
            // Not the `use<'a>` of a returned type.
            "use" if next != "<" => {
                at += 1;
                tree(&tokens, &mut at, &[], &mut names.imports);
            }
            "mod" if tokens.get(at + 2) == Some(&";") => names.modules.push(next.to_owned()),
            it if ITEMS.contains(&it) => {
                let name = if next == "!" { tokens.get(at + 2).copied() } else { Some(next) };
                names.items.extend(name.map(str::to_owned));
            }
            _ if next == "::" && starts_path(&tokens[..at]) && is_name(token) => {
                let path = path(&tokens[at..]);
                at += 2 * (path.len() - 1);
                names.paths.extend((path.len() > 1).then_some(path));
            }
            _ => {}
        }
        at += 1;
    }
    names
}

fn is_name(token: &str) -> bool {
    token.chars().all(is_word)
}

/// Not the `b` of `a::b` nor of `<T as A>::b`, but that of `::b`.
fn starts_path(before: &[&str]) -> bool {
    match before {
        [.., last, "::"] => !is_name(last) && *last != ">",
        _ => true,
    }
}

/// The segments that begin here. What follows a `::` and is no name, such as `<`, ends it.
fn path(tokens: &[&str]) -> Vec<String> {
    let mut path = vec![tokens[0].to_owned()];
    for pair in tokens[1..].chunks_exact(2) {
        match pair {
            ["::", name] if is_name(name) => path.push((*name).to_owned()),
            _ => break,
        }
    }
    path
}

/// Reads a tree of `use` from `at` to what ends it: `;`, `,` or `}`.
fn tree(tokens: &[&str], at: &mut usize, before: &[String], found: &mut Vec<Import>) {
    let mut path = before.to_vec();
    let (mut name, mut is_leaf) = (None, false);
    while let Some(token) = tokens.get(*at) {
        match *token {
            ";" | "," | "}" => break,
            "::" => {}
            "as" => {
                *at += 1;
                name = tokens.get(*at).map(|it| (*it).to_owned());
            }
            "{" => return group(tokens, at, &path, found),
            "self" if !path.is_empty() => is_leaf = true,
            it => {
                path.push(it.to_owned());
                is_leaf = true;
            }
        }
        *at += 1;
    }
    // Nothing stands between the last `,` of a group and its `}`.
    let Some(last) = path.last().filter(|_| is_leaf).cloned() else { return };
    found.push(Import { name: name.unwrap_or(last), path });
}

fn group(tokens: &[&str], at: &mut usize, before: &[String], found: &mut Vec<Import>) {
    while !matches!(tokens.get(*at), None | Some(&"}")) {
        // Over the `{` or the `,`.
        *at += 1;
        tree(tokens, at, before, found);
    }
    *at += 1;
}

#[test]
fn trees_of_use_are_read_to_their_leaves() {
    let text = "use crate::{a, b::{self, c as d,}, e::*}; pub(crate) use self::f; use store;";
    let imports: Vec<String> = names(text)
        .imports
        .iter()
        .map(|it| format!("{}={}", it.name, it.path.join("::")))
        .collect();
    let expected =
        ["a=crate::a", "b=crate::b", "d=crate::b::c", "*=crate::e::*", "f=self::f", "store=store"];
    assert_eq!(imports, expected);
}

#[test]
fn paths_in_the_code_are_found() {
    let text = "mod a; fn b(c: &crate::d::E) { f::g::<u8>(h::i()); <T as J>::k(); ::l::m(); n }";
    let names = names(text);
    let paths: Vec<String> = names.paths.iter().map(|it| it.join("::")).collect();
    assert_eq!(paths, ["crate::d::E", "f::g", "h::i", "l::m"]);
    assert_eq!((names.modules, names.items), (vec!["a".to_owned()], vec!["b".to_owned()]));
}
