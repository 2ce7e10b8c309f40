//! The configuration: layers of values, of which the later overrides the earlier.
//!
//! 1. the defaults, as changed by the profile
//! 2. the file (`--config`, `PORTCULLIS_CONFIG`, or `portcullis.toml` where the server starts)
//! 3. `DATABASE_URL`, `REDIS_URL`, `PORT`
//! 4. `PORTCULLIS_SECTION__KEY`, then `PORTCULLIS_SECTION__KEY_FILE`
//! 5. options of the command line
//!
//! Every value keeps its source. All mistakes are reported before anything is started, and each
//! says where it is and what was expected. The environment is an argument.

pub mod check;
pub mod environment;
mod file;
mod known;
#[cfg(test)]
mod reference;
mod source;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use domain::settings::{Profile, Settings};
use serde::Deserialize as _;
use toml::{Table, Value};

use self::known::{Known, PROFILE};
pub use self::{
    environment::Environment,
    source::{Entry, Mistake, Source},
};

/// The file that is read where none is named, if it is there.
pub const FILE: &str = "portcullis.toml";

const CONFIG: &str = "PORTCULLIS_CONFIG";
const PROFILE_VARIABLE: &str = "PORTCULLIS_PROFILE";

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub profile: Option<String>,
    pub data_dir: Option<String>,
    pub listen: Vec<SocketAddr>,
}

/// Settings with the source of each value.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub settings: Settings,
    sources: BTreeMap<String, Source>,
}

impl Loaded {
    /// The source of `section.key`. `None` for a default.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }
}

/// Reads every layer. `folder` is where [`FILE`] is looked for.
pub fn load(
    environment: &Environment,
    flags: &Flags,
    folder: &Path,
) -> Result<Loaded, Vec<Mistake>> {
    let known = Known::new().map_err(|it| defect(&it))?;
    let written = match path(environment, flags, folder) {
        Some(path) => read(&path, &known)?,
        None => Vec::new(),
    };
    let named = profile(environment, flags, &written);
    let (profile, profile_source) = match named {
        Some((word, source)) => (parse_profile(&word, &source)?, Some(source)),
        None => (Profile::default(), None),
    };
    let mut entries = defaults(profile, &known)?;
    entries.extend(written);
    let (conventional, own) =
        (environment::conventional(environment, profile), environment::own(environment, &known));
    match (conventional, own) {
        (Ok(conventional), Ok(own)) => entries.extend(conventional.into_iter().chain(own)),
        (conventional, own) => {
            let mistakes = [conventional.err(), own.err()];
            return Err(mistakes.into_iter().flatten().flatten().collect());
        }
    }
    entries.extend(flagged(flags));
    let mut loaded = merge(entries)?;
    loaded.settings.profile = profile;
    if let Some(source) = profile_source {
        loaded.sources.insert(PROFILE.to_owned(), source);
    }
    Ok(loaded)
}

/// The file to read. A named file must exist.
fn path(environment: &Environment, flags: &Flags, folder: &Path) -> Option<PathBuf> {
    let named = || environment::value(environment, CONFIG).map(PathBuf::from);
    let found = || Some(folder.join(FILE)).filter(|it| it.exists());
    flags.config.clone().or_else(named).or_else(found)
}

fn read(path: &Path, known: &Known) -> Result<Vec<Entry>, Vec<Mistake>> {
    let shown = path.display().to_string();
    let source = |line| Source::File { path: shown.clone(), line };
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("the file cannot be read: {error}");
        let hint = format!("--config and {CONFIG} name the file; without them {FILE} is read");
        vec![Mistake::new(source(0), None, what).hint(hint)]
    })?;
    file::read(&text, known, source)
}

fn profile(
    environment: &Environment,
    flags: &Flags,
    written: &[Entry],
) -> Option<(String, Source)> {
    let flag = || Some((flags.profile.clone()?, Source::Flag("--profile")));
    let variable = || {
        let word = environment::value(environment, PROFILE_VARIABLE)?;
        Some((word.to_owned(), Source::Variable(PROFILE_VARIABLE.to_owned())))
    };
    let file = || {
        let entry = written.iter().find(|it| it.name == PROFILE)?;
        Some((entry.value.as_str()?.to_owned(), entry.source.clone()))
    };
    flag().or_else(variable).or_else(file)
}

fn parse_profile(word: &str, source: &Source) -> Result<Profile, Vec<Mistake>> {
    Value::from(word).try_into().map_err(|_| {
        let what = format!("expected development, production or testing, found {word:?}");
        vec![Mistake::new(source.clone(), None, what)]
    })
}

/// The defaults that the profile changes.
fn defaults(profile: Profile, known: &Known) -> Result<Vec<Entry>, Vec<Mistake>> {
    file::read(text_of(profile), known, |_| Source::Profile(profile.word()))
}

const fn text_of(profile: Profile) -> &'static str {
    match profile {
        Profile::Development => include_str!("config/profiles/development.toml"),
        Profile::Production => include_str!("config/profiles/production.toml"),
        Profile::Testing => include_str!("config/profiles/testing.toml"),
    }
}

fn flagged(flags: &Flags) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |name: &str, value: Value, flag| {
        entries.push(Entry { name: name.to_owned(), value, source: Source::Flag(flag) });
    };
    if !flags.listen.is_empty() {
        let addresses: Vec<String> = flags.listen.iter().map(ToString::to_string).collect();
        add("server.listen", addresses.into(), "--listen");
    }
    if let Some(folder) = &flags.data_dir {
        add("server.data_dir", folder.as_str().into(), "--data-dir");
    }
    entries
}

