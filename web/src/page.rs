//! Pages for people: rendered on the server, without scripts, from templates in the binary.

mod assets;
mod inbox;
mod index;
mod link;
mod problems;
mod prose;
mod reference;
mod samples;
mod swagger;

use std::sync::Arc;

use app::engine::{
    locale::{Language, Locale, function},
    templates::{Overrides, TemplateError},
};
use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use domain::notify::link::Purpose;
use http::{HeaderValue, header};
use minijinja::{Environment, Value, context, value::Serde};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use crate::{
    problem::{Refusal, Result},
    state::WebState,
};

pub fn routes() -> Router<WebState> {
    let links = Purpose::ALL.iter().filter_map(|it| Some((*it, it.destination()?.path)));
    let links = links.fold(Router::new(), |router, (purpose, path)| {
        let show =
            move |web, words, headers, query| link::show_link(purpose, web, words, headers, query);
        let submit = move |web, ctx, words, headers, body| {
            link::submit_link(purpose, web, ctx, words, headers, body)
        };
        router.route(path, get(show).post(submit))
    });
    links
        .route("/", get(index::show_index))
        .route("/problems/{code}", get(problems::show_problem))
        .route("/openapi.json", get(show_document))
        .route("/redoc", get(show_reference))
        .route("/swagger", get(swagger::show_swagger))
        .route("/swagger/{file}", get(swagger::show_swagger_file))
        .route("/assets/{file}", get(assets::show_asset))
        .route("/dev/inbox", get(inbox::show_inbox))
        .route("/dev/inbox.json", get(inbox::list_inbox))
        .route("/dev/inbox/{id}", get(inbox::show_inbox_mail))
        .route("/dev/inbox/{id}/html", get(inbox::show_inbox_html))
}

const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("../../templates/page/layout.html")),
    ("index.html", include_str!("../../templates/page/index.html")),
    ("inbox.html", include_str!("../../templates/page/inbox.html")),
    ("link.html", include_str!("../../templates/page/link.html")),
    ("letter.html", include_str!("../../templates/page/letter.html")),
    ("problem.html", include_str!("../../templates/page/problem.html")),
    ("reference.html", include_str!("../../templates/page/reference.html")),
    ("swagger.html", include_str!("../../templates/page/swagger.html")),
];

/// Why there are no pages to be had from these settings.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("server.templates_dir: {0}")]
    Template(#[from] TemplateError),
    #[error("a page cannot be made: {0}")]
    Page(#[from] minijinja::Error),
    #[error("the API cannot be described: {0}")]
    Document(#[from] serde_json::Error),
}

/// The templates, and pages that are rendered once.
pub struct Pages {
    templates: Environment<'static>,
    /// The description of the API as JSON.
    document: Bytes,
    /// The same as a page.
    reference: Bytes,
    swagger: Arc<Config<'static>>,
}

impl Pages {
    pub fn new(
        site_name: &str,
        base: &str,
        locale: Arc<Locale>,
        overrides: &Overrides,
        document: &OpenApi,
    ) -> Result<Pages, PageError> {
        let templates = templates(site_name, base, locale, overrides)?;
        let value = serde_json::to_value(document)?;
        let view = Value::from(Serde(reference::Reference::of(&value)));
        let reference = rendered(&templates, Language::English, "reference.html", view);
        let reference =
            reference.map_err(|error| TemplateError::of("page", "reference.html", &error))?;
        let document = document.to_json()?.into();
        let reference = reference.into();
        Ok(Pages { templates, document, reference, swagger: swagger::config(base) })
    }

    /// Renders a template.
    pub fn render(&self, language: Language, template: &str, view: Value) -> Result<Page> {
        rendered(&self.templates, language, template, view).map(Page).map_err(Refusal::broken)
    }
}

fn rendered(
    templates: &Environment<'static>,
    language: Language,
    template: &str,
    view: Value,
) -> Result<String, minijinja::Error> {
    let view = context! { lang => language.tag(), dir => language.direction(), ..view };
    templates.get_template(template)?.render(view)
}

/// Fails if a template of the operator is unknown or does not render.
pub fn check(
    site_name: &str,
    locale: Arc<Locale>,
    overrides: &Overrides,
) -> Result<(), TemplateError> {
    templates(site_name, "", locale, overrides).map(drop)
}

fn templates(
    site_name: &str,
    base: &str,
    locale: Arc<Locale>,
    overrides: &Overrides,
) -> Result<Environment<'static>, TemplateError> {
    overrides.check_names("page", TEMPLATES.iter().map(|it| it.0))?;
    let mut templates = Environment::new();
    // A missing name is an error, not an empty string.
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
    templates.add_global("site", site_name);
    // Only unreserved characters, which are safe in HTML.
    templates.add_global("base", Value::from_safe_string(base.to_owned()));
    templates.add_filter("prose", prose::prose);
    function::install(&mut templates, locale);
    let wrong = |name| move |error: minijinja::Error| TemplateError::of("page", name, &error);
    for (name, source) in TEMPLATES {
        let own = overrides.get(&format!("page/{name}")).map(str::to_owned);
        let source = own.unwrap_or_else(|| (*source).to_owned());
        templates.add_template_owned(*name, source).map_err(wrong(name))?;
    }
    if !overrides.is_empty() {
        for (name, view) in samples::samples() {
            rendered(&templates, Language::English, name, view).map_err(wrong(name))?;
        }
    }
    Ok(templates)
}

/// Allows only styles, images and forms of this server.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// Only to this server. With `no-referrer`, browsers send forms with `Origin: null`.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

/// A page of HTML.
#[derive(Debug, Clone)]
pub struct Page(pub String);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        html(self.0)
    }
}

fn html(text: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, REFERRER)];
    (headers, axum::response::Html(text.into())).into_response()
}

async fn show_document(State(web): State<WebState>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], web.pages.document.clone()).into_response()
}

async fn show_reference(State(web): State<WebState>) -> Response {
    // `Bytes` are shared, not copied.
    html(web.pages.reference.clone())
}

#[cfg(test)]
mod tests;
