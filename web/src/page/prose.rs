//! Renders descriptions as HTML: paragraphs and inline code, the only Markdown that they use.

use minijinja::Value;

/// A template filter; the text is escaped.
pub fn prose(text: String) -> Value {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|it| !it.is_empty());
    Value::from_safe_string(paragraphs.map(paragraph).collect())
}

fn paragraph(text: &str) -> String {
    let mut html = String::from("<p>");
    for (number, part) in text.split('`').enumerate() {
        let part = escaped(part);
        if number % 2 == 1 {
            html.extend(["<code>", &part, "</code>"]);
        } else {
            html.push_str(&part);
        }
    }
    html + "</p>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_code_is_marked() {
        let html = prose("One `<b>` & two.\n\nThree.".into());
        assert_eq!(html.to_string(), "<p>One <code>&lt;b&gt;</code> &amp; two.</p><p>Three.</p>");
        assert!(html.is_safe());
    }
}
