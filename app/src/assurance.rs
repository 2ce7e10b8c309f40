//! How sure we are that it is still the same person.

use domain::{Code, Span};

use crate::{Ctx, Result, caller::Caller};

/// For how long a proof of identity is fresh.
pub const FRESH: Span = Span::minutes(10);

/// Refuses unless the session's last proof of identity is at most [`FRESH`] old.
pub fn require_fresh(ctx: &Ctx, caller: &Caller) -> Result<()> {
    match ctx.now.since(caller.session.authenticated_at) <= FRESH {
        true => Ok(()),
        false => Err(Code::StepUpRequired.into()),
    }
}
