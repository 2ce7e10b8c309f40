//! Who may do what. Today's answer rests on two marks of the account: superusers may do
//! everything, staff may look.

use domain::Code;

use crate::{Result, access::caller::Caller};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See what operators see.
    Inspect,
    /// Change what operators change.
    Operate,
}

/// Refuses unless the caller may do this.
pub fn permit(caller: &Caller, action: Action) -> Result<()> {
    let may = match action {
        Action::Inspect => caller.user.is_staff || caller.user.is_superuser,
        Action::Operate => caller.user.is_superuser,
    };
    if may { Ok(()) } else { Err(Code::PermissionDenied.into()) }
}
