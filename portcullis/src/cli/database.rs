//! The database as commands open it.

use std::path::{Path, PathBuf};

use domain::settings::Settings;
use store::Store;

use super::failure::{Exit, Failure};
use crate::patience::wait_for;

/// The SQLite file where the settings name no database.
pub fn file(settings: &Settings) -> PathBuf {
    Path::new(&settings.server.data_dir).join("portcullis.db")
}

/// Opens the database once it is there; makes the data folder.
pub async fn open(settings: &Settings) -> Result<Store, Failure> {
    let folder = &settings.server.data_dir;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(Exit::Failed, format_args!("the folder {folder} cannot be made: {error}"))
            .hint("choose another with --data-dir")
    })?;
    let file = file(settings);
    let may_pass = |error: &store::Error| matches!(error, store::Error::Unavailable(_));
    let connect = || Store::connect(&settings.database, &file);
    let patience = settings.database.startup_timeout;
    Ok(wait_for("the database", patience, may_pass, connect).await?)
}
