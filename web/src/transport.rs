//! How refresh tokens travel: as a cookie, in the body, or both (`tokens.refresh_transport`).

use app::{
    session::tokens::{Presented, TokenPair},
    sign_in::Finished,
};
use domain::{Secret, session::refresh::Holder, settings::RefreshTransport};
use http::HeaderMap;

use crate::{
    cookies::{self, SetCookies},
    extract::FromPage,
    problem::Result,
    state::WebState,
    view::{TokenPairView, TokensView, UserView},
};

/// An answer with the pair and its user.
pub fn answer(
    web: &WebState,
    pair: &TokenPair,
    page: FromPage,
) -> Result<(SetCookies, TokenPairView)> {
    let (cookies, tokens) = carry(web, SetCookies::none(), pair, page)?;
    Ok((cookies, TokenPairView { tokens, user: UserView::from(&*pair.user) }))
}

/// What a sign-in ends with, as an answer.
pub fn finish(
    web: &WebState,
    finished: Finished,
    page: FromPage,
) -> Result<(SetCookies, TokenPairView)> {
    match finished {
        Finished::SignedIn(pair) => answer(web, &pair, page),
        Finished::Challenged(challenge) => match challenge {},
    }
}

/// The pair alone. A page's scripts never see the refresh token, unless the operator wants them to.
pub fn carry(
    web: &WebState,
    cookies: SetCookies,
    pair: &TokenPair,
    page: FromPage,
) -> Result<(SetCookies, TokensView)> {
    let transport = web.app.settings().tokens.refresh_transport;
    let (in_cookie, in_body) = match transport {
        RefreshTransport::Auto => (true, !page.0),
        RefreshTransport::Cookie => (true, false),
        RefreshTransport::Body => (false, true),
        RefreshTransport::Both => (true, true),
    };
    let cookies = match in_cookie {
        true => cookies.refresh(&web.site, &pair.refresh)?,
        false => cookies,
    };
    let refresh = in_body.then(|| pair.refresh.clone());
    Ok((cookies, TokensView::new(pair, refresh)))
}

/// The refresh tokens of a request.
pub fn presented(headers: &HeaderMap, body: Option<Secret>) -> Result<Presented> {
    let cookies = cookies::every_value(headers, cookies::REFRESH)?;
    Ok(Presented {
        body: body.filter(|it| !it.is_empty()),
        cookies: cookies.into_iter().map(Secret::from).collect(),
        holder: Holder::Program,
    })
}
