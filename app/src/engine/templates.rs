//! Custom templates and texts of an operator: files in `server.templates_dir` that replace built-in
//! ones of the same name.
//!
//! They are read once, at start-up. An unknown or invalid one is an error that names it and the
//! line. Operators are trusted, but values in their templates are escaped as in the built-in ones.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::engine::{
    locale::{Language, Locale},
    render::{self, Render},
};

#[cfg(test)]
mod tests;

/// The maximum size of a file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// The known folders.
const FOLDERS: [&str; 3] = ["locales", "mail", "page"];

/// The custom files by name, such as `mail/welcome.html`.
#[derive(Debug, Clone, Default)]
pub struct Overrides(BTreeMap<String, String>);

/// An error in a template or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    file: String,
    line: Option<usize>,
    why: String,
}

impl Overrides {
    /// Reads all files of a folder; none if its name is empty.
    pub fn read(folder: &str) -> Result<Overrides, TemplateError> {
        let mut files = BTreeMap::new();
        if folder.is_empty() {
            return Ok(Overrides(files));
        }
        for (name, path) in entries(Path::new(folder))? {
            if !path.is_dir() || !FOLDERS.contains(&name.as_str()) {
                let why =
                    format!("no such folder is known; the known ones are {}", FOLDERS.join(", "));
                return Err(TemplateError::new(&name, None, why));
            }
            for (file, path) in entries(&path)? {
                let name = format!("{name}/{file}");
                let source = text(&path).map_err(|it| TemplateError::new(&name, None, it))?;
                files.insert(name, source);
            }
        }
        Ok(Overrides(files))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Refuses a file of this folder that is not in `known`.
    pub fn check_names<'a>(
        &self,
        folder: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), TemplateError> {
        for name in self.0.keys() {
            let Some((_, file)) = name.split_once('/').filter(|it| it.0 == folder) else {
                continue;
            };
            if !known.clone().any(|it| it == file) {
                let why = "there is no built-in file of this name";
                return Err(TemplateError::new(name, None, why));
            }
        }
        Ok(())
    }
}

/// Everything that is compiled at start-up, except pages.
pub struct Compiled {
    pub overrides: Overrides,
    pub locale: Arc<Locale>,
    pub render: Render,
}

/// Reads the custom files, and compiles mails and texts.
pub fn compile(folder: &str) -> Result<Compiled, TemplateError> {
    let overrides = Overrides::read(folder)?;
    let languages = Language::ALL.map(|it| format!("{}.ftl", it.tag()));
    overrides.check_names("locales", languages.iter().map(String::as_str))?;
    overrides.check_names("mail", render::TEMPLATES.iter().map(|it| it.0))?;
    let locale = Arc::new(Locale::new(&overrides)?);
    let render = Render::new(locale.clone(), &overrides)?;
    Ok(Compiled { overrides, locale, render })
}

/// The entries of a folder, sorted. Hidden files are skipped, because some systems put their own
/// there.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, TemplateError> {
    let shown = folder.display().to_string();
    let wrong = |error: io::Error| TemplateError::new(&shown, None, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
    }
    fs::read_to_string(path)
}

impl TemplateError {
    pub fn new(file: &str, line: Option<usize>, why: impl fmt::Display) -> TemplateError {
        TemplateError { file: file.to_owned(), line, why: why.to_string() }
    }

    /// An error in a template of `folder`, or in one that it includes.
    pub fn of(folder: &str, name: &str, error: &minijinja::Error) -> TemplateError {
        let file = format!("{folder}/{}", error.name().unwrap_or(name));
        let why = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        TemplateError { file, line: error.line(), why }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.why),
            None => write!(f, "{}: {}", self.file, self.why),
        }
    }
}

impl std::error::Error for TemplateError {}
