//! The arrows between the folders of a crate. A file at the root of a crate is a folder of its own
//! name, together with the folder that it is the head of.

use super::{
    arrows::{RULES, Rules},
    codebase::{Codebase, Target},
};

/// The first word of a file's path in its crate: `engine` of `app/src/engine/keys/ring.rs`.
pub fn folder(file: &str) -> &str {
    let within = file.split_once("/src/").map_or(file, |it| it.1);
    within.split(['/', '.']).next().unwrap_or(within)
}

impl Rules {
    /// Files that name a folder which theirs may not, and entries of `not_yet` that nobody needs.
    fn broken(&self, codebase: &Codebase) -> Vec<String> {
        let mut found = Vec::new();
        let mut needed = Vec::new();
        for file in codebase.files_of(self.name) {
            let Some((_, allowed)) = self.arrows.iter().find(|it| it.0 == folder(file)) else {
                found.push(format!("{file}: there are no arrows for {}", folder(file)));
                continue;
            };
            for target in codebase.targets(file) {
                if self.allows(file, allowed, &target) {
                    continue;
                }
                let seen = folder(&target.file);
                match self.not_yet.iter().find(|it| **it == (file, seen)) {
                    Some(known) => needed.push(known),
                    None => found.push(format!("{file} names {}", shown(&target))),
                }
            }
        }
        let unneeded = self.not_yet.iter().filter(|it| !needed.contains(it));
        found.extend(unneeded.map(|it| format!("{it:?} can leave `not_yet`")));
        found
    }

    fn allows(&self, file: &str, allowed: &[&str], target: &Target) -> bool {
        let seen = folder(&target.file);
        let is_elsewhere = !target.file.starts_with(&format!("{}/src/", self.name));
        // As `sign_in::finish`: the file, and what is in the folder that it heads.
        let module = target.file.trim_end_matches(".rs").replace('/', "::") + "::";
        let start = format!("{}::src::", self.name);
        let is_allowed =
            |it: &&str| *it == "*" || *it == seen || module.starts_with(&format!("{start}{it}::"));
        is_elsewhere
            || seen == folder(file)
            || self.free.contains(&seen)
            || allowed.iter().any(is_allowed)
    }
}

fn shown(target: &Target) -> String {
    let Target { file, item } = target;
    let named = if item.is_empty() { file.clone() } else { format!("{file}::{}", item.join("::")) };
    format!("{} ({named})", folder(file))
}

#[test]
fn folders_name_only_folders_they_may_see() {
    let codebase = super::sources::codebase();
    let found: Vec<_> = RULES.iter().flat_map(|it| it.broken(&codebase)).collect();
    super::assert_none("files that name folders they must not see", &found);
}

const SAMPLE: Rules = Rules {
    name: "app",
    free: &["lib", "ctx"],
    arrows: &[
        ("lib", &["*"]),
        ("ctx", &[]),
        ("engine", &[]),
        ("account", &["engine", "sign_in::finish"]),
        ("sign_in", &["account"]),
    ],
    not_yet: &[("app/src/engine/old.rs", "account")],
};

#[test]
fn a_folder_that_is_named_and_must_not_be_is_found() {
    let broken = |file: &'static str, text: &'static str| {
        SAMPLE.broken(&Codebase::new([
            ("app/src/lib.rs", "pub mod account; pub use self::account::users::User;"),
            ("app/src/ctx.rs", ""),
            ("app/src/account/users.rs", "use crate::{ctx, engine, sign_in::finish};"),
            ("app/src/engine.rs", ""),
            ("app/src/engine/old.rs", "use crate::User;"),
            ("app/src/sign_in/finish.rs", "use crate::account::users;"),
            ("app/src/sign_in/password.rs", "use store::sessions;"),
            (file, text),
        ]))
    };
    let none: [&str; 0] = [];
    assert_eq!(
        broken("app/src/engine/keys/ring.rs", "use super::super::old; use crate::ctx;"),
        none
    );
    let named = ["app/src/engine/keys.rs names account (app/src/account/users.rs)"];
    assert_eq!(broken("app/src/engine/keys.rs", "use crate::{account::{users}};"), named);
    let named = ["app/src/engine/keys.rs names account (app/src/account/users.rs::User)"];
    assert_eq!(broken("app/src/engine/keys.rs", "fn x(u: crate::User) {}"), named);
    let named = ["app/src/account/a.rs names sign_in (app/src/sign_in/password.rs)"];
    assert_eq!(broken("app/src/account/a.rs", "use crate::sign_in::{finish, password};"), named);
    let unknown = ["app/src/new/a.rs: there are no arrows for new"];
    assert_eq!(broken("app/src/new/a.rs", ""), unknown);
    let unneeded = ["(\"app/src/engine/old.rs\", \"account\") can leave `not_yet`"];
    assert_eq!(broken("app/src/engine/old.rs", ""), unneeded);
}
