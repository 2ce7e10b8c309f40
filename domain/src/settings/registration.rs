//! `[registration]`

use super::section;

section! {
    /// Who can make an account, and what they have to give.
    pub struct Registration {
        /// A registration signs in at once.
        pub auto_login: bool = true,
        /// Nobody signs in with an address that is not verified.
        pub require_verified_email: bool = false,
        /// What has to be given beside `email` and `password`: any of `first_name`, `last_name`,
        /// `username`, `phone_number`, `terms_accepted`, `privacy_policy_accepted`.
        pub required_fields: Vec<String> = vec!["first_name".into(), "last_name".into()],
    }
}
