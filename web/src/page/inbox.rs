//! The development inbox: mails that this server kept instead of sending them. Not in production.

use app::notify::inbox::{self, KeptMail};
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
    let letters = Value::from(Serde(mails(&web)?));
    web.pages.render(words.language(), "inbox.html", context! { letters })
}

/// The same for programs.
pub async fn list_inbox(State(web): State<WebState>) -> Result<Json<Vec<KeptMail>>> {
    mails(&web).map(Json)
}

pub async fn show_inbox_mail(
    State(web): State<WebState>,
    words: Words,
    Path(id): Path<String>,
) -> Result<Page> {
    let mail = by_id(&web, &id)?;
    let view = context! {
        id => mail.id.as_str(),
        to => mail.to.as_str(),
        subject => mail.subject.as_str(),
        text => mail.text.as_str(),
        has_html => !mail.html.is_empty(),
        received_at => mail.received_at.as_str(),
        links => links(&mail.text),
    };
    web.pages.render(words.language(), "letter.html", context! { letter => view })
}

/// The HTML part, which may use its own styles and nothing else.
pub async fn show_inbox_html(
    State(web): State<WebState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let mail = by_id(&web, &id)?;
    Ok((MAIL, Html(mail.html)).into_response())
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

fn mails(web: &WebState) -> Result<Vec<KeptMail>> {
    Ok(inbox::list(&web.app).ok_or(Code::NotFound)?)
}

fn by_id(web: &WebState, id: &str) -> Result<KeptMail> {
    let mail = mails(web)?.into_iter().find(|it| it.id == id);
    Ok(mail.ok_or(Code::NotFound)?)
}

/// The URLs in a text, so that they can be opened outside of the sandbox.
fn links(text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    let links = words.filter(|it| it.starts_with("http://") || it.starts_with("https://"));
    links.map(str::to_owned).collect()
}
