//! How sure we are that it is still the same person.

use domain::{Code, Span};

use crate::{Ctx, Result, caller::Caller, sessions::Proof};

/// For how long a proof of identity is fresh.
pub const FRESH: Span = Span::minutes(10);

/// Refuses unless the session's last proof of identity is at most [`FRESH`] old, and better than a
/// mailed link.
pub fn require_fresh(ctx: &Ctx, caller: &Caller) -> Result<()> {
    let is_recent = ctx.now.since(caller.session.authenticated_at) <= FRESH;
    match is_recent && caller.session.amr != Proof::Link.amr() {
        true => Ok(()),
        false => Err(Code::StepUpRequired.into()),
    }
}