/// The last value of each name wins.
fn merge(entries: Vec<Entry>) -> Result<Loaded, Vec<Mistake>> {
    let (mut tables, mut sources) = (BTreeMap::<String, Table>::new(), BTreeMap::new());
    for Entry { name, value, source } in entries {
        if let Some((section, key)) = name.split_once('.') {
            tables.entry(section.to_owned()).or_default().insert(key.to_owned(), value);
            sources.insert(name, source);
        }
    }
    let root: Table = tables.into_iter().map(|(name, it)| (name, Value::Table(it))).collect();
    let settings = Settings::deserialize(root).map_err(|it| defect(&it))?;
    Ok(Loaded { settings, sources })
}

/// A defect of ours: each value was accepted alone, so together they cannot fail.
fn defect(error: &dyn std::error::Error) -> Vec<Mistake> {
    vec![Mistake::new(Source::Program, None, error.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned())).collect()
    }

    fn load(
        file: Option<&str>,
        variables: &[(&str, &str)],
        flags: &Flags,
    ) -> Result<Loaded, Vec<Mistake>> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::write(folder.path().join(FILE), text).unwrap();
        }
        super::load(&environment(variables), flags, folder.path())
    }

    #[test]
    fn nothing_at_all_is_the_development_profile() {
        let loaded = load(None, &[], &Flags::default()).unwrap();
        assert_eq!(loaded.settings.profile, Profile::Development);
        let mut expected = Settings::default();
        expected.cors.allowed_origins = loaded.settings.cors.allowed_origins.clone();
        assert_eq!(format!("{:?}", loaded.settings), format!("{expected:?}"));
        assert_eq!(loaded.source("server.listen"), None);
    }

    #[test]
    fn later_layers_win_and_are_remembered() {
        let file = "[database]\nurl = \"sqlite://file.db\"\n[server]\ndata_dir = \"file\"\n";
        let convention = ("DATABASE_URL", "sqlite://convention.db");
        let own = ("PORTCULLIS_DATABASE__URL", "sqlite://own.db");
        let cases = [
            (&[][..], "sqlite://file.db", "portcullis.toml, line 2"),
            (&[convention], "sqlite://convention.db", "DATABASE_URL"),
            (&[convention, own], "sqlite://own.db", "PORTCULLIS_DATABASE__URL"),
        ];
        for (variables, url, source) in cases {
            let loaded = load(Some(file), variables, &Flags::default()).unwrap();
            assert_eq!(loaded.settings.database.url.expose(), url);
            assert!(loaded.source("database.url").unwrap().to_string().ends_with(source));
        }
        let flags = Flags { data_dir: Some("flag".into()), ..Flags::default() };
        let variables = [("PORTCULLIS_SERVER__DATA_DIR", "variable")];
        let loaded = load(Some(file), &variables, &flags).unwrap();
        assert_eq!(loaded.settings.server.data_dir, "flag");
        assert_eq!(loaded.source("server.data_dir"), Some(&Source::Flag("--data-dir")));
    }

    #[test]
    fn the_profile_comes_from_flag_variable_or_file() {
        let file = Some("profile = \"testing\"\n");
        let variable = [("PORTCULLIS_PROFILE", "production")];
        let flags = Flags { profile: Some("development".into()), ..Flags::default() };
        let word = |file, variables: &[(&str, &str)], flags: &Flags| {
            load(file, variables, flags).unwrap().settings.profile.word()
        };
        assert_eq!(word(file, &[], &Flags::default()), "testing");
        assert_eq!(word(file, &variable, &Flags::default()), "production");
        assert_eq!(word(file, &variable, &flags), "development");
        let wrong = load(None, &[("PORTCULLIS_PROFILE", "prod")], &Flags::default()).unwrap_err();
        assert!(wrong[0].to_string().starts_with("PORTCULLIS_PROFILE: expected development"));
    }

    #[test]
    fn a_profile_changes_defaults_that_a_file_may_change_back() {
        let production = [("PORTCULLIS_PROFILE", "production"), ("PORT", "80")];
        let settings = load(None, &production, &Flags::default()).unwrap().settings;
        assert_eq!(settings.passwords.min_length, 12);
        assert_eq!(settings.server.listen, ["0.0.0.0:80".parse().unwrap()]);
        let file = Some("[passwords]\nmin_length = 15\n");
        let loaded = load(file, &production, &Flags::default()).unwrap();
        assert_eq!(loaded.settings.passwords.min_length, 15);
    }

    #[test]
    fn pages_on_their_usual_port_may_call_in_development_alone() {
        let origins = |profile: &str| {
            let variables = [("PORTCULLIS_PROFILE", profile)];
            load(None, &variables, &Flags::default()).unwrap().settings.cors.allowed_origins
        };
        assert_eq!(origins("development"), ["http://localhost:3000", "http://127.0.0.1:3000"]);
        assert!(origins("production").is_empty() && origins("testing").is_empty());
    }

    #[test]
    fn every_profile_is_made_of_known_keys() {
        let known = Known::new().unwrap();
        for profile in [Profile::Development, Profile::Production, Profile::Testing] {
            assert!(defaults(profile, &known).is_ok(), "{}", profile.word());
        }
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let flags = Flags { config: Some("/nowhere/portcullis.toml".into()), ..Flags::default() };
        let mistakes = load(None, &[], &flags).unwrap_err();
        assert!(mistakes[0].to_string().starts_with("/nowhere/portcullis.toml: "));
    }

    #[test]
    fn mistakes_of_all_variables_are_told_at_once() {
        let variables =
            [("PORT", "x"), ("PORTCULLIS_A__B", "1"), ("PORTCULLIS_JOBS__POLL", "soon")];
        assert_eq!(load(None, &variables, &Flags::default()).unwrap_err().len(), 3);
    }
}
