//! The start page: links for developers, otherwise only the name.

use axum::extract::State;
use minijinja::context;

use super::Page;
use crate::{extract::Words, problem::Result, state::WebState};

pub async fn show_index(State(web): State<WebState>, words: Words) -> Result<Page> {
    let is_for_developers = web.site.is_for_developers();
    web.pages.render(
        words.language(),
        "index.html",
        context! { is_for_developers, origin => web.site.url() },
    )
}
