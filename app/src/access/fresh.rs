//! Step-up: whether the session proved its identity recently.

use domain::Code;

use super::guard::{Acting, Own};
use crate::{Ctx, Result};

/// Refuses with `step_up_required` unless the session's last proof of identity is fresh.
pub(crate) fn require(ctx: &Ctx, acting: &Acting<Own>) -> Result<()> {
    let session = &acting.caller().session;
    if session.proofs().is_fresh(session.authenticated_at, ctx.now) {
        Ok(())
    } else {
        Err(Code::StepUpRequired.into())
    }
}
