//! Every template with a view like that of its handler: an operator's own templates are tried with
//! these at start-up, and the built-in ones by the tests.

use minijinja::{Value, context};

/// Every template with a view like that of its handler.
pub fn samples() -> Vec<(&'static str, Value)> {
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
                token => "t", csrf_token => "c", errors => ["E"],
                fields => [
                    context! { name => "new_password", kind => "password", autocomplete => "off" },
                    context! { name => "terms_accepted", kind => "checkbox", autocomplete => "off" },
                ],
            },
        ),
        ("link.html", context! { link => "verify_email", step => "done" }),
        ("link.html", context! { link => "undo_email_change", step => "failed", detail => "D" }),
    ]
}
