//! `portcullis config`

use std::fmt::Write as _;

use clap::Args;
use domain::settings::Settings;
use serde_json::{Map, Value as Json, json};
use toml::{Table, Value};

use super::{
    failure::{Exit, Failure},
    out,
};
use crate::config::Loaded;

/// Print the configuration in effect, with where each value comes from and without secrets
///
/// It is TOML. A secret that is set is shown as "***".
#[derive(Debug, Args)]
pub struct Options {
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options, loaded: &Loaded) -> Result<(), Failure> {
    let wrong = |error: &dyn std::error::Error| Failure::new(Exit::Failed, error);
    // Secrets serialise as stars.
    let settings = Table::try_from(&loaded.settings).map_err(|it| wrong(&it))?;
    if !options.json {
        return Ok(out::line(toml(loaded, &settings))?);
    }
    let document = json!({
        "settings": serde_json::to_value(&loaded.settings).map_err(|it| wrong(&it))?,
        "sources": sources(loaded),
    });
    let text = serde_json::to_string_pretty(&document).map_err(|it| wrong(&it))?;
    Ok(out::line(text)?)
}

/// Every key in the order of the reference.
fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    Settings::SECTIONS.iter().flat_map(|it| it.fields.iter().map(|field| (it.name, field.key)))
}

fn source(loaded: &Loaded, name: &str) -> String {
    loaded.source(name).map_or_else(|| "default".to_owned(), ToString::to_string)
}

fn toml(loaded: &Loaded, settings: &Table) -> String {
    let profile = Value::from(loaded.settings.profile.word());
    let mut page = format!("profile = {profile} # {}", source(loaded, "profile"));
    let mut current = "";
    for (section, key) in names() {
        if section != current {
            let _ = write!(page, "\n\n[{section}]");
            current = section;
        }
        let value = settings.get(section).and_then(|it| it.get(key));
        if let Some(value) = value {
            let source = source(loaded, &format!("{section}.{key}"));
            let _ = write!(page, "\n{key} = {value} # {source}");
        }
    }
    page
}

fn sources(loaded: &Loaded) -> Json {
    let mut sources = Map::new();
    sources.insert("profile".to_owned(), source(loaded, "profile").into());
    for (section, key) in names() {
        let name = format!("{section}.{key}");
        sources.insert(name.clone(), source(loaded, &name).into());
    }
    Json::Object(sources)
}
