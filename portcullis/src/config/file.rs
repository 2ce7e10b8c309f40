//! A configuration file: its keys with their line numbers. No message repeats a line of the file,
//! because it may contain a secret.

use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    known::{self, Known},
    source::{Entry, Mistake, Source},
};

/// Reads `text`, which `source` names for each line.
pub fn read(
    text: &str,
    known: &Known,
    source: impl Fn(usize) -> Source,
) -> Result<Vec<Entry>, Vec<Mistake>> {
    let broken = |error: toml::de::Error| {
        let line = error.span().map_or(0, |it| line_of(text, it.start));
        vec![Mistake::new(source(line), None, error.message())]
    };
    let values: Table = text.parse().map_err(broken)?;
    let lines = lines(text).map_err(broken)?;
    let line = |name: &str| lines.iter().find(|it| it.0 == name).map_or(0, |it| it.1);
    let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
    let mut values = flat(values);
    values.sort_by_key(|(name, _)| line(name));
    for (name, value) in values {
        let source = source(line(&name));
        match accept(&name, &value, known, &source) {
            Ok(()) => entries.push(Entry { name, value, source }),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(entries) } else { Err(mistakes) }
}

fn accept(name: &str, value: &Value, known: &Known, source: &Source) -> Result<(), Mistake> {
    let named = name.to_owned();
    let Some(default) = known.default_of(name) else {
        let hint = known.nearest(name).map(|it| format!("did you mean `{it}`?"));
        return Err(Mistake::new(source.clone(), named, "there is no such key").hint(hint));
    };
    known::check(name, value, default).map_err(|what| Mistake::new(source.clone(), named, what))
}

/// Full names with their values. An empty section is only reported if it is unknown.
fn flat(values: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (section, value) in values {
        match value {
            Value::Table(keys) => {
                flat.extend(keys.into_iter().map(|(key, it)| (format!("{section}.{key}"), it)));
            }
            single => flat.push((section, single)),
        }
    }
    flat
}

/// Full names with their line numbers.
fn lines(text: &str) -> Result<Vec<(String, usize)>, toml::de::Error> {
    let mut lines = Vec::new();
    for (section, value) in DeTable::parse(text)?.get_ref() {
        lines.push((section.get_ref().to_string(), line_of(text, section.span().start)));
        if let DeValue::Table(keys) = value.get_ref() {
            for key in keys.keys() {
                let name = format!("{}.{}", section.get_ref(), key.get_ref());
                lines.push((name, line_of(text, key.span().start)));
            }
        }
    }
    Ok(lines)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|it| *it == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Entry>, Vec<String>> {
        let source = |line| Source::File { path: "here.toml".into(), line };
        super::read(text, &Known::new().unwrap(), source)
            .map_err(|it| it.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn keys_come_with_their_lines() {
        let entries =
            read("profile = \"testing\"\n\n[email]\nurl = \"smtp://127.0.0.1\"\n").unwrap();
        let found: Vec<_> =
            entries.iter().map(|it| (it.name.as_str(), it.source.to_string())).collect();
        let line = |line: usize| format!("here.toml, line {line}");
        assert_eq!(found, [("profile", line(1)), ("email.url", line(4))]);
    }

    #[test]
    fn every_mistake_names_its_line_and_key() {
        let text =
            "[email]\nulr = \"smtp://a\"\n[server]\nbody_limit = \"big\"\n[secrets]\nmaster = 7\n";
        let expected = [
            "here.toml, line 2: email.ulr: there is no such key",
            "here.toml, line 4: server.body_limit: expected a whole number, found a text",
            "here.toml, line 6: secrets.master: expected a text, found a whole number",
        ];
        assert_eq!(read(text).unwrap_err(), expected);
    }

    #[test]
    fn a_section_that_is_no_section_is_refused() {
        for text in [
            "email = \"smtp://a\"",
            "[[email]]\nurl = \"a\"",
            "[emial]\nurl = \"a\"",
            "debug = true",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_broken_file_is_named_but_not_quoted() {
        let found = read("[secrets]\nmaster = \"correct horse\n").unwrap_err();
        assert!(found[0].starts_with("here.toml, line 2: "), "{}", found[0]);
        assert!(!found[0].contains("horse"));
    }
}
