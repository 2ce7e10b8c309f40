//! How sure we are that it is still the same person.

use domain::{Code, Span, reach::SKEW};

use crate::{Ctx, Result, access::caller::Caller, session::sessions::Proof};

/// For how long a proof of identity is fresh.
pub const FRESH: Span = Span::minutes(10);

/// Refuses unless the session's last proof of identity is at most [`FRESH`] old, and better than a
/// mailed link.
pub fn require_fresh(ctx: &Ctx, caller: &Caller) -> Result<()> {
    let proved_at = caller.session.authenticated_at;
    // When the clock has stepped back, nobody knows how old a proof is that lies ahead.
    let is_recent = proved_at <= ctx.now + SKEW && ctx.now.since(proved_at) <= FRESH;
    match is_recent && caller.session.amr != Proof::Link.amr() {
        true => Ok(()),
        false => Err(Code::StepUpRequired.into()),
    }
}
