//! Mails as text and HTML, from templates that are part of the program.

use minijinja::{Environment, UndefinedBehavior, Value, value::Serde};
use serde::Serialize;

use crate::{Error, Result};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => { &[
        $(($name, include_str!(concat!("../../templates/mail/", $name)))),+
    ] };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "layout.html",
    "layout.txt",
    "verify_email.html",
    "verify_email.txt",
    "welcome.html",
    "welcome.txt",
    "session_reused.html",
    "session_reused.txt",
    "registration_repeated.html",
    "registration_repeated.txt",
    "reset_password.html",
    "reset_password.txt",
    "password_changed.html",
    "password_changed.txt",
    "change_email.html",
    "change_email.txt",
    "email_changed.html",
    "email_changed.txt",
];

/// A mail's three texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub struct Render(Environment<'static>);

impl Render {
    /// Compiles every template.
    pub fn new() -> Result<Render> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).map_err(Error::broken)?;
        }
        Ok(Render(environment))
    }

    /// A mail by the name of its templates. The subject is a block of the text.
    pub fn mail(&self, name: &str, values: impl Serialize) -> Result<Rendered> {
        let template =
            |ending: &str| self.0.get_template(&format!("{name}.{ending}")).map_err(Error::broken);
        let (text, html) = (template("txt")?, template("html")?);
        let values = Value::from(Serde(values));
        let mut captured = text.render_captured(values.clone()).map_err(Error::broken)?;
        let subject = captured.with_state_mut(|state| state.render_block("subject"));
        let subject = subject.map_err(Error::broken)?;
        Ok(Rendered {
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: captured.into_output(),
            html: html.render(values).map_err(Error::broken)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::job::Letter;

    #[test]
    fn every_letter_renders() {
        let render = Render::new().unwrap();
        let values = json!({
            "product": "Portcullis",
            "public_url": "https://id.example.com",
            "name": "<Anna>",
            "email": "anna@example.com",
            "new_email": "anna@example.org",
            "link": "https://id.example.com/verify-email?token=abc",
            "lifetime": "24 hours",
            "happened_at": "2027-01-15T08:00:00Z",
        });
        for letter in Letter::ALL {
            let mail = render.mail(letter.name(), &values).unwrap();
            assert!(!mail.subject.is_empty() && !mail.subject.contains('\n'), "{mail:?}");
            assert!(mail.text.contains("<Anna>"), "{}", mail.text);
            assert!(mail.html.contains("&lt;Anna&gt;") && !mail.html.contains("<Anna>"));
            assert!(!mail.text.contains("{{") && !mail.html.contains("{%"));
        }
        let verify = render.mail(Letter::VerifyEmail.name(), &values).unwrap();
        assert!(verify.text.contains("https://id.example.com/verify-email?token=abc"));
    }
}
