//! Pages from the templates as they are.

use minijinja::context;

use super::*;
use crate::openapi;

fn pages() -> Pages {
    Pages::new("Portcullis", &openapi::document()).unwrap()
}

/// Every template with a view like that of its handler.
fn samples() -> Vec<(&'static str, Value)> {
    let letter = context! {
        id => "1", to => "anna@example.com", subject => "<b>Hi</b>", text => "Go to\nhttps://a.example/x",
        has_html => true, received_at => "2027-01-15T08:00:00Z", links => ["https://a.example/x"],
    };
    vec![
        ("index.html", context! { is_for_developers => true, origin => "http://127.0.0.1:8000" }),
        ("index.html", context! { is_for_developers => false, origin => "https://a.example" }),
        ("inbox.html", context! { letters => [letter.clone()] }),
        ("letter.html", context! { letter }),
        (
            "problem.html",
            context! { word => "not_found", title => "T", meaning => "M", status => 404 },
        ),
        ("swagger.html", context! {}),
        (
            "link.html",
            context! {
                link => "reset_password", step => "ask", action => "/reset-password",
                token => "t", csrf_token => "c", asks_password => true, errors => ["E"],
            },
        ),
        ("link.html", context! { link => "verify_email", step => "done" }),
        ("link.html", context! { link => "undo_email_change", step => "failed", detail => "D" }),
    ]
}

#[test]
fn every_template_renders_without_scripts_of_its_own() {
    let pages = pages();
    let rendered =
        samples().into_iter().map(|(name, view)| (name, pages.render(name, view).unwrap().0));
    let all: Vec<_> = rendered.chain([("reference.html", pages.reference.clone())]).collect();
    for (name, html) in &all {
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert!(html.contains("<html lang=\"en\">") && html.contains("</html>"), "{name}");
        assert!(!html.contains("<style") && !html.contains(" style="), "{name}");
        assert!(!html.contains("<script>") && !html.contains(" onclick="), "{name}");
        assert!(!html.contains("src=\"http"), "{name}");
    }
    for (name, _) in TEMPLATES.iter().filter(|(name, _)| *name != "layout.html") {
        assert!(all.iter().any(|(sample, _)| sample == name), "{name} has no sample");
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let pages = pages();
    for (name, view) in
        samples().into_iter().filter(|(name, _)| matches!(*name, "inbox.html" | "letter.html"))
    {
        let html = pages.render(name, view).unwrap().0;
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>Hi"), "{name}");
    }
}

#[test]
fn the_reference_lists_every_operation_and_its_links_lead_somewhere() {
    let pages = pages();
    let document: serde_json::Value = serde_json::from_slice(&pages.document).unwrap();
    let reference = pages.reference.replace("&#x2f;", "/");
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(reference.contains(path.as_str()), "{path}");
    }
    for link in pages.reference.split("href=\"#").skip(1).filter_map(|it| it.split('"').next()) {
        assert!(pages.reference.contains(&format!("id=\"{link}\"")), "{link}");
    }
}
