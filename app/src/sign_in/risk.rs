//! How unusual a sign-in is.

use domain::{account::User, sign_in::Risk};

use crate::Ctx;

/// What is known of a sign-in that speaks against it. Nothing is measured yet.
pub(super) fn assess(_user: &User, _ctx: &Ctx) -> Risk {
    Risk::default()
}
