//! Swagger UI, embedded in the binary, with a page that needs no inline script.

use std::{borrow::Cow, sync::Arc};

use app::engine::locale::Language;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use domain::Code;
use http::{HeaderValue, header};
use minijinja::context;
use utoipa_swagger_ui::Config;

use crate::{
    extract::Path,
    problem::{Refusal, Result},
    state::WebState,
};

/// Without the online validator.
pub fn config(base: &str) -> Arc<Config<'static>> {
    let config = Config::new([format!("{base}/openapi.json")]).validator_url("none");
    // Without the bar that loads other documents.
    Arc::new(config.try_it_out_enabled(true).use_base_layout())
}

/// Its scripts use images from `data:` URLs. Their one inline style is not needed.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub async fn show_swagger(State(web): State<WebState>) -> Result<Response> {
    let page = web.pages.render(Language::English, "swagger.html", context! {})?;
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    Ok((policy, axum::response::Html(page.0)).into_response())
}

/// The files of the bundle that the page loads.
const FILES: &[&str] = &[
    "index.css",
    "swagger-initializer.js",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
];

pub async fn show_swagger_file(
    State(web): State<WebState>,
    Path(name): Path<String>,
) -> Result<Response> {
    let name = FILES.iter().find(|it| **it == name).ok_or(Code::NotFound)?;
    let file =
        utoipa_swagger_ui::serve(name, web.pages.swagger.clone()).map_err(Refusal::broken)?;
    let file = file.ok_or(Code::NotFound)?;
    // Not copied, because an answer that the client does not read would hold a megabyte.
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let kind = HeaderValue::from_str(&file.content_type).map_err(Refusal::broken)?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}
