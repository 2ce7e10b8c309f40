//! Pages from the templates as they are.

use super::{samples::samples, *};

fn pages() -> Pages {
    let compiled = app::engine::templates::compile("").unwrap();
    let document = crate::document();
    Pages::new("Portcullis", "", compiled.locale, &compiled.overrides, &document).unwrap()
}

/// Descriptions for developers, which are in English.
const IN_ENGLISH: [&str; 2] = ["reference.html", "swagger.html"];

/// Every page in a language.
fn rendered_in(language: Language) -> Vec<(&'static str, String)> {
    let pages = pages();
    let rendered = |(name, view)| {
        let language = if IN_ENGLISH.contains(&name) { Language::English } else { language };
        (name, pages.render(language, name, view).unwrap().0)
    };
    samples().into_iter().map(rendered).collect()
}

fn reference_page(pages: &Pages) -> String {
    String::from_utf8(pages.reference.to_vec()).unwrap()
}

#[test]
fn every_template_renders_without_scripts_of_its_own() {
    let reference = ("reference.html", reference_page(&pages()));
    for language in Language::ALL {
        let mut all = rendered_in(language);
        all.push(reference.clone());
        for (name, html) in &all {
            let language = if IN_ENGLISH.contains(name) { Language::English } else { language };
            let (tag, direction) = (language.tag(), language.direction());
            let head = format!("<html lang=\"{tag}\" dir=\"{direction}\">");
            assert!(html.starts_with("<!doctype html>"), "{name}");
            assert!(html.contains(&head) && html.contains("</html>"), "{name} {tag}");
            assert!(!html.contains("<style") && !html.contains(" style="), "{name}");
            assert!(!html.contains("<script>") && !html.contains(" onclick="), "{name}");
            assert!(!html.contains("src=\"http"), "{name}");
            assert!(!html.contains("page-") || html.contains("/page.css"), "{name}");
        }
        for (name, _) in TEMPLATES.iter().filter(|(name, _)| *name != "layout.html") {
            assert!(all.iter().any(|(sample, _)| sample == name), "{name} has no sample");
        }
    }
}

#[test]
fn no_page_is_left_in_english() {
    let english = rendered_in(Language::English);
    for language in Language::ALL.into_iter().skip(1) {
        for ((name, english), (_, other)) in english.iter().zip(rendered_in(language)) {
            // What the samples put in, names and things of technology.
            let same = ["anna@example.com", "Swagger UI", "Go to", "&lt;b&gt;", "· Portcullis"];
            let texts = english.split(['<', '>']).filter(|it| it.contains(' '));
            let texts = texts.filter(|it| !it.contains('=') && !it.starts_with('!'));
            let texts = texts.filter(|it| !same.iter().any(|same| it.contains(same)));
            for text in texts.filter(|_| !IN_ENGLISH.contains(name)) {
                assert!(!other.contains(text), "{name} in {}: {text}", language.tag());
            }
        }
    }
}

#[test]
fn every_mailed_link_has_the_texts_of_its_page() {
    let locale = app::engine::templates::compile("").unwrap().locale;
    for purpose in Purpose::ALL.iter().filter(|it| it.destination().is_some()) {
        for part in ["title", "about", "button", "done", "next", "again"] {
            let name = format!("page-{}-{part}", purpose.word());
            assert!(locale.has(&name), "{name}");
        }
    }
}

#[test]
fn paths_in_templates_begin_with_that_of_the_public_address() {
    for (name, source) in TEMPLATES {
        for start in ["href=\"/", "src=\"/", "action=\"/"] {
            assert!(!source.contains(start), "{name}: write {{{{ base }}}} before the path");
        }
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let pages = pages();
    for (name, view) in
        samples().into_iter().filter(|(name, _)| matches!(*name, "inbox.html" | "letter.html"))
    {
        let html = pages.render(Language::English, name, view).unwrap().0;
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>Hi"), "{name}");
    }
}

#[test]
fn the_reference_lists_every_operation_and_its_links_lead_somewhere() {
    let pages = pages();
    let document: serde_json::Value = serde_json::from_slice(&pages.document).unwrap();
    let reference = reference_page(&pages).replace("&#x2f;", "/");
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(reference.contains(path.as_str()), "{path}");
    }
    for link in reference.split("href=\"#").skip(1).filter_map(|it| it.split('"').next()) {
        assert!(reference.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn the_guide_lists_every_template_and_value() {
    let guide = include_str!("../../../docs/guide/templates.md");
    let row = |name: &str| {
        let start = format!("| `page/{name}` |");
        guide.lines().find(|it| it.starts_with(&start)).unwrap_or_else(|| panic!("{name}"))
    };
    for (name, _) in TEMPLATES {
        assert!(!row(name).is_empty());
    }
    for (name, view) in samples() {
        for value in view.try_iter().unwrap() {
            assert!(row(name).contains(&format!("`{value}`")), "{name} {value}");
        }
    }
}
