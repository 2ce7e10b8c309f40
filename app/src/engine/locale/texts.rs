//! The texts of one language, in Fluent syntax: built-in ones, and custom ones in place of some.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::problem::Value;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser::ParserError,
};
use unic_langid::LanguageIdentifier;

use super::Language;
use crate::engine::templates::TemplateError;

/// The texts of one language by name.
pub struct Texts(FluentBundle<FluentResource>);

/// The names of the texts of a file, with the values that each uses.
pub type Names = BTreeMap<String, BTreeSet<String>>;

impl Texts {
    /// The built-in texts of a language.
    pub fn of(language: Language) -> Result<Texts, TemplateError> {
        let file = format!("locales/{}.ftl", language.tag());
        let tag: Result<LanguageIdentifier, _> = language.tag().parse();
        let tag = tag.map_err(|error| TemplateError::new(&file, None, error))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Isolation marks keep an address in one piece in right-to-left text.
        bundle.set_use_isolating(language.direction() == "rtl");
        bundle
            .add_resource(resource(&file, source(language))?)
            .map_err(|errors| TemplateError::new(&file, None, format!("{errors:?}")))?;
        Ok(Texts(bundle))
    }

    /// Replaces built-in texts with custom ones. Unknown names and values are refused.
    pub fn replace(
        &mut self,
        file: &str,
        source: &str,
        known: &Names,
    ) -> Result<(), TemplateError> {
        let resource = resource(file, source)?;
        for (name, values) in names(&resource) {
            let line = source.lines().position(|line| {
                line.strip_prefix(name.as_str()).is_some_and(|it| it.trim_start().starts_with('='))
            });
            let wrong = |why: String| TemplateError::new(file, line.map(|it| it + 1), why);
            let Some(known) = known.get(&name) else {
                return Err(wrong(format!("there is no text {name:?}")));
            };
            if let Some(value) = values.difference(known).next() {
                return Err(wrong(format!("{name:?} has no value {value:?}")));
            }
        }
        self.0.add_resource_overriding(resource);
        Ok(())
    }

    /// Formats a text with its values.
    pub fn format(&self, name: &str, values: &[(&str, Value)]) -> Option<String> {
        let pattern = self.0.get_message(name)?.value()?;
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, fluent(value));
        }
        let mut errors = Vec::new();
        let text = self.0.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }
}

fn fluent(value: &Value) -> FluentValue<'_> {
    match value {
        Value::Number(number) => FluentValue::from(*number),
        Value::Text(text) => FluentValue::from(text.as_str()),
    }
}

pub const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../locales/en.ftl"),
        Language::German => include_str!("../../../../locales/de.ftl"),
        Language::French => include_str!("../../../../locales/fr.ftl"),
        Language::Spanish => include_str!("../../../../locales/es.ftl"),
        Language::Arabic => include_str!("../../../../locales/ar.ftl"),
    }
}

/// Parses a file. An error names the line.
pub fn resource(file: &str, source: &str) -> Result<FluentResource, TemplateError> {
    FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
        let line = errors.first().map(|it| line_of(source, it));
        let why = errors.first().map_or_else(String::new, |it| it.kind.to_string());
        TemplateError::new(file, line, why)
    })
}

fn line_of(source: &str, error: &ParserError) -> usize {
    source.bytes().take(error.pos.start).filter(|it| *it == b'\n').count() + 1
}

/// The names in a file.
pub fn names(resource: &FluentResource) -> Names {
    let messages = resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => message.value.as_ref().map(|it| (message.id.name, it)),
        _ => None,
    });
    messages.map(|(name, pattern)| (name.to_owned(), values(pattern))).collect()
}

/// The names of plain texts without values, by their English words.
pub fn sentences(resource: &FluentResource) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry
            && let Some(pattern) = &message.value
            && let [PatternElement::TextElement { value }] = pattern.elements.as_slice()
        {
            let name = || message.id.name.to_owned();
            found.entry((*value).to_owned()).or_insert_with(name);
        }
    }
    found
}

fn values(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![pattern];
    while let Some(pattern) = left.pop() {
        for element in &pattern.elements {
            let PatternElement::Placeable { expression } = element else { continue };
            let inline = match expression {
                Expression::Select { selector, variants } => {
                    left.extend(variants.iter().map(|it| &it.value));
                    selector
                }
                Expression::Inline(inline) => inline,
            };
            if let InlineExpression::VariableReference { id } = inline {
                found.insert(id.name.to_owned());
            }
        }
    }
    found
}
