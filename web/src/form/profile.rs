//! The profile, as it is shown and as it is changed. Its fields are listed in domain; this file adds
//! what only the API says of them.

use domain::account::profile::{AccountChange, Profile, ProfileChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::extract::lenient_bool;

/// The structs. The brackets hold attributes of requests alone. In a request the fields stand in
/// `profile` or beside it. Both structs list them, because serde's `flatten` forgets which field was
/// wrong.
macro_rules! details {
    ($($(#[$about:meta])* $field:ident: $kind:ty $([$(#[$asked:meta])+])?,)+) => {
        /// What a person says about themselves; empty where they said nothing.
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = Profile)]
        pub struct ProfileView {
            $($(#[$about])* $field: $kind,)+
        }

        impl From<Profile> for ProfileView {
            fn from(it: Profile) -> ProfileView {
                ProfileView { $($field: it.$field,)+ }
            }
        }

        /// What to change; what is absent stays. The details may stand in `profile` or beside it.
        #[derive(Deserialize, ToSchema)]
        pub struct ProfileRequest {
            first_name: Option<String>,
            last_name: Option<String>,
            /// Empty: none from now on.
            username: Option<String>,
            /// With its country, as `+4930901820`. Empty: none from now on.
            phone_number: Option<String>,
            profile: Option<Details>,
            /// A merge patch (RFC 7396) of your own data: `null` removes a member.
            #[schema(value_type = Option<Object>)]
            user_metadata: Option<Value>,
            $($(#[$about])* $($(#[$asked])+)? $field: Option<$kind>,)+
        }

        /// What a person can say about themselves.
        #[derive(Default, Deserialize, ToSchema)]
        #[schema(as = ProfileDetails)]
        pub struct Details {
            $($(#[$about])* $($(#[$asked])+)? $field: Option<$kind>,)+
        }

        impl From<Details> for ProfileChange {
            fn from(it: Details) -> ProfileChange {
                ProfileChange { $($field: it.$field,)+ }
            }
        }

        impl From<ProfileRequest> for AccountChange {
            fn from(it: ProfileRequest) -> AccountChange {
                let nested = ProfileChange::from(it.profile.unwrap_or_default());
                AccountChange {
                    first_name: it.first_name,
                    last_name: it.last_name,
                    username: it.username,
                    phone_number: it.phone_number,
                    profile: nested.or(ProfileChange { $($field: it.$field,)+ }),
                    user_metadata: it.user_metadata,
                }
            }
        }
    };
}

/// Takes the first field off the list and appends it with its attributes to those in brackets, until
/// none is left. A field is matched by its name first, then by its type.
macro_rules! annotated {
    ([$($done:tt)*] birth_date: Option<String>, $($rest:tt)*) => {
        annotated! {
            [$($done)* #[schema(format = Date)] birth_date: Option<String> [
                /// Empty: none from now on.
            ],]
            $($rest)*
        }
    };
    ([$($done:tt)*] timezone: String, $($rest:tt)*) => {
        annotated! { [$($done)* #[schema(example = "Europe/Berlin")] timezone: String,] $($rest)* }
    };
    ([$($done:tt)*] language: String, $($rest:tt)*) => {
        annotated! { [$($done)* #[schema(example = "en")] language: String,] $($rest)* }
    };
    ([$($done:tt)*] $field:ident: bool, $($rest:tt)*) => {
        annotated! {
            [$($done)* $field: bool [#[serde(default, deserialize_with = "lenient_bool")]],]
            $($rest)*
        }
    };
    ([$($done:tt)*] $field:ident: String, $($rest:tt)*) => {
        annotated! { [$($done)* $field: String,] $($rest)* }
    };
    ([$($done:tt)*]) => {
        details! { $($done)* }
    };
}

domain::profile_fields!(annotated []);
