//! `portcullis openapi`

use clap::Args;

use super::{
    failure::{Exit, Failure},
    out,
};

/// Print the OpenAPI document of the API
#[derive(Debug, Args)]
pub struct Options {}

pub fn run() -> Result<(), Failure> {
    let document = serde_json::to_string_pretty(&web::document())
        .map_err(|it| Failure::new(Exit::Failed, it))?;
    Ok(out::line(document)?)
}
