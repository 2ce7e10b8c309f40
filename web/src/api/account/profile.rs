//! The person's own data.

use app::account::profile;
use axum::{Json, extract::State};
use domain::account::profile::{Change, Profile, ProfileChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Circumstances, SignedIn, lenient_bool},
    openapi::tag,
    problem::Result,
    state::WebState,
    view::UserView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(read, replace, update))
}

/// See your profile
#[utoipa::path(
    get,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    responses((status = 200, description = "You.", body = UserView)),
)]
async fn read(SignedIn(caller): SignedIn) -> Json<UserView> {
    Json(UserView::from(&*caller.user))
}

/// The details, shown and changed; the brackets hold what goes for changes alone. Those stand in
/// `profile` or beside it, listed in both structs because serde's `flatten` forgets which field was
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

        impl From<ProfileRequest> for Change {
            fn from(it: ProfileRequest) -> Change {
                let nested = ProfileChange::from(it.profile.unwrap_or_default());
                Change {
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

details! {
    bio: String,
    website: String,
    location: String,
    country: String,
    state: String,
    city: String,
    address: String,
    #[schema(format = Date)]
    birth_date: Option<String> [
        /// Empty: none from now on.
    ],
    github: String,
    twitter: String,
    linkedin: String,
    company: String,
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    #[schema(example = "en")]
    language: String,
    email_notifications: bool [#[serde(default, deserialize_with = "lenient_bool")]],
    marketing_emails: bool [#[serde(default, deserialize_with = "lenient_bool")]],
}

/// Change your profile
#[utoipa::path(
    patch,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ProfileRequest,
    responses((status = 200, description = "You, changed.", body = UserView)),
)]
async fn update(
    State(web): State<WebState>,
    Circumstances(ctx): Circumstances,
    SignedIn(caller): SignedIn,
    Body(request): Body<ProfileRequest>,
) -> Result<Json<UserView>> {
    let user = profile::update(&web.app, &ctx, &caller, &request.into()).await?;
    Ok(Json(UserView::from(&*user)))
}

/// Change your profile
///
/// The same as `PATCH`: what is absent stays.
#[utoipa::path(
    put,
    path = "/api/v1/auth/profile",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ProfileRequest,
    responses((status = 200, description = "You, changed.", body = UserView)),
)]
async fn replace(
    web: State<WebState>,
    circumstances: Circumstances,
    caller: SignedIn,
    body: Body<ProfileRequest>,
) -> Result<Json<UserView>> {
    update(web, circumstances, caller, body).await
}
