//! What somebody may do to what is not their own. The answer rests on two marks of the account:
//! superusers may do everything, staff may read.

use domain::Code;

use super::caller::Caller;
use crate::Result;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    ReadUsers,
    WriteUsers,
    ReadInvitations,
    WriteInvitations,
}

/// Refuses unless the caller may do this.
pub(super) fn check(caller: &Caller, permission: Permission) -> Result<()> {
    let user = &caller.user;
    let is_granted = match permission {
        Permission::ReadUsers | Permission::ReadInvitations => user.is_staff || user.is_superuser,
        Permission::WriteUsers | Permission::WriteInvitations => user.is_superuser,
    };
    if is_granted { Ok(()) } else { Err(Code::PermissionDenied.into()) }
}
