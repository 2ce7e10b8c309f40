//! Permissions on what is not the caller's own. They follow from two flags of the account:
//! superusers may do everything, staff may read.

use domain::{Code, account::User};

use super::caller::Caller;
use crate::Result;

/// What a caller needs permission for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    ReadUsers,
    WriteUsers,
    ReadInvitations,
    WriteInvitations,
}

/// Refuses with `permission_denied` unless the caller has the permission.
pub(super) fn check(caller: &Caller, permission: Permission) -> Result<()> {
    if is_granted(&caller.user, permission) { Ok(()) } else { Err(Code::PermissionDenied.into()) }
}

fn is_granted(user: &User, permission: Permission) -> bool {
    match permission {
        Permission::ReadUsers | Permission::ReadInvitations => user.is_staff || user.is_superuser,
        Permission::WriteUsers | Permission::WriteInvitations => user.is_superuser,
    }
}

#[cfg(test)]
mod tests {
    use domain::{Time, UserId, account::Email};

    use super::{Permission::*, *};

    #[test]
    fn staff_read_and_superusers_do_everything() {
        let email = Email::parse("anna@example.com").unwrap();
        let nobody = User::new(UserId::new(Time(0), [1; 10]), email, Time(0));
        let staff = User { is_staff: true, ..nobody.clone() };
        let superuser = User { is_superuser: true, ..nobody.clone() };
        let all = [ReadUsers, WriteUsers, ReadInvitations, WriteInvitations];
        let granted = |user: &User| all.map(|it| is_granted(user, it));
        assert_eq!(granted(&nobody), [false; 4]);
        assert_eq!(granted(&staff), [true, false, true, false]);
        assert_eq!(granted(&superuser), [true; 4]);
    }
}
