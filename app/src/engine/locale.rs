//! Everything that people read, in their language (docs/decisions/0013).
//!
//! Texts have names (`locales/*.ftl`). Sentences that the program writes where they arise, such as
//! what is wrong with a field, are written in English there, with `say!`, and found here by their words,
//! or by their code where they have values in them. What is not found stays English: nothing here fails.

pub mod function;
mod language;
mod texts;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt};

use domain::{
    Problem, Span, Time,
    problem::{FieldError, Value},
};

pub use self::language::Language;
use self::texts::{Names, Texts};
use crate::engine::templates::{Overrides, TemplateError};

/// The texts of all languages.
pub struct Locale {
    languages: Vec<(Language, Texts)>,
    /// Names by English sentence.
    sentences: HashMap<String, String>,
    names: Names,
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locale").finish_non_exhaustive()
    }
}

impl Locale {
    /// The built-in texts, with custom texts in place of some.
    pub fn new(overrides: &Overrides) -> Result<Locale, TemplateError> {
        let english = texts::resource("locales/en.ftl", texts::source(Language::English))?;
        let (names, sentences) = (texts::names(&english), texts::sentences(&english));
        let mut languages = Vec::new();
        for language in Language::ALL {
            let mut texts = Texts::of(language)?;
            let file = format!("locales/{}.ftl", language.tag());
            if let Some(own) = overrides.get(&file) {
                texts.replace(&file, own, &names)?;
            }
            languages.push((language, texts));
        }
        Ok(Locale { languages, sentences, names })
    }

    /// Whether a text of this name exists.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The text of this name; in English if the language lacks it, else the name itself.
    pub fn text(&self, language: Language, name: &str, values: &[(&str, Value)]) -> String {
        self.filled(language, name, values).unwrap_or_else(|| name.to_owned())
    }

    /// [`Locale::text`], or `None` if the text does not exist or needs other values.
    fn filled(&self, language: Language, name: &str, values: &[(&str, Value)]) -> Option<String> {
        self.find(language, name, values).or_else(|| self.find(Language::English, name, values))
    }

    /// Translates an English sentence of the program.
    pub fn sentence(&self, language: Language, english: &str) -> String {
        let name = self.sentences.get(english);
        let text = name.and_then(|it| self.find(language, it, &[]));
        text.unwrap_or_else(|| english.to_owned())
    }

    /// Translates an error of a field.
    pub fn error(&self, language: Language, error: &FieldError) -> FieldError {
        let message = match error.values.as_slice() {
            [] => self.sentence(language, &error.message),
            values => self
                .find(language, &format!("error-{}", error.code), values)
                .unwrap_or_else(|| error.message.clone()),
        };
        FieldError { message, ..error.clone() }
    }

    /// Translates all sentences of a problem.
    pub fn problem(&self, language: Language, problem: &Problem) -> Problem {
        Problem {
            detail: Some(self.sentence(language, problem.detail())),
            errors: problem.errors.map(|it| self.error(language, it)),
            ..problem.clone()
        }
    }

    /// `24 hours`
    pub fn span(&self, language: Language, span: Span) -> String {
        let (name, count) = match span.as_seconds() {
            seconds if seconds % 86_400 == 0 && seconds > 86_400 => ("span-days", seconds / 86_400),
            seconds if seconds % 3_600 == 0 => ("span-hours", seconds / 3_600),
            seconds => ("span-minutes", seconds.div_ceil(60)),
        };
        self.text(language, name, &[("count", Value::Number(count))])
    }

    /// `15 January 2027, 08:00 UTC`
    pub fn time(&self, language: Language, time: Time) -> String {
        let Ok(stamp) = jiff::Timestamp::from_microsecond(time.0) else { return time.to_string() };
        let date = stamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let number = |it: i8| Value::Number(it.unsigned_abs().into());
        let month = self.text(language, "month", &[("month", number(date.month()))]);
        let values = [
            ("day", number(date.day())),
            ("month", Value::Text(month)),
            ("year", Value::Text(date.year().to_string())),
            ("clock", Value::Text(format!("{:02}:{:02}", date.hour(), date.minute()))),
        ];
        self.text(language, "time", &values)
    }

    fn find(&self, language: Language, name: &str, values: &[(&str, Value)]) -> Option<String> {
        let (_, texts) = self.languages.iter().find(|(it, _)| *it == language)?;
        texts.format(name, values)
    }
}
