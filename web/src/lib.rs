//! HTTP: requests become use cases, results become answers.
//!
//! A handler parses, calls one use case and answers. Everything around the handlers is here too:
//! the listeners, the layers that each request passes, problems, pages, the description of the API.
//! This crate sees `app` and `domain`, and no database.

pub mod admin;
pub mod api;
pub mod compat;
pub mod cookies;
pub mod csrf;
pub mod extract;
pub mod form;
pub mod layer;
pub mod openapi;
pub mod page;
pub mod problem;
mod router;
pub mod serve;
pub mod site;
pub mod state;
mod transport;
pub mod view;

pub use self::{
    problem::{Refusal, Result},
    router::{SetupError, document, router},
    serve::Listening,
    state::{Ready, WebState},
};
