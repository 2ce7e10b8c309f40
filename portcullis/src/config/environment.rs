//! The environment: conventional names, `PORTCULLIS_SECTION__KEY`, and `…_FILE` for a value that is
//! kept in a file. Anything else that begins with `PORTCULLIS_` is reported as a mistake.

use std::{collections::BTreeMap, ffi::OsString, fs::File, io::Read as _};

use domain::settings::Profile;
use toml::Value;

use super::{
    known::{self, Known, PROFILE, nearest},
    source::{Entry, Mistake, Source},
};

/// The variables of a process, as data.
pub type Environment = BTreeMap<String, String>;

const PREFIX: &str = "PORTCULLIS_";
/// Names beside the settings; what begins with `PORTCULLIS_TEST_` belongs to the test suite.
const OTHERS: [&str; 6] = [
    "PORTCULLIS_CONFIG",
    "PORTCULLIS_PROFILE",
    "PORTCULLIS_SUPERUSER_EMAIL",
    "PORTCULLIS_SUPERUSER_USERNAME",
    "PORTCULLIS_SUPERUSER_PASSWORD",
    "PORTCULLIS_SUPERUSER_PASSWORD_FILE",
];
const CONVENTIONAL: [(&str, &str); 2] =
    [("DATABASE_URL", "database.url"), ("REDIS_URL", "cache.url")];
/// The largest file that a value is read from.
const FILE_LIMIT: u64 = 64 * 1024;

/// The variables of a process that are valid text. One of ours that is not is a mistake.
pub fn collect(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Environment, Vec<Mistake>> {
    let (mut environment, mut mistakes) = (Environment::new(), Vec::new());
    for (name, text) in variables {
        let Ok(name) = name.into_string() else { continue };
        match text.into_string() {
            Ok(text) => drop(environment.insert(name, text)),
            Err(_) if is_ours(&name) => {
                let source = Source::Variable(name);
                mistakes.push(Mistake::new(source, None, "the value is not UTF-8"));
            }
            Err(_) => {}
        }
    }
    if mistakes.is_empty() { Ok(environment) } else { Err(mistakes) }
}

fn is_ours(variable: &str) -> bool {
    let conventional = || CONVENTIONAL.iter().any(|(name, _)| *name == variable);
    variable.starts_with(PREFIX) || variable == "PORT" || conventional()
}

/// The value of a variable. `None` if it is empty.
pub fn value<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    environment.get(name).map(String::as_str).filter(|it| !it.is_empty())
}

/// `PORTCULLIS_SECTION__KEY`
pub fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('.', "__").to_uppercase())
}

/// The values of the conventional names.
pub fn conventional(
    environment: &Environment,
    profile: Profile,
) -> Result<Vec<Entry>, Vec<Mistake>> {
    let mut entries = Vec::new();
    for (variable, name) in CONVENTIONAL {
        if let Some(text) = value(environment, variable) {
            let source = Source::Variable(variable.to_owned());
            entries.push(Entry { name: name.to_owned(), value: Value::from(text), source });
        }
    }
    if let Some(text) = value(environment, "PORT") {
        let source = Source::Variable("PORT".to_owned());
        let what = format!("expected a port number, found {text:?}");
        let Ok(port) = text.parse::<u16>() else {
            return Err(vec![Mistake::new(source, None, what)]);
        };
        let host = if profile == Profile::Production { "0.0.0.0" } else { "127.0.0.1" };
        let value = Value::from(vec![format!("{host}:{port}")]);
        entries.push(Entry { name: "server.listen".to_owned(), value, source });
    }
    Ok(entries)
}

