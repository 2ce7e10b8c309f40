//! The page that the `type` of a problem leads to.

use axum::extract::State;
use domain::Code;
use minijinja::context;

use super::Page;
use crate::{
    extract::{Path, Words},
    problem::Result,
    state::WebState,
};

pub async fn show_problem(
    State(web): State<WebState>,
    words: Words,
    Path(word): Path<String>,
) -> Result<Page> {
    let code = Code::ALL.iter().find(|it| it.word() == word).ok_or(Code::NotFound)?;
    let (title, meaning) = (words.say(code.title()), code.meaning());
    let view = context! { word, title, meaning, status => code.status() };
    web.pages.render(words.language(), "problem.html", view)
}
