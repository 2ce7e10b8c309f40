//! Renders mails as text and HTML, in the language of the recipient. Templates are built in, or
//! custom.

use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, Value, context, value::Serde};
use serde::Serialize;

use crate::{
    Error, Result,
    engine::{
        locale::{Language, Locale, function},
        templates::{Overrides, TemplateError},
    },
};
use domain::notify::Letter;

macro_rules! templates {
    ($($name:literal),+ $(,)?) => { &[
        $(($name, include_str!(concat!("../../../templates/mail/", $name)))),+
    ] };
}

pub(crate) const TEMPLATES: &[(&str, &str)] = templates![
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
    "account_deleted.html",
    "account_deleted.txt",
    "email_changed.html",
    "email_changed.txt",
    "invitation.html",
    "invitation.txt",
];

/// The values of every letter, beside `lang` and `dir`, with examples.
pub const VALUES: &[(&str, &str)] = &[
    ("product", "Portcullis"),
    ("public_url", "https://id.example.com"),
    ("name", "<Anna>"),
    ("email", "anna@example.com"),
    ("new_email", "anna@example.org"),
    ("link", "https://id.example.com/verify-email?token=abc"),
    ("lifetime", "24 hours"),
    ("happened_at", "15 January 2027, 08:00 UTC"),
];

/// A rendered mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub struct Render(Environment<'static>);

impl Render {
    /// Compiles every template. With custom ones, also renders every letter once as a test.
    pub fn new(locale: Arc<Locale>, overrides: &Overrides) -> Result<Render, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        function::install(&mut environment, locale);
        for (name, source) in TEMPLATES {
            let own = overrides.get(&format!("mail/{name}")).map(str::to_owned);
            let source = own.unwrap_or_else(|| (*source).to_owned());
            environment
                .add_template_owned(*name, source)
                .map_err(|error| TemplateError::of("mail", name, &error))?;
        }
        let render = Render(environment);
        if !overrides.is_empty() {
            render.try_all()?;
        }
        Ok(render)
    }

    /// A mail by the name of its templates. The subject is a block of the text.
    pub fn mail(&self, language: Language, name: &str, values: impl Serialize) -> Result<Rendered> {
        self.render(language, name, Value::from(Serde(values))).map_err(Error::broken)
    }

    fn try_all(&self) -> Result<(), TemplateError> {
        let values = Value::from_pairs(VALUES.iter().copied());
        for letter in Letter::ALL {
            let wrong =
                |error| TemplateError::of("mail", &format!("{}.txt", letter.name()), &error);
            self.render(Language::default(), letter.name(), values.clone()).map_err(wrong)?;
        }
        Ok(())
    }

    fn render(
        &self,
        language: Language,
        name: &str,
        values: Value,
    ) -> Result<Rendered, minijinja::Error> {
        let values = context! { lang => language.tag(), dir => language.direction(), ..values };
        let text = self.0.get_template(&format!("{name}.txt"))?;
        let html = self.0.get_template(&format!("{name}.html"))?;
        let mut captured = text.render_captured(values.clone())?;
        let subject = captured.with_state_mut(|state| state.render_block("subject"))?;
        Ok(Rendered {
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: captured.into_output(),
            html: html.render(values)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::templates::compile;

    fn rendered(language: Language, letter: Letter) -> Rendered {
        let values = Value::from_pairs(VALUES.iter().copied());
        compile("").unwrap().render.mail(language, letter.name(), values).unwrap()
    }

    #[test]
    fn every_letter_renders_in_every_language() {
        for language in Language::ALL {
            for letter in Letter::ALL {
                let mail = rendered(language, *letter);
                let shown = format!("{} {mail:?}", language.tag());
                assert!(!mail.subject.is_empty() && !mail.subject.contains('\n'), "{shown}");
                assert!(mail.text.contains("<Anna>"), "{shown}");
                assert!(mail.html.contains("&lt;Anna&gt;") && !mail.html.contains("<Anna>"));
                let head =
                    format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
                assert!(mail.html.contains(&head), "{shown}");
                for left in ["{{", "{%", "{ $", "mail-", "undefined", "none"] {
                    assert!(!mail.text.contains(left) && !mail.subject.contains(left), "{shown}");
                }
                let link = "https://id.example.com/verify-email?token=abc";
                assert_eq!(mail.text.contains(link), letter.purpose().is_some(), "{shown}");
                let link = "https:&#x2f;&#x2f;id.example.com&#x2f;verify-email?token=abc";
                assert_eq!(mail.html.contains(link), letter.purpose().is_some(), "{shown}");
            }
        }
    }

    #[test]
    fn no_letter_is_left_in_english() {
        for letter in Letter::ALL {
            let english = rendered(Language::English, *letter);
            let lines: Vec<&str> = english.text.lines().filter(|it| it.contains(' ')).collect();
            for language in Language::ALL.into_iter().skip(1) {
                let mail = rendered(language, *letter);
                assert_ne!(mail.subject, english.subject);
                for line in &lines {
                    assert!(!mail.text.contains(line), "{} {line}", language.tag());
                }
                let words = english.html.split(['<', '>']).filter(|it| it.contains(' '));
                for words in words.filter(|it| !it.contains(['=', '{', ';', '!'])) {
                    assert!(!mail.html.contains(words), "{} {words}", language.tag());
                }
            }
        }
    }

    #[test]
    fn the_guide_lists_every_template_and_value() {
        let guide = include_str!("../../../docs/guide/templates.md");
        for (name, _) in TEMPLATES {
            assert!(guide.contains(&format!("`mail/{name}`")), "{name}");
        }
        for (name, _) in VALUES {
            assert!(guide.contains(&format!("\n| `{name}` |")), "{name}");
        }
    }
}