/// The values of `PORTCULLIS_SECTION__KEY`, then those of `…_FILE`.
pub fn own(environment: &Environment, known: &Known) -> Result<Vec<Entry>, Vec<Mistake>> {
    let (mut direct, mut filed, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
    for (variable, text) in environment.range(PREFIX.to_owned()..) {
        if !variable.starts_with(PREFIX) {
            break;
        }
        if text.is_empty() || OTHERS.contains(&variable.as_str()) || is_test(variable) {
            continue;
        }
        match entry(variable, text, known) {
            Ok((entry, Kept::InFile)) => filed.push(entry),
            Ok((entry, Kept::Directly)) => direct.push(entry),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    direct.extend(filed);
    if mistakes.is_empty() { Ok(direct) } else { Err(mistakes) }
}

enum Kept {
    Directly,
    InFile,
}

fn entry(variable: &str, text: &str, known: &Known) -> Result<(Entry, Kept), Mistake> {
    let source = Source::Variable(variable.to_owned());
    let mistake = |what| Mistake::new(source.clone(), None, what);
    // A key may itself end in `_file`: the whole name goes first.
    let (name, default, kept) = match find(variable, known) {
        Some((name, default)) => (name, default, Kept::Directly),
        None => match variable.strip_suffix("_FILE").and_then(|it| find(it, known)) {
            Some((name, default)) => (name, default, Kept::InFile),
            None => return Err(unknown(variable, known)),
        },
    };
    let text = match kept {
        Kept::Directly => text.to_owned(),
        Kept::InFile => contents(text).map_err(&mistake)?,
    };
    let value = known::read(&text, default).map_err(&mistake)?;
    known::check(name, &value, default).map_err(&mistake)?;
    Ok((Entry { name: name.to_owned(), value, source }, kept))
}

fn find<'a>(variable: &str, known: &'a Known) -> Option<(&'a str, &'a Value)> {
    let settings = known.names().filter(|it| *it != PROFILE);
    let name = settings.into_iter().find(|it| self::variable(it) == variable)?;
    Some((name, known.default_of(name)?))
}

fn unknown(variable: &str, known: &Known) -> Mistake {
    let settings: Vec<String> =
        known.names().filter(|it| *it != PROFILE).map(self::variable).collect();
    let names = settings.iter().map(String::as_str).chain(OTHERS);
    let hint = nearest(variable, names).map(|it| format!("did you mean `{it}`?"));
    let form =
        "settings are named PORTCULLIS_SECTION__KEY, with two underscores between".to_owned();
    Mistake::new(Source::Variable(variable.to_owned()), None, "there is no such setting")
        .hint(hint.unwrap_or(form))
}

fn is_test(variable: &str) -> bool {
    variable.starts_with("PORTCULLIS_TEST_")
}

/// The text of a file that holds one value, without the line break at its end.
pub fn contents(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|it| it.take(FILE_LIMIT + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > FILE_LIMIT => {
            Err(format!("the file {path} is larger than {FILE_LIMIT} bytes"))
        }
        Ok(_) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(format!("the file {path} cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(variables: &[(&str, &str)]) -> Result<Vec<(String, String)>, Vec<Mistake>> {
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let environment = variables.iter().map(pair).collect();
        let entries = super::own(&environment, &Known::new().unwrap())?;
        Ok(entries.into_iter().map(|it| (it.name, it.value.to_string())).collect())
    }

    #[test]
    fn variables_become_values_of_their_kind() {
        let cases = [
            ("PORTCULLIS_EMAIL__URL", "smtp://127.0.0.1:2525", "\"smtp://127.0.0.1:2525\""),
            ("PORTCULLIS_SECRETS__MASTER", "0042", "\"0042\""),
            ("PORTCULLIS_LIMITS__ENABLED", "false", "false"),
            ("PORTCULLIS_JOBS__WORKERS", "4", "4"),
            ("PORTCULLIS_DATABASE__CA_FILE", "/etc/ca.pem", "\"/etc/ca.pem\""),
            ("PORTCULLIS_SERVER__ALLOWED_HOSTS", "a, b", "[\"a\", \"b\"]"),
        ];
        for (variable, text, expected) in cases {
            assert_eq!(own(&[(variable, text)]).unwrap()[0].1, expected, "{variable}");
        }
        let quiet = [("PORTCULLIS_JOBS__WORKERS", ""), ("PORTCULLIS_TEST_X", "1"), ("PORT_X", "2")];
        assert!(own(&quiet).unwrap().is_empty());
    }

    #[test]
    fn misspelled_variables_are_refused_with_the_nearest_name() {
        let cases = [
            ("PORTCULLIS_EMAIL_URL", "PORTCULLIS_EMAIL__URL"),
            ("PORTCULLIS_EMAIL__ULR", "PORTCULLIS_EMAIL__URL"),
            ("PORTCULLIS_PROFLE", "PORTCULLIS_PROFILE"),
            ("PORTCULLIS_NOTHING_LIKE_IT_AT_ALL", "PORTCULLIS_SECTION__KEY"),
        ];
        for (variable, hint) in cases {
            let mistake = own(&[(variable, "1")]).unwrap_err().remove(0);
            assert!(mistake.hint.unwrap().contains(hint), "{variable}");
            assert_eq!(mistake.source, Source::Variable(variable.to_owned()));
        }
    }

    #[test]
    fn a_file_comes_after_the_value_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master");
        std::fs::write(&path, "from the file\n").unwrap();
        let path = path.to_str().unwrap();
        let both =
            [("PORTCULLIS_SECRETS__MASTER_FILE", path), ("PORTCULLIS_SECRETS__MASTER", "direct")];
        let found: Vec<_> = own(&both).unwrap().into_iter().map(|it| it.1).collect();
        assert_eq!(found, ["\"direct\"", "\"from the file\""]);
        let missing = own(&[("PORTCULLIS_SECRETS__MASTER_FILE", "/nowhere/at/all")]).unwrap_err();
        assert!(missing[0].what.contains("/nowhere/at/all"));
    }

    #[test]
    fn conventional_names() {
        let environment: Environment =
            [("PORT", "9000"), ("DATABASE_URL", "postgres://db/p"), ("REDIS_URL", "")]
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into();
        for (profile, listen) in
            [(Profile::Development, "127.0.0.1:9000"), (Profile::Production, "0.0.0.0:9000")]
        {
            let entries = conventional(&environment, profile).unwrap();
            let names: Vec<_> = entries.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, ["database.url", "server.listen"]);
            assert_eq!(entries[1].value, Value::from(vec![listen]));
        }
        let wrong: Environment = [("PORT".to_owned(), "http".to_owned())].into();
        assert!(conventional(&wrong, Profile::Development).is_err());
    }
}
