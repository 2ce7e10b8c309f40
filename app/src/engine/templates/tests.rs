//! Folders of an operator, good and bad.

use std::fs;

use tempfile::TempDir;

use super::*;
use domain::notify::Letter;

use crate::engine::render::VALUES;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn compiled(folder: &TempDir) -> Result<Compiled, TemplateError> {
    compile(folder.path().to_str().unwrap())
}

/// Why these files are refused.
fn refused(files: &[(&str, &str)]) -> String {
    compiled(&folder(files)).err().unwrap().to_string()
}

const WELCOME: &str = "{% extends \"layout.txt\" %}\n{% block subject %}Hi{% endblock %}\n";

#[test]
fn own_templates_and_texts_take_the_place_of_built_in_ones() {
    let body = "{% block body %}<b>{{ name }}</b>{% endblock %}";
    let html = format!("{{% extends \"layout.html\" %}}{body}");
    let own = folder(&[
        ("mail/welcome.html", &html),
        ("locales/de.ftl", "mail-hello = Moin { $name }!\n"),
        (".hidden/x", "?"),
    ]);
    let compiled = compiled(&own).unwrap();
    let values = minijinja::Value::from_pairs(VALUES.iter().copied());
    let mail = compiled.render.mail(Language::German, Letter::Welcome.name(), values).unwrap();
    assert!(mail.html.contains("<b>&lt;Anna&gt;</b>"), "{}", mail.html);
    assert!(mail.html.contains("Moin &lt;Anna&gt;!"), "{}", mail.html);
    assert!(mail.subject.starts_with("Willkommen"));
}

#[test]
fn what_is_unknown_or_broken_is_named() {
    let cases: &[(&str, &str, &str)] = &[
        ("mail/hello.txt", "", "mail/hello.txt: there is no built-in file"),
        ("locales/xx.ftl", "", "locales/xx.ftl: there is no built-in file"),
        ("other/a.txt", "", "other: no such folder"),
        ("mail/welcome.txt", "\n\n{% if %}", "mail/welcome.txt, line 3: "),
        ("mail/welcome.html", "\n{{ surname }}", "mail/welcome.html, line 2: "),
        ("mail/welcome.html", "{{ t(\"nothing\") }}", "there is no text \"nothing\""),
        ("mail/welcome.txt", "no subject", "mail/welcome.txt"),
        ("locales/fr.ftl", "mail-hello = Salut\nnothing = x\n", "locales/fr.ftl, line 2: "),
        ("locales/fr.ftl", "\nmail-hello = { $surname }\n", "locales/fr.ftl, line 2: "),
        ("locales/fr.ftl", "mail-hello = {\n", "locales/fr.ftl, line "),
    ];
    for (name, text, expected) in cases {
        let why = refused(&[(name, text)]);
        assert!(why.contains(expected), "{name}: {why}");
    }
    assert!(compile("/nonexistent").err().unwrap().to_string().contains("/nonexistent"));
    let large = "x".repeat(300 * 1024);
    assert!(refused(&[("mail/welcome.txt", &large)]).contains("larger"));
    compiled(&folder(&[("mail/welcome.txt", WELCOME)])).map(drop).unwrap();
}
