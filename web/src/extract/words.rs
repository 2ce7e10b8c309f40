//! The words of an answer, in the language of whoever reads it.

use std::sync::Arc;

use app::engine::locale::{Language, Locale};
use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{layer::Seen, problem::Refusal, state::WebState};

/// Speaks to the caller. The language is settled when something is said, by when it is known who
/// calls, and the answer names it.
#[derive(Clone)]
pub struct Words {
    seen: Arc<Seen>,
    locale: Arc<Locale>,
}

impl Words {
    pub fn language(&self) -> Language {
        self.seen.language()
    }

    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// A sentence, which is looked up by its English words.
    pub fn say(&self, english: &str) -> String {
        self.locale.sentence(self.language(), english)
    }

    /// An answer that is a sentence.
    pub fn message(&self, english: &str) -> MessageResponse {
        MessageResponse { message: self.say(english) }
    }
}

impl FromRequestParts<WebState> for Words {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let seen = super::circumstances::seen(parts)?.clone();
        Ok(Words { seen, locale: web.app.locale().clone() })
    }
}

/// A sentence for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageResponse {
    pub message: String,
}
