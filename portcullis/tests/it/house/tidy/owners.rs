//! What only some files may name, because naming it is how a rule would be passed by.
//!
//! A path is followed through `use`, groups, `as`, `self`, `super` and re-exports, so another name
//! or a shorter path is no way round. `use a::*` names everything of `a`. Not seen: a function that
//! is handed on as a value by a file that may name it, and code that a macro of another crate makes.

use super::{
    codebase::Codebase,
    sources::{Source, code, codebase, sources},
};

/// Paths, and the files that may name them beside the file that declares them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("store::sessions::insert", &["app/src/sign_in/finish.rs"]),
    ("store::sessions::end", TX),
    ("store::sessions::end_seen", TX),
    ("store::sessions::end_all", TX),
    ("store::sessions::end_idle", TX),
    ("store::sessions::renew", TX),
    ("store::sessions::rotate", TX),
    ("store::sessions::replace_head", TX),
    ("store::revocations::insert", TX),
    ("store::events::insert", TX),
    ("store::jobs::insert", TX),
    ("store::jobs::replay", TX),
    ("app::access::guard::operator", CLI),
    ("app::session::tokens::issue", TOKENS),
];

/// Whoever may do everything: commands at the server.
const CLI: &[&str] = &[
    "portcullis/src/cli/create_superuser.rs",
    "portcullis/src/cli/jobs.rs",
    "portcullis/src/cli/keys.rs",
    "portcullis/src/cli/operator.rs",
    "portcullis/src/cli/users.rs",
];

/// What ends in tokens: a sign-in, a refresh, and changes with which a session goes on.
const TOKENS: &[&str] =
    &["app/src/account/email_change.rs", "app/src/factor/password.rs", "app/src/sign_in/finish.rs"];

/// What owns the effects of a transaction.
const TX: &[&str] = &["app/src/tx.rs"];

/// Methods that carry out the effects of a transaction, and the files that may call them. A method is
/// found by its name, so none of these may be a common word.
const METHODS: &[(&str, &[&str])] = &[
    (".forget_session(", &["app/src/tx.rs", "app/src/engine/lookaside.rs"]),
    (".forget_user(", &["app/src/tx.rs", "app/src/engine/lookaside.rs"]),
    (".forget_all(", &["app/src/work/rewind.rs", "app/src/engine/lookaside.rs"]),
    ("lookaside.update(", &["app/src/tx.rs", "app/src/access/caller.rs"]),
    (".notify_one(", &["app/src/tx.rs"]),
    (".publish(", &["app/src/tx.rs", "app/src/app.rs"]),
    (".wake_workers(", &["app/src/tx.rs", "app/src/work/rewind.rs"]),
];

/// Calls of methods where they must not be.
fn callers(sources: &[Source], methods: &[(&str, &[&str])]) -> Vec<String> {
    let mut found = Vec::new();
    for Source { path, text } in sources {
        // A call may stand on a line of its own, below what it is called on.
        let text: String = code(text).map(str::trim).collect();
        let strange = methods.iter().filter(|it| !it.1.contains(&path.as_str()));
        found.extend(
            strange.filter(|it| text.contains(it.0)).map(|it| format!("{path} calls {}", it.0)),
        );
    }
    found
}

/// Statements that change rows, outside of the crate that owns them.
fn statements(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for Source { path, text } in sources {
        let text: String = code(text).map(str::trim).collect::<Vec<_>>().join(" ");
        let strange = ["INSERT INTO ", "DELETE FROM ", " SET "].into_iter();
        found.extend(strange.filter(|it| text.contains(it)).map(|it| format!("{path} has {it}")));
    }
    found
}

#[test]
fn only_store_changes_rows() {
    let sources: Vec<Source> =
        ["app", "web"].into_iter().flat_map(|it| sources(it, &["src"])).collect();
    super::assert_none("files with statements of their own", &statements(&sources));
    let text = "let x = db.execute(\"INSERT INTO sessions VALUES ($1)\", args![id]);".into();
    let broken = [Source { path: "app/src/x.rs".into(), text }];
    assert_eq!(statements(&broken), ["app/src/x.rs has INSERT INTO "]);
}

#[test]
fn effects_are_carried_out_by_the_transaction_that_owns_them() {
    super::assert_none(
        "files that pass by the transaction",
        &callers(&sources("app", &["src"]), METHODS),
    );
    let sample = |text: &str| [Source { path: "app/src/account/x.rs".into(), text: text.into() }];
    let broken = sample("fn x() {\n    app.lookaside\n        .forget_user(id);\n}");
    assert_eq!(callers(&broken, METHODS), ["app/src/account/x.rs calls .forget_user("]);
    assert!(callers(&sample("// app.publish(REVOCATIONS)"), METHODS).is_empty());
}

/// What is named where it must not be, and paths that lead nowhere.
fn strangers(codebase: &Codebase, only_in: &[(&str, &[&str])]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, allowed) in only_in {
        let Some(owned) = codebase.target(path).filter(|it| codebase.declares(it)) else {
            found.push(format!("{path} leads nowhere: the rule guards nothing"));
            continue;
        };
        let others = codebase.files().filter(|it| *it != owned.file && !allowed.contains(it));
        let naming = others.filter(|file| {
            codebase.targets(file).iter().any(|it| {
                it.file == owned.file && (it.item == owned.item || it.item == ["*".to_owned()])
            })
        });
        found.extend(naming.map(|it| format!("{it} names {path}")));
    }
    found
}

#[test]
fn guarded_paths_are_named_only_where_they_may() {
    super::assert_none("files that pass by a rule", &strangers(&codebase(), ONLY_IN));
}

#[test]
fn no_spelling_passes_by_the_rule() {
    let rule: &[(&str, &[&str])] = &[("store::sessions::insert", &["app/src/finish.rs"])];
    let spellings = [
        "fn x() { store::sessions::insert(&db) }",
        "use store::sessions::insert;",
        "use store::{Db, sessions::{by_id, insert as put}};",
        "use store::sessions; fn x() { sessions::insert(&db) }",
        "use store::{self as s}; fn x() { s::sessions::insert(&db) }",
        "use store::sessions::{self as all}; fn x() { all::insert(&db) }",
        "use store::sessions::*;",
        "use crate::finish::sessions; fn x() { sessions::insert(&db) }",
        "fn x() { list.map(::store::sessions::insert) }",
    ];
    let with = |text: &'static str| {
        Codebase::new([
            ("store/src/lib.rs", "mod session; pub use session::sessions;"),
            ("store/src/session/sessions.rs", "pub fn insert() {} pub fn by_id() {}"),
            ("app/src/finish.rs", "pub use store::sessions; fn x() { sessions::insert() }"),
            ("app/src/other.rs", text),
        ])
    };
    for text in spellings {
        let found = strangers(&with(text), rule);
        assert_eq!(found, ["app/src/other.rs names store::sessions::insert"], "{text}");
    }
    let innocent = "use store::sessions; fn x() { sessions::by_id() } // store::sessions::insert";
    assert!(strangers(&with(innocent), rule).is_empty());
    let gone = strangers(&with(""), &[("store::sessions::put", &[])]);
    assert_eq!(gone, ["store::sessions::put leads nowhere: the rule guards nothing"]);
}
