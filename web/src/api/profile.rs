//! The person's own data.

use app::profile;
use axum::{Json, extract::State};
use domain::account::profile::{Change, ProfileChange};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::view::UserView;
use crate::{
    extract::{Body, Circumstances, SignedIn, lenient_bool},
    openapi::tag,
    problem::Result,
    state::WebState,
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

/// The details stand in `profile` or beside it. They are listed in both structs because serde's
/// `flatten` forgets which field was wrong.
macro_rules! requests {
    ($($(#[$about:meta])* $field:ident: $kind:ty,)+) => {
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
            $($(#[$about])* $field: Option<$kind>,)+
        }

        /// What a person can say about themselves.
        #[derive(Default, Deserialize, ToSchema)]
        #[schema(as = ProfileDetails)]
        pub struct Details {
            $($(#[$about])* $field: Option<$kind>,)+
        }

        impl From<ProfileRequest> for Change {
            fn from(it: ProfileRequest) -> Change {
                let nested = ProfileChange::from(it.profile.unwrap_or_default());
                let beside = Details { $($field: it.$field,)+ };
                Change {
                    first_name: it.first_name,
                    last_name: it.last_name,
                    username: it.username,
                    phone_number: it.phone_number,
                    profile: nested.or(beside.into()),
                    user_metadata: it.user_metadata,
                }
            }
        }
    };
}

requests! {
    bio: String,
    website: String,
    location: String,
    country: String,
    state: String,
    city: String,
    address: String,
    /// Empty: none from now on.
    #[schema(format = Date)]
    birth_date: String,
    github: String,
    twitter: String,
    linkedin: String,
    company: String,
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    #[schema(example = "en")]
    language: String,
    #[serde(default, deserialize_with = "lenient_bool")]
    email_notifications: bool,
    #[serde(default, deserialize_with = "lenient_bool")]
    marketing_emails: bool,
}

impl From<Details> for ProfileChange {
    fn from(it: Details) -> ProfileChange {
        ProfileChange {
            bio: it.bio,
            website: it.website,
            location: it.location,
            country: it.country,
            state: it.state,
            city: it.city,
            address: it.address,
            birth_date: it.birth_date.map(Some),
            github: it.github,
            twitter: it.twitter,
            linkedin: it.linkedin,
            company: it.company,
            timezone: it.timezone,
            language: it.language,
            email_notifications: it.email_notifications,
            marketing_emails: it.marketing_emails,
        }
    }
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
