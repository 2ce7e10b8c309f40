//! The development inbox: what this server would have mailed. In production there is none.

use app::notify::inbox::{self, Letter};
use axum::{
    Json,
    extract::State,
    response::{Html, IntoResponse as _, Response},
};
use domain::Code;
use http::{HeaderName, HeaderValue, header};
use minijinja::{Value, context, value::Serde};

use super::Page;
use crate::{
    extract::{Path, Words},
    problem::Result,
    state::WebState,
};

pub async fn show_inbox(State(web): State<WebState>, words: Words) -> Result<Page> {
    let letters = Value::from(Serde(letters(&web)?));
    web.pages.render(words.language(), "inbox.html", context! { letters })
}

/// The same for programs.
pub async fn list_inbox(State(web): State<WebState>) -> Result<Json<Vec<Letter>>> {
    letters(&web).map(Json)
}

pub async fn show_inbox_mail(
    State(web): State<WebState>,
    words: Words,
    Path(id): Path<String>,
) -> Result<Page> {
    let letter = by_id(&web, &id)?;
    let view = context! {
        id => letter.id.as_str(),
        to => letter.to.as_str(),
        subject => letter.subject.as_str(),
        text => letter.text.as_str(),
        has_html => !letter.html.is_empty(),
        received_at => letter.received_at.as_str(),
        links => links(&letter.text),
    };
    web.pages.render(words.language(), "letter.html", context! { letter => view })
}

/// The HTML part, which may show its own styles and do nothing else.
pub async fn show_inbox_html(
    State(web): State<WebState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let letter = by_id(&web, &id)?;
    Ok((MAIL, Html(letter.html)).into_response())
}

const MAIL: [(HeaderName, HeaderValue); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; \
             frame-ancestors 'self'",
        ),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
];

fn letters(web: &WebState) -> Result<Vec<Letter>> {
    Ok(inbox::list(&web.app).ok_or(Code::NotFound)?)
}

fn by_id(web: &WebState, id: &str) -> Result<Letter> {
    let letter = letters(web)?.into_iter().find(|it| it.id == id);
    Ok(letter.ok_or(Code::NotFound)?)
}

/// The addresses in a text, so that they can be followed outside of the sandbox.
fn links(text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    let links = words.filter(|it| it.starts_with("http://") || it.starts_with("https://"));
    links.map(str::to_owned).collect()
}
