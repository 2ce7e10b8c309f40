//! Style sheets and images of the pages, embedded in the binary.

use axum::response::{IntoResponse as _, Response};
use domain::Code;
use http::{HeaderValue, header};

use crate::{extract::Path, problem::Result};

const CSS: &str = "text/css; charset=utf-8";

const ASSETS: &[(&str, &str, &str)] = &[
    ("page.css", CSS, include_str!("../../assets/page.css")),
    ("reference.css", CSS, include_str!("../../assets/reference.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

/// They change only with the binary.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=3600");

pub async fn show_asset(Path(file): Path<String>) -> Result<Response> {
    let asset = ASSETS.iter().find(|(name, ..)| *name == file);
    let (_, kind, text) = asset.ok_or(Code::NotFound)?;
    let kind = HeaderValue::from_static(kind);
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEEP)], *text).into_response())
}
