//! Loads the master secret, or makes it.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{Secret, settings::Settings};

use crate::{OpenError, random};

/// The minimum length; shorter secrets could be guessed.
pub const MIN_LENGTH: usize = 32;

/// The configured secret, else the one in the data folder, which is made if it does not exist.
pub fn secret(settings: &Settings) -> Result<Secret, OpenError> {
    let configured = &settings.secrets.master;
    if !configured.is_empty() {
        return if configured.expose().len() >= MIN_LENGTH {
            Ok(configured.clone())
        } else {
            let text = format!("secrets.master has fewer than {MIN_LENGTH} characters");
            Err(OpenError::Settings(text))
        };
    }
    let folder = Path::new(&settings.server.data_dir);
    let file = folder.join("master.key");
    let failed = |error: std::io::Error| {
        OpenError::Settings(format!("{} cannot be used: {error}", file.display()))
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    match write(&file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        outcome => outcome.map_err(failed)?,
    }
    let mode = fs::metadata(&file).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(OpenError::Settings(format!(
            "{} is readable by others; its mode must be 600",
            file.display()
        )));
    }
    let text = fs::read_to_string(&file).map_err(failed)?;
    if text.trim().len() >= MIN_LENGTH {
        Ok(text.trim().into())
    } else {
        Err(OpenError::Settings(format!("{} is damaged", file.display())))
    }
}

/// Writes the file atomically and durably, because everything signed depends on it.
fn write(file: &Path) -> std::io::Result<()> {
    if file.exists() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let bytes: [u8; 32] = random::bytes().map_err(std::io::Error::other)?;
    let suffix = random::bytes::<8>().map_err(std::io::Error::other)?;
    let draft = file.with_extension(format!("{:016x}", u64::from_be_bytes(suffix)));
    let mut open = OpenOptions::new();
    let mut out = open.write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(out, "{}", STANDARD.encode(bytes))?;
    out.sync_all()?;
    // Unlike a rename, a link fails if another process was faster.
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    linked?;
    fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path) -> Settings {
        let mut settings = Settings::default();
        settings.server.data_dir = folder.display().to_string();
        settings
    }

    #[test]
    fn it_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder.path().join("data"));
        let made = secret(&settings).unwrap();
        assert_eq!(secret(&settings).unwrap().expose(), made.expose());
        let file = folder.path().join("data/master.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(secret(&settings).is_err());
    }

    #[test]
    fn a_short_one_is_refused() {
        let mut settings = Settings::default();
        settings.secrets.master = "short".into();
        assert!(secret(&settings).is_err());
        settings.secrets.master = "x".repeat(32).into();
        assert_eq!(secret(&settings).unwrap().expose().len(), 32);
    }
}
