//! `[registration]`

use serde::{Deserialize, Serialize};

use super::section;

section! {
    /// Who can make an account, and what they have to give.
    pub struct Registration {
        /// `open` (anybody), `invite` (whoever an operator has invited) or `closed` (nobody).
        pub mode: RegistrationMode = RegistrationMode::Open,
        /// The only domains that addresses may be of: `example.com`, or `*.example.com` for those
        /// beneath it. Empty: any.
        pub allowed_domains: Vec<String> = Vec::new(),
        /// Domains that addresses may not be of, written in the same way.
        pub blocked_domains: Vec<String> = Vec::new(),
        /// A registration signs in at once, unless `privacy.enumeration` is `strict`.
        pub auto_login: bool = true,
        /// Nobody signs in with an address that is not verified.
        pub require_verified_email: bool = false,
        /// What has to be given beside `email` and `password`: any of `first_name`, `last_name`,
        /// `username`, `phone_number`, `terms_accepted`, `privacy_policy_accepted`.
        pub required_fields: Vec<String> = vec!["first_name".into(), "last_name".into()],
        /// The version of the terms that a registration agrees to.
        pub terms_version: String = "1".into(),
        /// The version of the privacy policy that a registration agrees to.
        pub privacy_policy_version: String = "1".into(),
        /// How large `user_metadata` and `app_metadata` may each be, in bytes of JSON.
        pub metadata_limit: usize = 8 * 1024,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    Open,
    Invite,
    Closed,
}
