//! One word a subject: the folders of every crate and of these tests are named after one list, and a
//! subject that exists anywhere is one of the crate `app`.

use std::collections::BTreeSet;

/// What the program is about.
const SUBJECTS: [&str; 13] = [
    "access",
    "account",
    "audit",
    "factor",
    "notify",
    "organization",
    "session",
    "sign_in",
    "transfer",
    "oidc",
    "saml",
    "scim",
    "webhook",
];

/// A place that has folders of subjects, and its other folders.
type Place = (&'static str, &'static [&'static str]);

const PLACES: [Place; 7] = [
    ("domain/src", &["settings"]),
    ("store/src", &["db", "engine", "queue"]),
    ("app/src", &["engine", "queue", "work"]),
    (
        "web/src",
        &[
            "admin", "api", "compat", "console", "extract", "form", "html", "layer", "openapi",
            "page", "problem", "serve",
        ],
    ),
    ("web/src/api", &[]),
    ("web/src/admin", &[]),
    (
        "portcullis/tests/it",
        &["cli", "clients", "compat", "fakes", "house", "serve", "work", "world"],
    ),
];

/// What of a place is a folder, or the file that would be its head.
struct Found {
    place: &'static str,
    folders: BTreeSet<String>,
    files: BTreeSet<String>,
}

/// Folders whose name is no subject, and subjects that `app` does not have.
fn strangers(places: &[Found]) -> Vec<String> {
    let in_app = |word: &str| {
        let app = places.iter().find(|it| it.place == "app/src");
        app.is_some_and(|it| it.folders.contains(word) || it.files.contains(word))
    };
    let mut found = Vec::new();
    for Found { place, folders, .. } in places {
        let technical = PLACES.iter().find(|it| it.0 == *place).map_or(&[][..], |it| it.1);
        for word in folders.iter().filter(|it| !technical.contains(&it.as_str())) {
            if !SUBJECTS.contains(&word.as_str()) {
                found.push(format!("{place}/{word} is no subject"));
            } else if !in_app(word) {
                found.push(format!("{place}/{word} is a subject that app/src does not have"));
            }
        }
    }
    found
}

fn read(place: &'static str) -> Found {
    let (mut folders, mut files) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(super::sources::root().join(place)).unwrap() {
        let path = entry.unwrap().path();
        let word = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            folders.insert(word)
        } else {
            files.insert(word)
        };
    }
    Found { place, folders, files }
}

#[test]
fn folders_are_named_after_one_list_of_subjects() {
    let places = PLACES.map(|it| read(it.0));
    super::assert_none("folders against the rule of one word", &strangers(&places));
}

#[test]
fn another_word_for_a_subject_is_found() {
    let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    let app = Found {
        place: "app/src",
        folders: words(&["account", "engine"]),
        files: words(&["audit"]),
    };
    let tests = ["account", "audit", "accounts", "engine", "factor", "house"];
    let tests = Found { place: "portcullis/tests/it", folders: words(&tests), files: words(&[]) };
    let expected = [
        "portcullis/tests/it/accounts is no subject",
        "portcullis/tests/it/engine is no subject",
        "portcullis/tests/it/factor is a subject that app/src does not have",
    ];
    assert_eq!(strangers(&[app, tests]), expected);
}
