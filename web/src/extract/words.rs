//! Sentences of answers, in the language of the request.

use std::sync::Arc;

use app::engine::locale::{Language, Locale};
use axum::extract::FromRequestParts;
use domain::Sentence;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{layer::RequestContext, problem::Refusal, state::WebState};

/// Translates sentences for the caller. The language is determined at the first sentence, after
/// authentication, and the answer names it.
#[derive(Clone)]
pub struct Words {
    context: Arc<RequestContext>,
    locale: Arc<Locale>,
}

impl Words {
    pub fn language(&self) -> Language {
        self.context.language()
    }

    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// The sentence in the language of the request.
    pub fn say(&self, sentence: Sentence) -> String {
        self.locale.sentence(self.language(), sentence.as_str())
    }

    /// An answer that consists of a sentence.
    pub fn message(&self, sentence: Sentence) -> MessageResponse {
        MessageResponse { message: self.say(sentence) }
    }
}

impl FromRequestParts<WebState> for Words {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let context = super::context::request_context(parts)?.clone();
        Ok(Words { context, locale: web.app.locale().clone() })
    }
}

/// A sentence for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageResponse {
    pub message: String,
}
